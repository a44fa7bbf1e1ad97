"""Ten thousand random people: the list, the single answer and a second opinion written from the law agree on all."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from itertools import islice
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import keys
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
from consent.models.suppression import Authority
from consent.permission import Permission, may_use, permission_of, permitted, weighed
from consent.reach import reach
from contacts.models import Affiliation, Agreement, Collection, Contact, Organisation, Source
from contacts.models.people import derived_keys
from tests.consent.conftest import NOW
from tests.consent.permission_model import (
    MOMENTS,
    QUESTIONS,
    Person,
    World,
    bars,
    ground,
    random_person,
    random_world,
)

pytestmark = pytest.mark.django_db


class Register:
    """Writes invented people into the database, set-wise."""

    def __init__(self, world: World) -> None:
        self.rows: dict[type[Any], list[Any]] = {}
        self.policy = PolicyVersion.objects.get(version="2019-09", language="de")
        self.sources = {
            (kind, out): Source.objects.create(code=f"{kind} {out}", kind=kind, offers_opt_out=out)
            for kind in ("sales", "form")
            for out in (True, False)
        }
        Purpose.objects.filter(code__in=world.retired).update(is_active=False)
        LegalBasis.objects.filter(purpose__code="payments").update(basis="legal_obligation")
        for (code, register), (approved, review) in world.assessed.items():
            basis = LegalBasis.objects.get(purpose__code=code, register=register)
            self.add(Assessment(basis=basis, approved_at=approved, review_on=review))

    def add(self, row: Any) -> Any:
        """One row, written with the others of its kind."""
        self.rows.setdefault(type(row), []).append(row)
        return row

    def enter(self, number: int, person: Person) -> Contact:
        """One person."""
        email = f"p{number}@firm{number}.example" if person.email else ""
        phone = f"+35840{number:07}" if person.phone else ""
        contact = Contact(
            reference=f"P{number}",
            email=email,
            phone=phone,
            street="Katu 1" if person.street else "",
            city="Helsinki" if person.street else "",
            country=person.country,
            job_function="IT" if person.function else "",
            in_marketing=person.in_marketing,
            collected_on=date(2025, 1, 1),
        )
        contact.__dict__.update(derived_keys(email, "", "", phone))
        if not person.checked:
            contact.digest_version = 0
        self.add(contact)
        self._wishes(contact, person)
        if person.informed:
            at = person.informed
            self.add(Notice(contact=contact, kind="art14", policy=self.policy, given_at=at, recorded_at=at))
        for kind, out, with_mail, on in person.sales:
            names = ["city", "email"] if with_mail else ["city"]
            self.add(Collection(contact=contact, source=self.sources[kind, out], collected_on=on, fields=names))
        if deal := person.deal:
            firm = self.add(Organisation(name=f"Firm {number}", name_key=f"firm {number}"))
            self.add(Affiliation(contact=contact, organisation=firm, ended_on=deal.left))
            dates = {"signed_on": deal.signed, "starts_on": deal.signed, "ends_on": deal.ends}
            self.add(Agreement(organisation=firm, party=deal.party, kind=deal.kind, **dates))
        return contact

    def _wishes(self, contact: Contact, person: Person) -> None:
        for event in person.events:
            self.add(
                Consent(
                    contact=contact,
                    purpose=event.purpose,
                    channel=event.channel,
                    state=event.state,
                    occurred_at=event.occurred,
                    recorded_at=event.recorded,
                    by_subject=event.own,
                )
            )
        for wish in person.objections:
            scope = {"purpose": wish.purpose, "channel": wish.channel}
            objection = self.add(Objection(contact=contact, ground=wish.about, raised_at=wish.since, **scope))
            if wish.balanced:
                result, at = wish.balanced
                self.add(Balancing(objection=objection, result=result, grounds="x", decided_at=at))
        for since, until in person.restricted:
            self.add(
                Restriction(contact=contact, ground="a", since_at=since, notice_before_lift_at=until, lifted_at=until)
            )
        digests = {
            "email": contact.email_digest,
            "bounce": contact.email_digest,
            "domain": contact.domain_digest,
            "phone": contact.phone_digest,
        }
        for wish in person.listed:
            self.add(
                SuppressionEntry(
                    identifier="email" if wish.about == "bounce" else wish.about,
                    digest=digests[wish.about],
                    digest_version=keys.newest_version(),
                    purpose=wish.purpose,
                    channel=wish.channel,
                    reason="hard_bounce" if wish.about == "bounce" else "objection",
                    authority=Authority.PERSON,
                    since_at=wish.since,
                )
            )

    def write(self) -> None:
        """Parents first."""
        first: tuple[type[Any], ...] = (Organisation, Contact, Objection)
        for model in (*first, *(model for model in self.rows if model not in first)):
            model._default_manager.bulk_create(self.rows.get(model, []), batch_size=500)


def agree(size: int, seed: int, one_by_one: int) -> Counter[str]:
    """Compare the list, the answers about each single person and the second opinion, at one moment for all questions.

    Each is asked about alone, too, for one random question; `one_by_one` of them for the whole catalogue as well.
    """
    random = Random(seed)
    world, at = random_world(random), random.choice([*MOMENTS, NOW, NOW])
    register = Register(world)
    people = {contact.pk: person for contact, person in _enter(register, size, random)}
    register.write()
    seen: Counter[str] = Counter()
    answers: dict[tuple[str, str], dict[Any, Permission]] = {}
    for purpose, channel in QUESTIONS:
        options: Any = {"carries_notice": random.random() < 0.3}
        found = _list(purpose, channel, at, **options)
        assert found.keys() == people.keys()
        if not options["carries_notice"]:
            answers[purpose, channel] = found
        for key, person in people.items():
            expected = ground(world, person, purpose, channel, at)
            against = bars(world, person, purpose, channel, at, **options)
            one = found[key]
            facts = (purpose, channel, at, options, person, world)
            assert (str(one.ground or ""), set(map(str, one.bars))) == (expected, against), facts
            seen.update([expected, *against, "allowed" if not against else "barred"])
    for key in islice(people, one_by_one):
        for purpose, channel, one in reach(key, at):
            assert answers.get((purpose, channel), {key: one})[key] == one
    for key in people:
        purpose, channel = random.choice(list(answers))
        assert may_use(key, purpose, channel, at) == answers[purpose, channel][key]
    return seen


def _list(purpose: str, channel: str, at: datetime, **options: Any) -> dict[Any, Permission]:
    """Everybody's answer, in one statement; those permitted are those whom nothing bars."""
    with CaptureQueriesContext(connection) as queries:
        rows = list(weighed(purpose, channel, at, **options))
    assert len(queries) == 1
    answers = {row.pk: permission_of(row) for row in rows}
    allowed = {key for key, answer in answers.items() if answer.allowed}
    assert set(permitted(purpose, channel, at, **options).values_list("pk", flat=True)) == allowed
    return answers


def _enter(register: Register, size: int, random: Random) -> list[tuple[Contact, Person]]:
    people = [random_person(random) for _one in range(size)]
    return [(register.enter(number, person), person) for number, person in enumerate(people)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_list_the_single_answer_and_a_second_opinion_agree(seed: int) -> None:
    agree(150, seed, one_by_one=50)


@pytest.mark.slow
def test_they_agree_on_ten_thousand_people_and_every_bar_and_ground_occurs() -> None:
    size = 10_000 if connection.vendor == "postgresql" else 3_000  # minutes, for SQLite
    seen = agree(size, 4, one_by_one=size // 10)
    assert seen.keys() == {
        "", "consent", "soft_opt_in", "work_address", "contract", "legal_obligation", "legitimate_interest", "allowed",
        "barred", "restricted", "suppressed", "objected", "unchecked", "inactive", "not_in_register", "notice_owed",
        "no_ground", "unreachable",
    }  # fmt: skip
    assert min(seen.values()) > size // 500
