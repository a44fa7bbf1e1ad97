"""What happens inside a workplace but outside its workers: `python -m tests.retention.worker_tasks NAME [ARGUMENT ...]`.

Each prints one line of JSON.
"""

from __future__ import annotations

import tests.retention.worker_app  # isort: skip  # noqa: F401  (the settings read the environment it makes)

import datetime as dt
import json
import random
import sys
from typing import Any

from django.core.management import call_command

from config.dates import local_date, now
from config.models import Actor, AuditEvent
from contacts.models import Affiliation, Contact
from retention import breaker, journal, purge
from retention.models import DueDate, ErasureRecord, RetentionRun, RunChunk
from retention.models.runs import RunState, RunTrigger
from tests.retention.oracle import night
from tests.retention.people import Person, Register
from tests.retention.registers import random_register
from tests.retention.store import furnish, store
from tests.retention.traces import journal_entries, orphans

SEED, ORGANISATIONS = 11, 300
LONG_AGO = dt.date(2019, 6, 1)


def migrate() -> bool:
    """Create the tables."""
    call_command("migrate", verbosity=0)
    return True


def _store(register: Register) -> int:
    """Write a register that has been here for two days: it is high time for a run."""
    furnish(store(register))
    Contact.objects.update(created_at=now() - dt.timedelta(days=2))
    return Contact.objects.count()


def store_few(due: str, others: str) -> int:
    """So many persons who are due today, and so many who are not."""
    today = local_date(now())
    silent = [Person(f"silent{number}", LONG_AGO) for number in range(int(due))]
    fresh = [Person(f"fresh{number}", today) for number in range(int(others))]
    return _store(Register((*silent, *fresh), ()))


def register(persons: str, on: str) -> Register:
    """The same random register around the boundaries of a day, in every process."""
    return random_register(random.Random(SEED), dt.date.fromisoformat(on), int(persons), ORGANISATIONS)


def store_many(persons: str, on: str) -> int:
    """Write the random register."""
    return _store(register(persons, on))


def approve() -> bool:
    """A privacy officer has looked at the run that waits."""
    breaker.approve(RetentionRun.objects.get(state=RunState.WAITING), Actor.command(), now())
    return True


def begin() -> str:
    """Plan a run and approve it; nobody has worked on it yet."""
    at = now()
    return str(purge.begin(local_date(at), RunTrigger.SCHEDULE, Actor.task(), at, approve=True).pk)


def report(persons: str, on: str) -> dict[str, Any]:
    """What is left, what the policy's predicates leave of the same register, and what the evidence says."""
    (run,) = RetentionRun.objects.filter(state=RunState.DONE)
    morning = night(register(persons, on), run.on_date)
    left = dict(Contact.objects.values_list("email", "in_marketing"))
    return {
        "left": sorted(email.split(".")[0] for email in left),
        "in_marketing": sorted(email.split(".")[0] for email, inside in left.items() if inside),
        "affiliations": Affiliation.objects.count(),
        "expected": {
            "left": sorted(one.key for one in morning.register.persons),
            "in_marketing": sorted(one.key for one in morning.register.persons if one.in_marketing),
            "affiliations": sum(len(one.links) for one in morning.register.persons),
            "erased": len(morning.erased),
        },
        "erased": run.erased,
        "failed": run.failed,
        "on": run.on_date.isoformat(),
        "runs": RetentionRun.objects.count(),
        "records": sorted(str(pk) for pk in ErasureRecord.objects.values_list("contact_id", flat=True)),
        "journal": sorted(entry["contact"] for entry in journal_entries()),
        "problems": [f"{problem.place}: {problem.what}" for problem in journal.verify(run.on_date)],
        "orphans": orphans(),
        "due": DueDate.objects.count(),
        "chunks": RunChunk.objects.filter(run=run).count(),
        "open_chunks": RunChunk.objects.exclude(state="done").count(),
        "audited": sum(event.counts.get("contacts.Contact", 0) for event in AuditEvent.objects.filter(action="erased")),
    }


DO = {function.__name__: function for function in (migrate, store_few, store_many, approve, begin, report)}


def main(name: str, *arguments: str) -> None:
    """Do one thing and say what came of it."""
    sys.stdout.write(json.dumps(DO[name](*arguments)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
