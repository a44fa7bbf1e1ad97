"""PROTECT in PostgreSQL's own words: a contact that still has rows cannot be deleted, and the statement itself says so.

Django creates keys without an action of their own. PostgreSQL checks those at the commit, with two queries for each
person and table; a key that RESTRICTs needs one, and that half is most of what a purge costs (docs/figures.md). What
is written under a key is checked at the commit as before. SQLite keeps Django's keys: it cannot change a table's.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from config.sql import table
from contacts.models import Contact

LAX = """
    SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
      FROM pg_constraint
     WHERE contype = 'f' AND confrelid = %s::regclass AND confdeltype = 'a'
"""
"""The keys to a table that have no action yet."""


def restrict(using: str, **_kwargs: Any) -> None:
    """Receiver of post_migrate: make every key to Contact that a migration of any app has added one that RESTRICTs."""
    database = connections[using]
    if database.vendor != "postgresql":
        return
    with database.cursor() as cursor:
        cursor.execute(LAX, [table(Contact)])
        for child, name, definition in cursor.fetchall():
            restricting = definition.replace(" DEFERRABLE", " ON DELETE RESTRICT DEFERRABLE")
            cursor.execute(f"ALTER TABLE {child} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {restricting}")
