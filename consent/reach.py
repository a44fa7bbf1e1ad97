"""May we contact this person? The permission rule for one contact, every purpose in use and every channel it takes.

One statement for each channel: the contact is joined with the whole catalogue, and the purpose is a column. What Django
makes of the rule is a long text that never changes, so it is made once for each channel, about nobody at no time.
"""

from __future__ import annotations

from collections import namedtuple
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import CharField
from django.db.models.expressions import RawSQL

from config import keys
from config.dates import local_date
from config.sql import compiled
from consent.models.consents import Channel
from consent.permission import Bar, Contacts, Permission, permission_of, weighed
from contacts.models import Contact

Answer = tuple[str, str, Permission]
NOBODY, NEVER = UUID(int=1), datetime(1971, 2, 3, 4, 5, 6, 789, UTC)
"""Stand for the contact and the moment in a statement that is about neither yet."""
COLUMNS = ("purpose", "ground", *(f"bar_{bar}" for bar in Bar))
_Row = namedtuple("_Row", COLUMNS)  # type: ignore[misc]  # noqa: PYI024


def reach(contact: UUID, at: datetime) -> list[Answer]:
    """(purpose, channel, answer) about one contact at the moment `at` (aware); nothing about somebody erased."""
    found: list[Answer] = []
    with connection.cursor() as cursor:
        for channel in (*map(str, Channel), ""):
            sql, params = _statement(channel, keys.newest_version(), connection.vendor)
            meant = dict(zip(_words(NOBODY, NEVER), _words(contact, at), strict=True))
            cursor.execute(sql, [meant.get(one, one) for one in params])
            found += [(row[0], channel, permission_of(_Row(*row))) for row in cursor.fetchall()]
    return found


def _words(contact: UUID, at: datetime) -> tuple[Any, ...]:
    """The values in a statement that speak of the contact and the moment, as the database gets them."""
    ops, key = connection.ops, Contact._meta.pk
    moment, day = ops.adapt_datetimefield_value(at), ops.adapt_datefield_value(local_date(at))
    return key.get_db_prep_value(contact, connection), moment, day


@lru_cache(maxsize=16)
def _statement(channel: str, _version: int, _vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement about nobody, with the parameters to exchange; another newest key makes it anew."""
    return compiled(crossed(Contact.objects.filter(pk=NOBODY), channel, NEVER).order_by().values_list(*COLUMNS))


def crossed(people: Contacts, channel: str, at: datetime, where: str = '"consent_purpose"."is_active"') -> Contacts:
    """Each of the people with each purpose that takes the channel, as `purpose`, and its ground and bars.

    `where` limits the purposes, in SQL.
    """
    code = RawSQL('"consent_purpose"."code"', (), CharField())
    rows = weighed(code, channel, at, people).annotate(purpose=code)
    pattern = f'%"{channel}"%' if channel else "[]"
    takes = ['CAST("consent_purpose"."channels" AS text) LIKE %s', where]
    return rows.extra(tables=["consent_purpose"], where=takes, params=[pattern])  # noqa: S610  (our own words)
