"""Objections (S118, S119; Art. 21): the marketing lane is absolute, own grounds restrict until weighed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from config.dates import local_date
from config.models import Actor, AuditEvent
from consent import suppression
from consent.consents import withdraw
from consent.models import Consent, InterestProfile, Objection, Purpose
from consent.models.consents import Channel
from consent.models.objections import ObjectionGround
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts.models import Contact
from contacts.signals import contacts_changed


def to_marketing(
    contact: UUID,
    at: datetime,
    *,
    method: str,
    actor: Actor,
    purpose: str = "",
    channel: str = "",
    statement: str = "",
) -> Objection:
    """Heed an objection to direct marketing at once (Art. 21(3)): to one purpose or channel, or to all of it.

    In one transaction: the objection as evidence, entries of the suppression list, the end of consents it covers, the
    end of the interest profile, and, when it is to everything, the end of the marketing register. Raises
    Contact.DoesNotExist for somebody who has been erased.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        objection = Objection.objects.create(
            contact=person,
            digest=person.email_digest,
            digest_version=person.digest_version,
            ground=ObjectionGround.MARKETING,
            purpose=purpose,
            channel=channel,
            statement=statement,
            raised_at=at,
            recorded_at=at,
            method=method,
            actor_id=actor.user_id,
        )
        _list(person, purpose, channel, at)
        _end_consents(person, purpose, channel, at, method=method, actor=actor)
        if not channel and purpose in ("", "profiling"):
            InterestProfile.objects.filter(contact=person).delete()
        if not purpose and not channel:
            _leave_marketing(person, at)
        AuditEvent.record(actor, "objected to marketing", person, fields=["objections"])
    return objection


def _list(person: Contact, purpose: str, channel: str, at: datetime) -> None:
    """Entries for the address, and for the number where calls are meant."""
    if person.email_key:
        suppression.add(
            person.email_key, SuppressionReason.OBJECTION, Authority.PERSON, at, purpose=purpose, channel=channel
        )
    if person.phone and channel in ("", Channel.PHONE):
        suppression.add(
            person.phone,
            SuppressionReason.OBJECTION,
            Authority.PERSON,
            at,
            identifier=Identifier.PHONE,
            purpose=purpose,
            channel=channel,
        )


def _end_consents(person: Contact, purpose: str, channel: str, at: datetime, *, method: str, actor: Actor) -> None:
    """An objection is recorded as a withdrawal too where a consent is in force (domain section 4)."""
    covered = Consent.objects.filter(
        contact=person, purpose__in=Purpose.objects.filter(is_marketing=True).values("code")
    )
    if purpose:
        covered = covered.filter(purpose=purpose)
    if channel:
        covered = covered.filter(channel=channel)
    for one_purpose, one_channel in set(covered.values_list("purpose", "channel")):
        withdraw(person.pk, one_purpose, one_channel, at, method=method, actor=actor)


def _leave_marketing(person: Contact, at: datetime) -> None:
    """Out of the marketing register at once; somebody in no other register is erased by the next run (E10, E45)."""
    if person.in_marketing:
        Contact.objects.filter(pk=person.pk).update(in_marketing=False, left_marketing_on=local_date(at), updated_at=at)
    contacts_changed.send(sender=Contact, ids=[person.pk])
