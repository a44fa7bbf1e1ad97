"""Dates are read where they can mean one thing only, and the future is refused (E8)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.formats.dates import TOLERANCE, Clock, DateStyle
from contacts.formats.problems import CellProblem

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OWN = Clock(NOW)
AMERICAN = Clock(NOW, DateStyle(month_first=True))
IN_UTC = Clock(NOW, DateStyle(zone=UTC))

DAYS = st.dates(date(1900, 1, 1), date(2199, 12, 31))
MOMENTS = st.builds(datetime.fromtimestamp, st.integers(0, int(NOW.timestamp())), tz=st.sampled_from([UTC, HELSINKI]))


def problem(read: object, text: str) -> CellProblem:
    """What is wrong with a date."""
    assert callable(read)
    with pytest.raises(CellProblem) as caught:
        read(text)
    return caught.value


@given(day=DAYS)
@pytest.mark.parametrize("clock", [OWN, AMERICAN, IN_UTC])
@pytest.mark.parametrize(
    "form", ["{0:%Y}-{0.month:02}-{0.day:02}", "{0:%Y}/{0.month}/{0.day}", "{0.day}.{0.month}.{0:%Y}"]
)
def test_unambiguous_forms_are_always_read(clock: Clock, form: str, day: date) -> None:
    assert clock.day(form.format(day)) == day


@given(day=DAYS)
@pytest.mark.parametrize("mark", ["/", "-"])
def test_a_date_that_two_countries_read_differently_is_refused(mark: str, day: date) -> None:
    written = f"{day.day}{mark}{day.month}{mark}{day.year}"
    if day.day > 12 or day.day == day.month:
        assert OWN.day(written) == day
    else:
        refused = problem(OWN.day, written)
        assert "which part of the date is the month" in refused.reason
        assert refused.remedy == "Write it as YYYY-MM-DD."


@given(day=DAYS)
def test_month_first_is_read_where_no_day_is_so_small(day: date) -> None:
    written = f"{day.month}/{day.day}/{day.year}"
    if day.day > 12:
        assert OWN.day(written) == day


@given(day=DAYS)
def test_a_system_that_writes_american_dates_is_read_so(day: date) -> None:
    assert AMERICAN.day(f"{day.month}/{day.day}/{day.year}") == day


def test_a_day_that_is_no_month_betrays_another_style() -> None:
    assert "no such day" in problem(AMERICAN.day, "31/12/2025").reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2025-02-29", "no such day"),
        ("31.4.2025", "no such day"),
        ("2025-13-01", "no such day"),
        ("2025-00-10", "no such day"),
        ("31.12.25", "two digits"),
        ("12/31/25", "two digits"),
        ("25-12-31", "two digits"),
        ("9999-12-31", "between 1900 and 2199"),
        ("1899-12-31", "between 1900 and 2199"),
        ("2200-01-01", "between 1900 and 2199"),
        ("0001-01-01", "between 1900 and 2199"),
        ("2025-12-31 25:00", "no such time"),
        ("2025-12-31 10:61", "no such time"),
        ("2025-12-31T10:00+25:00", "no such offset"),
        ("12/31/2025 13:05 PM", "not a date"),
        ("2025-12", "not a date"),
        ("20251231", "not a date"),
        ("2025-W01-1", "not a date"),
        ("2025/12-31", "not a date"),
        ("46022", "not a date"),
        ("yesterday", "not a date"),
        ("٢٠٢٥-١٢-٣١", "not a date"),
        ("2025-12-31T", "not a date"),
        ("2025-12-31 10:00 EET", "not a date"),
        ("1" * 10_000, "not a date"),
    ],
)
def test_what_is_no_date_is_refused_with_its_reason(text: str, reason: str) -> None:
    refused = problem(OWN.day, text)
    assert reason in refused.reason
    assert refused.remedy
    assert text not in refused.reason + refused.remedy


def test_the_first_and_last_year_are_accepted() -> None:
    assert OWN.day("1900-01-01") == date(1900, 1, 1)
    assert OWN.day("2199-12-31") == date(2199, 12, 31)


@pytest.mark.parametrize(
    ("clock", "text", "expected"),
    [
        (OWN, "2024-11-21T22:30:00Z", date(2024, 11, 22)),
        (OWN, "2024-11-21 22:30", date(2024, 11, 21)),
        (OWN, "2024-11-22T00:30+02:00", date(2024, 11, 22)),
        (OWN, "2024-11-22T00:30+03:00", date(2024, 11, 21)),
        (IN_UTC, "2024-11-21 22:30:00", date(2024, 11, 22)),
        (IN_UTC, "2024-11-21 21:30:00", date(2024, 11, 21)),
        (IN_UTC, "2024-11-21", date(2024, 11, 21)),
    ],
)
def test_the_day_of_a_moment_is_the_controllers(clock: Clock, text: str, expected: date) -> None:
    assert clock.day(text) == expected
    assert clock.past_day(text) == expected


@given(moment=MOMENTS)
@pytest.mark.parametrize("separator", ["T", " "])
def test_a_moment_with_its_offset_comes_back(separator: str, moment: datetime) -> None:
    for clock in (OWN, IN_UTC):
        found = clock.past_instant(moment.isoformat(separator))
        assert found == moment.astimezone(UTC)
        assert found.tzinfo is UTC
        assert clock.past_moment(moment.isoformat(separator)) == found


@pytest.mark.parametrize(
    ("clock", "text", "expected"),
    [
        (OWN, "2026-03-31 14:05", datetime(2026, 3, 31, 11, 5, tzinfo=UTC)),
        (OWN, "2026-01-31 14:05:09", datetime(2026, 1, 31, 12, 5, 9, tzinfo=UTC)),
        (OWN, "2026-01-31", datetime(2026, 1, 30, 22, 0, tzinfo=UTC)),
        (IN_UTC, "2026-03-31 14:05:00", datetime(2026, 3, 31, 14, 5, tzinfo=UTC)),
        (IN_UTC, "2026-03-31T14:05:00+03:00", datetime(2026, 3, 31, 11, 5, tzinfo=UTC)),
        (OWN, "2026-03-31T14:05:00.123456789Z", datetime(2026, 3, 31, 14, 5, tzinfo=UTC)),
        (OWN, "2026-03-31t14:05:00z", datetime(2026, 3, 31, 14, 5, tzinfo=UTC)),
        (OWN, "2026-03-31 14:05:00 UTC", datetime(2026, 3, 31, 14, 5, tzinfo=UTC)),
        (OWN, "2026-03-31T14:05+0300", datetime(2026, 3, 31, 11, 5, tzinfo=UTC)),
        (AMERICAN, "3/31/2026 12:05 AM", datetime(2026, 3, 30, 21, 5, tzinfo=UTC)),
        (AMERICAN, "3/31/2026, 2:05 PM", None),
        (AMERICAN, "3/31/2026 2:05 PM", datetime(2026, 3, 31, 11, 5, tzinfo=UTC)),
        (AMERICAN, "3/31/2026 12:05 PM", datetime(2026, 3, 31, 9, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_without_offset_is_read_in_the_systems_zone(
    clock: Clock, text: str, expected: datetime | None
) -> None:
    if expected is None:
        assert "not a date" in problem(clock.past_moment, text).reason
    else:
        assert clock.past_moment(text) == expected


@pytest.mark.parametrize("text", ["2026-03-31 14:05:00", "2026-03-31T14:05", "2026-03-31", "31.3.2026"])
def test_an_event_needs_its_offset(text: str) -> None:
    refused = problem(OWN.past_instant, text)
    assert "no offset from UTC" in refused.reason
    assert "2026-03-31T14:05:00+03:00" in refused.remedy


@pytest.mark.parametrize("read", [OWN.past_day, OWN.past_moment, OWN.past_instant])
def test_five_minutes_ahead_is_a_clock_and_more_is_the_future(read: object) -> None:
    assert callable(read)
    assert read((NOW + TOLERANCE).isoformat())
    assert "in the future" in problem(read, (NOW + TOLERANCE + timedelta(seconds=1)).isoformat()).reason


def test_today_is_accepted_and_tomorrow_is_the_future() -> None:
    assert OWN.past_day("2026-11-23") == date(2026, 11, 23)
    assert "in the future" in problem(OWN.past_day, "2026-11-24").reason
    assert OWN.day("2026-11-24") == date(2026, 11, 24)


def test_today_is_the_controllers_today() -> None:
    late = Clock(datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    assert late.past_day("2026-11-24") == date(2026, 11, 24)
    assert "in the future" in problem(late.past_day, "2026-11-25").reason


def test_a_fast_clock_before_midnight_does_not_make_a_day_of_tomorrow() -> None:
    before_midnight = Clock(datetime(2026, 11, 23, 21, 58, tzinfo=UTC))
    assert before_midnight.past_day("2026-11-23T22:01:00Z") == date(2026, 11, 23)
