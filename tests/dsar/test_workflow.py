"""How a case moves (domain section 5; ASVS 2.3.1, 2.3.5): all 11 x 11 ways, four eyes, extensions, reopening."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from config import roles
from config.models import Actor, User
from dsar import answers, correspondence, deadlines, execution, extensions, outcomes, workflow
from dsar.intake import Asker
from dsar.models import CaseEvent, ExecutionTask, Message, RightsRequest
from dsar.models.correspondence import Carrier
from dsar.models.decisions import Decision, Ground, RefusalReason
from dsar.models.history import EventKind
from dsar.models.matches import Method
from dsar.models.requests import FINAL, Right, Status
from dsar.transitions import TABLE
from dsar.workflow import NotAllowedError
from tests.dsar.conftest import (
    DAY,
    NOW,
    account,
    case_of,
    clerk,
    confirm,
    decide_all,
    entered,
    fresh,
    move,
    officer,
    person,
    work,
    write_answer,
)  # fmt: skip

pytestmark = pytest.mark.django_db(transaction=True)

S = Status
LAWFUL = {
    S.RECEIVED: {S.AWAITING_IDENTITY, S.AWAITING_CLARIFICATION, S.IN_ASSESSMENT, S.IN_PROGRESS, S.WITHDRAWN},
    S.AWAITING_IDENTITY: {S.IN_ASSESSMENT, S.LAPSED, S.REFUSED, S.WITHDRAWN},
    S.AWAITING_CLARIFICATION: {S.IN_ASSESSMENT, S.LAPSED, S.WITHDRAWN},
    S.IN_ASSESSMENT: {
        S.AWAITING_IDENTITY, S.AWAITING_CLARIFICATION, S.IN_PROGRESS, S.AWAITING_APPROVAL, S.WITHDRAWN,
    },
    S.IN_PROGRESS: {S.AWAITING_APPROVAL, S.FULFILLED, S.WITHDRAWN},
    S.AWAITING_APPROVAL: {
        S.IN_PROGRESS, S.IN_ASSESSMENT, S.FULFILLED, S.PARTLY_FULFILLED, S.REFUSED, S.WITHDRAWN,
    },
    **{final: {S.IN_ASSESSMENT} for final in FINAL},
}  # fmt: skip
"""Every way a case may go, as the table of the design says it, and back to asking who it is; nothing else."""


def put(request: RightsRequest, status: Status) -> None:
    """Leave the case in a status, past the workflow, with what the database asks of it."""
    closed = status in FINAL
    RightsRequest.objects.filter(pk=request.pk).update(
        status=status,
        closed_at=NOW if closed else None,
        answered_at=NOW if status in (S.FULFILLED, S.PARTLY_FULFILLED, S.REFUSED) else None,
        prepared_by=clerk().user_id if closed else None,
        approved_by=officer().user_id if closed else None,
    )


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=str(actor.user_id)))
    return client


def test_the_table_is_the_one_of_the_design() -> None:
    assert {source: {to for start, to in TABLE if start == source} for source in Status} == LAWFUL


def test_all_eleven_times_eleven_ways_by_service_act_and_form_and_the_illegal_ones_are_refused() -> None:
    person()
    request = entered(Right.ACCESS)
    chief, clerks = browser(officer()), clerk()
    change = reverse("admin:dsar_rightsrequest_change", args=[request.pk])
    act = reverse("admin:dsar_rightsrequest_act", args=[request.pk, "move"])
    accepted, tried = [], 0
    for source in Status:
        for to in Status:
            if to in LAWFUL[source]:
                continue
            put(request, source)
            with pytest.raises(NotAllowedError):
                workflow.move(request.pk, to, NOW, actor=clerks, note="Because.")
            assert chief.post(act, {"to": to, "note": "Because."}).status_code == 302
            chief.post(change, {"status": to, "_save": "Save"})
            accepted += [(source, to)] if fresh(request).status != source else []
            tried += 1
    assert (accepted, tried) == ([], 121 - sum(map(len, LAWFUL.values())))


def test_the_lawful_ways_are_gone_by_service_and_act_alike_and_by_no_form() -> None:
    """What the service refuses the button refuses, what it does the button does, and the form moves nothing."""
    person()
    request = entered(Right.ACCESS)
    chief, hand = browser(officer()), officer()
    change = reverse("admin:dsar_rightsrequest_change", args=[request.pk])
    act = reverse("admin:dsar_rightsrequest_act", args=[request.pk, "move"])

    def by_service(to: Status) -> str:
        with contextlib.suppress(NotAllowedError):
            workflow.move(request.pk, to, NOW, actor=hand, note="Because.")
        return fresh(request).status

    def by_act(to: Status) -> str:
        assert chief.post(act, {"to": to, "note": "Because."}).status_code == 302
        return fresh(request).status

    def ends(way: Callable[[Status], str], source: Status, to: Status) -> str:
        put(request, source)
        with transaction.atomic():
            status = way(to)
            transaction.set_rollback(True)
        return status

    ways = [(source, to) for source in Status for to in LAWFUL[source]]
    moved = {(source, to): ends(by_service, source, to) for source, to in ways}
    assert moved == {(source, to): ends(by_act, source, to) for source, to in ways}
    assert {status for (source, _to), status in moved.items() if status != source} > {S.WITHDRAWN, S.IN_ASSESSMENT}
    for source, to in ways:
        put(request, source)
        assert chief.post(change, {"status": to, "_save": "Save"}).status_code == 403
        assert fresh(request).status == source
    assert len(ways) == 31


def test_what_is_no_status_is_refused_as_well() -> None:
    request = entered(Right.ACCESS)
    with pytest.raises(NotAllowedError, match="nowhere"):
        workflow.move(request.pk, "nowhere", NOW, actor=clerk())


def test_every_guarded_way_is_closed_for_a_case_that_has_nothing_yet() -> None:
    """Only asking, withdrawing, giving back and reopening are open without anything having been done."""
    person()
    request = entered(Right.ACCESS)
    open_ways = set()
    for source, to in TABLE:
        put(request, Status(source))
        try:
            with transaction.atomic():
                workflow.move(request.pk, to, NOW, actor=clerk(), note="Because.")
                open_ways.add((source, to))
                transaction.set_rollback(True)
        except NotAllowedError:
            assert fresh(request).status == source
    assert open_ways == {
        (S.RECEIVED, S.AWAITING_IDENTITY),
        (S.RECEIVED, S.AWAITING_CLARIFICATION),
        (S.IN_ASSESSMENT, S.AWAITING_IDENTITY),
        (S.IN_ASSESSMENT, S.AWAITING_CLARIFICATION),
        (S.AWAITING_APPROVAL, S.IN_ASSESSMENT),
        (S.AWAITING_APPROVAL, S.IN_PROGRESS),
        *((source, S.WITHDRAWN) for source in Status if source not in FINAL),
        *((final, S.IN_ASSESSMENT) for final in FINAL),
    }


@pytest.mark.parametrize(("source", "to"), [("received", "withdrawn"), ("received", "awaiting_clarification")])
def test_a_way_that_needs_a_note_is_not_gone_without_one(source: str, to: str) -> None:
    request = entered(Right.ACCESS)
    with pytest.raises(NotAllowedError, match="Write down"):
        workflow.move(request.pk, to, NOW, actor=clerk(), note="  ")
    assert fresh(request).status == source


# Four eyes ------------------------------------------------------------------------------------------------------------


def assessed(*rights: Right) -> RightsRequest:
    """A case whose person is certain."""
    person()
    request = entered(*rights)
    match = confirm(request)
    from dsar import identity

    identity.record(match, Method.PORTAL, "signed in", NOW, actor=clerk())
    identity.record(match, Method.FACT, "knew the last order", NOW, actor=clerk())
    move(request, S.IN_ASSESSMENT)
    return request


def refused(right: Right = Right.ACCESS) -> RightsRequest:
    """A case that a clerk proposes to refuse, with its letter."""
    request = assessed(right)
    decide_all(request, Decision.REFUSED, reason=RefusalReason.EXCESSIVE, justification="The fifth this month.")
    move(request, S.AWAITING_APPROVAL)
    write_answer(request)
    return request


def test_a_refusal_leaves_only_when_a_second_person_approved() -> None:
    request = refused()
    with pytest.raises(NotAllowedError, match="privacy officer"):
        workflow.approve(request.pk, NOW, actor=clerk())
    with pytest.raises(NotAllowedError, match="privacy officer"):
        workflow.approve(request.pk, NOW, actor=Actor.task())
    with pytest.raises(NotAllowedError, match="second person"):
        workflow.move(request.pk, S.REFUSED, NOW, actor=clerk())
    assert work() == 1  # the acknowledgement, and no answer
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    assert fresh(request).status == S.REFUSED
    answer = Message.objects.get(request=request, kind="answer")
    assert answer.state == "sent"
    assert all(word in answer.body for word in ("The fifth this month.", "Tietosuojavaltuutettu", "court"))


def test_whoever_prepared_it_does_not_approve_it_whatever_their_role() -> None:
    request = refused()
    RightsRequest.objects.filter(pk=request.pk).update(prepared_by=officer().user_id)
    with pytest.raises(NotAllowedError, match="yourself"):
        workflow.approve(request.pk, NOW, actor=officer())
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=request.pk).update(approved_by=officer().user_id)
    workflow.approve(request.pk, NOW, actor=account(roles.PRIVACY_OFFICER, "second"))
    assert fresh(request).approved_by != fresh(request).prepared_by


def test_a_refusal_in_part_needs_a_second_person_too() -> None:
    request = assessed(Right.RECTIFICATION)
    decide_all(request)
    asked = case_of(request).asked[0]
    outcomes.decide(
        asked.pk,
        ["work"],
        Decision.REFUSED,
        NOW,
        actor=clerk(),
        reason=RefusalReason.OTHER,
        justification="It is right.",
    )
    move(request, S.IN_PROGRESS)
    execution.done_by_hand(ExecutionTask.objects.get().pk, "Corrected.", NOW, clerk())
    write_answer(request)
    with pytest.raises(NotAllowedError, match="second person"):
        answers.send(request.pk, NOW, actor=clerk())
    move(request, S.AWAITING_APPROVAL)
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    assert fresh(request).status == S.PARTLY_FULFILLED


def test_an_erasure_needs_a_second_person_although_nothing_is_refused() -> None:
    request = assessed(Right.ERASURE)
    decide_all(request, ground=Ground.NOT_NEEDED)
    assert case_of(request).needs_four_eyes


def test_no_letter_of_a_refusal_leaves_without_reason_complaint_and_court() -> None:
    request = refused()
    Message.objects.filter(request=request, kind="answer").update(parts="reason complaint")
    with pytest.raises(NotAllowedError, match="12"):
        workflow.approve(request.pk, NOW, actor=officer())
    assert fresh(request).approved_by is None


def test_giving_back_takes_the_approval_and_the_draft_with_it() -> None:
    request = refused()
    move(request, S.IN_ASSESSMENT, note="Look at it again.", actor=officer())
    back = fresh(request)
    assert (back.prepared_by, back.approved_by) == (None, None)
    assert not Message.objects.filter(request=request, kind="answer").exists()


@pytest.mark.parametrize("status", [S.REFUSED, S.PARTLY_FULFILLED, S.FULFILLED])
def test_the_database_itself_knows_no_end_without_answer_and_approval(status: Status) -> None:
    request = entered(Right.ACCESS)
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsRequest.objects.filter(pk=request.pk).update(status=status, closed_at=NOW)


def test_not_identified_after_all_is_refused_with_four_eyes() -> None:
    person()
    request = entered(Right.ACCESS)
    move(request, S.AWAITING_IDENTITY, note="A private address.")
    why = {"reason": RefusalReason.IDENTITY_NOT_PROVEN, "justification": "No answer proved who it is."}
    outcomes.refuse_unidentified(request.pk, at=NOW, actor=clerk(), **why)
    write_answer(request)
    with pytest.raises(NotAllowedError, match="privacy officer"):
        workflow.approve(request.pk, NOW, actor=clerk())
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    assert fresh(request).status == S.REFUSED


# Extension ------------------------------------------------------------------------------------------------------------


def test_an_extension_is_proposed_approved_by_somebody_else_and_told_once() -> None:
    request = entered(Right.ACCESS)
    extensions.propose(request.pk, "Four systems.", NOW, actor=officer())
    with pytest.raises(NotAllowedError, match="yourself"):
        extensions.approve(request.pk, NOW, actor=officer())
    with pytest.raises(NotAllowedError, match="privacy officer"):
        extensions.approve(request.pk, NOW, actor=clerk())
    extensions.approve(request.pk, NOW, actor=account(roles.PRIVACY_OFFICER, "second"))
    with pytest.raises(NotAllowedError, match="once its notice has left"):
        extensions.propose(request.pk, "More.", NOW, actor=clerk())
    work()
    extended = fresh(request)
    assert deadlines.due_on(extended, NOW.date()).isoformat() == "2027-02-23"
    assert "Four systems." in Message.objects.get(kind="extension").body
    with pytest.raises(NotAllowedError, match="once"):
        extensions.propose(request.pk, "More.", NOW, actor=clerk())


@pytest.mark.parametrize(("days", "due"), [(30, "2027-02-23"), (31, "2026-12-23")])
def test_an_extension_on_paper_counts_when_its_notice_was_posted_in_time(days: int, due: str) -> None:
    request = entered(Right.ACCESS, asker=Asker("Anna Virtanen", postal_address="Kauppakatu 5"))
    extensions.propose(request.pk, "Four systems.", NOW, actor=clerk())
    extensions.approve(request.pk, NOW, actor=officer())
    work()
    assert deadlines.due_on(fresh(request), NOW.date()).isoformat() == "2026-12-23", "nobody has been told"
    notice, posted_at = Message.objects.get(kind="extension"), NOW + timedelta(days=days)
    assert "23 Feb 2027" in notice.body
    answers.posted(notice.pk, posted_at, actor=clerk())
    assert deadlines.due_on(fresh(request), posted_at.date()).isoformat() == due


@pytest.mark.parametrize(("days", "open_"), [(30, True), (31, False)])
def test_an_extension_is_possible_through_the_last_day_and_not_after_it(days: int, *, open_: bool) -> None:
    request = entered(Right.ACCESS)  # received on 23 November, due on 23 December
    at = NOW + timedelta(days=days)
    assert (extensions.not_possible(request, at) == "") is open_
    if not open_:
        with pytest.raises(NotAllowedError, match="first month"):
            extensions.propose(request.pk, "Late.", at, actor=clerk())


def test_an_extension_proposed_in_time_is_not_approved_too_late() -> None:
    request = entered(Right.ACCESS)
    extensions.propose(request.pk, "Four systems.", NOW + 29 * DAY, actor=clerk())
    with pytest.raises(NotAllowedError, match="first month"):
        extensions.approve(request.pk, NOW + 31 * DAY, actor=officer())


# Pauses, reopening, history ---------------------------------------------------------------------------------------------


def test_waiting_for_an_answer_moves_the_last_day() -> None:
    person()
    request = entered(Right.ACCESS)
    confirm(request)
    move(request, S.AWAITING_CLARIFICATION, NOW + 2 * DAY, note="Which system do you mean?")
    assert deadlines.due_on(fresh(request), (NOW + 9 * DAY).date()).isoformat() == "2026-12-30"
    with pytest.raises(NotAllowedError, match="Identity"):
        move(request, S.IN_ASSESSMENT, NOW + 9 * DAY, note="The portal.")


def test_reopening_begins_a_clock_of_its_own() -> None:
    request = refused()
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    later = NOW + 40 * DAY
    move(request, S.IN_ASSESSMENT, later, note="The authority ordered it.")
    again = fresh(request)
    assert (again.round, again.clock_on, again.closed_at, again.answered_at) == (2, later.date(), None, None)
    assert (again.prepared_by, again.approved_by, again.credited_days) == (None, None, 0)
    assert CaseEvent.objects.filter(kind=EventKind.REOPENED).get().note == "The authority ordered it."
    assert case_of(request).answer is None


def test_the_clock_of_a_reopened_case_runs_from_the_message_that_reopens_it() -> None:
    request = refused()
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    came = NOW + 40 * DAY
    correspondence.receive(request, "New facts.", Carrier.EMAIL, came, clerk())
    move(request, S.IN_ASSESSMENT, came + 3 * DAY, note="New facts.")
    assert fresh(request).clock_on == came.date()


@pytest.mark.postgres
def test_a_line_of_the_history_can_neither_be_changed_nor_deleted() -> None:
    entered(Right.ACCESS)
    assert CaseEvent.objects.exists()
    for statement in ("UPDATE dsar_caseevent SET note = 'x'", "DELETE FROM dsar_caseevent"):
        with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_closed_case_stays_closed_for_every_other_act() -> None:
    request = entered(Right.ACCESS)
    move(request, S.WITHDRAWN, note="Called and said so.")
    acts: list[Any] = [
        lambda: extensions.propose(request.pk, "More.", NOW, actor=clerk()),
        lambda: outcomes.nothing_held(request.pk, NOW, actor=clerk()),
        lambda: answers.draft(request.pk, NOW, actor=clerk()),
    ]
    for one in acts:
        with pytest.raises(NotAllowedError):
            one()
