"""Nothing is carried out or refused for somebody before it is clear who asks, at whatever moment they are named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from config.models import AuditEvent
from contacts.merging import merge
from contacts.models import Collection, Contact, Source
from contacts.models.provenance import SourceKind
from contacts.unmerging import undo
from dsar import answers, identity, matching, outcomes, workflow
from dsar.desk.advice import advice
from dsar.desk.page import context
from dsar.intake import Asker
from dsar.models import IdentityCheck, Match, RightsRequest
from dsar.models.decisions import Decision, Ground, RefusalReason
from dsar.models.matches import Level, MatchState, Method
from dsar.models.requests import Right, Status
from dsar.workflow import NotAllowedError
from tests.consent.conftest import bring
from tests.consent.conftest import person as row
from tests.dsar.conftest import (
    DAY,
    NOW,
    TODAY,
    case_of,
    clerk,
    confirm,
    decide_all,
    entered,
    fresh,
    mail_states,
    move,
    officer,
    person,
    work,
    write_answer,
)
from tests.dsar.test_workflow import browser

pytestmark = pytest.mark.django_db(transaction=True)
STRANGER = Asker("Otto Fremd", "otto@else.example")


def named_late(right: Right, contact: Contact) -> RightsRequest:
    """Nobody in the register fits, so the assessment begins; then staff name a contact all the same."""
    request = entered(right, asker=STRANGER)
    move(request, Status.IN_ASSESSMENT)
    matching.choose(request.pk, contact, NOW, actor=clerk())
    return request


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE, Right.PORTABILITY])
def test_a_contact_named_during_the_assessment_needs_the_same_proof(right: Right) -> None:
    request = named_late(right, person())
    decide_all(request, ground=Ground.NOT_NEEDED if right == Right.ERASURE else "")
    with pytest.raises(NotAllowedError, match="Identity"):
        move(request, Status.IN_PROGRESS)
    decide_all(request, Decision.REFUSED, reason=RefusalReason.EXCESSIVE, justification="The fifth.")
    with pytest.raises(NotAllowedError, match="Identity"):
        move(request, Status.AWAITING_APPROVAL)
    assert fresh(request).status == Status.IN_ASSESSMENT


def test_whoever_is_doubted_during_the_assessment_is_asked_and_the_case_goes_on() -> None:
    request = named_late(Right.ACCESS, person())
    assert advice(case_of(request)).place == "identity"
    move(request, Status.AWAITING_IDENTITY, note="Wrote from an address that is not on file.")
    work()
    assert mail.outbox[-1].to == ["anna@example.org"]
    match = IdentityCheck.objects.get().match
    for method in (Method.PORTAL, Method.FACT):
        identity.record(match, method, "checked", NOW, actor=clerk())
    move(request, Status.IN_ASSESSMENT)
    assert not fresh(request).paused_since_on
    decide_all(request)
    move(request, Status.IN_PROGRESS)
    assert fresh(request).status == Status.IN_PROGRESS


def test_whoever_stays_unknown_is_refused_whatever_the_assessment_had_granted() -> None:
    request = named_late(Right.ERASURE, person())
    decide_all(request, ground=Ground.NOT_NEEDED)
    move(request, Status.AWAITING_IDENTITY, note="Wrote from an address that is not on file.")
    outcomes.refuse_unidentified(request.pk, RefusalReason.IDENTITY_NOT_PROVEN, "No answer.", NOW, actor=clerk())
    assert not case_of(request).grants
    assert {(one.reason, one.ground) for one in case_of(request).refusals} == {(RefusalReason.IDENTITY_NOT_PROVEN, "")}


def test_an_assessed_case_of_somebody_identified_is_not_sent_back_to_be_asked_again() -> None:
    request = entered(Right.COMPLAINT, contact=person())
    move(request, Status.IN_ASSESSMENT)
    with pytest.raises(NotAllowedError, match="excessive"):
        move(request, Status.AWAITING_IDENTITY, note="Just to be sure.")
    decide_all(request)
    move(request, Status.IN_PROGRESS)


def test_nobody_proves_anything_once_the_register_holds_nobody_any_more() -> None:
    """A rule may erase the person while the case is open: there is nobody left whose data could go astray."""
    request = named_late(Right.ERASURE, person())
    assert case_of(request).required_level > Level.NONE
    Match.objects.filter(request=request).update(contact=None)
    assert case_of(request).required_level == Level.NONE


# A refusal that was proposed for want of proof ------------------------------------------------------------------------


def refused_for_want_of_proof() -> RightsRequest:
    """The candidate is open, and while we wait a refusal is proposed, with its letter."""
    person()
    request = entered(Right.ACCESS)
    move(request, Status.AWAITING_IDENTITY, note="A hidden number.")
    outcomes.refuse_unidentified(request.pk, RefusalReason.IDENTITY_NOT_PROVEN, "No answer.", NOW, actor=clerk())
    write_answer(request)
    return request


def test_somebody_who_proves_who_they_are_after_all_is_not_refused() -> None:
    request = refused_for_want_of_proof()
    match = Match.objects.get(request=request)
    for method in (Method.PORTAL, Method.FACT):
        identity.record(match, method, "checked", NOW, actor=clerk())
    matching.decide(match.pk, MatchState.CONFIRMED, NOW, actor=clerk())
    move(request, Status.IN_ASSESSMENT)
    found = fresh(request)
    assert (found.status, found.prepared_by, found.approved_by) == (Status.IN_ASSESSMENT, None, None)
    assert (case_of(request).outcomes, case_of(request).answer) == ([], None)
    decide_all(request)
    move(request, Status.IN_PROGRESS)


def test_the_page_offers_the_decision_about_a_candidate_while_a_refusal_waits_and_not_once_it_has_left() -> None:
    request = refused_for_want_of_proof()
    assert context(case_of(request), clerk(), may_act=True)["may_search"]
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    assert not context(case_of(request), clerk(), may_act=True)["may_search"]
    with pytest.raises(NotAllowedError, match="before the case is carried out"):
        matching.decide(Match.objects.get(request=request).pk, MatchState.CONFIRMED, NOW, actor=clerk())


# At once, for nobody we know ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rights", [(Right.WITHDRAWAL,), (Right.WITHDRAWAL, Right.ACCESS)], ids=["alone", "with_access"]
)
def test_a_withdrawal_of_somebody_unknown_is_answered_that_we_hold_nothing(rights: tuple[Right, ...]) -> None:
    request = entered(*rights, asker=STRANGER)
    move(request, Status.IN_ASSESSMENT)
    assert advice(case_of(request)).place == "who"
    with pytest.raises(NotAllowedError, match="withdrawal is still to be carried out"):
        move(request, Status.IN_PROGRESS)
    outcomes.nothing_held(request.pk, NOW, actor=clerk())
    move(request, Status.IN_PROGRESS)
    letter = write_answer(request)
    answers.send(request.pk, NOW, actor=clerk())
    work()
    assert fresh(request).status == Status.FULFILLED
    assert mail.outbox[-1].to == ["otto@else.example"]
    assert "hold nothing about you" in letter.body


def test_the_pages_lead_a_withdrawal_of_somebody_unknown_to_its_answer() -> None:
    request = entered(Right.WITHDRAWAL, asker=STRANGER)
    desk = browser(clerk())
    page = reverse("admin:dsar_rightsrequest_change", args=[request.pk])

    def press(name: str, **sent: str) -> None:
        desk.post(reverse("admin:dsar_rightsrequest_act", args=[request.pk, name]), sent)

    assert {way["to"] for way in desk.get(page).context["ways"]} >= {Status.IN_ASSESSMENT}
    press("move", to="in_assessment")
    assert "We hold nothing about the person" in desk.get(page).content.decode()
    for name, sent in (("nothing-held", {}), ("move", {"to": "in_progress"}), ("draft", {}), ("send", {})):
        press(name, **sent)
    work()
    assert fresh(request).status == Status.FULFILLED


def test_a_withdrawal_of_somebody_found_in_the_assessment_is_carried_out_and_answered_as_done() -> None:
    request = entered(Right.WITHDRAWAL, asker=STRANGER)
    move(request, Status.IN_ASSESSMENT)
    outcomes.nothing_held(request.pk, NOW, actor=clerk())
    matching.choose(request.pk, person(), NOW, actor=clerk())
    assert case_of(request).fast[0].done_at
    assert not fresh(request).nothing_held, "there is somebody after all"
    move(request, Status.IN_PROGRESS)
    assert "your consent has ended" in write_answer(request).body


# What was on file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed_by", ["collected later", "edited after the request"])
def test_an_address_that_came_after_the_request_proves_nothing(changed_by: str) -> None:
    anna = person(collected_on=TODAY + DAY if changed_by == "collected later" else date(2024, 5, 2))
    request = entered(Right.ACCESS, received_at=NOW - timedelta(hours=2))
    if changed_by == "edited after the request":
        AuditEvent.record(clerk(), "changed", anna, fields=["email"])
    assert not identity.was_on_file(anna, request.received_at)
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="Odd.")
    assert not IdentityCheck.objects.exists()
    assert mail_states(request)["identity"] == "queued"  # asked in words, at the address they wrote from
    assert fresh(request).requester.answer_to == ""


@pytest.mark.parametrize("survivor", [0, 1], ids=["into the known record", "into the new one"])
def test_an_address_that_came_by_a_merge_after_the_request_proves_nothing(survivor: int) -> None:
    """Section 6: a form filled in after the request, on the same day, brings the requester's own address."""
    pair = [person(), person("mine@else.example", collected_on=TODAY)]
    form = Source.objects.create(code="form", name="Form", kind=SourceKind.FORM)
    Collection.objects.create(
        contact=pair[1], source=form, collected_on=TODAY, supplied_by_subject=True, fields=["email"]
    )
    request = entered(Right.ACCESS, received_at=NOW - timedelta(hours=2), contact=pair[0])
    assert identity.was_on_file(pair[0], request.received_at)
    record = merge(pair[survivor].pk, pair[1 - survivor].pk, actor=clerk(), at=NOW)
    anna = Contact.objects.get()
    assert (anna.email, anna.collected_on) == ("mine@else.example", date(2024, 5, 2))
    assert not identity.was_on_file(anna, request.received_at)

    undo(record, actor=clerk(), at=NOW)
    moved = {"collected_on"} if survivor else {"email"}
    events = AuditEvent.objects.filter(object_id=anna.pk, action__in=("merged", "merge taken back"))
    assert [{"email", "collected_on"} & set(event.fields) for event in events] == [moved, moved]


