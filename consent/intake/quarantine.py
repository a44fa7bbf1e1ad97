"""The rows that wait for privacy staff: put aside by the airlock, admitted or dropped by staff, gone in 30 days."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Q, TextChoices
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy, gettext_noop

from config import keys
from config.dates import local_date
from config.models import Actor, AuditEvent
from config.policy.periods import QUARANTINE_DAYS
from consent import former
from consent.intake.outcome import Context, RowOutcome
from consent.models import QuarantinedRow
from consent.models.airlock import QuarantineReason
from contacts.formats.rows import ContactRow
from contacts.signals import contacts_changed

DATES = ("affiliated_from", "affiliated_until", "collected_on", "seen_on")
MOMENTS = ("consent_at", "unsubscribed_at", "bounced_at")


class Met(TextChoices):
    """By what a row met a contact that may be somebody else; kept with the row."""

    ADDRESS = "address", gettext_lazy("The address is known under a clearly different name.")
    ID = "id", gettext_lazy("The id at the source is known under a clearly different name.")
    SEVERAL = "several", gettext_lazy("Several contacts have this id at the source.")


class Quarantine:
    """The rows of one chunk that wait for a decision."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.rows: list[QuarantinedRow] = []

    def put(self, row: ContactRow, reason: QuarantineReason, met: Met = Met.ADDRESS) -> None:
        """Put a row aside."""
        content: dict[str, Any] = {name: value for name, value in asdict(row).items() if value not in ("", None, ())}
        content["met"] = met
        self.rows.append(
            QuarantinedRow(
                batch_id=self.context.batch,
                line=row.line,
                reason=reason,
                row=_plain(content),
                digest=keys.digest(row.email_key) if row.email_key else "",
                received_at=self.context.at,
            )
        )

    def write(self) -> None:
        """Store the rows, except those that wait already with the same content."""
        addresses = {row.row.get("email_key", "") for row in self.rows} - {""}
        digests = [digest for key in addresses for _version, digest in keys.all_digests(key)]
        waiting = QuarantinedRow.objects.filter(Q(digest__in=digests) | Q(digest="")).values_list("reason", "row")
        seen = [(reason, _content(row)) for reason, row in waiting] if self.rows else []
        fresh = []
        for row in self.rows:
            if (row.reason, _content(row.row)) not in seen:
                seen.append((row.reason, _content(row.row)))
                fresh.append(row)
        QuarantinedRow.objects.bulk_create(fresh)


def _plain(content: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(content, cls=DjangoJSONEncoder))
    return plain


def _content(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("line", "notes", "met")}


def restore(waiting: QuarantinedRow) -> ContactRow:
    """The row as the file gave it."""
    content = {name: value for name, value in waiting.row.items() if name != "met"}
    for name in DATES:
        content[name] = parse_date(content[name]) if content.get(name) else None
    for name in MOMENTS:
        content[name] = parse_datetime(content[name]) if content.get(name) else None
    content["topics"], content["notes"] = tuple(content.get("topics", ())), tuple(content.get("notes", ()))
    return ContactRow(**content)


@transaction.atomic
def admit(waiting: QuarantinedRow, actor: Actor, at: datetime) -> RowOutcome:
    """Let a row in: staff decided that it may enter, or that it is the same person; says what became of it.

    For somebody erased on request the bar is lifted first; an objection is not, and still keeps the row out of
    marketing.
    """
    from consent.intake.contacts import ContactChunk  # noqa: PLC0415  (the chunk itself puts rows aside here)

    row = restore(waiting)
    today = local_date(at)
    source = waiting.batch.source_code or waiting.batch.format
    context = Context(waiting.batch_id, at, today, source, waiting.batch.format)
    if waiting.reason == QuarantineReason.ERASED:
        former.forget(row.email_key)
        row.collected_on = row.collected_on or today
    chunk = ContactChunk([row], context, same_person=waiting.reason == QuarantineReason.DUPLICATE)
    (outcome,) = chunk.decide()
    contacts_changed.send(Quarantine, ids=chunk.write())
    AuditEvent.record(actor, gettext_noop("admitted from quarantine"), waiting, batch=waiting.batch_id)
    waiting.delete()
    return outcome


@transaction.atomic
def drop(waiting: QuarantinedRow, actor: Actor) -> None:
    """Throw a row away."""
    AuditEvent.record(actor, gettext_noop("dropped from quarantine"), waiting, batch=waiting.batch_id)
    waiting.delete()


def expire(at: datetime) -> int:
    """Rows that nobody decided within 30 days go; returns how many."""
    return QuarantinedRow.objects.filter(received_at__lt=at - timedelta(days=QUARANTINE_DAYS)).delete()[0]
