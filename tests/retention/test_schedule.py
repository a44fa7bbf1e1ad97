"""When the nightly run starts: once a day, in its window, at once after a missed night, whatever the clock does (R5, R6, R8)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from config.dates import local_date
from config.models import Actor
from contacts.models import Affiliation, Agreement, Contact, Organisation
from contacts.personal_data import Register
from retention import breaker, purge, schedule
from retention.models import ErasureRecord, RetentionRun
from retention.models.runs import RunState, RunTrigger

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)
TICK = 10 * MINUTE
GRACE = 26 * HOUR
ON = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def _static_files(settings: Settings, tmp_path: Path) -> None:
    """The server warns when its folder of static files is missing."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


def utc(day: dt.date, hour: int = 0, minute: int = 0) -> dt.datetime:
    """A moment of a day, in UTC."""
    return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC)


LONG_AGO = utc(ON - 900 * DAY)


def register(size: int = 1, *, since: dt.datetime = LONG_AGO) -> None:
    """A customer's people, here since then; the schedule is about whether somebody must be judged, not who."""
    day = since.date()
    firm = Organisation.objects.create(name="Nordlicht Oy")
    Agreement.objects.create(organisation=firm, party="customer", kind="licence", starts_on=day)
    for number in range(size):
        one = Contact.objects.create(email=f"anna{number}@example.org", collected_on=day, in_marketing=True)
        Affiliation.objects.create(contact=one, organisation=firm)
    Contact.objects.update(created_at=since)


def tick(at: dt.datetime, *, works: bool = True) -> RetentionRun | None:
    """What the beat does at this moment, and a worker right after it."""
    with time_machine.travel(at, tick=False):
        begun = schedule.begin_if_due(at)
        for run in RetentionRun.objects.filter(state=RunState.RUNNING) if works else ():
            assert purge.work(run, Actor.task(), at)
    return begun


def night(on: dt.date) -> RetentionRun:
    """The ordinary run of a day."""
    run = tick(utc(on, 1, 30))
    assert run is not None
    run.refresh_from_db()
    assert (run.on_date, run.state) == (on, RunState.DONE)
    return run


def beat(first: dt.date, days: int, *, is_up: Callable[[dt.datetime], bool] = lambda at: True) -> list[RetentionRun]:
    """A beat and a worker for so many days, every ten minutes while the machine is up; the runs, oldest first."""
    at = utc(first)
    while at < utc(first + days * DAY):
        if is_up(at):
            tick(at)
        at += TICK
    return list(RetentionRun.objects.order_by("started_at"))


def readyz() -> tuple[int, str]:
    """What the monitor is told about the purge."""
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()["probes"]["purge"]


def ready_at(at: dt.datetime) -> int:
    """The status of /readyz at this moment."""
    with time_machine.travel(at, tick=False):
        status, said = readyz()
    assert (said == "ok") == (status == 200)
    return status


# The window -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on", [ON, dt.date(2026, 6, 23)], ids=["winter", "summer"])
@pytest.mark.parametrize(
    ("time", "starts"),
    [
        (dt.time(1, 29, 59, 999999), False),
        (dt.time(1, 30), True),
        (dt.time(4, 59, 59, 999999), True),
        (dt.time(5, 0), False),
        (dt.time(0, 0), False),
        (dt.time(12, 0), False),
        (dt.time(23, 59), False),
    ],
)
def test_the_run_starts_in_the_window_only_and_the_window_is_in_utc(on: dt.date, time: dt.time, starts: bool) -> None:
    register()
    night(on - DAY)
    RetentionRun.objects.update(finished_at=utc(on - DAY, 23))
    begun = tick(dt.datetime.combine(on, time, dt.UTC))
    assert (begun is not None) == starts


def test_the_window_is_judged_in_utc_whatever_zone_the_moment_is_written_in() -> None:
    register()
    night(ON - DAY)
    RetentionRun.objects.update(finished_at=utc(ON - DAY, 23))
    in_tokyo = dt.timezone(9 * HOUR)
    assert tick(dt.datetime(2026, 11, 23, 3, 0, tzinfo=in_tokyo)) is None
    assert tick(dt.datetime(2026, 11, 23, 10, 29, tzinfo=in_tokyo)) is None
    begun = tick(dt.datetime(2026, 11, 23, 10, 30, tzinfo=in_tokyo))
    assert begun is not None and begun.on_date == ON


