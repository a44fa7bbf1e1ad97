"""The pages of purposes and assessments: what stands on what, what may be used, and who changes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from config.dates import add_months
from config.models import AuditEvent, User
from config.policy.clauses import BY_ID
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER
from consent.models import Assessment, LegalBasis, Purpose
from tests.consent.reasons import WORDS, assessed, basis, draft, weigh_everything
from tests.page_forms import form_of
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    add,
    at_work,
    break_glass,
    contact,
    list_of,
    officer,
    page_of,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

PURPOSES, ASSESSMENTS = list_of("consent.purpose"), list_of("consent.assessment")
NO_BASES = {
    "bases-TOTAL_FORMS": "0",
    "bases-INITIAL_FORMS": "0",
    "bases-MIN_NUM_FORMS": "0",
    "bases-MAX_NUM_FORMS": "2",
}


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def purpose(code: str = "marketing") -> Purpose:
    return Purpose.objects.get(code=code)


def change(client: Any, one: Purpose, **fields: Any) -> Any:
    """Send the form of a purpose with these fields changed; a None takes one out."""
    values = form_of(client.get(page_of(one)), "purpose_form") | {"channels": one.channels} | fields
    return client.post(page_of(one), {name: value for name, value in values.items() if value is not None}, follow=True)


# Purposes -------------------------------------------------------------------------------------------------------------


def test_the_list_says_which_purposes_are_usable_and_why_not() -> None:
    client = officer()
    text = text_of(client.get(PURPOSES))
    assert "Advertising and marketing, general" in text
    assert "its assessment of interests is missing" in text
    usable = {row.code for row in shown(client.get(PURPOSES, {"usable": "yes"}))}
    assert usable == {"website_activity", "profiling", "beta_programme"}
    weigh_everything()
    assert shown(client.get(PURPOSES, {"usable": "no"})) == []
    assert "missing" not in text_of(client.get(PURPOSES))


def test_the_list_asks_the_same_few_questions_whatever_its_length(django_assert_max_num_queries: Any) -> None:
    client = officer()
    client.get(PURPOSES)
    with django_assert_max_num_queries(10):
        assert len(shown(client.get(PURPOSES))) == Purpose.objects.count() > 20


def test_a_page_quotes_the_clause_in_the_published_german_and_leads_to_what_is_to_do() -> None:
    client, one = officer(), purpose()
    answer = client.get(page_of(one))
    text = text_of(answer)
    assert BY_ID["S19"].quote in text
    assert "not usable" in text
    assert f"/admin/consent/assessment/add/?basis={basis().pk}" in answer.content.decode()
    assessed()
    assert "in force, to be reviewed by" in text_of(client.get(page_of(one)))


def test_an_officer_switches_a_purpose_off_and_changes_its_channels() -> None:
    client, one = officer(), purpose()
    assert change(client, one, is_active=None, channels=["post"]).redirect_chain
    one.refresh_from_db()
    assert (one.is_active, one.channels) == (False, ["post"])
    event = AuditEvent.objects.get(object_id=one.pk, action="changed")
    assert event.fields == ["channels", "is_active"]


def test_what_a_purpose_is_cannot_be_changed() -> None:
    client, one = break_glass(), purpose()
    change(client, one, code="other", is_marketing=None, clause="S20", note="Really.")
    one.refresh_from_db()
    assert (one.code, one.is_marketing, one.clause, one.note) == ("marketing", True, "S19", "Really.")


def test_an_officer_adds_a_purpose_with_its_basis_and_it_waits_for_an_assessment() -> None:
    client = officer()
    sent = NO_BASES | {
        "name": "Round tables", "code": "round_tables", "clause": "s40", "is_active": "on", "channels": ["email"],
        "bases-TOTAL_FORMS": "1", "bases-0-register": "customer", "bases-0-basis": "legitimate_interests",
    }  # fmt: skip
    refused = client.post(add("consent.purpose"), sent | {"clause": "S999"})
    assert "The policy has no such clause" in text_of(refused)
    assert client.post(add("consent.purpose"), sent, follow=True).redirect_chain
    one = purpose("round_tables")
    assert (one.clause, one.channels, one.bases.get().register) == ("S40", ["email"], "customer")
    assert one in shown(client.get(PURPOSES, {"usable": "no"}))


@pytest.mark.parametrize("code", ["website_activity", "profiling"])
def test_visits_and_what_is_made_of_them_rest_on_consent_whoever_asks(code: str) -> None:
    one = purpose(code)
    answer = change(break_glass(), one, **{"bases-0-basis": "legitimate_interests"})
    assert "The policy allows this purpose by consent only (S27, S50)." in text_of(answer)
    assert set(one.bases.values_list("basis", flat=True)) == {"consent"}


def test_a_changed_basis_is_in_the_audit_trail() -> None:
    one = purpose()
    assert change(officer(), one, **{"bases-0-basis": "consent"}).redirect_chain
    assert LegalBasis.objects.filter(purpose=one, basis="consent").count() == 1
    assert AuditEvent.objects.get(object_id=one.pk, action="changed").fields == ["legalbasis.basis"]


@pytest.mark.parametrize("role", [PRIVACY_CLERK, AUDITOR])
def test_others_read_purposes_and_change_nothing(role: str) -> None:
    client, one = signed_in(role), purpose()
    assert BY_ID["S19"].quote in text_of(client.get(page_of(one)))
    assert client.post(page_of(one), NO_BASES | {"note": "x"}).status_code == 403
    assert client.get(add("consent.purpose")).status_code == 403


# Assessments ----------------------------------------------------------------------------------------------------------


def written(**fields: Any) -> dict[str, str]:
    """What the form of an assessment sends."""
    return {"basis": str(basis().pk), "review_on": str(add_months(TODAY, 24)), **WORDS} | fields


def test_a_clerk_writes_and_an_officer_approves_after_reading_what_becomes_usable() -> None:
    contact()
    clerk = signed_in(PRIVACY_CLERK)
    assert clerk.post(add("consent.assessment"), written(), follow=True).redirect_chain
    one = Assessment.objects.get()
    assert one.written_by == User.objects.get(username="privacy-clerk").pk
    assert clerk.get(page_of(one, "approve")).status_code == 403
    client = officer()
    text = text_of(client.get(page_of(one, "approve")))
    assert "“Advertising and marketing, general” may rest on legitimate interests" in text
    assert "contacts in this register today 1" in text
    assert WORDS["balancing"] in text
    assert Assessment.objects.get().approved_at is None, "looking approves nothing"
    assert "Approved." in text_of(client.post(page_of(one, "approve"), follow=True))
    assert Assessment.objects.get().approved_at == NOW
    assert "approved already" in text_of(client.post(page_of(one, "approve"), follow=True))


def test_whoever_corrects_a_draft_becomes_its_writer_and_is_not_offered_the_approval() -> None:
    client, one = officer(), draft()
    User.objects.create_user("second", is_staff=True).groups.add(
        User.objects.get(username="privacy-officer").groups.get(name=PRIVACY_OFFICER)
    )
    assert "Approve this assessment" in text_of(client.get(page_of(one)))
    assert client.post(page_of(one), written(balancing="Better."), follow=True).redirect_chain
    assert "Approve this assessment" not in text_of(client.get(page_of(one)))
    assert "Another privacy officer must approve" in text_of(client.post(page_of(one, "approve"), follow=True))
    assert Assessment.objects.get().approved_at is None


@pytest.mark.parametrize(
    ("review_on", "accepted"), [(TODAY, False), (TODAY + DAY, True), (add_months(TODAY, 24) + DAY, False)]
)
def test_the_review_is_after_today_and_within_two_years(review_on: Any, accepted: bool) -> None:
    answer = officer().post(add("consent.assessment"), written(review_on=str(review_on)), follow=True)
    assert Assessment.objects.exists() is accepted
    assert ("Enter a day after today" in text_of(answer)) is not accepted


@pytest.mark.parametrize("name", WORDS)
def test_nothing_of_an_assessment_may_be_left_empty(name: str) -> None:
    client = officer()
    assert client.post(add("consent.assessment"), written(**{name: ""})).status_code == 200
    assert not Assessment.objects.exists()
    assert client.post(add("consent.assessment"), written()).status_code == 302


def test_an_approved_assessment_is_read_only_even_for_break_glass() -> None:
    one, client = assessed(), break_glass()
    assert WORDS["balancing"] in text_of(client.get(page_of(one)))
    assert client.post(page_of(one), written(balancing="Other.")).status_code == 403
    assert Assessment.objects.get().balancing == WORDS["balancing"]


def test_a_renewal_begins_with_the_words_before() -> None:
    assessed(balancing="Weighed in May.")
    client = officer()
    answer = client.get(add("consent.assessment"), {"basis": str(basis().pk)})
    values = form_of(answer, "assessment_form")
    assert (values["basis"], values["balancing"].strip()) == (str(basis().pk), "Weighed in May.")
    assert client.get(add("consent.assessment"), {"basis": "not-an-id"}).status_code == 200


def test_assessments_are_found_by_where_they_stand() -> None:
    rows = {
        "waiting": draft(basis("surveys")),
        "due": assessed(review_on=TODAY + 60 * DAY),
        "past": assessed(basis("know_how"), NOW - 800 * DAY, review_on=TODAY - DAY),
    }
    client = officer()
    for standing, one in rows.items():
        assert shown(client.get(ASSESSMENTS, {"standing": standing})) == [one]
    assert shown(client.get(ASSESSMENTS, {"standing": "in_force"})) == [rows["due"]]


def test_the_home_page_says_what_waits_what_must_be_renewed_and_what_cannot_be_used() -> None:
    weigh_everything()
    client = officer()
    home = text_of(client.get("/admin/"))
    assert "Every purpose in use stands on a ground" in home
    draft(basis("surveys"))
    assessed(basis("offers", "customer"), review_on=TODAY + 5 * DAY)
    Purpose.objects.create(code="new", name="Something new", clause="S19")
    LegalBasis.objects.create(purpose=purpose("new"), register="marketing", basis="legitimate_interests")
    home = text_of(client.get("/admin/"))
    assert "waits for approval" in home
    assert "1 purpose cannot be used" in home


@pytest.mark.parametrize(
    ("typed", "kept"), [("elements.example/settings", "https://elements.example/settings"), ("javascript:alert(1)", "")]
)
def test_an_officer_says_where_people_control_a_purpose(typed: str, kept: str) -> None:
    change(signed_in(PRIVACY_OFFICER), purpose("profiling"), settings_url=typed, channels=[])
    assert purpose("profiling").settings_url == kept
