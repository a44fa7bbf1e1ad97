"""May we contact this person? The permission rule for one contact, every purpose in use and every channel it takes.

One statement for each channel: the contact is joined with the whole catalogue, and the purpose is a column.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import connection
from django.db.models import CharField
from django.db.models.expressions import RawSQL

from config import keys
from config.sql import compiled
from consent.models.consents import Channel
from consent.permission import ANSWER, Contacts, Permission, answer, weighed
from consent.prepared import NEVER, NOBODY, Statement, ask
from contacts.models import Contact

Answer = tuple[str, str, Permission]


def reach(contact: UUID, at: datetime) -> list[Answer]:
    """(purpose, channel, answer) about one contact at the moment `at` (aware); nothing about somebody erased."""
    return [
        (purpose, channel, answer(row))
        for channel in (*map(str, Channel), "")
        for purpose, *row in ask(_statement(channel, keys.newest_version(), connection.vendor), contact, at)
    ]


@lru_cache(maxsize=16)
def _statement(channel: str, _version: int, _vendor: str) -> Statement:
    """The statement about nobody; another newest key makes it anew."""
    rows = crossed(Contact.objects.filter(pk=NOBODY), channel, NEVER).order_by()
    return compiled(rows.values_list("purpose", *ANSWER))


def crossed(people: Contacts, channel: str, at: datetime, where: str = '"consent_purpose"."is_active"') -> Contacts:
    """Each of the people with each purpose that takes the channel, as `purpose`, and its ground and bars.

    `where` limits the purposes, in SQL.
    """
    code = RawSQL('"consent_purpose"."code"', (), CharField())
    rows = weighed(code, channel, at, people).annotate(purpose=code)
    pattern = f'%"{channel}"%' if channel else "[]"
    takes = ['CAST("consent_purpose"."channels" AS text) LIKE %s', where]
    return rows.extra(tables=["consent_purpose"], where=takes, params=[pattern])  # noqa: S610  (our own words)
