"""One process of the crash test: `python -m tests.dsar.carrying_worker prepare|work|report [crash point] [call]`.

It works on the database named by DATABASE_URL, which the test has made for it. A crash point is a place at which the
process kills itself as SIGKILL would.
"""

from __future__ import annotations

import tests.environment  # isort: skip  # noqa: F401  (the settings read the environment it makes)

import json
import os
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import django

from tests.retention.chaos_worker import die, say, wrapped


def set_up() -> None:
    """Django, on the folder that the test names for files and the journal."""
    django.setup()
    from django.conf import settings

    folder = Path(os.environ["OBHUT_TEST_FILES"])
    settings.UPLOAD_DIR, settings.JOURNAL_PATH = folder / "uploads", folder / "journal"


def prepare() -> None:
    """One person asks for everything; all of it is granted and waits for a worker."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from config import roles
    from dsar import identity, outcomes
    from dsar.models import Match
    from dsar.models.decisions import Decision, Ground
    from dsar.models.matches import Method
    from dsar.models.requests import Right, Status
    from dsar.rights import procedure_of, rectification
    from tests.dsar.conftest import NOW, case_of, clerk, entered, move
    from tests.dsar.people import well_known

    roles.create_roles()
    roles.seed_controller()
    anna = well_known()
    request = entered(Right.ACCESS, Right.PORTABILITY, Right.RECTIFICATION, Right.ERASURE, contact=anna)
    match = Match.objects.get(request=request, contact=anna)
    for method in (Method.PORTAL, Method.FACT):
        identity.record(match, method, "checked", NOW, actor=clerk())
    move(request, Status.IN_ASSESSMENT)
    rectification.propose(match, "city", "Oulu", NOW, actor=clerk())
    for asked in case_of(request).to_assess:
        procedure = procedure_of(asked.right)
        ground = Ground.NOT_NEEDED if procedure.grounds else ""
        outcomes.decide(asked.pk, procedure.categories(asked), Decision.GRANTED, NOW, actor=clerk(), ground=ground)
    move(request, Status.IN_PROGRESS)


def arm(point: str, call: int) -> None:
    """Die at a place, the `call`-th time it is passed."""
    from dsar import attachments, execution
    from retention import on_request

    if point == "after the claim":
        execution._do = wrapped(execution._do, call, die, None)
    elif point == "with the file on the disk":
        attachments.store = wrapped(attachments.store, call, None, die)
    elif point == "before the commit of a step":
        execution.finish = wrapped(execution.finish, call, None, die)
    elif point == "after the erasure":
        vars(on_request)["erase"] = wrapped(vars(on_request)["erase"], call, None, die)


def work() -> None:
    """Take up what a crash left, carry out what may be done, have it approved, carry out the rest."""
    from config.models import Actor
    from dsar import answers, delivery, execution, workflow
    from dsar.models import ExecutionTask, RightsRequest
    from dsar.models.decisions import TaskState
    from dsar.models.requests import Status
    from tests.dsar.conftest import NOW, clerk, move, officer

    request = RightsRequest.objects.get()
    later = NOW + timedelta(hours=1)
    execution.recover(later)
    execution.run(request.pk, NOW, Actor.task())
    request.refresh_from_db()
    waiting = ExecutionTask.objects.filter(after_approval=False).exclude(state=TaskState.DONE)
    if request.status == Status.IN_PROGRESS and not waiting.exists():
        answers.draft(request.pk, NOW, actor=clerk())
        move(request, Status.AWAITING_APPROVAL)
        workflow.approve(request.pk, NOW, actor=officer())
    execution.run(request.pk, NOW, Actor.task())
    delivery.expire(later)
    say("done")


def report() -> None:
    """What there is now, as JSON."""
    from django.conf import settings

    from contacts.models import Collection, Contact
    from dsar.models import CaseEvent, Correction, Delivery, ExecutionTask
    from retention.models import ErasureRecord

    files = list((settings.UPLOAD_DIR / "sealed").glob("*"))
    facts = {
        "tasks": Counter(ExecutionTask.objects.values_list("state", flat=True)),
        "done": Counter(CaseEvent.objects.filter(kind="task").values_list("subject", flat=True)),
        "packages": Delivery.objects.filter(ended_at__isnull=True).count(),
        "all_packages": Delivery.objects.count(),
        "corrections": Correction.objects.filter(applied_at__isnull=False).count(),
        "collections": Collection.objects.filter(source__code="rights-request").count(),
        "erased": ErasureRecord.objects.count(),
        "here": Contact.objects.filter(last_name="Virtanen").count(),
        "files": len(files),
    }
    say(json.dumps(facts))


def main() -> None:
    """Do what the command line says."""
    set_up()
    what, *point = sys.argv[1:]
    if point:
        arm(point[0], int(point[1]))
    {"prepare": prepare, "work": work, "report": report}[what]()


if __name__ == "__main__":
    main()
