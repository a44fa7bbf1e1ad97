"""The controls of purposes, consents, notices and the policy look at them live: kept, then a violation is planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from config.models import Actor
from config.policy.controls import State
from consent import consents, notifications
from consent.consents import Evidence
from consent.models import Assessment, AudienceExport, Consent, LegalBasis, Notice, PolicyVersion, Purpose
from consent.models.consents import ConsentState
from consent.models.notices import NoticeKind
from consent.models.purposes import RegisterChoice
from consent.promises import publication
from consent.promises.consents import consents_are_explicit, withdrawals_take_effect
from consent.promises.informing import nobody_waits_too_long
from consent.promises.publication import (
    clauses_are_in_force,
    material_changes_are_told,
    one_version_is_in_force,
    published_where_it_stood,
    the_day_decides,
)
from consent.promises.purposes import (
    adverts_follow_the_law,
    are_catalogued,
    are_weighed,
    customers_are_recorded_once,
    customers_have_grounds_too,
    services_go_on,
    unweighed_interests_are_not_used,
    visits_rest_on_consent,
)
from contacts.models import Affiliation, Collection, Contact
from retention.models import RetentionRun
from retention.promises import runs_name_their_version
from tests.consent.reasons import assessed, basis, published, remove_evidence, seeded, told, weigh_everything
from tests.planted import AT, DAY, TODAY, organisation, person

pytestmark = pytest.mark.django_db

HAND = Actor.command()


def export(code: str = "marketing", channel: str = "email", **fields: Any) -> AudienceExport:
    """An audience export, by default of people who consented."""
    known: dict[str, Any] = {"grounds": {"consent": 3}, "decided_at": AT, "title": "News", "included": 3} | fields
    return AudienceExport.objects.create(purpose=Purpose.objects.get(code=code), channel=channel, **known)


# Purposes (S19-S22, S40) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clause", ["S19", "S20", "S40", "S47", "S48"])
@pytest.mark.parametrize(
    "violation",
    [
        lambda one: LegalBasis.objects.filter(purpose=one).delete(),
        lambda one: Purpose.objects.filter(pk=one.pk).update(code="other"),
        lambda one: Purpose.objects.filter(pk=one.pk).update(is_marketing=not one.is_marketing),
    ],
)
def test_the_catalogue_is_complete_until_a_purpose_is_lost_or_reflagged(
    clause: str, violation: Callable[[Purpose], Any]
) -> None:
    assert are_catalogued(clause, AT).state is State.KEPT
    one = Purpose.objects.filter(clause=clause).first()
    assert one is not None
    violation(one)
    verdict = are_catalogued(clause, AT)
    assert verdict.state is State.BROKEN
    assert one.code in verdict.evidence


def test_a_customer_is_recorded_once_until_a_second_record_without_an_address_appears() -> None:
    firm = organisation(ends_on=TODAY)
    person(firm, first_name="Anna", last_name="Virtanen", email="anna@example.org")
    twin = person(firm, first_name="Anna", last_name="Virtanen", email="a.virtanen@example.org")
    assert customers_are_recorded_once(AT).state is State.KEPT, "two addresses may be two people"
    Contact.objects.filter(pk=twin.pk).update(email="", email_key=None)
    verdict = customers_are_recorded_once(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.AT_RISK, "1 of 2")
    Affiliation.objects.filter(contact=twin).update(ended_on=TODAY - DAY)
    assert customers_are_recorded_once(AT).state is State.KEPT


def test_prospects_keep_their_purposes_as_customers_until_a_ground_is_missing() -> None:
    assert customers_have_grounds_too(AT).state is State.KEPT
    basis("surveys", "customer").delete()
    verdict = customers_have_grounds_too(AT)
    assert (verdict.state, "surveys" in verdict.evidence) == (State.BROKEN, True)
    Purpose.objects.filter(code="surveys").update(is_active=False)
    assert customers_have_grounds_too(AT).state is State.KEPT


# Interests (S24-S26, S44, S49) ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("register", RegisterChoice)
def test_interests_are_weighed_until_a_review_is_missed_or_an_interest_unnamed(register: RegisterChoice) -> None:
    assert are_weighed(register, AT).state is State.AT_RISK
    weigh_everything(AT)
    assert are_weighed(register, AT).state is State.KEPT
    one = Assessment.objects.filter(basis=basis("surveys", register))
    for day, state in ((TODAY, State.KEPT), (TODAY - DAY, State.AT_RISK)):
        with_review(one, day)
        verdict = are_weighed(register, AT)
        assert verdict.state is state
    assert "surveys" in verdict.evidence
    with_review(one, TODAY, their_interest="")
    assert are_weighed(register, AT).state is State.BROKEN


def with_review(rows: Any, day: date, **fields: Any) -> None:
    """The same assessment with another review; the database lets nobody change one in force, so it is written anew."""
    ground = rows.get().basis
    remove_evidence(rows)
    assessed(ground, AT - 30 * DAY, review_on=day, **fields)


@pytest.mark.parametrize("ground", ["legitimate_interest", "work_address"])
def test_nobody_is_exported_on_interests_until_somebody_was_without_an_assessment(ground: str) -> None:
    export()
    assessed(basis("marketing", "customer"), AT - DAY, review_on=TODAY)
    export(grounds={ground: 2}, decided_at=AT)
    assert unweighed_interests_are_not_used(AT).state is State.KEPT
    for at in (AT - DAY - timedelta(seconds=1), AT + DAY):
        wrong = export(grounds={ground: 2, "consent": 1}, decided_at=at)
        verdict = unweighed_interests_are_not_used(AT)
        assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 2")
        wrong.delete()
    export("surveys", grounds={ground: 1})
    assert unweighed_interests_are_not_used(AT).state is State.BROKEN, "another purpose's assessment does not count"


# Consent (S26-S28, S49-S51) -------------------------------------------------------------------------------------------


def consented(one: Contact, state: ConsentState, at: Any = AT, **fields: Any) -> Consent:
    evidence = Evidence(method="form", by_subject=True, text="I agree.", language="en")
    event = consents.record(one.pk, "marketing", "email", state, at, evidence=evidence, actor=HAND)
    if fields:
        event = Consent.objects.create(**{**_values(event), **fields})
    return event


def _values(event: Consent) -> dict[str, Any]:
    values = {field.attname: getattr(event, field.attname) for field in Consent._meta.concrete_fields}
    return {name: value for name, value in values.items() if name != "id"}


@pytest.mark.parametrize("missing", ["text", "method"])
def test_consents_are_explicit_until_one_lacks_its_wording_or_its_act(missing: str) -> None:
    one = person()
    consented(one, ConsentState.GIVEN)
    consented(one, ConsentState.UNKNOWN, **{missing: ""})
    assert consents_are_explicit(AT).state is State.KEPT
    consented(one, ConsentState.GIVEN, AT + DAY, **{missing: ""})
    assert consents_are_explicit(AT).state is State.BROKEN


@pytest.mark.parametrize("code", ["website_activity", "profiling"])
def test_visits_rest_on_consent_until_a_ground_is_changed_behind_the_form(code: str) -> None:
    assert visits_rest_on_consent(AT).state is State.KEPT
    grounds = LegalBasis.objects.filter(purpose__code=code)
    grounds.filter(register="marketing").update(basis="legitimate_interests")
    assert visits_rest_on_consent(AT).state is State.BROKEN
    grounds.all().delete()
    assert visits_rest_on_consent(AT).state is State.BROKEN


def test_withdrawals_take_effect_until_one_is_recorded_for_later() -> None:
    anna, otto = person(), person()
    for one in (anna, otto):
        consented(one, ConsentState.GIVEN, AT - 3 * DAY)
    assert withdrawals_take_effect(AT).evidence.startswith("0 of 0")
    consented(anna, ConsentState.WITHDRAWN, AT - DAY)
    verdict = withdrawals_take_effect(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.KEPT, "0 of 1")
    late = consented(person(), ConsentState.GIVEN, AT - 3 * DAY)
    Consent.objects.create(
        **{**_values(late), "state": ConsentState.WITHDRAWN, "occurred_at": AT - DAY, "recorded_at": AT + DAY}
    )
    verdict = withdrawals_take_effect(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 2")
    assert withdrawals_take_effect(AT + DAY).state is State.KEPT


def test_a_consent_given_again_after_a_withdrawal_is_no_violation() -> None:
    one = person()
    consented(one, ConsentState.WITHDRAWN, AT - 2 * DAY)
    consented(one, ConsentState.GIVEN, AT - DAY)
    verdict = withdrawals_take_effect(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.KEPT, "0 of 0")


# The law on messages, services (S45-S48) ------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", ["legitimate_interest", "contract", "legal_obligation"])
def test_adverts_by_email_rest_on_what_the_law_allows_until_one_does_not(ground: str) -> None:
    export(grounds={"consent": 1, "soft_opt_in": 2, "work_address": 1})
    export(channel="phone", grounds={ground: 1})
    export("orders", grounds={ground: 1})
    assert adverts_follow_the_law(AT).state is State.KEPT
    export(grounds={"consent": 5, ground: 1})
    verdict = adverts_follow_the_law(AT)
    assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 2")


def test_services_go_on_until_one_is_switched_off_or_called_advertising() -> None:
    assert services_go_on(AT).state is State.KEPT
    Purpose.objects.filter(code="support").update(is_active=False)
    assert services_go_on(AT).state is State.AT_RISK
    Purpose.objects.filter(code="payments").update(is_marketing=True)
    verdict = services_go_on(AT)
    assert (verdict.state, "payments" in verdict.evidence) == (State.BROKEN, True)


# Notices (S13, S16) ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "by_subject"), [(NoticeKind.COLLECTION, True), (NoticeKind.ELSEWHERE, False)])
def test_nobody_waits_for_a_notice_until_a_month_is_over(kind: NoticeKind, by_subject: bool) -> None:
    one = person(collected_on=date(2026, 10, 23))
    Collection.objects.filter(contact=one).update(supplied_by_subject=by_subject)
    other = next(each for each in (NoticeKind.COLLECTION, NoticeKind.ELSEWHERE) if each != kind)
    assert nobody_waits_too_long(kind, AT).state is State.KEPT
    verdict = nobody_waits_too_long(kind, AT + DAY)
    assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 1")
    assert "due=overdue" in verdict.url
    assert nobody_waits_too_long(other, AT + DAY).state is State.KEPT
    told(one, at=AT)
    assert nobody_waits_too_long(kind, AT + DAY).state is State.KEPT


# The policy (S165-S169) -----------------------------------------------------------------------------------------------


def test_one_version_is_in_force_until_two_share_a_day_or_none_is_left() -> None:
    assert one_version_is_in_force(AT).state is State.KEPT
    published("a", TODAY)
    assert "Version a" in one_version_is_in_force(AT).evidence
    published("b", TODAY)
    assert one_version_is_in_force(AT).state is State.BROKEN
    remove_evidence(PolicyVersion.objects.all())
    for control in (
        one_version_is_in_force,
        clauses_are_in_force,
        published_where_it_stood,
        material_changes_are_told,
        the_day_decides,
    ):
        assert control(AT).state is State.BROKEN


def test_the_program_works_by_the_words_in_force_until_a_version_says_otherwise() -> None:
    assert clauses_are_in_force(AT).state is State.KEPT
    words = seeded().text.replace("24 Monaten", "36 Monaten")
    published("2026-11", TODAY, "de", text=words)
    verdict = clauses_are_in_force(AT)
    assert (verdict.state, verdict.evidence) == (State.AT_RISK, "Not in the text in force: S95")
    assert clauses_are_in_force(AT - DAY).state is State.KEPT
    published("2026-11b", TODAY + DAY, "en")
    assert clauses_are_in_force(AT + DAY).state is State.AT_RISK, "nothing to compare with"


def test_a_version_is_published_where_the_one_before_stood_until_a_place_is_left_out() -> None:
    assert published_where_it_stood(AT).state is State.KEPT
    published("2026-10", TODAY - 9 * DAY, places=[*seeded().places, "https://portal.example"])
    assert published_where_it_stood(AT).state is State.KEPT
    published("2026-11", TODAY)
    verdict = published_where_it_stood(AT)
    assert (verdict.state, "https://portal.example" in verdict.evidence) == (State.BROKEN, True)
    published("2026-12", TODAY + DAY, places=[])
    assert published_where_it_stood(AT + DAY).state is State.BROKEN


def test_people_are_told_of_a_material_change_until_nobody_does_it_for_a_month() -> None:
    told(person(email="anna@example.org"), at=AT - 300 * DAY)
    assert material_changes_are_told(AT).state is State.KEPT
    published("2026-11", TODAY)
    for days, state in ((0, State.AT_RISK), (30, State.AT_RISK), (31, State.BROKEN)):
        assert material_changes_are_told(AT + days * DAY).state is state
    batch = notifications.begin("2026-11", HAND, AT)
    assert material_changes_are_told(AT).state is State.AT_RISK
    notifications.work(batch, lambda: AT)
    assert material_changes_are_told(AT + 31 * DAY).state is State.KEPT


def test_a_small_change_needs_no_announcement() -> None:
    published("2026-11", TODAY, is_material=False)
    assert material_changes_are_told(AT + 99 * DAY).state is State.KEPT


def test_notices_name_the_version_of_their_day_until_one_names_another() -> None:
    one = person()
    told(one, at=AT)
    assert the_day_decides(AT).state is State.KEPT
    new = published("2026-11", TODAY)
    verdict = the_day_decides(AT)
    assert (verdict.state, verdict.evidence[:2]) == (State.BROKEN, "1 "), "given today, of the version before"
    remove_evidence(Notice.objects.all())
    told(one, at=AT - DAY)
    told(one, new, AT)
    assert the_day_decides(AT).state is State.KEPT
    told(one, new, AT - DAY)
    assert the_day_decides(AT).state is State.BROKEN, "not in force yet"


def test_the_periods_begin_with_a_version_until_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    from config.policy.periods import Period

    assert the_day_decides(AT).state is State.KEPT
    monkeypatch.setattr(publication, "CUSTOMER_PERIODS", (Period("S97", 48, date(2026, 1, 1)),))
    verdict = the_day_decides(AT)
    assert (verdict.state, "2026-01-01" in verdict.evidence) == (State.BROKEN, True)


def test_runs_name_their_version_until_one_names_another() -> None:
    run = RetentionRun.objects.create(on_date=TODAY, trigger="command", state="done", policy_version="2019-09")
    assert runs_name_their_version(AT).state is State.KEPT
    published("2026-11", TODAY)
    assert runs_name_their_version(AT).state is State.BROKEN
    RetentionRun.objects.filter(pk=run.pk).update(policy_version="2026-11")
    assert runs_name_their_version(AT).state is State.KEPT
