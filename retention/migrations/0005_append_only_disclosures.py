"""What was passed on does not change, nor does an exceptional disclosure once it is approved (S67, S93; Art. 5(2))."""

from typing import Any

from django.db import migrations

BY_STATEMENT = "BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT"
BY_ROW = "AFTER UPDATE OR DELETE ON {table} FOR EACH ROW WHEN ({condition})"
TRIGGERS = {
    "consent_disclosure": BY_STATEMENT,
    "consent_disclosurebatch": BY_STATEMENT,
    "consent_exceptionaldisclosure": BY_ROW.format(table="{table}", condition="OLD.approved_at IS NOT NULL"),
    "consent_recipientnotice": BY_ROW.format(table="{table}", condition="OLD.told_at IS NOT NULL"),
}


def protect(_apps: Any, schema_editor: Any) -> None:
    """Put the triggers on the tables."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, when in TRIGGERS.items():
        schema_editor.execute(
            f"CREATE TRIGGER append_only {when.format(table=table)} EXECUTE FUNCTION obhut_append_only()"
        )


def release(_apps: Any, schema_editor: Any) -> None:
    """Take them off again."""
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER append_only ON {table}")


class Migration(migrations.Migration):
    """Append-only disclosures."""

    dependencies = [
        ("consent", "0004_recipients"),
        ("retention", "0004_append_only_reasons"),
    ]
    operations = [migrations.RunPython(protect, release)]
