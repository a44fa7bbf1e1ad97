"""Why we may is evidence too: notices, decisions, approved assessments and published versions stay (S24, S169).

An assessment may be corrected until it is approved, and a version until its day, so these are triggers for each row. A
version's day is compared in the database's own time zone; the code asks the controller's.
"""

from typing import Any

from django.db import migrations

BY_STATEMENT = "BEFORE UPDATE OR DELETE ON {table} FOR EACH STATEMENT"
BY_ROW = "AFTER UPDATE OR DELETE ON {table} FOR EACH ROW WHEN ({condition})"
TRIGGERS = {
    "consent_notice": BY_STATEMENT,
    "consent_balancing": BY_STATEMENT,
    "consent_suppressionremoval": BY_STATEMENT,
    "consent_assessment": BY_ROW.format(table="{table}", condition="OLD.approved_at IS NOT NULL"),
    "consent_policyversion": BY_ROW.format(table="{table}", condition="OLD.published_on <= CURRENT_DATE"),
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
    """Append-only reasons."""

    dependencies = [
        ("consent", "0003_why_we_may"),
        ("retention", "0003_hold_owner"),
    ]
    operations = [migrations.RunPython(protect, release)]