@pytest.mark.slow
@pytest.mark.parametrize(
    "middle",
    [dt.date(2026, 3, 29), dt.date(2026, 10, 25), dt.date(2026, 12, 31), dt.date(2028, 2, 29), dt.date(2027, 2, 28)],
    ids=["clocks forward", "clocks back", "year end", "29 February", "28 February"],
)
def test_every_local_day_has_one_run_in_its_own_window(middle: dt.date) -> None:
    register()
    night(middle - 2 * DAY)
    runs = beat(middle - DAY, 4)[1:]
    assert [run.on_date for run in runs] == [middle - DAY, middle, middle + DAY, middle + 2 * DAY]
    assert [run.started_at for run in runs] == [utc(run.on_date, 1, 30) for run in runs]
    assert {run.state for run in runs} == {RunState.DONE}
    assert all(local_date(run.started_at) == run.on_date for run in runs)


def test_a_clock_ten_years_ahead_deletes_nobody() -> None:
    Contact.objects.create(email="anna@example.org", collected_on=ON, in_marketing=True)
    register()
    night(ON)
    run = tick(utc(dt.date(2036, 11, 23), 2))
    assert run is not None and run.state == RunState.WAITING
    assert "more than 40 days" in run.concern
    assert Contact.objects.count() == 2
    assert tick(utc(ON + DAY, 1, 30)) is not None, "the right clock is believed again"
    assert not ErasureRecord.objects.exists()


# Once a day -----------------------------------------------------------------------------------------------------------


def test_a_day_that_had_its_run_gets_no_second_one() -> None:
    register()
    night(ON)
    at = utc(ON, 1, 30)
    while at < utc(ON + DAY):
        assert tick(at) is None
        at += TICK
    assert RetentionRun.objects.count() == 1


def test_two_beats_start_one_run() -> None:
    register()
    at = utc(ON, 1, 30)
    first, second = tick(at, works=False), tick(at, works=False)
    assert first is not None
    assert second is None
    assert RetentionRun.objects.get() == first


def test_a_run_that_a_crash_left_is_gone_on_with_before_another_starts() -> None:
    register()
    left = tick(utc(ON, 1, 30), works=False)
    assert left is not None
    assert tick(utc(ON + DAY, 1, 30), works=False) is None
    assert tick(utc(ON + DAY, 1, 40)) is None
    left.refresh_from_db()
    assert left.state == RunState.DONE
    assert night(ON + DAY).on_date == ON + DAY


def test_a_run_by_hand_does_not_take_the_place_of_the_nightly_one() -> None:
    register()
    at = utc(ON, 0, 30)
    by_hand = purge.begin(ON, RunTrigger.COMMAND, Actor.command(), at)
    with time_machine.travel(at, tick=False):
        assert purge.work(by_hand, Actor.command(), at)
    assert night(ON).trigger == RunTrigger.SCHEDULE
    assert Counter(RetentionRun.objects.values_list("on_date", flat=True)) == {ON: 2}


# A missed night -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("late", "is_missed"), [(-SECOND, False), (dt.timedelta(), False), (SECOND, True)])
def test_a_night_is_missed_26_hours_after_the_last_run_ended(late: dt.timedelta, is_missed: bool) -> None:
    register()
    run = night(ON)
    ended_at = utc(ON, 6, 0)
    RetentionRun.objects.filter(pk=run.pk).update(finished_at=ended_at)
    at = ended_at + GRACE + late
    assert schedule.missed(at) == is_missed
    assert ready_at(at) == (503 if is_missed else 200)
    begun = tick(at)
    assert (begun is not None) == is_missed
    if begun is not None:
        assert begun.on_date == ON + DAY
        assert ready_at(at) == 200


def test_after_an_outage_the_run_of_the_present_day_catches_up_and_no_day_is_replayed() -> None:
    register()
    night(ON)
    back_at = utc(ON + 5 * DAY, 14)
    assert ready_at(back_at) == 503
    runs = beat(ON + DAY, 6, is_up=lambda at: at >= back_at)
    assert [run.on_date for run in runs] == [ON, ON + 5 * DAY, ON + 6 * DAY]
    assert runs[1].started_at == back_at
    assert runs[2].started_at == utc(ON + 6 * DAY, 1, 30)


def test_a_catch_up_after_local_midnight_is_the_new_days_run_and_its_night_has_no_second_one() -> None:
    register()
    night(ON)
    caught_up = tick(utc(ON + DAY, 22, 30))
    assert caught_up is not None
    assert caught_up.on_date == ON + 2 * DAY, "half past midnight in Helsinki"
    assert tick(utc(ON + 2 * DAY, 1, 30)) is None
    assert night(ON + 3 * DAY).on_date == ON + 3 * DAY


