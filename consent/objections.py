"""Objections (S118, S119; Art. 21): the marketing lane is absolute, own grounds restrict until weighed."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from consent import suppression
from consent.consents import state_of, withdraw
from consent.models import Balancing, Consent, InterestProfile, Objection, Purpose
from consent.models.consents import USABLE, Channel
from consent.models.objections import BalancingResult, ObjectionGround, RestrictionGround
from consent.models.profiling import PROFILING
from consent.models.suppression import Authority, Identifier, SuppressionReason
from consent.restrictions import restrict
from contacts import merged
from contacts.models import Contact
from contacts.signals import contacts_changed

ACTIONS: Final = {
    BalancingResult.UPHELD: gettext_noop("objection upheld"),
    BalancingResult.OVERRIDDEN: gettext_noop("objection overridden"),
}
"""What the audit trail calls a weighing."""


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
        objection = _record(
            person, ObjectionGround.MARKETING, at, method=method, actor=actor, scope=(purpose, channel), said=statement
        )
        _list(person, purpose, channel, at)
        _end_consents(person, purpose, channel, at, method=method, actor=actor)
        if not channel and purpose in ("", PROFILING):
            InterestProfile.objects.filter(contact=person).delete()
        if not purpose and not channel:
            _leave_marketing(person, at)
        AuditEvent.record(actor, gettext_noop("objected to marketing"), person, fields=["objections"])
    return objection


def on_own_grounds(
    contact: UUID, at: datetime, *, statement: str, method: str, actor: Actor, purpose: str = ""
) -> Objection:
    """Take in an objection on grounds of the person's own situation (S119, Art. 21(1)), to one purpose or to all.

    It restricts the processing until it has been weighed (Art. 18(1)(d)). Raises ValueError without a statement, and
    Contact.DoesNotExist for somebody who has been erased.
    """
    if not statement.strip():
        raise ValueError(_("Write down what the person says about their situation: it is what will be weighed."))
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        scope = (purpose, "")
        ground = ObjectionGround.OWN_SITUATION
        objection = _record(person, ground, at, method=method, actor=actor, scope=scope, said=statement)
        restrict(contact, RestrictionGround.OBJECTION, at, actor=actor, objection=objection)
        AuditEvent.record(actor, gettext_noop("objected on own grounds"), person, fields=["objections"])
    return objection


def balance(objection: Objection, result: BalancingResult, grounds: str, at: datetime, *, actor: Actor) -> Balancing:
    """Record the one decision about an objection on own grounds.

    Overridden: the restriction may be lifted once the person was told (Art. 18(3)). Upheld: whatever rests on interests
    stays barred, and an objection to marketing ends the marketing register, unless the person consents to some of it;
    the rights desk offers the erasure of Art. 17(1)(c). Raises ValueError without grounds, for a marketing objection,
    which is never weighed, for a second decision, and for somebody who has been erased.
    """
    if not grounds.strip():
        raise ValueError(_("Write down the grounds of the decision: we must be able to prove them."))
    with transaction.atomic():
        if objection.contact_id is None:
            raise ValueError(_("The person has been erased; there is nothing left to weigh."))
        person = Contact.objects.select_for_update().get(pk=objection.contact_id)
        if objection.ground != ObjectionGround.OWN_SITUATION:
            raise ValueError(_("An objection to direct marketing is absolute and is not weighed."))
        if Balancing.objects.filter(objection=objection).exists():
            raise ValueError(_("This objection has been decided already; the first decision stands."))
        decision = Balancing.objects.create(
            objection=objection, result=result, grounds=grounds, decided_at=at, actor_id=actor.user_id
        )
        if result == BalancingResult.UPHELD and _ends_marketing(objection, person, at):
            _leave_marketing(person, at)
        AuditEvent.record(actor, ACTIONS[BalancingResult(result)], person, fields=["objections"], batch=objection.pk)
    return decision


def _ends_marketing(objection: Objection, person: Contact, at: datetime) -> bool:
    """The marketing register rests on interests (S25): it ends with them, unless a marketing consent is in force."""
    if objection.purpose:
        return False
    scopes = set(_marketing_consents(person).values_list("purpose", "channel"))
    states = (state_of(person.pk, *scope, at) for scope in scopes)
    return not any(state.state in USABLE for state in states if state)


def _record(
    person: Contact,
    ground: ObjectionGround,
    at: datetime,
    *,
    method: str,
    actor: Actor,
    scope: tuple[str, str],
    said: str,
) -> Objection:
    """The evidence, which outlives the person by the digest."""
    return Objection.objects.create(
        contact=person,
        digest=person.email_digest,
        digest_version=person.digest_version,
        ground=ground,
        purpose=scope[0],
        channel=scope[1],
        statement=said,
        raised_at=at,
        recorded_at=at,
        method=method,
        actor_id=actor.user_id,
    )


def _list(person: Contact, purpose: str, channel: str, at: datetime) -> None:
    """Entries for every address that leads to the person, and for the number where calls are meant."""
    former = (key for _contact, key in merged.addresses_of([person.pk]))
    for key in filter(None, (person.email_key, *former)):
        suppression.add(key, SuppressionReason.OBJECTION, Authority.PERSON, at, purpose=purpose, channel=channel)
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
    covered = _marketing_consents(person)
    if purpose:
        covered = covered.filter(purpose=purpose)
    if channel:
        covered = covered.filter(channel=channel)
    for one_purpose, one_channel in set(covered.values_list("purpose", "channel")):
        withdraw(person.pk, one_purpose, one_channel, at, method=method, actor=actor)


def _marketing_consents(person: Contact) -> QuerySet[Consent, Consent]:
    """Whatever the person has ever said about consent to advertising."""
    return Consent.objects.filter(contact=person, purpose__in=Purpose.objects.filter(is_marketing=True).values("code"))


def _leave_marketing(person: Contact, at: datetime) -> None:
    """Out of the marketing register at once; somebody in no other register is erased by the next run (E10, E45)."""
    if person.in_marketing:
        Contact.objects.filter(pk=person.pk).update(in_marketing=False, left_marketing_on=local_date(at), updated_at=at)
    contacts_changed.send(sender=Contact, ids=[person.pk])
