"""Who looked, and how a breach was handled, is evidence too: neither changes, and both go by a clock (Art. 15, 33)."""

from typing import Any

from django.db import migrations

TABLES = ("config_accessevent", "consent_breachevent")


def protect(_apps: Any, schema_editor: Any) -> None:
    """Put the trigger on the tables."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TABLES:
        schema_editor.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION obhut_append_only()"
        )


def release(_apps: Any, schema_editor: Any) -> None:
    """Take it off again."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TABLES:
        schema_editor.execute(f"DROP TRIGGER append_only ON {table}")


class Migration(migrations.Migration):
    """Append-only look-ups and histories of breaches."""

    dependencies = [
        ("config", "0003_read_log"),
        ("consent", "0005_breaches"),
        ("retention", "0005_append_only_disclosures"),
    ]
    operations = [migrations.RunPython(protect, release)]
