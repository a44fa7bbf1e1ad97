"""Writing a journal by erasing people, and asking what is wrong with it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import time_machine

from contacts.models import Contact
from retention import journal
from tests.retention.nights import moment, put, run_night
from tests.retention.people import Person
from tests.retention.store import Stored

LONG_AGO = date(2010, 6, 1)
OCTOBER, NOVEMBER = date(2026, 10, 20), date(2026, 11, 22)
FIRST, SECOND = 8, 14


def erase_some(count: int, on: date) -> Stored:
    """Erase so many persons in the night of that day, and journal them that day."""
    stored = put(*(Person(f"anna{number}", LONG_AGO) for number in range(count)))
    with time_machine.travel(moment(on), tick=False):
        run_night(on)
    assert not Contact.objects.exists()
    return stored


def problems(on: date = NOVEMBER) -> list[tuple[str, str]]:
    """What is wrong with the journal on a day: (place, what), the first first."""
    return [(problem.place, problem.what) for problem in journal.verify(on)]


def lines_of(path: Path) -> list[bytes]:
    """The lines of a segment with their ends, as bytes."""
    return [line + b"\n" for line in path.read_bytes().split(b"\n")[:-1]]
