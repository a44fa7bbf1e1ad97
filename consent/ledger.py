"""Who has somebody's data (Art. 15(1)(c), 19; C-154/21): read from the ledger, and told when something changed.

    given(...)      what was passed on of one contact: recipients by name, with dates, fields and safeguards
    recipients(...) who must be told about one contact, each once
    queue(...)      one row for each recipient of many contacts, in one statement; erasure calls it (E44)
    told(...)       a recipient was told about everybody it was owed a notice of, or about those of one rights request

Courts and authorities that asked in a particular inquiry are no recipients to be told (Art. 4(9)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Count, DateTimeField, Min, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent
from config.sql import insert_from
from consent.lines import Lines
from consent.models import Disclosure, Recipient, RecipientNotice
from consent.models.disclosures import NoticeReason
from consent.models.recipients import RecipientKind
from consent.signals import recipient_told
from consent.transfers import EEA

COLUMNS: Final = ("recipient", "reason", "reference", "queued_at", "batch", "method")
LETTER: Final = ("reference", "reason", "since")
"""The columns of what a recipient is sent."""


class NothingOwedError(ValueError):
    """A recipient was told already; the message says so, for people."""


@dataclass(frozen=True, slots=True)
class Given:
    """One disclosure of one contact, as an access answer says it.

    `third_country` is the code of a country outside the EEA, else ""; `safeguard` is what covered it, in words. Where
    `may_tell` is False, `untold_because` says why the answer withholds it.
    """

    recipient: Recipient
    disclosed_at: datetime
    fields: tuple[str, ...]
    ground: str
    purpose: str
    third_country: str
    safeguard: str
    may_tell: bool
    untold_because: str


def rows_of(contact: UUID) -> QuerySet[Disclosure, Disclosure]:
    """The rows of the ledger about one contact, the newest first."""
    known = Disclosure.objects.filter(contact=contact)
    return known.select_related("batch__recipient", "batch__purpose", "batch__exception")


def given(contact: UUID, most: int | None = None) -> list[Given]:
    """What was passed on of one contact, the newest first; `most` limits how many. Nothing is withheld yet.

    `may_tell` of each says what an answer to the person must leave out.
    """
    return [_given(row) for row in rows_of(contact)[:most]]


def _given(row: Disclosure) -> Given:
    batch, exception = row.batch, row.batch.exception
    return Given(
        recipient=batch.recipient,
        disclosed_at=row.disclosed_at,
        fields=tuple(batch.fields),
        ground=row.ground,
        purpose=batch.reason,
        third_country="" if batch.country.code in EEA else batch.country.code,
        safeguard=batch.safeguard,
        may_tell=exception is None or exception.may_tell,
        untold_because=exception.untold_because if exception else "",
    )


def recipients(contact: UUID) -> QuerySet[Recipient, Recipient]:
    """Who must be told when the contact's data is corrected, erased or restricted: each recipient once, by name."""
    theirs = Disclosure.objects.filter(contact=contact).values("batch__recipient")
    return Recipient.objects.filter(pk__in=theirs).exclude(kind=RecipientKind.AUTHORITY)


# Telling (Art. 19, E44) -----------------------------------------------------------------------------------------------


def queue(contacts: Iterable[UUID], reason: NoticeReason, at: datetime, *, batch: UUID | None = None) -> int:
    """Queue one notice for each recipient of each of these contacts; returns how many.

    One statement, inside the caller's transaction and before the links to the contacts are cut. `batch` is the run or
    the rights request.
    """
    theirs = Disclosure.objects.filter(contact__among=contacts).exclude(batch__recipient__kind=RecipientKind.AUTHORITY)
    rows = (
        theirs.order_by()
        .values_list(
            "batch__recipient",
            Value(str(reason), CharField()),
            "contact__reference",
            Value(at, DateTimeField()),
            Cast(Value(batch), UUIDField()),  # a bare NULL has no type
            Value("", CharField()),
        )
        .distinct()
    )
    return insert_from(RecipientNotice, COLUMNS, rows)


def waiting(recipient: Recipient | None = None) -> QuerySet[RecipientNotice, RecipientNotice]:
    """Notices nobody has given yet, the longest waiting first."""
    rows = RecipientNotice.objects.filter(told_at__isnull=True)
    return rows if recipient is None else rows.filter(recipient=recipient)


def waiting_of(batch: UUID, reason: NoticeReason | None = None) -> QuerySet[RecipientNotice, RecipientNotice]:
    """Notices nobody has given yet that one run or rights request brought about, for any reason or for this one."""
    rows = waiting().filter(batch=batch)
    return rows if reason is None else rows.filter(reason=reason)


def waiting_by_recipient() -> QuerySet[Recipient, Any]:
    """Recipients that are owed a notice, with `owed` (how many) and `owed_since`; the longest waiting first."""
    unheard = Q(notices__told_at__isnull=True)
    counted = Recipient.objects.filter(unheard, notices__isnull=False)
    return counted.annotate(owed=Count("notices"), owed_since=Min("notices__queued_at")).order_by("owed_since")


def letter(recipient: Recipient, until: datetime) -> Iterator[str]:
    """What the recipient is sent: our references and what became of the data, for notices queued by `until`, as CSV."""
    lines = Lines()
    lines.add(LETTER)
    rows = waiting(recipient).filter(queued_at__lte=until).values_list("reference", "reason", "queued_at")
    for reference, reason, queued_at in rows.iterator(2_000):
        lines.add([reference, NoticeReason(reason).label, queued_at.date().isoformat()])
        if lines.full:
            yield lines.take().decode()
    yield lines.take().decode()


def told(
    recipient: Recipient,
    at: datetime,
    *,
    until: datetime,
    method: str,
    actor: Actor,
    only: QuerySet[RecipientNotice, RecipientNotice] | None = None,
) -> int:
    """Record at `at` that the recipient was told about everybody queued by `until`; returns how many.

    `only` limits it to some notices, such as `waiting_of` one rights request. The references go: the recipient knows
    now whom we meant. Raises NothingOwedError when nothing was owed.
    """
    with transaction.atomic():
        owed = (waiting() if only is None else only).filter(recipient=recipient, queued_at__lte=until)
        number = owed.update(told_at=at, method=method, actor_id=actor.user_id, reference="")
        if not number:
            raise NothingOwedError(_("This recipient is owed no notice any more."))
        AuditEvent.record(actor, gettext_noop("told recipient"), recipient, counts={"notices": number})
        recipient_told.send(sender=Recipient, recipient=recipient, at=at, actor=actor)
    return number
