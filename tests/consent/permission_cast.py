"""People and facts for the permission tests: everything somebody permitted needs, so that each bar can be tried alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from consent import suppression
from consent.models import (
    Assessment,
    Balancing,
    Consent,
    LegalBasis,
    Notice,
    Objection,
    PolicyVersion,
    Purpose,
    Restriction,
    SuppressionEntry,
)
from consent.models.consents import ConsentState
from consent.models.purposes import Basis
from consent.models.suppression import Authority, SuppressionReason
from consent.permission import Bar, Permission, may_use, permission_of, permitted, weighed
from contacts.models import Affiliation, Agreement, Collection, Contact, Organisation, Source
from tests.consent.conftest import DAY, NOW

EMAIL, PHONE, POST = "email", "phone", "post"


def assessed(purpose: str, **fields: Any) -> None:
    """Assessments of both registers, approved a while ago and not to be reviewed soon, unless the fields differ."""
    known = {"approved_at": NOW - 100 * DAY, "review_on": date(2027, 6, 1)} | fields
    for basis in LegalBasis.objects.filter(purpose__code=purpose, basis=Basis.LEGITIMATE_INTERESTS):
        Assessment.objects.create(basis=basis, **known)


def informed(person: Contact, at: datetime = NOW - 20 * DAY) -> Notice:
    """The person was told (Art. 13, 14)."""
    policy = PolicyVersion.objects.get(version="2019-09", language="de")
    return Notice.objects.create(contact=person, kind="art14", policy=policy, given_at=at, recorded_at=at)


def prospect(email: str = "anna@example.org", *, told: bool = True, **fields: Any) -> Contact:
    """A German in marketing, at work as a buyer and reachable over every channel."""
    known: dict[str, Any] = {
        "first_name": "Anna",
        "last_name": "Virtanen",
        "country": "DE",
        "job_function": "Purchasing",
        "phone": "+4930123456",
        "street": "Unter den Linden 1",
        "city": "Berlin",
        "in_marketing": True,
        "collected_on": date(2025, 1, 1),
    }
    person = Contact.objects.create(email=email, **known | fields)
    if told:
        informed(person)
    return person


def works_for(person: Contact, *, party: str = "customer", kind: str = "licence", **fields: Any) -> Agreement:
    """Tie the person to an organisation that is a customer since 2020."""
    firm = Organisation.objects.create(name=f"Firm of {person.reference}")
    Affiliation.objects.create(contact=person, organisation=firm)
    known = {"starts_on": date(2020, 1, 1)} | fields
    return Agreement.objects.create(organisation=firm, party=party, kind=kind, **known)


def sold(person: Contact, **fields: Any) -> Collection:
    """The address came with a sale, and the opt-out was offered."""
    source_fields = {key: fields.pop(key) for key in ("kind", "offers_opt_out") if key in fields}
    known_source = {"kind": "sales", "offers_opt_out": True} | source_fields
    source = Source.objects.create(code=f"shop {Source.objects.count()}", **known_source)
    known = {"collected_on": date(2025, 1, 1), "fields": ["email", "first_name"]} | fields
    return Collection.objects.create(contact=person, source=source, **known)


def consents(
    person: Contact,
    state: ConsentState = ConsentState.GIVEN,
    at: datetime = NOW - 10 * DAY,
    purpose: str = "marketing",
    channel: str = EMAIL,
    **fields: Any,
) -> Consent:
    """An event of the person's own, unless `by_subject` says otherwise."""
    known = {"by_subject": True, "recorded_at": at} | fields
    return Consent.objects.create(
        contact=person, purpose=purpose, channel=channel, state=state, occurred_at=at, **known
    )


def objects(person: Contact, at: datetime = NOW - 5 * DAY, ground: str = "marketing", **scope: str) -> Objection:
    """The evidence of an objection alone, without what else follows from it."""
    return Objection.objects.create(contact=person, ground=ground, raised_at=at, recorded_at=at, **scope)


def balanced(objection: Objection, result: str, at: datetime = NOW - DAY) -> Balancing:
    """The decision about an objection on own grounds."""
    return Balancing.objects.create(objection=objection, result=result, grounds="weighed", decided_at=at)


def listed(key: str, at: datetime = NOW - 5 * DAY, *, bounced: bool = False, **scope: Any) -> SuppressionEntry:
    """An entry on the person's word, or on a machine's that the address does not exist."""
    reason = SuppressionReason.HARD_BOUNCE if bounced else SuppressionReason.OBJECTION
    return suppression.add(key, reason, Authority.MACHINE if bounced else Authority.PERSON, at, **scope)


def restricts(person: Contact, since: datetime = NOW - DAY, until: datetime | None = None) -> Restriction:
    """A restriction, lifted at `until` if at all."""
    return Restriction.objects.create(
        contact=person, ground="a", since_at=since, notice_before_lift_at=until, lifted_at=until
    )


def retired(purpose: str) -> None:
    """The purpose is not in use any more."""
    Purpose.objects.filter(code=purpose).update(is_active=False)


def ask(
    person: Contact, purpose: str = "marketing", channel: str = EMAIL, at: datetime = NOW, **options: Any
) -> Permission:
    """The answer, which must be the same from all three forms."""
    single = may_use(person.pk, purpose, channel, at, **options)
    assert permission_of(weighed(purpose, channel, at, **options).get(pk=person.pk)) == single
    assert permitted(purpose, channel, at, **options).filter(pk=person.pk).exists() is single.allowed
    return single


def ground(person: Contact, purpose: str = "marketing", channel: str = EMAIL, at: datetime = NOW) -> str:
    """The ground alone."""
    return str(ask(person, purpose, channel, at).ground or "")


def bars(person: Contact, purpose: str = "marketing", channel: str = EMAIL, at: datetime = NOW) -> set[Bar]:
    """The bars alone."""
    return set(ask(person, purpose, channel, at).bars)
