"""May we contact these people? The permission rule for some contacts, the purposes in use and every channel they take.

One statement: the contacts are joined with the catalogue, and the purpose is a column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, groupby
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import CharField, Value
from django.db.models.expressions import RawSQL

from config import keys
from config.sql import compiled
from consent.models import Purpose
from consent.models.consents import Channel
from consent.permission import ANSWER, SENTENCES, Contacts, Permission, answer, weighed
from consent.prepared import NEVER, NO_PURPOSE, NOBODY, Statement, ask_about, written
from contacts.models import Contact

Answer = tuple[str, str, Permission]
REACHING: Final = tuple(map(str, Channel))
EVERY: Final = (*REACHING, "")
"""All channels, and the work behind the scenes that takes none."""
COLUMNS: Final = ("pk", "purpose", "channel", *ANSWER)
CODE: Final = '"consent_purpose"."code"'
CHANNELS: Final = Channel.choices
"""The channels with their names, for a page to ask by."""


def reach(contact: UUID, at: datetime) -> list[Answer]:
    """(purpose, channel, answer) about one contact at the moment `at` (aware); nothing about somebody erased."""
    return answers([contact], at)[contact]


def answers(
    contacts: Iterable[UUID], at: datetime, purpose: str = "", channels: Sequence[str] = EVERY
) -> dict[UUID, list[Answer]]:
    """For each contact (purpose, channel, answer), by channel, at the moment `at` (aware), in one statement.

    About one purpose, or about all in use. Nothing about purposes that do not take the channel, nor about the erased.
    """
    statement = _statement(tuple(channels), keys.newest_version(), connection.vendor)
    rows = ask_about(statement, contacts, at, purpose)
    found: dict[UUID, list[Answer]] = defaultdict(list)
    for key, code, channel, *said in sorted(rows, key=lambda row: EVERY.index(row[2])):
        found[_key(key)].append((code, channel, answer(said)))
    return found


def _key(stored: UUID | str) -> UUID:
    """An id as the driver hands it over: SQLite keeps its text."""
    return stored if isinstance(stored, UUID) else UUID(stored)


@lru_cache(maxsize=16)
def _statement(channels: tuple[str, ...], _version: int, _vendor: str) -> Statement:
    """The statement about nobody and no purpose; another newest key makes it anew."""
    people = Contact.objects.filter(pk__among=[NOBODY]).order_by()
    in_use = f'"consent_purpose"."is_active" AND (%s = \'\' OR {CODE} = %s)'
    parts = []
    for channel in channels:
        rows = crossed(people, channel, NEVER, in_use, (NO_PURPOSE, NO_PURPOSE))
        parts.append(compiled(rows.annotate(channel=Value(channel, CharField())).values_list(*COLUMNS)))
    return written(" UNION ALL ".join(sql for sql, _params in parts), chain.from_iterable(one[1] for one in parts))


def crossed(people: Contacts, channel: str, at: datetime, where: str, values: Sequence[str] = ()) -> Contacts:
    """Each of the people with each purpose that takes the channel, as `purpose`, and its ground and bars.

    `where` limits the purposes, in SQL with its `values`.
    """
    code = RawSQL(CODE, (), CharField())  # noqa: S611  (our own words)
    rows = weighed(code, channel, at, people).annotate(purpose=code)
    pattern = f'%"{channel}"%' if channel else "[]"
    takes = ['CAST("consent_purpose"."channels" AS text) LIKE %s', where]
    return rows.extra(tables=["consent_purpose"], where=takes, params=[pattern, *values])  # noqa: S610  (our own words)


# The answers in words -------------------------------------------------------------------------------------------------


def askable() -> list[Purpose]:
    """The purposes in use whose messages reach people, advertising first: what somebody may ask about."""
    reaching = [one for one in Purpose.objects.filter(is_active=True) if one.channels]
    return sorted(reaching, key=lambda one: not one.is_marketing)


@dataclass(frozen=True, slots=True)
class Line:
    """The channels of one purpose with the same answer: allowed on a ground, or barred by something of a clause."""

    channels: str
    allowed: bool
    reason: str
    clause: str


def lines_of(answers: list[tuple[str, Permission]]) -> list[Line]:
    """The answers about one purpose, by channel, in as few lines as they have reasons; the weightiest bar is named."""
    lines = []
    for (allowed, reason, clause), alike in groupby(answers, lambda one: _reason(one[1])):
        names = ", ".join(str(Channel(channel).label) for channel, _answer in alike if channel)
        lines.append(Line(names, allowed, reason, clause))
    return lines


def _reason(said: Permission) -> tuple[bool, str, str]:
    if said.ground is not None and said.allowed:
        return True, str(said.ground.label), ""
    clause, sentence = SENTENCES[said.bars[0]]
    return False, str(sentence), clause
