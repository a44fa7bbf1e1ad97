"""Audiences (S19, S40, S45): whom a message may reach, taken by the permission rule, with proof of who was left out.

    preview(...)    how many, on which grounds, and why not the others
    export(...)     the file and its record: both whole, or neither
    left_out(...)   who was left out, and why

All three read one statement, `selected`. The file has the columns its channel needs and no more, never a profile (S60).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import insert_rows
from consent import links
from consent.lines import Lines, Seen, unseen
from consent.models import AudienceExport, Notice, PolicyVersion, Purpose
from consent.models.consents import Channel
from consent.models.notices import NoticeKind
from consent.permission import Bar, informed, weighed
from contacts.directory import working
from contacts.models import Affiliation, Contact

CHUNK: Final = 2_000
NAMES: Final = ("reference", "salutation", "academic_title", "first_name", "last_name")
ADDRESSES: Final = {
    Channel.EMAIL: ("email",),
    Channel.PHONE: ("phone",),
    Channel.POST: ("street", "postcode", "city", "state"),
}
"""Whom to address, and where each channel reaches them: the smallest set (Art. 5(1)(c))."""
BARS: Final = tuple(f"bar_{bar}" for bar in Bar)
"""The columns of the bars."""
LEFT_OUT: Final = ("reference", "bars")
"""The columns of the list of who was left out."""
LINKS: Final = ("preferences", "unsubscribe")
"""What every message by e-mail must offer (ePrivacy Art. 13(2); RFC 8058)."""
SIGNED: Final = ("pk", "email_digest", "digest_version", "language")
"""What such a link is made of."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What an audience is for, over which channel, and whom it is limited to; an empty limit is none."""

    purpose: Purpose
    channel: Channel
    title: str = ""
    carries_notice: bool = False
    country: str = ""
    topic: str = ""
    organisation: UUID | None = None

    def contacts(self, on: date) -> QuerySet[Contact, Any]:
        """Everybody within the limits on the day `on`, permitted or not; whoever has left an organisation is not."""
        found: QuerySet[Contact, Any] = Contact.objects.all()
        if self.country:
            found = found.filter(country=self.country)
        if self.topic:
            spelt = {json.dumps(self.topic), json.dumps(self.topic, ensure_ascii=False)}
            named = Q(*(("topics_text__contains", one) for one in spelt), _connector=Q.OR)
            found = found.annotate(topics_text=Cast("topics", TextField())).filter(named)
        if self.organisation:
            works_there = working(on).filter(contact=OuterRef("pk"), organisation=self.organisation)
            found = found.filter(Exists(works_there))
        return found


def selected(selection: Selection, at: datetime) -> QuerySet[Contact, Any]:
    """Everybody within the limits, with ground and bars at the moment `at` (aware): one statement."""
    purpose, channel = selection.purpose.code, str(selection.channel)
    return weighed(purpose, channel, at, selection.contacts(local_date(at)), carries_notice=selection.carries_notice)


@dataclass(slots=True)
class Counts:
    """How many are in and out, on which grounds and because of what; one person may be left out for several reasons."""

    included: int = 0
    excluded: int = 0
    grounds: Counter[str] = field(default_factory=Counter)
    bars: Counter[str] = field(default_factory=Counter)

    def take(self, ground: str, standing: list[str], number: int = 1) -> bool:
        """Count people with the same answer; returns whether they are in."""
        if standing:
            self.excluded += number
            self.bars.update(dict.fromkeys(standing, number))
            return False
        self.included += number
        self.grounds[ground] += number
        return True


def standing_of(flags: Iterable[bool]) -> list[str]:
    """The names of the bars that stand, of the columns of all bars."""
    return [str(bar) for bar, stands in zip(Bar, flags, strict=True) if stands]


def preview(selection: Selection, at: datetime) -> Counts:
    """What an export at this moment would count."""
    counts = Counts()
    alike = selected(selection, at).order_by().values_list("ground", *BARS).annotate(number=Count("pk"))
    for ground, *flags, number in alike:
        counts.take(ground, standing_of(flags), number)
    return counts


# The file -------------------------------------------------------------------------------------------------------------


def columns(channel: Channel) -> list[str]:
    """The header of the file for a channel, in the words of our own import format."""
    names = [*NAMES, *ADDRESSES[channel], "language", "country", "organisation", "ground"]
    return [*names, *LINKS] if channel == Channel.EMAIL else names


def nameless_file() -> IO[bytes]:
    """A file in the folder of uploads that nobody can find and that vanishes when it is closed."""
    settings.UPLOAD_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    return tempfile.TemporaryFile(dir=settings.UPLOAD_DIR)


