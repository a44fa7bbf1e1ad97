"""Engagements that arrive while processing is restricted: stored aside unread, applied or dropped when it ends.

Domain section 10, Art. 18(2). The airlock puts them aside; only the end of the last restriction touches them again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_noop

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


def end(contact: Contact, at: datetime, *, take_in: bool, actor: Actor) -> None:
    """Apply what lies aside as if it arrived at `at`, or drop it.

    Belongs in the transaction that ends the contact's last restriction, with the contact locked; does nothing while
    another one stands.
    """
    if Restriction.objects.filter(contact=contact, lifted_at__isnull=True).exists():
        return
    events = list(waiting(contact.pk))
    if not events:
        return
    if take_in:
        timelines = Timelines(Contact.objects.filter(pk=contact.pk), [event.occurred_at for event in events], at)
        for event in events:
            timelines.add(contact.pk, event)
        timelines.write()
    AsideEngagement.objects.filter(pk__among=array(event.pk for event in events)).delete()
    action = gettext_noop("events stored aside taken in") if take_in else gettext_noop("events stored aside dropped")
    AuditEvent.record(actor, action, contact, counts={"events": len(events)})
