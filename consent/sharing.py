"""Passing on (S64-S68, S91, S92): counts first, then the file, which only the gate makes, and its entry in the ledger.

    preview(...)    how many go, and why the others stay
    share(...)      the file, the ledger's rows and the audit event: all of it, or nothing
    left_out(...)   who stays, and why

All three read one statement, `consent.disclosure.judged`.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Final

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django_countries.fields import Country

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import insert_rows
from consent.disclosure import COLUMNS, Bar, Contacts, Proposal, judged
from consent.lines import Lines
from consent.models import Disclosure, DisclosureBatch
from consent.shared_fields import FIELDS, with_fields
from consent.transfers import tool_of

CHUNK: Final = 2_000
PERSON: Final = ("pk", "email_digest", "digest_version", "ground")
LEDGER: Final = ("batch", "contact", "digest", "digest_version", "ground", "disclosed_at")
"""What the ledger takes of a contact, and its columns in that order."""
LEFT_OUT: Final = ("reference", "bars")
"""The columns of the list of who stays."""


class Format(StrEnum):
    """What the file is; the JSON is exact, the CSV is escaped for spreadsheets."""

    CSV = "csv"
    JSON = "json"


@dataclass(slots=True)
class Counts:
    """How many go and how many stay, and because of what; one person may stay for several reasons."""

    included: int = 0
    excluded: int = 0
    bars: Counter[str] = field(default_factory=Counter)

    def take(self, flags: Sequence[bool], number: int = 1) -> bool:
        """Count people with the same answer, given by the columns of the bars; returns whether they go."""
        standing = standing_of(flags)
        if standing:
            self.excluded += number
            self.bars.update(dict.fromkeys(standing, number))
        else:
            self.included += number
        return not standing


def standing_of(flags: Iterable[bool]) -> list[str]:
    """The names of the bars that stand, of the columns of all bars."""
    return [str(bar) for bar, stands in zip(Bar, flags, strict=True) if stands]


def preview(proposal: Proposal, contacts: Contacts, at: datetime) -> Counts:
    """What passing on at this moment would count."""
    counts = Counts()
    alike = judged(proposal, at, contacts).order_by().values_list(*COLUMNS).annotate(number=Count("pk"))
    for *flags, number in alike:
        counts.take(flags, number)
    return counts


def left_out(proposal: Proposal, contacts: Contacts, at: datetime) -> Iterator[str]:
    """Reference and bars of everybody who stays, line by line as CSV."""
    lines = Lines()
    lines.add(LEFT_OUT)
    rows = judged(proposal, at, contacts).exclude(**dict.fromkeys(COLUMNS, False)).order_by()
    for reference, *flags in rows.values_list("reference", *COLUMNS).iterator(CHUNK):
        lines.add([reference, " ".join(standing_of(flags))])
        if lines.full:
            yield lines.take().decode()
    yield lines.take().decode()


# The file and the ledger ----------------------------------------------------------------------------------------------


def share(
    proposal: Proposal, contacts: Contacts, at: datetime, *, title: str, actor: Actor, form: Format = Format.CSV
) -> tuple[DisclosureBatch, IO[bytes]]:
    """Pass on at `at` (aware): the file, which vanishes when it is closed, and its entry in the ledger.

    In one transaction: the file, one row of the ledger for each person in it, the batch with the digest of the file,
    and the audit event. An exception leaves nothing. Raises ValueError when nobody's data may go.
    """
    settings.UPLOAD_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    file: IO[bytes] = tempfile.TemporaryFile(dir=settings.UPLOAD_DIR)  # noqa: SIM115  (handed to the caller)
    try:
        with transaction.atomic():
            batch = _batch(proposal, at, title, actor)
            counts, batch.digest = _write(proposal, contacts, batch, file, form)
            _refuse_empty(counts)
            batch.included, batch.excluded, batch.bars = counts.included, counts.excluded, dict(counts.bars)
            batch.save(force_insert=True)
            numbers = {"included": counts.included, "excluded": counts.excluded}
            AuditEvent.record(
                actor, gettext_noop("passed on"), batch, fields=batch.fields, batch=batch.pk, counts=numbers
            )
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return batch, file


def _refuse_empty(counts: Counts) -> None:
    if not counts.included:
        raise ValueError(_("Nobody's data may be passed on. Look at the reasons again."))


def _batch(proposal: Proposal, at: datetime, title: str, actor: Actor) -> DisclosureBatch:
    """What is known before the file is written."""
    on, exceptional = local_date(at), proposal.exception is not None
    return DisclosureBatch(
        recipient=proposal.recipient,
        purpose=proposal.purpose,
        exception=proposal.exception,
        title=title,
        fields=[name for name in FIELDS if name in proposal.fields],
        country=proposal.recipient.country,
        safeguard=tool_of(proposal.recipient, on, exceptional=exceptional),
        disclosed_at=at,
        actor_id=actor.user_id,
    )


def _write(
    proposal: Proposal, contacts: Contacts, batch: DisclosureBatch, file: IO[bytes], form: Format
) -> tuple[Counts, str]:
    """Stream whoever passes into the file, and chunk by chunk into the ledger."""
    counts, digest = Counts(), hashlib.sha256()
    header = ("reference", *batch.fields)
    rows = with_fields(judged(proposal, batch.disclosed_at, contacts), batch.fields).order_by()
    writer = (_Csv if form is Format.CSV else _Json)(header, file, digest)
    ledger: list[tuple[Any, ...]] = []
    for row in rows.values_list(*header, *PERSON, *COLUMNS).iterator(CHUNK):
        rest = row[len(header) :]
        if counts.take(rest[len(PERSON) :]):
            writer.add(row[: len(header)])
            ledger.append((batch.pk, *rest[: len(PERSON)], batch.disclosed_at))
        if len(ledger) >= CHUNK:
            insert_rows(Disclosure, LEDGER, ledger)
            ledger = []
    insert_rows(Disclosure, LEDGER, ledger)
    writer.close()
    return counts, digest.hexdigest()


class _Csv:
    """The file as CSV; a list becomes one cell, as our own import reads it."""

    def __init__(self, names: Sequence[str], file: IO[bytes], digest: Any) -> None:
        self.lines, self.file, self.digest = Lines(), file, digest
        self.lines.add(names)

    def add(self, values: Iterable[Any]) -> None:
        self.lines.add(";".join(value) if isinstance(value, list) else value for value in values)
        if self.lines.full:
            self.lines.into(self.file, self.digest)

    def close(self) -> None:
        self.lines.into(self.file, self.digest)


class _Json:
    """The file as a list of objects, one on each line."""

    def __init__(self, names: Sequence[str], file: IO[bytes], digest: Any) -> None:
        self.names, self.file, self.digest, self.before = names, file, digest, "[\n"

    def add(self, values: Iterable[Any]) -> None:
        one = dict(zip(self.names, values, strict=True))
        self._write(self.before + json.dumps(one, cls=_Values, ensure_ascii=False))
        self.before = ",\n"

    def close(self) -> None:
        self._write("[]\n" if self.before == "[\n" else "\n]\n")

    def _write(self, text: str) -> None:
        block = text.encode()
        self.file.write(block)
        self.digest.update(block)


class _Values(DjangoJSONEncoder):
    """Dates in ISO 8601, countries by their code."""

    def default(self, o: Any) -> Any:
        return o.code if isinstance(o, Country) else super().default(o)
