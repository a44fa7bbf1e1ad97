"""Figures of the home page: of this moment while counting is quick, else what a worker counted lately."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine

from config import figures
from config.models import CountedFigure
from config.roles import PRIVACY_OFFICER
from config.tasks import count_figures
from retention import home_panels
from tests.planted import AT, TODAY, silent
from tests.staff import rows_of_everything, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

AT_ONCE = -1.0
"""Seconds: whatever is counted takes longer."""
NEVER = 3600.0


def late(at: datetime = AT, on: date = TODAY) -> int:
    with time_machine.travel(at, tick=False):
        return int(home_panels.count_late(on))


def test_what_is_counted_quickly_is_counted_by_the_page() -> None:
    assert figures.renew(AT, quick=NEVER) == 0
    assert late() == 0
    silent(5)
    assert late() == 1


def test_what_takes_long_is_shown_as_a_worker_counted_it_for_half_an_hour() -> None:
    silent(5)
    assert figures.renew(AT, quick=AT_ONCE) == 2 * len(figures._FIGURES)
    silent(6)
    assert [late(AT + timedelta(minutes=minutes)) for minutes in (0, 29, 30)] == [1, 1, 2]


def test_a_figure_belongs_to_its_day() -> None:
    figures.renew(AT, quick=AT_ONCE)
    assert set(CountedFigure.objects.values_list("on", flat=True)) == {TODAY, TODAY + timedelta(days=1)}
    silent(5)
    assert late() == 0
    assert late(on=TODAY - timedelta(days=1)) == 1


def test_counting_again_replaces_what_was_counted_and_forgets_what_is_quick_by_now() -> None:
    figures.renew(AT, quick=AT_ONCE)
    silent(5)
    figures.renew(AT + timedelta(minutes=10), quick=AT_ONCE)
    assert late(AT + timedelta(minutes=10)) == 1
    with time_machine.travel(AT + timedelta(minutes=20), tick=False):
        count_figures.run()
    assert set(CountedFigure.objects.values_list("counted_at", flat=True)) <= {AT + timedelta(minutes=20)}


def test_the_home_page_says_the_same_either_way_and_writes_nothing() -> None:
    silent(5)
    client = signed_in(PRIVACY_OFFICER)
    with time_machine.travel(AT, tick=False):
        live = text_of(client.get("/admin/"))
        figures.renew(AT, quick=AT_ONCE)
        before = rows_of_everything()
        assert text_of(client.get("/admin/")) == live
        assert rows_of_everything() == before
