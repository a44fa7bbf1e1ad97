"""Carrying out (R28): each step once, in order, and after a crash from the first unfinished one on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from config.models import Actor
from dsar import answers, execution, identity, workflow
from dsar.models import AskedRight, ExecutionTask, RightsRequest
from dsar.models.decisions import TaskState
from dsar.models.matches import Method
from dsar.models.requests import Right, Status
from dsar.rights import PROCEDURES, Procedure, Step
from dsar.workflow import NotAllowedError
from tests.dsar.conftest import (
    NOW,
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
)
from tests.retention.threads import Thread

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = Actor.task()


class Rehearsal(Procedure):
    """Three steps; what was done is written down, and one can be told to fail or to crash."""

    four_eyes = True
    done: list[str] = []
    fails: set[str] = set()
    crashes: set[str] = set()

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        return [Step("one"), Step("two"), Step("three", after_approval=True)]

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        if task.kind in self.crashes:
            raise SystemExit  # what a killed worker looks like: nothing is caught, and the transaction is lost
        if task.kind in self.fails:
            raise LookupError("anna@example.org")
        self.done.append(task.kind)
        return {"rows": 1}


@pytest.fixture(autouse=True)
def _rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    Rehearsal.done, Rehearsal.fails, Rehearsal.crashes = [], set(), set()
    monkeypatch.setitem(PROCEDURES, Right.RECTIFICATION, Rehearsal())


def begun() -> RightsRequest:
    """A case that is being carried out, before any worker has come."""
    person()
    request = entered(Right.RECTIFICATION)
    identity.record(confirm(request), Method.PORTAL, "signed in", NOW, actor=clerk())
    move(request, Status.IN_ASSESSMENT)
    decide_all(request)
    move(request, Status.IN_PROGRESS)
    return request


def states() -> dict[str, str]:
    return dict(ExecutionTask.objects.order_by("position").values_list("kind", "state"))


def test_steps_run_in_order_once_and_what_cannot_be_undone_waits_for_the_second_person() -> None:
    request = begun()
    assert execution.run(request.pk, NOW, WORKER) == 2
    assert execution.run(request.pk, NOW, WORKER) == 0
    assert Rehearsal.done == ["one", "two"]
    move(request, Status.AWAITING_APPROVAL)
    write_answer(request)
    assert execution.run(request.pk, NOW, WORKER) == 0
    workflow.approve(request.pk, NOW, actor=officer())
    work()
    assert Rehearsal.done == ["one", "two", "three"]
    assert fresh(request).status == Status.FULFILLED
    assert AskedRight.objects.get().done_at is not None


def test_a_failed_step_is_undone_named_without_values_and_stops_what_follows() -> None:
    Rehearsal.fails = {"two"}
    request = begun()
    assert execution.run(request.pk, NOW, WORKER) == 1
    task = ExecutionTask.objects.get(kind="two")
    assert (task.state, task.error) == (TaskState.FAILED, "LookupError")
    with pytest.raises(NotAllowedError, match="step"):
        move(request, Status.AWAITING_APPROVAL)
    Rehearsal.fails = set()
    execution.retry(task.pk, NOW, clerk())
    work()
    assert states()["two"] == TaskState.DONE


def test_a_failed_step_that_is_explained_lets_the_case_go_on() -> None:
    Rehearsal.fails = {"two"}
    request = begun()
    execution.run(request.pk, NOW, WORKER)
    task = ExecutionTask.objects.get(kind="two")
    with pytest.raises(ValueError, match="why"):
        execution.explain(task.pk, " ", NOW, clerk())
    execution.explain(task.pk, "The system was switched off in 2024.", NOW, clerk())
    move(request, Status.AWAITING_APPROVAL)
    assert fresh(request).status == Status.AWAITING_APPROVAL


@pytest.mark.parametrize("step", ["one", "two"])
def test_after_a_crash_the_first_unfinished_step_is_the_next(step: str) -> None:
    Rehearsal.crashes = {step}
    request = begun()
    with pytest.raises(SystemExit):
        execution.run(request.pk, NOW, WORKER)
    assert states()[step] == TaskState.RUNNING
    Rehearsal.crashes = set()
    assert execution.run(request.pk, NOW, WORKER) == 0, "a running task is never started a second time"
    assert execution.recover(NOW + timedelta(minutes=14)) == 0
    assert execution.recover(NOW + timedelta(minutes=16)) == 1
    execution.run(request.pk, NOW, WORKER)
    assert Rehearsal.done == ["one", "two"]


def test_a_task_that_kills_its_worker_three_times_has_failed() -> None:
    Rehearsal.crashes = {"one"}
    request = begun()
    for attempt in range(3):
        with pytest.raises(SystemExit):
            execution.run(request.pk, NOW, WORKER)
        execution.recover(NOW + timedelta(hours=attempt + 1))
    assert states()["one"] == TaskState.FAILED
    assert execution.run(request.pk, NOW, WORKER) == 0


def test_nothing_of_a_closed_case_is_carried_out() -> None:
    request = begun()
    move(request, Status.WITHDRAWN, note="Called.")
    assert execution.run(request.pk, NOW, WORKER) == 0
    assert Rehearsal.done == []


def test_an_answer_does_not_leave_while_a_step_is_open() -> None:
    request = begun()
    write_answer(request)
    with pytest.raises(NotAllowedError):
        answers.send(request.pk, NOW, actor=clerk())


@pytest.mark.postgres
def test_two_workers_never_do_the_same_step() -> None:
    request = begun()
    workers = [Thread(lambda: execution.run(request.pk, NOW, WORKER)) for _worker in range(2)]
    assert [worker.finish() for worker in workers] == [None, None]
    assert sorted(Rehearsal.done) == ["one", "two"]
    assert set(ExecutionTask.objects.exclude(kind="three").values_list("attempts", "state")) == {(1, TaskState.DONE)}
