"""Consent events (Art. 7; S26-S28, S127): given, asked for, confirmed and withdrawn, each an appended row.

Withdrawing is as easy as giving and takes effect in the caller's transaction. Whoever writes here locks the contact, so
that a nightly run meets the writer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.models.audit import ActorKind
from consent.models import Consent, InterestProfile, PolicyVersion, Purpose
from consent.models.consents import LATEST_FIRST, USABLE, ConsentState
from consent.models.profiling import PROFILING
from contacts.models import Contact, Engagement
from contacts.models.engagement import EngagementKind
from contacts.signals import contacts_changed

SUBJECT = Actor.subject()


@dataclass(frozen=True, slots=True)
class Evidence:
    """How we know (Art. 7(1)): the wording shown, its language, the act, and whether the person told us directly."""

    method: str
    by_subject: bool
    text: str = ""
    language: str = ""
    source_ip: str | None = None
    token_digest: str = ""
    note: str = ""


ACTIONS: Final = {
    ConsentState.REQUESTED: gettext_noop("consent requested"),
    ConsentState.DEFERRED: gettext_noop("consent deferred"),
    ConsentState.REFUSED: gettext_noop("consent refused"),
    ConsentState.GIVEN: gettext_noop("consent given"),
    ConsentState.RENEWED: gettext_noop("consent renewed"),
    ConsentState.EXPIRED: gettext_noop("consent expired"),
    ConsentState.INVALIDATED: gettext_noop("consent invalidated"),
    ConsentState.REVOKED: gettext_noop("consent revoked"),
    ConsentState.WITHDRAWN: gettext_noop("consent withdrawn"),
    ConsentState.UNKNOWN: gettext_noop("consent unknown"),
}
"""What the audit trail calls each event."""


def record(
    contact: UUID, purpose: str, channel: str, state: ConsentState, at: datetime, *, evidence: Evidence, actor: Actor
) -> Consent:
    """Append one event at the moment `at` (aware).

    A consent that the person gives or renews is an act of the person: it counts as an engagement (E12). Raises
    Contact.DoesNotExist for somebody who has been erased.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        event = Consent.objects.create(
            contact=person,
            digest=person.email_digest,
            digest_version=person.digest_version,
            purpose=purpose,
            channel=channel,
            state=state,
            occurred_at=at,
            recorded_at=at,
            text=evidence.text,
            language=evidence.language,
            method=evidence.method,
            evidence=evidence.note,
            by_subject=evidence.by_subject,
            source_ip=evidence.source_ip,
            token_digest=evidence.token_digest,
            policy=PolicyVersion.in_force(local_date(at), evidence.language),
            actor_id=actor.user_id,
        )
        AuditEvent.record(actor, ACTIONS[ConsentState(state)], person, fields=["consents"])
        if state in USABLE and evidence.by_subject:
            _engage(person, at)
        if state not in USABLE and purpose == PROFILING:
            InterestProfile.objects.filter(contact=person).delete()  # it rests on this consent alone (S54)
    return event


def give(
    contact: UUID, purpose: str, channel: str, at: datetime, *, evidence: Evidence, actor: Actor = SUBJECT
) -> Consent:
    """Record that the person consents: given, or renewed where there was a consent before.

    Consenting to advertising is joining the marketing register; somebody who had left it was collected anew that day.
    """
    with transaction.atomic():
        before = Consent.objects.filter(contact=contact, purpose=purpose, channel=channel, state__in=USABLE)
        state = ConsentState.RENEWED if before.exists() else ConsentState.GIVEN
        event = record(contact, purpose, channel, state, at, evidence=evidence, actor=actor)
        if Purpose.objects.filter(code=purpose, is_marketing=True).exists():
            join_marketing(contact, at, actor)
    return event


def join_marketing(contact: UUID, at: datetime, actor: Actor) -> None:
    """Put the person into the marketing register, where they are not in it; due dates follow."""
    person = Contact.objects.get(pk=contact)
    if person.in_marketing:
        return
    returned_on = local_date(at) if person.left_marketing_on else person.returned_on
    Contact.objects.filter(pk=contact).update(in_marketing=True, returned_on=returned_on, updated_at=at)
    AuditEvent.record(actor, gettext_noop("joined marketing"), person, fields=["in_marketing"])
    contacts_changed.send(sender=Contact, ids=[contact])


def _engage(person: Contact, at: datetime) -> None:
    Engagement.objects.get_or_create(contact=person, kind=EngagementKind.CONSENT, occurred_at=at, external_id="")
    person.last_engaged_on = max(local_date(at), person.last_engaged_on or local_date(at))
    person.save(update_fields=["last_engaged_on", "updated_at"])
    contacts_changed.send(sender=Contact, ids=[person.pk])


def state_of(contact: UUID, purpose: str, channel: str, at: datetime) -> Consent | None:
    """The event in force at `at`: the last, and on a tie one that permits nothing; None when there never was one."""
    events = Consent.objects.filter(contact=contact, purpose=purpose, channel=channel, occurred_at__lte=at)
    return events.order_by(*LATEST_FIRST).first()


def withdraw(contact: UUID, purpose: str, channel: str, at: datetime, *, method: str, actor: Actor) -> Consent | None:
    """End a consent that is in force or asked for; None when there is nothing to withdraw (Art. 7(3))."""
    current = state_of(contact, purpose, channel, at)
    if current is None or current.state not in (*USABLE, ConsentState.REQUESTED):
        return None
    by_subject = actor.kind != ActorKind.PERSON
    evidence = Evidence(method, by_subject)
    return record(contact, purpose, channel, ConsentState.WITHDRAWN, at, evidence=evidence, actor=actor)
