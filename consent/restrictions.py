"""Restriction of processing (Art. 18, S131): opened by privacy staff, and lifted only after the person was told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from config.models import Actor, AuditEvent
from consent import aside, ledger
from consent.models import Objection, Restriction
from consent.models.disclosures import NoticeReason
from consent.models.objections import RestrictionGround
from contacts.models import Contact
from contacts.signals import contacts_changed
from contacts.visibility import hides

TAKE_IN, DROP = "take_in", "drop"
STORED_ASIDE = (
    (TAKE_IN, gettext_lazy("take them in, as if they arrived now")),
    (DROP, gettext_lazy("drop them unread")),
)
"""What may become of the events stored aside, when the last restriction of a contact is lifted."""


def in_force(at: datetime) -> QuerySet[Restriction, Restriction]:
    """The restrictions that stand at the moment `at` (aware). What they name in part is left alone as a whole."""
    return Restriction.objects.filter(Q(lifted_at__isnull=True) | Q(lifted_at__gt=at), since_at__lte=at)


@hides
def restricted(at: datetime) -> Q:
    """The contacts of whom sales see nothing while a restriction stands (domain section 10)."""
    return Q(Exists(in_force(at).filter(contact=OuterRef("pk"))))


def restrict(
    contact: UUID,
    ground: RestrictionGround,
    at: datetime,
    *,
    actor: Actor,
    note: str = "",
    objection: Objection | None = None,
    batch: UUID | None = None,
) -> Restriction:
    """From `at` on the contact's data is stored and not used, and whoever received it is to be told (Art. 19).

    `batch` is the rights request whose case tells them. Raises Contact.DoesNotExist for somebody erased.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        restriction = Restriction.objects.create(
            contact=person, ground=ground, since_at=at, note=note, objection=objection, actor_id=actor.user_id
        )
        ledger.queue([contact], NoticeReason.RESTRICTED, at, batch=batch)
        _changed(restriction, gettext_noop("restricted"), actor)
    return restriction


def told(restriction: Restriction, at: datetime, *, actor: Actor) -> Restriction:
    """Record that the person was told at `at` that the restriction will be lifted (Art. 18(3)); the first time counts.

    Raises ValueError for one that is lifted, and for one whose objection has not been weighed.
    """
    with transaction.atomic():
        locked = _open(restriction)
        if locked.notice_before_lift_at is None:
            locked.notice_before_lift_at = at
            locked.save(update_fields=["notice_before_lift_at"])
            _changed(locked, gettext_noop("told before lifting"), actor)
    return locked


def lift(restriction: Restriction, at: datetime, *, actor: Actor, take_in: bool = True) -> Restriction:
    """End the restriction at `at`. Raises ValueError, saying what is missing, unless the person was told before.

    With the last one of a contact, the events stored aside meanwhile are taken in, or dropped unless `take_in`.
    """
    with transaction.atomic():
        person = Contact.objects.filter(restrictions=restriction).select_for_update(of=("self",)).first()
        locked = _open(restriction)
        if locked.notice_before_lift_at is None or locked.notice_before_lift_at > at:
            raise ValueError(_("Tell the person before lifting the restriction, and record when."))
        locked.lifted_at = at
        locked.save(update_fields=["lifted_at"])
        if person is not None:
            aside.end(person, at, take_in=take_in, actor=actor)
        _changed(locked, gettext_noop("lifted"), actor)
    return locked


def _open(restriction: Restriction) -> Restriction:
    """The restriction under lock, when it may come to its end."""
    locked = Restriction.objects.select_for_update(of=("self",)).select_related("objection").get(pk=restriction.pk)
    if locked.lifted_at is not None:
        raise ValueError(_("This restriction has been lifted already."))
    if locked.objection is not None and not hasattr(locked.objection, "balancing"):
        raise ValueError(_("The objection has not been weighed yet. Record the balancing decision first."))
    return locked


def _changed(restriction: Restriction, action: str, actor: Actor) -> None:
    if restriction.contact is not None:
        AuditEvent.record(actor, action, restriction.contact, fields=["restrictions"], batch=restriction.pk)
        contacts_changed.send(sender=Contact, ids=[restriction.contact.pk])
