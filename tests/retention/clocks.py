"""More rows with a clock of their own: look-ups, merges, breaches, disclosures, notices to recipients, closed requests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.db.models import Model

from config.dates import local_date
from config.models import AccessEvent
from consent.models import Breach, Disclosure, DisclosureBatch, RecipientNotice
from contacts.models import Contact, MergeUndo
from dsar.models import RightsRequest
from tests.consent.disclosure_cast import purpose, recipient
from tests.retention.nights import DAY


def look_up(at: datetime) -> Model:
    return AccessEvent.objects.create(at=at, actor_id=uuid4(), role="sales", purpose="audit", kind="record", view="x")


def merge_undo(at: datetime) -> Model:
    return MergeUndo.objects.create(
        contact=Contact.objects.create(collected_on=date(2026, 11, 23)), former_id=uuid4(), merged_at=at
    )


def breach(at: datetime) -> Model:
    return Breach.objects.create(title="A lost laptop", aware_at=at, closed_at=at)


def disclosure(at: datetime) -> Model:
    batch = DisclosureBatch.objects.create(
        recipient=recipient(), purpose=purpose(), title="Orders", country="FI", disclosed_at=at, digest="0" * 64
    )
    return Disclosure.objects.create(batch=batch, digest="d", ground="contract", disclosed_at=at)


def told_recipient(at: datetime) -> Model:
    return RecipientNotice.objects.create(recipient=recipient(), reason="purged", told_at=at)


def closed_request(at: datetime) -> Model:
    dates = {"received_at": at - DAY, "clock_on": local_date(at), "closed_at": at}
    return RightsRequest.objects.create(reference="R-000001", received_by="letter", status="withdrawn", **dates)


MORE: dict[str, tuple[Callable[[datetime], Model], int | timedelta]] = {
    "config.AccessEvent": (look_up, 24),
    "contacts.MergeUndo": (merge_undo, 30 * DAY),
    "consent.Breach": (breach, 36),
    "consent.Disclosure": (disclosure, 36),
    "consent.RecipientNotice": (told_recipient, 36),
    "dsar.RightsRequest": (closed_request, 36),
}
"""As in `test_expiry.CLOCKS`."""
