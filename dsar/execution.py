"""Carrying out what was granted, step by step: each step once, and after a crash from the first unfinished one on.

The table of tasks is the queue of record. A worker claims a task in one transaction and does it in a second, which
holds the row's lock: a task that is running and not locked was left by a crash.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from celery import current_app
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import Actor
from dsar import delivery
from dsar.history import note
from dsar.models import AskedRight, Delivery, ExecutionTask, Outcome, RightsRequest
from dsar.models.decisions import Decision, TaskState, of_request
from dsar.models.history import EventKind
from dsar.models.requests import FAST_LANE, OPEN
from dsar.rights import procedure_of
from dsar.rights.procedures import Step

logger = logging.getLogger(__name__)

RUN = "dsar.tasks.carry_out"
MOST_ATTEMPTS = 3
PACKAGE = "package"
"""The one step that may be done again: it has no effect before the answer leaves."""
IRREVOCABLE = gettext_lazy("What was approved has been carried out: send the answer, and reopen the case for more.")
LEFT_BEHIND = timedelta(minutes=15)
"""Longer than any worker may take for one task: whatever has run so long was left by a crash."""


def begin(request: RightsRequest, at: datetime, actor: Actor) -> None:
    """Plan the steps of every right that is granted, and do what must hold at once; nothing is planned twice.

    Runs in the transaction that moves the case.
    """
    for asked in AskedRight.objects.filter(request=request).exclude(right__in=FAST_LANE):
        if not Outcome.objects.filter(asked=asked, decision=Decision.GRANTED).exists():
            continue
        procedure = procedure_of(asked.right)
        procedure.begin(asked, at, actor)
        for position, step in enumerate(procedure.steps(asked)):
            _plan(asked, request.round, position, step)
    start(request)


def _plan(asked: AskedRight, number: int, position: int, step: Step) -> None:
    """Plan a step in this round of the case; what was done before the case was decided anew is done again, or stays."""
    task, is_new = ExecutionTask.objects.get_or_create(
        asked=asked,
        round=number,
        kind=step.kind,
        target=step.target,
        defaults={"position": position, "by_hand": step.by_hand, "after_approval": step.after_approval},
    )
    if step.again and task.state == TaskState.DONE:
        _once_more(task)
    elif is_new:
        AskedRight.objects.filter(pk=asked.pk).update(done_at=None)


def _once_more(task: ExecutionTask) -> None:
    task.state = TaskState.PENDING
    task.save(update_fields=["state"])
    AskedRight.objects.filter(pk=task.asked_id).update(done_at=None)


def take_back(request: RightsRequest, at: datetime, actor: Actor) -> None:
    """The case is decided anew: steps not done yet are forgotten, and packages destroyed. In the caller's transaction.

    Raises ValueError once something that waited for the approval is under way or done: that cannot be undone.
    """
    tasks = list(of_request(request).select_for_update(of=("self",)))
    if any(one.is_irrevocable for one in tasks):
        raise ValueError(IRREVOCABLE)
    waiting = [one.pk for one in tasks if one.state in (TaskState.PENDING, TaskState.FAILED)]
    ExecutionTask.objects.filter(pk__in=waiting).delete()
    delivery.end(Delivery.objects.filter(request=request, round=request.round, ended_at=None), at, actor)


def start(request: RightsRequest) -> None:
    """Send a worker to a case once this transaction is committed."""
    key = str(request.pk)
    transaction.on_commit(lambda: current_app.send_task(RUN, [key]), robust=True)


def runnable() -> QuerySet[ExecutionTask, ExecutionTask]:
    """The tasks a worker may take now: of an open case, not by hand, and approved where they wait for that."""
    approved = Q(after_approval=False) | Q(asked__request__approved_by__isnull=False)
    mine = ExecutionTask.objects.filter(approved, by_hand=False, state=TaskState.PENDING)
    return mine.filter(asked__request__status__in=OPEN, round=F("asked__request__round")).order_by("position", "id")


def run(request: UUID, at: datetime, actor: Actor) -> int:
    """Do every task of a case that may be done now, in order; returns how many were done.

    A failed step stops the steps after it of the same right, and no others.
    """
    done, stopped = 0, set[UUID]()
    while True:
        task = _claim(request, at, stopped)
        if task is None:
            return done
        if _do(task, at, actor):
            done += 1
        else:
            stopped.add(task.asked_id)


def _claim(request: UUID, at: datetime, stopped: set[UUID]) -> ExecutionTask | None:
    """Mark the first task whose predecessors are over as running, and commit that.

    Only that one is locked: a worker that looked at a task it may not do yet would hide it from the one that may.
    """
    with transaction.atomic():
        for seen in runnable().filter(asked__request=request).exclude(asked__in=stopped):
            before = ExecutionTask.objects.filter(asked=seen.asked_id, round=seen.round, position__lt=seen.position)
            if any(one.state != TaskState.DONE and not one.explanation for one in before):
                continue
            mine = runnable().filter(pk=seen.pk).select_for_update(skip_locked=skips(), of=("self",))
            if (task := mine.first()) is None:
                continue
            task.state, task.claimed_at, task.attempts = TaskState.RUNNING, at, task.attempts + 1
            task.save(update_fields=["state", "claimed_at", "attempts"])
            return task
    return None


def _do(task: ExecutionTask, at: datetime, actor: Actor) -> bool:
    """Do a claimed task in one transaction with the note that it is done."""
    try:
        with transaction.atomic():
            mine = ExecutionTask.objects.select_for_update(of=("self",)).filter(
                pk=task.pk, state=TaskState.RUNNING, attempts=task.attempts
            )
            held = mine.select_related("asked__request").first()
            if held is None:
                return False
            held.result = procedure_of(held.asked.right).execute(held, at, actor)
            finish(held, at, actor)
    except Exception as problem:  # noqa: BLE001  (whatever it is, staff must see that the step failed)
        logger.warning("execution task %s failed: %s", task.pk, type(problem).__name__)
        ExecutionTask.objects.filter(pk=task.pk, state=TaskState.RUNNING).update(
            state=TaskState.FAILED, error=type(problem).__name__
        )
        return False
    return True


def finish(task: ExecutionTask, at: datetime, actor: Actor) -> None:
    """Note that a step is done; with its last step the right is carried out. Runs in the caller's transaction."""
    task.state, task.finished_at, task.finished_by, task.error = TaskState.DONE, at, actor.user_id, ""
    task.save()
    note(task.asked.request, EventKind.TASK, at, actor, subject=task.kind)
    procedure_of(task.asked.right).finished(task, at, actor)
    rest = ExecutionTask.objects.filter(asked=task.asked_id, round=task.round).exclude(state=TaskState.DONE)
    if not rest.exists():
        AskedRight.objects.filter(pk=task.asked_id, done_at__isnull=True).update(done_at=at)


