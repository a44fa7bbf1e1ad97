"""Statements whose long text is made once per process.

Django writes the permission rule anew for every question, and PostgreSQL plans it anew, both of which takes longer than
the answer. So the text is written about nobody at no time, and asked with contacts, a moment and a purpose in their
place; and the connection keeps the plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from config.dates import local_date
from config.sql import array, bound
from contacts.models import Contact

Statement = tuple[str, tuple[Any, ...]]
HOLE: Final = re.compile(r"%[%s]")
NOBODY, NEVER = UUID(int=1), datetime(1971, 2, 3, 4, 5, 6, 789, UTC)
NO_PURPOSE: Final = "?"
"""Stand for the contact or contacts, the moment and the purpose in a statement that is about none yet."""


def written(sql: str, params: Iterable[Any]) -> Statement:
    """A statement to keep; for PostgreSQL each value has a number, however often it is named.

    The permission rule names a few dozen values more than a thousand times, and the driver would look for each of them
    in the text every time.
    """
    if connection.vendor != "postgresql":
        return sql, tuple(params)
    values = [(type(one), one) for one in params]
    numbers = {one: number for number, one in enumerate(dict.fromkeys(values), 1)}
    places = iter(values)
    text = HOLE.sub(lambda hole: "%" if hole[0] == "%%" else f"${numbers[next(places)]}", sql)
    return text, tuple(value for _kind, value in numbers)


def ask(statement: Statement, contact: UUID, at: datetime) -> list[tuple[Any, ...]]:
    """The rows of a statement written about `NOBODY` at `NEVER`, for the contact at the moment `at` (aware)."""
    key: Any = Contact._meta.pk
    nobody, somebody = (key.get_db_prep_value(one, connection) for one in (NOBODY, contact))
    return _rows(statement, {nobody: somebody, **_times(at)})


def ask_about(statement: Statement, contacts: Iterable[UUID], at: datetime, purpose: str) -> list[tuple[Any, ...]]:
    """The same for a statement about all among `[NOBODY]`, and for the purpose where it says `NO_PURPOSE`."""
    return _rows(statement, {array([NOBODY]): array(contacts), NO_PURPOSE: purpose, **_times(at)})


def _rows(statement: Statement, meant: dict[Any, Any]) -> list[tuple[Any, ...]]:
    """What the connection answers with the plan it keeps: making one takes four times the answer."""
    sql, params = statement
    with bound(plan_kept=True), connection.cursor() as cursor:
        cursor.execute(sql, [meant.get(one, one) for one in params])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _times(at: datetime) -> dict[Any, Any]:
    """The moment, and its day, in place of never, as the database gets them."""
    ops = connection.ops
    return {
        ops.adapt_datetimefield_value(NEVER): ops.adapt_datetimefield_value(at),
        ops.adapt_datefield_value(local_date(NEVER)): ops.adapt_datefield_value(local_date(at)),
    }