@pytest.mark.parametrize("collected_on", [TODAY, date(2024, 5, 2)], ids=["the same day", "long ago"])
def test_an_address_that_an_import_filled_in_after_the_request_proves_nothing(collected_on: date) -> None:
    """An import writes no event for each person, and its file may say any day: when it was done is what counts."""
    rows = {"source": "crm", "external_id": "17", "first_name": "Anna", "last_name": "Virtanen"}
    bring([row(email="", **rows, collected_on="2024-05-02")], NOW - DAY)
    received_at = NOW - timedelta(hours=2)
    bring([row(email="mine@else.example", **rows, collected_on=str(collected_on))], NOW)
    anna = Contact.objects.get()
    assert anna.email == "mine@else.example"
    assert not identity.was_on_file(anna, received_at)
    assert identity.was_on_file(anna, NOW + DAY)


def test_an_import_after_the_request_that_says_the_address_again_takes_nothing_away() -> None:
    """An import changes no address: it fills in one that is missing, so whoever had one has it still."""
    bring([row(source="crm", external_id="17", collected_on="2024-05-02")], NOW - DAY)
    bring([row(source="list", job_title="CTO", collected_on="2024-06-02")], NOW)
    anna = Contact.objects.get()
    assert (anna.email, anna.job_title) == ("anna@example.org", "CTO")
    assert identity.was_on_file(anna, NOW - timedelta(hours=2))


def test_a_duplicate_merged_after_the_request_leaves_the_address_on_file_what_it_was() -> None:
    anna, double = person(), person("anna.v@example.org", collected_on=date(2025, 1, 7))
    Collection.objects.create(
        contact=anna, source=Source.objects.create(code="f"), collected_on=date(2026, 1, 7), fields=["email"]
    )
    merge(anna.pk, double.pk, actor=clerk(), at=NOW)
    anna.refresh_from_db()
    assert anna.email == "anna@example.org"
    assert identity.was_on_file(anna, NOW - timedelta(hours=2))
