"""On which ground? The rules of the recipient's country, the exception for own customers, and the legal bases (domain 7)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from consent.models import Assessment, LegalBasis, Purpose
from consent.permission import Bar
from contacts.models import Affiliation, Contact
from tests.consent.conftest import DAY, NOW, TODAY
from tests.consent.permission_cast import (
    EMAIL,
    PHONE,
    POST,
    ask,
    assessed,
    balanced,
    bars,
    consents,
    ground,
    objects,
    prospect,
    sold,
    works_for,
)

pytestmark = pytest.mark.django_db


# Countries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "function", "expected"),
    [
        ("FI", "IT", "work_address"),
        ("FI", "", ""),
        ("DE", "IT", ""),
        ("SE", "IT", ""),
        ("GB", "IT", ""),
        ("", "IT", ""),
    ],
)
def test_an_advert_by_email_without_consent_may_only_go_to_work_in_finland(
    country: str, function: str, expected: str
) -> None:
    assessed("marketing")
    person = prospect(country=country, job_function=function)
    assert ground(person) == expected
    assert bars(person) == (set() if expected else {Bar.NO_GROUND})


@pytest.mark.parametrize("country", ["FI", "DE", "SE", ""])
def test_a_consent_is_enough_in_every_country_and_stronger_than_other_grounds(country: str) -> None:
    assessed("marketing")
    person = prospect(country=country)
    consents(person)
    assert ask(person).ground == "consent" and ask(person).allowed


@pytest.mark.parametrize("channel", [PHONE, POST])
def test_calls_and_letters_rest_on_interests_in_every_country_and_need_a_job_function(channel: str) -> None:
    assessed("marketing")
    assert ground(prospect(), channel=channel) == "legitimate_interest"
    assert ground(prospect("bob@example.org", job_function=""), channel=channel) == ""


def test_a_service_message_needs_no_job_function_and_knows_no_country() -> None:
    assessed("support")
    person = prospect(country="", job_function="")
    works_for(person)
    assert ground(person, "support") == "legitimate_interest"


def test_the_finnish_rule_needs_an_assessment_and_ends_with_an_objection_on_own_grounds() -> None:
    person = prospect(country="FI")
    assert ground(person) == ""
    assessed("marketing")
    assert ground(person) == "work_address"
    objection = objects(person, ground="own_situation")
    assert bars(person) == {Bar.OBJECTED}
    balanced(objection, "overridden")
    assert ask(person).allowed


# Own customers ------------------------------------------------------------------------------------------------------


def buyer(email: str = "anna@example.org", **fields: Any) -> Contact:
    """A German without a consent."""
    return prospect(email, **fields)


def test_a_customer_whose_address_came_with_a_sale_may_hear_of_similar_services() -> None:
    person = buyer()
    works_for(person)
    sold(person)
    answer = ask(person)
    assert (answer.ground, answer.allowed) == ("soft_opt_in", True)
    assert ground(person, "offers") == "soft_opt_in"


def test_the_exception_needs_similar_services() -> None:
    person = buyer()
    works_for(person)
    sold(person)
    assert ground(person, "marketing") == "soft_opt_in"
    assert ground(person, "know_how") == ""
    Purpose.objects.filter(code="marketing").update(similar_services=False)
    assert ground(person, "marketing") == ""


@pytest.mark.parametrize(
    ("collection", "expected"),
    [
        ({}, "soft_opt_in"),
        ({"offers_opt_out": False}, ""),
        ({"kind": "webinar"}, ""),
        ({"fields": ["first_name"]}, ""),
        ({"fields": []}, ""),
        ({"collected_on": TODAY}, "soft_opt_in"),
        ({"collected_on": date(2026, 11, 24)}, ""),
    ],
)
def test_the_exception_needs_the_address_from_a_sale_with_an_opt_out(collection: dict[str, Any], expected: str) -> None:
    person = buyer()
    works_for(person)
    sold(person, **collection)
    assert ground(person) == expected


@pytest.mark.parametrize(
    ("agreement", "expected"),
    [
        ({}, "soft_opt_in"),
        ({"kind": "order", "ends_on": TODAY}, "soft_opt_in"),
        ({"ends_on": date(2026, 11, 22)}, ""),
        ({"party": "partner", "kind": "partner"}, ""),
        ({"kind": "trial"}, ""),
        ({"kind": "beta"}, ""),
        ({"signed_on": date(2026, 11, 24), "starts_on": date(2026, 11, 24)}, ""),
    ],
)
def test_the_exception_needs_a_customer_by_a_sale(agreement: dict[str, Any], expected: str) -> None:
    person = buyer()
    works_for(person, **agreement)
    sold(person)
    assert ground(person) == expected


def test_the_exception_ends_when_the_person_leaves_the_customer() -> None:
    person = buyer()
    works_for(person)
    sold(person)
    Affiliation.objects.filter(contact=person).update(ended_on=TODAY)
    assert ground(person) == "soft_opt_in"
    assert ground(person, at=NOW + DAY) == ""


def test_the_exception_is_about_email() -> None:
    person = buyer()
    works_for(person)
    sold(person)
    assert ground(person) == "soft_opt_in"
    assert ground(person, channel=PHONE) == ""


@pytest.mark.parametrize("kind", ["marketing", "own_situation"])
def test_nobody_who_objected_falls_under_the_exception(kind: str) -> None:
    person = buyer()
    works_for(person)
    sold(person)
    assert ask(person).allowed
    objects(person, ground=kind)
    assert bars(person) == {Bar.OBJECTED}


def test_the_exception_of_a_colleague_is_not_ones_own() -> None:
    anna, bob = buyer(), buyer("bob@example.org")
    for one in (anna, bob):
        works_for(one)
    sold(anna)
    assert (ground(anna), ground(bob)) == ("soft_opt_in", "")


# Legal bases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "usable"),
    [
        ({}, True),
        ({"approved_at": None}, False),
        ({"approved_at": NOW}, True),
        ({"approved_at": NOW + DAY}, False),
        ({"review_on": TODAY}, True),
        ({"review_on": date(2026, 11, 22)}, False),
    ],
)
def test_interests_need_an_assessment_in_force(fields: dict[str, Any], usable: bool) -> None:
    person = prospect()
    assessed("marketing", **fields)
    assert ground(person, channel=POST) == ("legitimate_interest" if usable else "")


def test_without_interests_a_consent_is_needed_and_enough() -> None:
    person = prospect()
    assert not Assessment.objects.exists()
    assert bars(person, channel=POST) == {Bar.NO_GROUND}
    consents(person, channel=POST)
    assert ask(person, channel=POST).ground == "consent"


def test_the_assessment_of_one_register_does_not_cover_the_other() -> None:
    prospects = LegalBasis.objects.get(purpose__code="marketing", register="marketing")
    Assessment.objects.create(basis=prospects, approved_at=NOW - DAY, review_on=date(2027, 1, 1))
    person, customers_only = prospect(), prospect("bob@example.org", in_marketing=False)
    works_for(customers_only)
    assert ground(person, channel=POST) == "legitimate_interest"
    assert bars(customers_only, channel=POST) == {Bar.NO_GROUND}


@pytest.mark.parametrize("purpose", ["website_activity", "profiling"])
def test_visits_and_profiles_rest_on_consent_alone(purpose: str) -> None:
    person = prospect(country="FI")
    works_for(person)
    assert bars(person, purpose, "") == {Bar.NO_GROUND}
    consents(person, purpose=purpose, channel="")
    assert ask(person, purpose, "").ground == "consent"


def test_a_contract_is_a_ground_for_whoever_concluded_it() -> None:
    anna, bob = prospect(), prospect("bob@example.org")
    works_for(anna, kind="beta")
    works_for(bob, kind="licence")
    assert ground(anna, "beta_programme") == "contract"
    assert bars(bob, "beta_programme") == {Bar.NO_GROUND}


def test_an_objection_on_own_grounds_does_not_reach_a_contract() -> None:
    anna = prospect()
    works_for(anna, kind="beta")
    objects(anna, ground="own_situation")
    assert ask(anna, "beta_programme").allowed


def test_a_legal_obligation_needs_no_assessment_and_no_wish_stops_it() -> None:
    LegalBasis.objects.filter(purpose__code="payments").update(basis="legal_obligation")
    person = prospect()
    works_for(person)
    objects(person, ground="own_situation")
    answer = ask(person, "payments", EMAIL)
    assert (answer.ground, answer.allowed) == ("legal_obligation", True)


def test_work_behind_the_scenes_needs_a_ground_and_no_address() -> None:
    person = prospect("", phone="", street="", city="")
    assert bars(person, "market_research", "") == {Bar.NO_GROUND}
    assessed("market_research")
    assert ask(person, "market_research", "").ground == "legitimate_interest"
