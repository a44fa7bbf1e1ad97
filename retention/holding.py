"""Placing and releasing holds (E28): what keeps the rules from a contact, with a matter and an end."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from config.models import Actor, AuditEvent
from contacts.models import Contact
from retention.models import Hold
from retention.models.holds import HoldKind, HoldScope


def place(
    contact: Contact,
    matter: str,
    until_on: date,
    actor: Actor,
    at: datetime,
    *,
    scope: HoldScope = HoldScope.ALL,
) -> Hold:
    """Put a legal hold on a contact through `until_on`, at most twelve months from the day of `at`.

    Raises ValidationError naming the field, and Contact.DoesNotExist when a run has just erased the contact.
    """
    with transaction.atomic():
        locked = Contact.objects.select_for_update().get(pk=contact.pk)
        hold = Hold(
            contact=locked,
            kind=HoldKind.LEGAL,
            scope=scope,
            matter=matter,
            until_on=until_on,
            placed_at=at,
            placed_by=actor.user_id,
        )
        hold.full_clean()
        hold.save()
        AuditEvent.record(actor, "held", locked, fields=["holds"], batch=hold.pk)
    return hold


def release(hold: Hold, actor: Actor, at: datetime) -> Hold:
    """End a hold; the next nightly run decides anew (E33). Releasing twice changes nothing."""
    with transaction.atomic():
        locked = Hold.objects.select_for_update().get(pk=hold.pk)
        if locked.released_at is None:
            locked.released_at, locked.released_by = at, actor.user_id
            locked.save(update_fields=["released_at", "released_by"])
            AuditEvent.record(actor, "released", locked.contact, fields=["holds"], batch=locked.pk)
    return locked
