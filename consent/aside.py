"""Engagements that arrive while processing is restricted: stored aside unread, applied or dropped when it ends.

Domain section 10, Art. 18(2). The airlock puts them aside; only the end of the last restriction touches them again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from config.models import Actor, AuditEvent
from config.sql import array
from consent.intake.timelines import Timelines
from consent.models import AsideEngagement, Restriction
from contacts.models import Contact


def waiting(contact: UUID) -> QuerySet[AsideEngagement, AsideEngagement]:
    """What lies aside for one contact, oldest first."""
    return AsideEngagement.objects.filter(contact=contact).order_by("occurred_at", "pk")


def forgotten() -> QuerySet[AsideEngagement, AsideEngagement]:
    """What lies aside of people whom no restriction covers any more: there must be none."""
    standing = Restriction.objects.filter(contact=OuterRef("contact"), lifted_at__isnull=True)
    return AsideEngagement.objects.exclude(Exists(standing))


def end(contact: UUID, at: datetime, *, take_in: bool, actor: Actor) -> int:
    """Apply what lies aside as if it arrived at `at`, or drop it; returns how many events there were.

    Belongs in the transaction that ends the contact's last restriction, with the contact locked; does nothing while
    another one stands.
    """
    if Restriction.objects.filter(contact=contact, lifted_at__isnull=True).exists():
        return 0
    events = list(waiting(contact))
    if not events:
        return 0
    if take_in:
        timelines = Timelines(Contact.objects.filter(pk=contact), [event.occurred_at for event in events], at)
        for event in events:
            timelines.add(contact, event)
        timelines.write()
    AsideEngagement.objects.filter(pk__among=array(event.pk for event in events)).delete()
    person = Contact.objects.only("pk").get(pk=contact)
    action = "events stored aside taken in" if take_in else "events stored aside dropped"
    AuditEvent.record(actor, action, person, counts={"events": len(events)})
    return len(events)
