"""The controls of profiling, of objections and of the preference centre: kept, then a violation is planted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q, Value

from config.models import Actor
from config.policy.controls import State
from consent import audience, consents, objections, permission, profiling
from consent.consents import Evidence
from consent.models import Consent, InterestProfile, LegalBasis, Objection, OwnHost, Purpose, Restriction
from consent.models.consents import Channel, ConsentState
from consent.promises.choices import (
    consents_have_their_settings,
    objections_are_heeded,
    objections_on_own_grounds_have_some,
    the_centre_works,
)
from consent.promises.profiling import (
    profiles_are_given_to_nobody,
    profiles_are_permitted,
    removal_is_one_step,
    scores_are_explained,
    visits_are_on_our_websites,
    websites_are_listed,
)
from contacts.models import Contact, Engagement
from tests.consent.reasons import told, weigh_everything
from tests.planted import AT, DAY, person

pytestmark = pytest.mark.django_db

HAND = Actor.command()
INPUT = {"kind": "visit", "host": "www.f-secure.com", "count": 1, "last_on": "2026-11-22", "points": 2}


def consents_to(one: Contact, purpose: str, channel: str, at: Any, *, by_subject: bool = True) -> Consent:
    evidence = Evidence(method="form", by_subject=by_subject, text="I agree.", language="en")
    return consents.record(one.pk, purpose, channel, ConsentState.GIVEN, at, evidence=evidence, actor=HAND)


def visitor() -> Contact:
    """Somebody who consented to profiling, visited our website, and has a profile."""
    one = person()
    told(one, at=AT - 9 * DAY)
    consents_to(one, "profiling", "", AT - 9 * DAY)
    Engagement.objects.create(contact=one, kind="visit", occurred_at=AT - DAY, url="https://www.f-secure.com/")
    profiling.compute(AT)
    assert InterestProfile.objects.filter(contact=one).exists()
    return one


def profile(one: Contact, **fields: Any) -> InterestProfile:
    """A profile that nobody should have made."""
    return InterestProfile.objects.create(contact=one, **{"score": 2, "inputs": [INPUT], "computed_at": AT} | fields)


# Profiling (S53-S60) --------------------------------------------------------------------------------------------------


def test_profiles_are_of_people_who_consented_until_there_is_one_of_somebody_else() -> None:
    one = visitor()
    verdict = profiles_are_permitted(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.KEPT, "0 of 1")
    Restriction.objects.create(contact=one, ground="a", since_at=AT)
    assert profiles_are_permitted(AT).state is State.AT_RISK, "gone with the next night"
    profile(person())
    verdict = profiles_are_permitted(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "2 of 2")
    profiling.compute(AT)
    assert profiles_are_permitted(AT).state is State.KEPT


@pytest.mark.parametrize("kind", ["visit", "login"])
@pytest.mark.parametrize(
    "url", ["https://example.org/?f-secure.com", "https://f-secure.com.example.org/", "http://[bad"]
)
def test_visits_are_on_our_websites_until_one_is_elsewhere(kind: str, url: str) -> None:
    one = visitor()
    for other, where in (("click", url), (kind, "")):
        Engagement.objects.create(contact=one, kind=other, occurred_at=AT, url=where)
    verdict = visits_are_on_our_websites(AT)
    assert (verdict.state, verdict.evidence[:15]) == (State.KEPT, "0 of the newest")
    Engagement.objects.create(contact=one, kind=kind, occurred_at=AT - 2 * DAY, url=url)
    assert visits_are_on_our_websites(AT).evidence.startswith("1 of the newest 2 ")
    assert visits_are_on_our_websites(AT).state is State.BROKEN


def test_a_website_that_is_named_as_ours_is_ours() -> None:
    Engagement.objects.create(contact=person(), kind="visit", occurred_at=AT, url="https://shop.example/")
    assert visits_are_on_our_websites(AT).state is State.BROKEN
    OwnHost.objects.create(host="shop.example")
    assert visits_are_on_our_websites(AT).state is State.KEPT


def test_the_published_website_is_ours_until_it_is_taken_off_the_list() -> None:
    verdict = websites_are_listed(AT)
    assert (verdict.state, verdict.evidence) == (State.KEPT, "www.f-secure.com is on the list; websites on it: 1")
    OwnHost.objects.update(host="www.example.org")
    assert websites_are_listed(AT).state is State.BROKEN


@pytest.mark.parametrize(
    "fields", [{"score": 3}, {"inputs": []}, {"inputs": [{"points": 2}]}, {"inputs": [INPUT, INPUT]}]
)
def test_scores_are_explained_until_the_points_do_not_add_up(fields: dict[str, Any]) -> None:
    visitor()
    assert scores_are_explained(AT).state is State.KEPT
    profile(person(), **fields)
    verdict = scores_are_explained(AT)
    assert (verdict.state, verdict.evidence[:17]) == (State.BROKEN, "1 of the newest 2")


@pytest.mark.parametrize("purpose", ["", "profiling"])
def test_whoever_objected_to_profiling_has_no_profile_until_one_is_made(purpose: str) -> None:
    one = visitor()
    assert removal_is_one_step(AT).state is State.KEPT
    objections.to_marketing(one.pk, AT - DAY, method="letter", actor=HAND, purpose=purpose)
    assert removal_is_one_step(AT).state is State.KEPT
    profile(one)
    assert removal_is_one_step(AT).state is State.BROKEN
    consents_to(one, "profiling", "", AT, by_subject=False)
    assert removal_is_one_step(AT).state is State.BROKEN, "nobody lifts it for the person"
    consents_to(one, "profiling", "", AT)
    assert removal_is_one_step(AT).state is State.KEPT


def test_an_objection_to_something_else_does_not_end_the_profile() -> None:
    one = visitor()
    objections.to_marketing(one.pk, AT, method="letter", actor=HAND, purpose="surveys")
    objections.to_marketing(one.pk, AT, method="letter", actor=HAND, channel="phone")
    assert InterestProfile.objects.filter(contact=one).exists()
    assert removal_is_one_step(AT).state is State.KEPT


def test_the_step_out_of_profiling_is_offered_until_it_is_not() -> None:
    assert removal_is_one_step(AT).state is State.KEPT
    Purpose.objects.filter(code="profiling").update(is_active=False)
    assert removal_is_one_step(AT).state is State.AT_RISK


@pytest.mark.parametrize("column", ["score", "interest_profile", "inputs"])
def test_profiles_are_given_to_nobody_until_a_file_gets_such_a_column(
    column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert profiles_are_given_to_nobody(AT).state is State.KEPT
    for name in ("NAMES", "LEFT_OUT"):
        with monkeypatch.context() as changed:
            changed.setattr(audience, name, (*getattr(audience, name), column))
            verdict = profiles_are_given_to_nobody(AT)
            assert (verdict.state, column in verdict.evidence) == (State.BROKEN, True)
    assert all("contact" not in audience.columns(channel) for channel in Channel)


# Objections (S118, S119) ----------------------------------------------------------------------------------------------


def test_objections_are_heeded_until_somebody_is_back_in_the_register() -> None:
    one, other = visitor(), visitor()
    objections.to_marketing(one.pk, AT - DAY, method="letter", actor=HAND)
    objections.to_marketing(other.pk, AT - DAY, method="letter", actor=HAND, purpose="surveys")
    verdict = objections_are_heeded(AT)
    assert (verdict.state, verdict.evidence[:8]) == (State.KEPT, "1 people")
    assert objections_are_heeded(AT - 2 * DAY).evidence.startswith("0 people")
    Contact.objects.filter(pk=one.pk).update(in_marketing=True)
    assert objections_are_heeded(AT).state is State.BROKEN
    consents_to(one, "know_how", "email", AT)
    assert objections_are_heeded(AT).state is State.KEPT, "the person came back"


def test_objections_are_heeded_until_the_rule_lets_somebody_through(monkeypatch: pytest.MonkeyPatch) -> None:
    weigh_everything(AT - DAY)
    one = person(email="anna@example.org", phone="+358401234567", job_function="IT", country="FI")
    told(one, at=AT - DAY)
    assert permission.may_use(one.pk, "marketing", "phone", AT).allowed
    objections.to_marketing(one.pk, AT, method="letter", actor=HAND)
    assert objections_are_heeded(AT).state is State.KEPT
    for bar in ("_objected", "_suppressed"):
        monkeypatch.setattr(permission, bar, lambda *_args: Q(Value(False)))
    Contact.objects.filter(pk=one.pk).update(in_marketing=True)
    verdict = objections_are_heeded(AT)
    assert (verdict.state, "1 could be sent" in verdict.evidence) == (State.BROKEN, True)


def test_objections_on_own_grounds_say_why_until_one_does_not() -> None:
    one = person()
    objections.on_own_grounds(one.pk, AT, statement="I am being stalked.", method="letter", actor=HAND)
    objections.to_marketing(one.pk, AT, method="letter", actor=HAND)
    assert objections_on_own_grounds_have_some(AT).evidence.startswith("0 of 1")
    Objection.objects.create(contact=one, ground="own_situation", raised_at=AT)
    verdict = objections_on_own_grounds_have_some(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 2")


# The preference centre (S128, S129) -----------------------------------------------------------------------------------


def analytics(**fields: Any) -> Purpose:
    """A consent that the service's own settings control."""
    known = {"code": "service_analytics", "name": "Service analytics", "clause": "S128"} | fields
    purpose = Purpose.objects.create(**known)
    LegalBasis.objects.create(purpose=purpose, register="customer", basis="consent")
    return purpose


