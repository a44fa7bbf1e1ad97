"""A statement about one contact whose long text is made once per process.

Django writes the permission rule anew for every question, which takes longer than the database needs to answer it. So
the text is written about nobody at no time, and asked with a contact and a moment in their place.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from config.dates import local_date
from contacts.models import Contact

Statement = tuple[str, tuple[Any, ...]]
NOBODY, NEVER = UUID(int=1), datetime(1971, 2, 3, 4, 5, 6, 789, UTC)
"""Stand for the contact and the moment in a statement that is about neither yet."""


def ask(statement: Statement, contact: UUID, at: datetime) -> list[tuple[Any, ...]]:
    """The rows of a statement written about `NOBODY` at `NEVER`, for the contact at the moment `at` (aware)."""
    sql, params = statement
    meant = dict(zip(_words(NOBODY, NEVER), _words(contact, at), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [meant.get(one, one) for one in params])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _words(contact: UUID, at: datetime) -> tuple[Any, ...]:
    """The values in a statement that speak of the contact and the moment, as the database gets them."""
    ops, key = connection.ops, Contact._meta.pk
    moment, day = ops.adapt_datetimefield_value(at), ops.adapt_datefield_value(local_date(at))
    return key.get_db_prep_value(contact, connection), moment, day
