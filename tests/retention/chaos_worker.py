"""One process of the chaos test: `python -m tests.retention.chaos_worker prepare|work|report [crash point] [call]`.

It works on the database named by DATABASE_URL, which the test has made for it. A crash point is a place in the run
where the process kills itself as SIGKILL would: between the two halves of what must never be half done.
"""

from __future__ import annotations

import tests.environment  # isort: skip  # noqa: F401  (the settings read the environment it makes)

import datetime as dt
import json
import logging
import os
import random
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import django

ON = dt.date(2026, 2, 28)
PERSONS, ORGANISATIONS, CHUNK = 700, 200, 5


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def die(*_args: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")


def wrapped(
    real: Callable[..., Any], call: int, before: Callable[..., object] | None, after: Callable[..., object] | None
) -> Callable[..., Any]:
    """The function itself, save that its `call`-th call is preceded or followed by something else."""
    calls = 0

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if before and calls == call:
            before(*args)
        result = real(*args, **kwargs)
        if after and calls == call:
            after(*args)
        return result

    return stand_in


def tear_last_line(*_args: object) -> None:
    """Leave half of the last line, as a crash in the middle of a write does, and die."""
    from retention import journal

    path = journal.segments()[-1]
    os.truncate(path, path.stat().st_size - 100)
    die()


def arm(point: str, call: int) -> None:
    """Arrange the process's death."""
    from retention import due, journal, purge

    places: dict[str, tuple[Any, str, Callable[..., object] | None, Callable[..., object] | None]] = {
        "while planning": (due, "list_gaps", None, die),
        "after judging": (purge, "judge", None, die),
        "before the commit": (purge, "erase", None, die),
        "after the commit": (journal, "write", die, None),
        "in the middle of a line": (journal, "_append", None, tear_last_line),
        "before the mark": (journal, "_append", None, die),
        "before the end": (purge, "_finish", die, None),
    }
    module, name, before, after = places[point]
    setattr(module, name, wrapped(getattr(module, name), call, before, after))


def prepare() -> None:
    """Create the tables and a random register around a boundary."""
    from django.core.management import call_command

    from tests.retention.store import furnish, store

    call_command("migrate", verbosity=0)
    furnish(store(register()))


def register() -> Any:
    from tests.retention.registers import random_register

    return random_register(random.Random(7), ON, PERSONS, ORGANISATIONS)


def work() -> None:
    """Go on with the run, or start it when there is none."""
    from config.models import Actor
    from retention import purge
    from retention.models import RetentionRun
    from retention.models.runs import RunState, RunTrigger
    from tests.retention.nights import moment

    purge.CHUNK = CHUNK
    say("ready")
    if not RetentionRun.objects.filter(state=RunState.DONE).exists():
        run = purge.begin(ON, RunTrigger.COMMAND, Actor.command(), moment(ON), approve=True)
        purge.work(run, Actor.command(), moment(ON))
    say("done")


def report() -> dict[str, Any]:
    """What is left, in the oracle's keys, and what the evidence says."""
    from contacts.models import Affiliation, Contact
    from retention import journal
    from retention.models import ErasureRecord, RetentionRun, RunChunk
    from tests.retention.oracle import night
    from tests.retention.traces import journal_entries, orphans

    morning = night(register(), ON)
    people = morning.register.persons
    keys = dict(Contact.objects.values_list("email", "in_marketing"))
    return {
        "left": sorted(email.split(".")[0] for email in keys),
        "in_marketing": sorted(email.split(".")[0] for email, inside in keys.items() if inside),
        "affiliations": Affiliation.objects.count(),
        "expected_left": sorted(one.key for one in people),
        "expected_in_marketing": sorted(one.key for one in people if one.in_marketing),
        "expected_affiliations": sum(len(one.links) for one in people),
        "expected_erased": len(morning.erased),
        "records": sorted(str(pk) for pk in ErasureRecord.objects.values_list("contact_id", flat=True)),
        "journal": sorted(entry["contact"] for entry in journal_entries()),
        "problems": [problem.what for problem in journal.verify(ON)],
        "orphans": orphans(),
        "runs": list(RetentionRun.objects.values("state", "erased", "failed")),
        "unfinished_chunks": RunChunk.objects.exclude(state__in=("done", "split")).count(),
    }


def main(command: str, *options: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    logging.disable(logging.CRITICAL)
    if options:
        arm(options[0], int(options[1]))
    if command == "report":
        say(json.dumps(report()))
    else:
        {"prepare": prepare, "work": work}[command]()


if __name__ == "__main__":
    main(*sys.argv[1:])
