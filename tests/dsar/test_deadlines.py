"""The clock of Art. 12(3): the vectors of the law, both sides of every boundary, and an independent model."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.dates import add_working_days, local_date, next_working_day
from config.holidays import finnish_holidays
from dsar import deadlines
from dsar.deadlines import Light
from dsar.models import Pause, RightsRequest
from dsar.models.requests import ReceivedBy, Status

VECTORS = [
    ("2025-12-31", "2026-01-31", "2026-02-02", "2026-03-31", "2026-03-31"),
    ("2026-01-31", "2026-02-28", "2026-03-02", "2026-04-30", "2026-04-30"),
    ("2026-03-05", "2026-04-05", "2026-04-07", "2026-06-05", "2026-06-05"),
    ("2026-04-01", "2026-05-01", "2026-05-04", "2026-07-01", "2026-07-01"),
    ("2026-05-19", "2026-06-19", "2026-06-22", "2026-08-19", "2026-08-19"),
    ("2026-08-31", "2026-09-30", "2026-09-30", "2026-11-30", "2026-11-30"),
    ("2026-11-24", "2026-12-24", "2026-12-28", "2027-02-24", "2027-02-24"),
    ("2026-12-06", "2027-01-06", "2027-01-07", "2027-03-06", "2027-03-08"),
    ("2028-01-31", "2028-02-29", "2028-02-29", "2028-04-30", "2028-05-02"),
]
day = dt.date.fromisoformat


@pytest.mark.parametrize(("received", "due", "latest", "extended", "extended_latest"), VECTORS)
def test_the_vectors_of_the_law(received: str, due: str, latest: str, extended: str, extended_latest: str) -> None:
    one, three = deadlines.due_on_of(day(received)), deadlines.due_on_of(day(received), extended=True)
    assert (one, three) == (day(due), day(extended))
    assert (deadlines.legal_latest_on(one), deadlines.legal_latest_on(three)) == (day(latest), day(extended_latest))


@pytest.mark.parametrize(
    ("moment", "on"),
    [
        ("2024-11-21T22:30+00:00", "2024-11-22"),
        ("2024-07-31T21:15+00:00", "2024-08-01"),
        ("2026-03-28T22:30+00:00", "2026-03-29"),
    ],
)
def test_a_moment_is_a_day_in_helsinki(moment: str, on: str) -> None:
    assert local_date(dt.datetime.fromisoformat(moment)) == day(on)


def test_finnish_holidays_of_a_year_are_those_of_the_calendar() -> None:
    assert sorted(one.isoformat() for one in finnish_holidays(2026)) == [
        "2026-01-01", "2026-01-06", "2026-04-03", "2026-04-05", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-24",
        "2026-06-19", "2026-06-20", "2026-10-31", "2026-12-06", "2026-12-24", "2026-12-25", "2026-12-26",
    ]  # fmt: skip
    assert next_working_day(day("2026-12-24")) == day("2026-12-28")
    assert next_working_day(day("2026-12-23")) == day("2026-12-23")
    assert add_working_days(day("2026-12-22"), 2) == day("2026-12-28")


# Pauses ---------------------------------------------------------------------------------------------------------------

MONDAY = day("2026-11-02")


@pytest.mark.parametrize(
    ("asked", "stops"), [("2026-11-02", True), ("2026-11-09", True), ("2026-11-10", False), ("2026-12-01", False)]
)
def test_only_a_question_within_five_working_days_stops_the_clock(asked: str, *, stops: bool) -> None:
    assert deadlines.counts(MONDAY, day(asked)) is stops
    assert deadlines.credit(MONDAY, [(day(asked), day("2026-12-11"))])[0] == (
        (day("2026-12-11") - day(asked)).days if stops else 0
    )


def test_pauses_add_up_and_no_day_counts_twice() -> None:
    apart = [(day("2026-11-03"), day("2026-11-05")), (day("2026-11-07"), day("2026-11-10"))]
    across = [(day("2026-11-03"), day("2026-11-08")), (day("2026-11-05"), day("2026-11-10"))]
    assert deadlines.credit(MONDAY, apart) == (5, None)
    assert deadlines.credit(MONDAY, across) == (7, None)
    assert deadlines.credit(MONDAY, [*across, (day("2026-11-04"), None)]) == (1, day("2026-11-04"))


dates = st.dates(day("2020-01-01"), day("2039-12-31"))
pauses = st.lists(st.tuples(st.integers(0, 20), st.one_of(st.none(), st.integers(0, 60))), max_size=4)


def model_month(start: dt.date, months: int) -> dt.date:
    """The same day of the month, counted by hand."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def model_days(start: dt.date, asked: list[tuple[int, int | None]], on: dt.date) -> int:
    """The days on which a question that counts was open: a set of days, counted one by one."""
    waiting: set[dt.date] = set()
    for after, lasted in asked:
        question = start + dt.timedelta(days=after)
        working, probe = 0, start
        while probe < question:
            probe += dt.timedelta(days=1)
            working += probe.weekday() < 5 and probe not in finnish_holidays(probe.year)
        if working > 5 or (
            working == 5 and not (question.weekday() < 5 and question not in finnish_holidays(question.year))
        ):
            continue
        end = on if lasted is None else question + dt.timedelta(days=lasted)
        waiting |= {question + dt.timedelta(days=step) for step in range(max((end - question).days, 0))}
    return len(waiting)


