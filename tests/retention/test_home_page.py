"""What retention shows on the home page: the next run, what waits, the forecast, the registers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from config.dates import add_months, local_date
from config.models import Actor
from config.roles import PRIVACY_CLERK, PRIVACY_OFFICER
from contacts.models import Contact, Organisation
from retention import due, holding, plan, purge
from retention.charts import BOTTOM, HEIGHT, columns
from retention.home_panels import expected, next_start, runs_of
from retention.models import RetentionRun
from retention.models.runs import RunState, RunTrigger
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    at_work,
    contact,
    customer,
    officer,
    page_of,
    signed_in,
    signed_in_again,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
TONIGHT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def waiting_run() -> RetentionRun:
    """A run for tomorrow, which waits because its day is in the future."""
    run = purge.begin(TODAY + DAY, RunTrigger.COMMAND, Actor.command(), NOW)
    assert run.state == RunState.WAITING
    return run


def night(on: date = TODAY, at: datetime = NOW) -> RetentionRun:
    """A whole run for that day, finished at the present moment."""
    run = purge.begin(on, RunTrigger.SCHEDULE, Actor.task(), at, approve=True)
    assert purge.work(run, Actor.task(), at)
    return run


# The home page --------------------------------------------------------------------------------------------------------


def home(client: Client) -> dict[str, Any]:
    """The panels of the home page by title, each with what it was filled with."""
    return {str(panel.title): panel.context for panel in client.get(HOME).context["panels"]}


def test_a_night_counts_as_missed_after_26_hours_and_not_before() -> None:
    contact()
    night()
    client = officer()
    for late, missed in ((timedelta(hours=26), False), (timedelta(hours=26, seconds=1), True)):
        with time_machine.travel(NOW + late, tick=False):
            Contact.objects.update(created_at=NOW - DAY)
            RetentionRun.objects.update(finished_at=NOW)
            client = signed_in_again(PRIVACY_OFFICER)
            assert ("A night was missed" in home(client)) is missed


def test_an_empty_house_has_missed_nothing_and_says_what_to_do() -> None:
    text = text_of(officer().get(HOME))
    assert "A night was missed" not in text
    assert "Nobody is due" in text
    assert "No run yet" in text
    assert "No contacts yet. Import a file, or add a contact by hand" in text
    assert "No erasure falls into the next 24 months" in text
    assert "No run waits" in text


def test_the_next_run_is_announced_with_what_it_will_find() -> None:
    contact("Silent", collected_on=date(2024, 11, 23))
    contact("Tomorrow", collected_on=date(2024, 11, 24))
    held = contact("Held", collected_on=date(2024, 11, 23))
    holding.place(held, "Dispute", TODAY + 30 * DAY, Actor.command(), NOW)
    contact("Tied", at=customer(), collected_on=date(2020, 1, 1))
    night(on=TODAY)
    panel = home(officer())["Next run"]
    assert (panel["starts_at"], panel["on"], panel["at_once"]) == (TONIGHT, date(2026, 11, 24), False)
    assert panel["counts"] == {
        "due": 2,
        "erase": 1,
        "marketing": 1,
        "customer": 0,
        "none": 0,
        "leave": 0,
        "blocked": 1,
    }


def test_what_is_announced_is_what_the_plan_says_and_the_run_does() -> None:
    for number in range(3):
        contact(f"Silent{number}", collected_on=date(2024, 1, 1))
    held = contact("Held", collected_on=date(2024, 1, 1))
    holding.place(held, "Dispute", TODAY + 30 * DAY, Actor.command(), NOW)
    customer("Acme Oy")
    contact("Gap", at=Organisation.objects.create(name="Acme Ltd"), in_marketing=False, collected_on=date(2024, 1, 1))
    due.refresh(TODAY)
    announced, planned = expected(TODAY), plan.make(TODAY)
    assert (announced["erase"], announced["blocked"]) == (3, 2)
    assert announced["erase"] == planned.erase
    run = night(on=TODAY)
    assert (run.erased, run.blocked) == (3, 2)


def test_somebody_who_only_leaves_a_register_is_not_counted_among_the_erased() -> None:
    contact(at=customer(until=date(2022, 1, 1)), collected_on=date(2024, 1, 1))
    counts = expected(TODAY)
    assert (counts["due"], counts["leave"], counts["erase"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-11-23T01:29:59", "2026-11-23T01:30:00"),
        ("2026-11-23T01:30:00", "2026-11-23T01:30:00"),
        ("2026-11-23T04:59:59", "2026-11-23T04:59:59"),
        ("2026-11-23T05:00:00", "2026-11-24T01:30:00"),
        ("2026-11-23T23:00:00", "2026-11-24T01:30:00"),
    ],
)
def test_the_next_run_starts_in_the_night_window(now: str, start: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_start(at, runs_of(local_date(at))) == datetime.fromisoformat(start).replace(tzinfo=UTC)


def test_after_a_missed_night_the_next_run_starts_at_once_and_after_a_run_tomorrow() -> None:
    contact()
    Contact.objects.update(created_at=NOW - 3 * DAY)
    assert next_start(NOW, runs_of(TODAY)) == NOW
    night()
    assert next_start(NOW, runs_of(TODAY)) == TONIGHT


def test_a_waiting_run_is_shown_with_its_reason_and_only_the_officer_gets_the_button() -> None:
    run = waiting_run()
    for client, may in ((officer(), True), (signed_in(PRIVACY_CLERK), False)):
        answer = client.get(HOME)
        assert "is in the future" in text_of(answer)
        assert (page_of(run, "approve") in answer.content.decode()) is may


def test_the_forecast_shows_the_same_figures_as_chart_and_as_table() -> None:
    contact("Overdue", collected_on=date(2024, 1, 1))
    contact("Soon", collected_on=date(2024, 12, 24))
    contact("Later", collected_on=date(2026, 11, 1))
    contact("AfterTheChart", collected_on=date(2026, 11, 22), at=customer(until=date(2026, 11, 1)))
    panel = home(officer())["Erasures in the next 24 months"]
    assert panel["months"] == due.forecast(TODAY)
    assert [(column.month, column.count) for column in panel["chart"].columns] == panel["months"]
    counts = {month: count for month, count in panel["months"] if count}
    assert counts == {date(2026, 11, 1): 1, date(2026, 12, 1): 1}
    assert panel["total"] == 2


def test_the_registers_are_counted_and_lead_to_their_lists() -> None:
    contact("Marketing")
    contact("Both", at=customer())
    contact("None", in_marketing=False)
    client = officer()
    panel = home(client)["Contacts by register"]
    assert {row["value"]: row["count"] for row in panel["rows"]} == {
        "marketing": 1,
        "customer": 0,
        "both": 1,
        "none": 1,
    }
    assert "?register=both" in client.get(HOME).content.decode()


# The chart ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (4, 4), (5, 8), (8, 8), (9, 20), (40, 40), (41, 80), (200_001, 400_000)]
)
def test_the_scale_ends_at_a_round_number_that_reaches_the_highest_column(highest: int, top: int) -> None:
    chart = columns([(date(2026, 11, 1), highest)])
    assert chart.lines[-1][1] == top
    assert top >= highest


def test_columns_stand_on_the_floor_side_by_side_and_stay_inside() -> None:
    months = [(add_months(date(2026, 1, 1), number), number * 7) for number in range(24)]
    chart = columns(months)
    assert len(chart.columns) == 24
    for column, (_month, count) in zip(chart.columns, months, strict=True):
        assert column.y + column.height == pytest.approx(HEIGHT - BOTTOM)
        assert column.y >= 0
        assert (column.height > 0) is (count > 0)
    for left, right in zip(chart.columns, chart.columns[1:], strict=False):
        assert left.x + left.width < right.x
    assert chart.columns[-1].x + chart.columns[-1].width <= chart.width
    assert [column.labelled for column in chart.columns[:4]] == [True, False, False, True]
