"""What happens inside a workplace but outside its workers: `python -m tests.dsar.package_tasks NAME [ARGUMENT ...]`.

Each prints one line of JSON.
"""

from __future__ import annotations

import tests.retention.worker_app  # isort: skip  # noqa: F401  (the settings read the environment it makes)

import io
import json
import sys
import zipfile
from collections import Counter
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command

from config import roles
from config.dates import now
from contacts.models import Contact, Engagement
from contacts.models.engagement import EngagementKind
from dsar import attachments, delivery, identity, outcomes
from dsar.models import CaseEvent, Delivery, ExecutionTask, Match
from dsar.models.decisions import Decision
from dsar.models.matches import Method
from dsar.models.requests import Right, Status
from dsar.rights import procedure_of
from tests.dsar.conftest import case_of, clerk, entered, move, person


def migrate() -> bool:
    """Create the tables."""
    call_command("migrate", verbosity=0)
    roles.create_roles()
    roles.seed_controller()
    return True


def rows_of(number: int) -> int:
    """How often the person of that number has visited us: another number for each of their neighbours."""
    return 1 + number % 17


def ask(count: str) -> int:
    """So many people ask for access, and all is granted at once: the workers have that many messages."""
    for number in range(int(count)):
        _granted(number)
    return ExecutionTask.objects.filter(state="pending").count()


def _granted(number: int) -> None:
    at = now()
    contact = person(f"person{number}@example.org", first_name=f"First{number}", last_name=f"Last{number}")
    Engagement.objects.bulk_create(
        Engagement(contact=contact, kind=EngagementKind.CLICK, occurred_at=at - timedelta(hours=hour))
        for hour in range(rows_of(number))
    )
    request = entered(Right.ACCESS, contact=contact, at=at)
    match = Match.objects.get(request=request, contact=contact)
    for other in Match.objects.filter(request=request).exclude(pk=match.pk):
        other.delete()
    for method in (Method.PORTAL, Method.FACT):
        identity.record(match, method, "checked", at, actor=clerk())
    move(request, Status.IN_ASSESSMENT, at)
    for asked in case_of(request, at).to_assess:
        outcomes.decide(asked.pk, procedure_of(asked.right).categories(asked), Decision.GRANTED, at, actor=clerk())
    move(request, Status.IN_PROGRESS, at)


def report() -> dict[str, Any]:
    """What there is: steps, packages and files, and everything that is wrong with a package."""
    delivery.expire(now() + timedelta(hours=2))  # files of transactions that never ended
    return {
        "steps": Counter(ExecutionTask.objects.values_list("state", flat=True)),
        "attempts": Counter(ExecutionTask.objects.values_list("attempts", flat=True)),
        "noted": CaseEvent.objects.filter(kind="task", subject="package").count(),
        "packages": Delivery.objects.count(),
        "people": Delivery.objects.values("request").distinct().count(),
        "files": len(list((settings.UPLOAD_DIR / "sealed").glob("*"))),
        "wrong": [wrong for one in Delivery.objects.select_related("attachment", "request") if (wrong := _wrong(one))],
    }


def _wrong(package: Delivery) -> str:
    """What is wrong with a package: it must hold all that is about its person, and nobody else."""
    contact = Contact.objects.get(request_matches__request=package.request)
    with zipfile.ZipFile(io.BytesIO(attachments.read(package.attachment))) as files:
        copy = json.loads(files.read("data.json"))
    people = [one["email"] for one in copy["tables"]["contacts.contact"]]
    visits = len(copy["tables"]["contacts.engagement"])
    expected = rows_of(int(contact.last_name.removeprefix("Last")))
    right = (copy["request"], people, visits) == (package.request.reference, [contact.email], expected)
    return "" if right else f"{contact.email}: {people}, {visits} of {expected}"


DO = {function.__name__: function for function in (migrate, ask, report)}


def main(name: str, *arguments: str) -> None:
    """Do one thing and say what came of it."""
    sys.stdout.write(json.dumps(DO[name](*arguments)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
