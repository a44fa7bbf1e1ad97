"""The history of a case is append-only: PostgreSQL refuses to change or delete a line (Art. 5(2)).

Only what forgets an erased person, and the expiry of a whole case, may (`config.sql.may_change_evidence`).
"""

from typing import Any

from django.db import migrations

TABLE = "dsar_caseevent"


def protect(_apps: Any, schema_editor: Any) -> None:
    """Put the trigger on the table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION obhut_append_only()"
        )


def release(_apps: Any, schema_editor: Any) -> None:
    """Take it off again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER append_only ON {TABLE}")


class Migration(migrations.Migration):
    """Append-only history of rights requests."""

    dependencies = [
        ("dsar", "0001_rights_requests"),
        ("retention", "0002_append_only_evidence"),
    ]
    operations = [migrations.RunPython(protect, release)]