def recover(at: datetime) -> int:
    """Put back what a crash left running; a task that crashed its worker three times has failed. Returns how many."""
    left = ExecutionTask.objects.filter(state=TaskState.RUNNING, claimed_at__lt=at - LEFT_BEHIND)
    with transaction.atomic():
        keys = list(left.select_for_update(skip_locked=skips()).values_list("pk", flat=True))
        mine = ExecutionTask.objects.filter(pk__in=keys)
        mine.filter(attempts__gte=MOST_ATTEMPTS).update(state=TaskState.FAILED, error="Crashed")
        mine.filter(state=TaskState.RUNNING).update(state=TaskState.PENDING)
    return len(keys)


def skips() -> bool:
    """SQLite has one writer, and nothing to skip."""
    return bool(connection.features.has_select_for_update_skip_locked)


# By hand ------------------------------------------------------------------------------------------------------------


def retry(task: UUID, at: datetime, actor: Actor) -> None:
    """Staff try a failed step again. Raises ValueError when it has not failed."""
    with transaction.atomic():
        found = _locked(task)
        if found.state != TaskState.FAILED:
            raise ValueError(_("Only a failed step is tried again."))
        found.state, found.error, found.explanation = TaskState.PENDING, "", ""
        found.save(update_fields=["state", "error", "explanation"])
        note(found.asked.request, EventKind.TASK, at, actor, subject=f"retry {found.kind}"[:60])
        start(found.asked.request)


def again(task: UUID, at: datetime, actor: Actor) -> None:
    """Build a package once more, before the answer leaves. Raises ValueError for another step, and afterwards."""
    with transaction.atomic():
        found = _locked(task)
        request = found.asked.request
        if found.kind != PACKAGE or found.state != TaskState.DONE or request.answered_at or request.approved_by:
            raise ValueError(_("Only a package whose answer has not been approved or sent is built anew."))
        _once_more(found)
        note(request, EventKind.TASK, at, actor, subject=f"again {found.kind}")
        start(request)


def explain(task: UUID, why: str, at: datetime, actor: Actor) -> None:
    """Staff say why the case goes on without a failed step. Raises ValueError otherwise, or without a reason."""
    if not why.strip():
        raise ValueError(_("Write down why the case goes on without this step."))
    with transaction.atomic():
        found = _locked(task)
        if found.state != TaskState.FAILED:
            raise ValueError(_("Only a failed step is explained."))
        found.explanation = why.strip()
        found.save(update_fields=["explanation"])
        note(found.asked.request, EventKind.TASK, at, actor, subject=f"explained {found.kind}"[:60])


def done_by_hand(task: UUID, what: str, at: datetime, actor: Actor) -> None:
    """Staff did a step by hand; `what` was done. Raises ValueError without it, and for a step of the program."""
    if not what.strip():
        raise ValueError(_("Write down what was done."))
    with transaction.atomic():
        found = _locked(task)
        if not found.by_hand or found.state == TaskState.DONE:
            raise ValueError(_("This step is not done by hand, or has been done already."))
        if found.after_approval and found.asked.request.approved_by is None:
            raise ValueError(_("This step waits for the approval."))
        found.explanation = what.strip()
        finish(found, at, actor)


def _locked(task: UUID) -> ExecutionTask:
    rows = ExecutionTask.objects.select_for_update(of=("self",)).select_related("asked__request")
    return rows.get(pk=task, asked__request__closed_at__isnull=True)
