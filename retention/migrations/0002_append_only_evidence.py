"""Evidence is append-only: PostgreSQL refuses to change or delete it unless the transaction says that it may.

A statement trigger costs nothing per row. SQLite has no session settings to ask; there the code alone keeps the
promise.
"""

from typing import Any

from django.db import migrations

TABLES = ("config_auditevent", "consent_consent", "consent_objection", "retention_erasurerecord")

FUNCTION = """
CREATE OR REPLACE FUNCTION obhut_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('obhut.may_change_evidence', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$
"""


def protect(_apps: Any, schema_editor: Any) -> None:
    """Put the trigger on every table of evidence."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(FUNCTION, params=None)  # the percent sign is PL/pgSQL's own
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
    schema_editor.execute("DROP FUNCTION obhut_append_only()")


class Migration(migrations.Migration):
    """Append-only evidence."""

    dependencies = [
        ("config", "0001_initial"),
        ("consent", "0001_initial"),
        ("retention", "0001_initial"),
    ]
    operations = [migrations.RunPython(protect, release)]
