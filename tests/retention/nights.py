"""One night after another: the run as the schedule starts it, and what is there before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from config.models import Actor
from contacts.models import Contact
from contacts.personal_data import Register as RegisterName
from retention import purge
from retention.models import RetentionRun
from retention.models.runs import RunState, RunTrigger
from tests.retention.people import Organisation, Person, Register
from tests.retention.store import Stored, store

DAY = dt.timedelta(days=1)


def moment(on: dt.date) -> dt.datetime:
    """The middle of the night window of a day: its date in Helsinki is that day."""
    return dt.datetime.combine(on, dt.time(2, 30), dt.UTC)


def begin(on: dt.date, *, rule: RegisterName | None = None, approve: bool = False) -> RetentionRun:
    """Plan the scheduled run of a day, in its night."""
    return purge.begin(on, RunTrigger.SCHEDULE, Actor.task(), moment(on), rule=rule, approve=approve)


def work(run: RetentionRun) -> bool:
    """Work on a run until it is finished or others hold the rest."""
    return purge.work(run, Actor.task(), moment(run.on_date))


def run_night(on: dt.date, *, rule: RegisterName | None = None) -> RetentionRun:
    """One whole night. Longer gaps between nights are approved, as a privacy officer would."""
    run = begin(on, rule=rule, approve=True)
    assert run.state == RunState.RUNNING
    assert work(run)
    return run


def there(stored: Stored, key: str) -> bool:
    """Whether this person is still in the database."""
    return Contact.objects.filter(pk=stored.persons[key]).exists()


def contact(stored: Stored, key: str) -> Contact:
    """The row of a person who is there."""
    return Contact.objects.get(pk=stored.persons[key])


def put(*persons: Person, others: Iterable[Organisation] = ()) -> Stored:
    """Write some persons with their organisations, and other organisations; all of them are there now."""
    stored = store(Register(persons, tuple(others)))
    assert all(there(stored, person.key) for person in persons)
    return stored


def assert_kept_through(last_day: dt.date, person: Person, others: Iterable[Organisation] = ()) -> None:
    """The person is there after the night of that day and gone after the next."""
    stored = put(person, others=others)
    run_night(last_day)
    assert there(stored, person.key), f"gone on {last_day}"
    run_night(last_day + DAY)
    assert not there(stored, person.key), f"still there on {last_day + DAY}"


def assert_kept(on: dt.date, person: Person, others: Iterable[Organisation] = ()) -> Stored:
    """The person is there after that night."""
    stored = put(person, others=others)
    run_night(on)
    assert there(stored, person.key)
    return stored


def assert_erased(on: dt.date, person: Person, others: Iterable[Organisation] = ()) -> Stored:
    """The person is gone after that night."""
    stored = put(person, others=others)
    run_night(on)
    assert not there(stored, person.key)
    return stored