@given(start=dates, asked=pauses, extended=st.booleans())
def test_twenty_years_of_receipts_and_pauses_against_a_model(
    start: dt.date, asked: list[tuple[int, int | None]], *, extended: bool
) -> None:
    on = start + dt.timedelta(days=90)
    rows = [
        (start + dt.timedelta(days=after), None if lasted is None else start + dt.timedelta(days=after + lasted))
        for after, lasted in asked
    ]
    credited, since = deadlines.credit(start, rows)
    request = RightsRequest(
        clock_on=start, credited_days=credited, paused_since_on=since,
        extended_at=dt.datetime.combine(start, dt.time(12), dt.UTC) if extended else None,
    )  # fmt: skip
    due = deadlines.due_on(request, on)
    months = model_month(start, 3 if extended else 1)
    assert due == months + dt.timedelta(days=model_days(start, asked, on))
    if not asked:
        assert due == months


# Lists ----------------------------------------------------------------------------------------------------------------


def stored(number: int, clock_on: dt.date, **fields: Any) -> RightsRequest:
    moment = dt.datetime.combine(clock_on, dt.time(9), dt.UTC)
    return RightsRequest.objects.create(
        reference=f"R-{number:06}", received_by=ReceivedBy.PHONE, received_at=moment, clock_on=clock_on, **fields
    )


@pytest.mark.django_db
def test_the_list_says_the_same_as_the_rule_for_every_kind_of_day() -> None:
    on, number = day("2026-11-23"), 0
    starts = [
        day("2026-10-31"),
        day("2026-01-31"),
        day("2024-02-29"),
        *(on - dt.timedelta(days=n) for n in range(0, 60, 5)),
    ]
    for start in starts:
        for credited, since, extended in ((0, None, False), (9, None, True), (3, on - dt.timedelta(days=4), False)):
            number += 1
            moment = dt.datetime(2026, 11, 1, tzinfo=dt.UTC) if extended else None
            stored(number, start, credited_days=credited, paused_since_on=since, extended_at=moment)
    rows: Any = deadlines.by_urgency(RightsRequest.objects.all(), on)
    listed = [(row.due, row.days_left, row.light) for row in rows]
    assert listed == [
        (deadlines.due_on(row, on), (deadlines.due_on(row, on) - on).days, deadlines.light(row, on)) for row in rows
    ]
    assert [due for due, _left, _light in listed] == sorted(due for due, _left, _light in listed)
    assert {light for _due, _left, light in listed} == {Light.OVERDUE, Light.SOON, Light.PAUSED, Light.RUNNING}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "light"),
    [
        ("2026-11-23", Light.RUNNING),
        ("2026-11-24", Light.SOON),
        ("2026-12-01", Light.SOON),
        ("2026-12-02", Light.OVERDUE),
    ],
)
def test_the_light_on_both_sides_of_each_boundary(on: str, light: Light) -> None:
    request = stored(1, day("2026-11-01"))
    assert deadlines.light(request, day(on)) == light
    assert list(deadlines.in_light(RightsRequest.objects.all(), day(on), light)) == [request]


@pytest.mark.django_db
def test_a_closed_case_has_no_urgency() -> None:
    moment = dt.datetime(2026, 11, 2, tzinfo=dt.UTC)
    closed = stored(1, day("2020-01-01"), status=Status.WITHDRAWN, closed_at=moment)
    assert deadlines.light(closed, day("2026-11-23")) == Light.CLOSED
    assert [row.light for row in deadlines.with_clock(RightsRequest.objects.all(), day("2026-11-23"))] == [Light.CLOSED]


@pytest.mark.django_db
def test_recounting_reads_the_pauses_of_the_present_round_only() -> None:
    request = stored(1, day("2026-11-02"), round=2)
    at = dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)
    Pause.objects.create(
        request=request, round=1, kind="identity", question="?", asked_at=at, answered_at=at + dt.timedelta(days=9)
    )
    Pause.objects.create(
        request=request, round=2, kind="identity", question="?", asked_at=at, answered_at=at + dt.timedelta(days=4)
    )
    deadlines.recount(request)
    assert (request.credited_days, request.paused_since_on) == (4, None)
