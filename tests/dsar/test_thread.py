"""A request from its entry to its end, by the services alone."""

from __future__ import annotations

from datetime import date

import pytest
from django.core import mail

from dsar import answers, deadlines, execution, identity, outcomes
from dsar.models import CaseEvent, ExecutionTask, Match
from dsar.models.history import EventKind
from dsar.models.matches import Level, Method
from dsar.models.requests import Right, Status
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
    person,
    work,
    write_answer,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rectification_from_the_phone_to_the_answer() -> None:
    anna = person()
    request = entered(Right.RECTIFICATION, received_at=NOW - 3 * DAY)
    assert request.reference.startswith("R-")
    assert (request.clock_on, deadlines.due_on(request, TODAY)) == (date(2026, 11, 20), date(2026, 12, 20))
    match = confirm(request)
    assert match.contact == anna
    identity.record(match, Method.PORTAL, "saw the sign-in", NOW, actor=clerk())
    assert case_of(request).level == Level.ADDRESS
    move(request, Status.IN_ASSESSMENT)
    decide_all(request)
    move(request, Status.IN_PROGRESS)
    task = ExecutionTask.objects.get()
    execution.done_by_hand(task.pk, "Corrected the street.", NOW, clerk())
    write_answer(request)
    answers.send(request.pk, NOW, actor=clerk())
    assert fresh(request).status == Status.IN_PROGRESS
    work()
    closed = fresh(request)
    assert (closed.status, closed.closed_at is not None) == (Status.FULFILLED, True)
    assert mail_states(request) == {"request": "filed", "receipt": "sent", "answer": "sent"}
    assert [message.to for message in mail.outbox] == [["anna@example.org"], ["anna@example.org"]]
    moves = CaseEvent.objects.filter(kind=EventKind.MOVED).values_list("from_status", "to_status")
    assert list(moves) == [
        ("received", "in_assessment"),
        ("in_assessment", "in_progress"),
        ("in_progress", "fulfilled"),
    ]


def test_we_hold_nothing_is_an_answer() -> None:
    request = entered(Right.ACCESS)
    assert not Match.objects.exists()
    move(request, Status.IN_ASSESSMENT)
    outcomes.nothing_held(request.pk, NOW, actor=clerk())
    move(request, Status.IN_PROGRESS)
    answer = write_answer(request)
    assert "hold nothing about you" in answer.body
    answers.send(request.pk, NOW, actor=clerk())
    work()
    assert fresh(request).status == Status.FULFILLED