def test_a_catch_up_that_stops_for_approval_is_not_started_again_the_same_day() -> None:
    register()
    night(ON)
    at = utc(ON + 60 * DAY, 14)
    waiting = tick(at)
    assert waiting is not None and waiting.state == RunState.WAITING
    assert tick(at + TICK) is None
    assert ready_at(at + TICK) == 503


def test_an_outage_of_three_hours_in_the_window_delays_the_run_and_nothing_else() -> None:
    register()
    night(ON)
    runs = beat(ON + DAY, 2, is_up=lambda at: not utc(ON + DAY, 1) <= at < utc(ON + DAY, 4))
    assert [run.started_at for run in runs[1:]] == [utc(ON + DAY, 4), utc(ON + 2 * DAY, 1, 30)]


# A run that waits for approval ----------------------------------------------------------------------------------------


def waiting_run() -> RetentionRun:
    """A run that waits, because the last one was long ago; it has been planned tonight."""
    register()
    night(ON)
    run = tick(utc(ON + 60 * DAY, 1, 30))
    assert run is not None and run.state == RunState.WAITING
    return run


def test_a_waiting_run_is_superseded_when_the_next_local_day_has_begun_and_not_before() -> None:
    waiting = waiting_run()
    midnight = dt.datetime.combine(waiting.on_date + DAY, dt.time(), settings.CONTROLLER_ZONE)
    at = utc(waiting.on_date, 1, 40)
    while at < midnight:
        assert tick(at) is None
        at += HOUR
    waiting.refresh_from_db()
    assert waiting.state == RunState.WAITING
    next_one = tick(utc(waiting.on_date + DAY, 1, 30))
    assert next_one is not None
    waiting.refresh_from_db()
    assert waiting.state == RunState.SUPERSEDED
    assert (next_one.on_date, next_one.state) == (waiting.on_date + DAY, RunState.WAITING)
    assert tick(utc(waiting.on_date + DAY, 1, 40)) is None


def test_a_waiting_run_leaves_the_monitor_red_until_somebody_approves_it() -> None:
    waiting = waiting_run()
    at = utc(waiting.on_date, 9)
    assert ready_at(at) == 503
    breaker.approve(waiting, Actor.command(), at)
    assert tick(at) is None
    waiting.refresh_from_db()
    assert waiting.state == RunState.DONE
    assert ready_at(at) == 200
    assert night(waiting.on_date + DAY).state == RunState.DONE


# What the monitor is told ---------------------------------------------------------------------------------------------


def test_a_fresh_install_without_contacts_is_ready_and_runs_in_its_first_window() -> None:
    for hours in (0, 26, 27, 1000):
        assert ready_at(utc(ON, 12) + hours * HOUR) == 200
    assert tick(utc(ON, 12)) is None
    assert night(ON + DAY).on_date == ON + DAY


@pytest.mark.parametrize(("age", "status"), [(GRACE, 200), (GRACE + SECOND, 503)])
def test_a_first_import_has_26_hours_until_its_first_run_must_have_ended(age: dt.timedelta, status: int) -> None:
    at = utc(ON, 12)
    register(since=at - age)
    assert ready_at(at) == status
    assert (tick(at) is not None) == (status == 503)
    assert ready_at(at) == 200


def test_a_run_over_one_rule_is_no_run_of_the_night() -> None:
    register()
    night(ON)
    at = utc(ON + DAY, 12)
    half = purge.begin(ON + DAY, RunTrigger.COMMAND, Actor.command(), at, rule=Register.MARKETING)
    with time_machine.travel(at, tick=False):
        assert purge.work(half, Actor.command(), at)
    assert schedule.missed(at)
    assert ready_at(at) == 503


def test_a_run_that_never_ends_is_noticed() -> None:
    register()
    night(ON)
    stuck = tick(utc(ON + DAY, 1, 30), works=False)
    assert stuck is not None
    assert ready_at(utc(ON + DAY, 3)) == 200
    assert ready_at(utc(ON + DAY, 4)) == 503


def test_every_night_on_time_keeps_the_monitor_green_all_day() -> None:
    register()
    night(ON - DAY)
    night(ON)
    at = utc(ON, 1, 40)
    while at < utc(ON + DAY, 1, 30):
        assert ready_at(at) == 200
        at += HOUR