def export(
    selection: Selection, at: datetime, *, actor: Actor, seen: Seen = unseen
) -> tuple[AudienceExport, IO[bytes]]:
    """Take the audience at `at` into a file without a name, which vanishes when it is closed, and record it.

    In one transaction: the counts, the digest of the file, the audit event, a notice for each person who owed one when
    the message carries it, and what `seen` does with the ids of who is in the file, part by part. An exception leaves
    neither a record nor a file.
    """
    file = nameless_file()
    try:
        with transaction.atomic(), nameless_file() as owed:
            counts, digest = _write(selection, at, file, owed, seen)
            record = _record(selection, at, counts, digest, actor)
            if selection.carries_notice:
                _inform(record, owed, actor)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return record, file


def _write(selection: Selection, at: datetime, file: IO[bytes], owed: IO[bytes], seen: Seen) -> tuple[Counts, str]:
    """Stream the permitted into the file, and the ids of those who owe a notice into the other."""
    employer = Affiliation.objects.filter(contact=OuterRef("pk")).order_by(F("ended_on").desc(nulls_first=True), "-id")
    rows = selected(selection, at).annotate(
        organisation=Subquery(employer.values("organisation__name")[:1], output_field=CharField()),
        owes_notice=~Exists(informed(at)),
    )
    header = columns(selection.channel)
    known = [name for name in header if name not in LINKS]
    asked = [*known, "owes_notice", *SIGNED, *BARS]
    counts, digest, ground_at = Counts(), hashlib.sha256(), known.index("ground")
    with_links = header != known
    lines = Lines(seen)
    lines.add(header)
    for values in rows.order_by().values_list(*asked).iterator(CHUNK):
        cells, rest = values[: len(known)], values[len(known) :]
        if counts.take(cells[ground_at], standing_of(rest[1 + len(SIGNED) :])):
            signed = rest[1 : 1 + len(SIGNED)]
            lines.add([*cells, *_links(selection.purpose, *signed)] if with_links else cells, rest[1])
            if rest[0]:
                owed.write(rest[1].bytes)
        if lines.full:
            lines.into(file, digest)
    lines.into(file, digest)
    return counts, digest.hexdigest()


def _links(purpose: Purpose, *signed: Any) -> list[str]:
    """The person's addresses for changing preferences, and for opting out of this purpose by e-mail."""
    person = Contact(**dict(zip(SIGNED, signed, strict=True)))
    return [links.preferences_link(person), links.unsubscribe_link(person, purpose.code, Channel.EMAIL)]


# The record -----------------------------------------------------------------------------------------------------------


def _record(selection: Selection, at: datetime, counts: Counts, digest: str, actor: Actor) -> AudienceExport:
    record = AudienceExport.objects.create(
        purpose=selection.purpose,
        channel=selection.channel,
        title=selection.title,
        policy=PolicyVersion.in_force(local_date(at)),
        carries_notice=selection.carries_notice,
        decided_at=at,
        actor_id=actor.user_id,
        included=counts.included,
        excluded=counts.excluded,
        grounds=dict(counts.grounds),
        bars=dict(counts.bars),
        digest=digest,
    )
    numbers = {"included": counts.included, "excluded": counts.excluded}
    AuditEvent.record(actor, gettext_noop("exported audience"), record, batch=record.pk, counts=numbers)
    return record


def _inform(record: AudienceExport, owed: IO[bytes], actor: Actor) -> None:
    """The message carries the notice: a row for each person who owed one (Art. 14(3)(b))."""
    if record.policy is None:
        raise ValueError("There is no published policy that the message could carry.")
    owed.seek(0)
    at, policy = record.decided_at, record.policy.pk
    fields = (
        "contact",
        "kind",
        "policy",
        "given_at",
        "exemption",
        "reason",
        "method",
        "recorded_at",
        "actor_id",
        "batch",
    )
    common = (str(NoticeKind.ELSEWHERE), policy, at, "", "", str(record.channel), at, actor.user_id, record.pk)
    insert_rows(Notice, fields, ((UUID(bytes=one), *common) for one in iter(lambda: owed.read(16), b"")))


# Who was left out -----------------------------------------------------------------------------------------------------


def left_out(selection: Selection, at: datetime, seen: Seen = unseen) -> Iterator[str]:
    """Reference and bars of everybody whom an export at `at` leaves out, block by block as CSV."""
    lines = Lines(seen)
    lines.add(LEFT_OUT)
    rows = selected(selection, at).exclude(**dict.fromkeys(BARS, False)).order_by()
    for key, reference, *flags in rows.values_list("pk", "reference", *BARS).iterator(CHUNK):
        lines.add([reference, " ".join(standing_of(flags))], key)
        if lines.full:
            yield lines.take().decode()
    yield lines.take().decode()
