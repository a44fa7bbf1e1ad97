"""Placing and releasing holds (E28, E30): what keeps the rules from a contact, with a matter and an end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from config.admin_site.accounts import hand
from config.models import Actor, AuditEvent
from config.policy.periods import REQUEST_PAUSE_DAYS
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
    owner: str = "",
    scope: HoldScope = HoldScope.ALL,
    is_secret: bool = False,
) -> Hold:
    """Put a legal hold on a contact through `until_on`, at most twelve months from the day of `at`.

    `is_secret`: the law forbids to tell the person.
    `actor` approves it; `owner` answers for the matter, and is whoever places the hold if nobody else is named.

    Raises ValidationError naming the field, and Contact.DoesNotExist when a run has just erased the contact.
    """
    with transaction.atomic():
        locked = Contact.objects.select_for_update().get(pk=contact.pk)
        hold = Hold(
            contact=locked,
            kind=HoldKind.LEGAL,
            scope=scope,
            matter=matter,
            owner=owner or hand(actor),
            until_on=until_on,
            is_secret=is_secret,
            placed_at=at,
            placed_by=actor.user_id,
        )
        hold.full_clean()
        hold.save()
        AuditEvent.record(actor, gettext_noop("held"), locked, fields=["holds"], batch=hold.pk)
    return hold


def pause(contact: Contact, matter: str, actor: Actor, at: datetime) -> Hold:
    """Pause both rules for a rights request of the contact that is open (E30); `matter` is the request's own reference.

    The hold never stands in the way of an erasure the person asks for (`Bars.against_request`, E31).

    Raises Contact.DoesNotExist when a run has just erased the contact.
    """
    with transaction.atomic():
        locked = Contact.objects.select_for_update().get(pk=contact.pk)
        hold = Hold.objects.create(
            contact=locked, kind=HoldKind.REQUEST, matter=matter, placed_at=at, placed_by=actor.user_id
        )
        AuditEvent.record(actor, gettext_noop("held"), locked, fields=["holds"], batch=hold.pk)
    return hold


def end_pause(hold: Hold, closed_on: date, actor: Actor) -> Hold:
    """The request was closed on that day (controller's time zone): it pauses less than 30 days more (E30)."""
    with transaction.atomic():
        locked = Hold.objects.select_for_update().get(pk=hold.pk, kind=HoldKind.REQUEST)
        locked.until_on = closed_on + timedelta(days=REQUEST_PAUSE_DAYS - 1)
        locked.save(update_fields=["until_on"])
        AuditEvent.record(actor, gettext_noop("end of hold set"), locked.contact, fields=["holds"], batch=locked.pk)
    return locked


def release(hold: Hold, actor: Actor, at: datetime) -> Hold:
    """End a hold; the next nightly run decides anew (E33). Releasing twice changes nothing."""
    with transaction.atomic():
        locked = Hold.objects.select_for_update().get(pk=hold.pk)
        if locked.released_at is None:
            locked.released_at, locked.released_by = at, actor.user_id
            locked.save(update_fields=["released_at", "released_by"])
            AuditEvent.record(actor, gettext_noop("released"), locked.contact, fields=["holds"], batch=locked.pk)
    return locked