def test_every_consent_has_its_place_until_one_in_force_is_offered_nowhere() -> None:
    purpose = analytics()
    assert consents_have_their_settings(AT).state is State.KEPT
    Purpose.objects.filter(pk=purpose.pk).update(is_active=False)
    assert consents_have_their_settings(AT).state is State.KEPT, "nobody has consented"
    consents_to(person(), purpose.code, "", AT)
    verdict = consents_have_their_settings(AT)
    assert (verdict.state, "service_analytics" in verdict.evidence) == (State.AT_RISK, True)
    Purpose.objects.filter(pk=purpose.pk).update(settings_url="https://elements.f-secure.com/settings")
    assert consents_have_their_settings(AT).state is State.KEPT


def test_a_consent_over_a_channel_that_the_purpose_gave_up_has_no_place() -> None:
    consents_to(person(), "surveys", "email", AT)
    assert consents_have_their_settings(AT).state is State.KEPT
    Purpose.objects.filter(code="surveys").update(channels=["phone"])
    verdict = consents_have_their_settings(AT)
    assert (verdict.state, "surveys" in verdict.evidence) == (State.AT_RISK, True)


def test_the_centre_opens_by_its_link_until_nothing_is_offered_there() -> None:
    assert the_centre_works(AT).state is State.KEPT, "nobody is here to have a link"
    one = person()
    objections.to_marketing(one.pk, AT, method="preference centre", actor=HAND, purpose="surveys")
    objections.to_marketing(one.pk, AT, method="letter", actor=HAND)
    verdict = the_centre_works(AT)
    assert (verdict.state, verdict.evidence[:2]) == (State.KEPT, "1 ")
    Purpose.objects.update(is_active=False)
    assert the_centre_works(AT).state is State.BROKEN
