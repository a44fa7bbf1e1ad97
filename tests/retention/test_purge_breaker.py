"""A wrong clock, a wrong rule or a bad import does not wipe the register (E39, R9)."""

from __future__ import annotations

from datetime import date

import pytest

from config.models import Actor, AuditEvent
from contacts.models import Contact
from retention import breaker, purge
from retention.models import RetentionRun
from retention.models.runs import RunState, RunTrigger
from tests.retention.nights import DAY, begin, moment, put, run_night, work
from tests.retention.people import Hold, Person, Restriction
from tests.retention.store import Stored

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)


def crowd(due: int, others: int = 0) -> Stored:
    """Persons of whom `due` are due on ON."""
    silent = [Person(f"silent{number}", LONG_AGO) for number in range(due)]
    fresh = [Person(f"fresh{number}", ON - DAY) for number in range(others)]
    return put(*silent, *fresh)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("due", "contacts", "stops"),
    [
        (99, 100, False),
        (100, 1_999, True),
        (100, 2_000, False),
        (101, 2_000, True),
        (5_000, 1_000_000, False),
        (5_001, 1_000_000, True),
        (0, 0, False),
    ],
)
def test_an_abnormal_volume_stops(due: int, contacts: int, stops: bool) -> None:
    assert bool(breaker.concern(ON, ON, due, contacts)) == stops


@pytest.mark.django_db
@pytest.mark.parametrize(("on", "stops"), [(ON, False), (ON + DAY, True), (ON - DAY, False)])
def test_a_day_in_the_future_stops(on: date, stops: bool) -> None:
    assert bool(breaker.concern(on, ON, 1, 100)) == stops


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "stops"), [(-1, True), (0, False), (1, False), (40, False), (41, True)])
def test_a_day_before_the_last_run_or_far_behind_it_stops(days: int, stops: bool) -> None:
    run_night(ON)
    on = ON + days * DAY
    assert bool(breaker.concern(on, max(on, ON), 1, 100)) == stops


@pytest.mark.django_db
def test_a_run_for_the_future_that_was_approved_does_not_stop_the_nights_before_it() -> None:
    run_night(ON)
    future = purge.begin(ON + 300 * DAY, RunTrigger.COMMAND, Actor.command(), moment(ON), approve=True)
    assert work(future)
    run = begin(ON + DAY)
    assert run.state == RunState.RUNNING


@pytest.mark.django_db
@pytest.mark.parametrize(("others", "state"), [(1_899, RunState.WAITING), (1_900, RunState.RUNNING)])
def test_a_run_for_five_in_a_hundred_contacts_waits_and_touches_nobody(others: int, state: RunState) -> None:
    crowd(100, others)
    run = begin(ON)
    assert run.state == state
    assert (run.planned["due"], run.planned["contacts"]) == (100, 100 + others)
    assert bool(run.concern) == (state == RunState.WAITING)
    assert Contact.objects.count() == 100 + others


@pytest.mark.django_db
def test_a_waiting_run_is_not_worked_on() -> None:
    crowd(100)
    run = begin(ON)
    assert run.state == RunState.WAITING
    assert not work(run)
    assert Contact.objects.count() == 100


@pytest.mark.django_db
def test_contacts_under_a_hold_or_restriction_do_not_trip_the_breaker() -> None:
    held = [Person(f"held{number}", LONG_AGO, holds=(Hold(ON + 30 * DAY),)) for number in range(60)]
    restricted = [Person(f"shut{number}", LONG_AGO, restrictions=(Restriction(),)) for number in range(60)]
    put(*held, *restricted, Person("anna", LONG_AGO))
    run = begin(ON)
    assert run.state == RunState.RUNNING
    assert run.planned["due"] == 1


@pytest.mark.django_db
def test_an_approved_run_goes_on() -> None:
    crowd(100)
    run = breaker.approve(begin(ON), Actor.command(), moment(ON))
    assert (run.state, run.break_glass, run.approved_at) == (RunState.RUNNING, True, moment(ON))
    assert work(run)
    assert not Contact.objects.exists()
    assert AuditEvent.objects.filter(action="approved", object_id=run.pk).count() == 1


@pytest.mark.django_db
def test_approval_by_a_person_is_no_break_glass(django_user_model: type) -> None:
    officer = django_user_model.objects.create(username="officer")  # type: ignore[attr-defined]
    crowd(100)
    run = breaker.approve(begin(ON), Actor.person(officer), moment(ON))
    assert (run.approved_by, run.break_glass) == (officer.pk, False)


@pytest.mark.django_db
def test_only_a_waiting_run_can_be_approved() -> None:
    run = run_night(ON)
    with pytest.raises(ValueError, match="does not wait"):
        breaker.approve(run, Actor.command(), moment(ON))


@pytest.mark.django_db
def test_overruling_the_breaker_at_the_start_is_recorded_as_break_glass() -> None:
    crowd(100)
    run = begin(ON, approve=True)
    assert (run.state, run.break_glass) == (RunState.RUNNING, True)
    assert run.concern
    ordinary = run_night_by_hand()
    assert not ordinary.break_glass


def run_night_by_hand() -> RetentionRun:
    work(RetentionRun.objects.get(state=RunState.RUNNING))
    return purge.begin(ON, RunTrigger.COMMAND, Actor.command(), moment(ON), approve=True)
