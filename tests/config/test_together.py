"""Several short questions in one statement, and figures and panels that ask so."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from pytest_django import DjangoAssertNumQueries

from config import figures, panels
from config.figures import figure_of_rows
from config.models import CountedFigure
from config.panels import Panel
from config.together import counts, filled
from tests.planted import AT, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def _groups() -> None:
    Group.objects.create(name="one").permissions.set(Permission.objects.order_by("pk")[:3])
    Group.objects.create(name="two")


QUESTIONS: dict[str, QuerySet[Any, Any]] = {
    "all": Group.objects.order_by("name"),
    "first": Group.objects.filter(name="one"),
    "per cent": Group.objects.filter(name__contains="%"),
    "none": Group.objects.none(),
    "nobody": Group.objects.filter(pk__in=[]),
    "joined": Group.objects.filter(permissions__isnull=False),
    "annotated": Group.objects.annotate(many=Count("permissions")).filter(many__gt=1),
}


@pytest.mark.usefixtures("_groups")
def test_rows_of_many_kinds_are_counted_in_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        found = counts(QUESTIONS)
    assert found == {name: rows.count() for name, rows in QUESTIONS.items()}
    assert set(found.values()) == {0, 1, 2, 3}


@pytest.mark.usefixtures("_groups")
def test_one_statement_says_of_which_there_is_any(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        found = filled(QUESTIONS)
    assert found == {name for name, rows in QUESTIONS.items() if rows.exists()}
    with django_assert_num_queries(0):
        assert filled({}) == set()


@pytest.mark.usefixtures("_groups")
def test_figures_of_rows_are_counted_together_and_those_that_stay_live_by_no_worker(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(figures, "_FIGURES", {})
    monkeypatch.setattr(figures, "_ROWS", {})

    @figure_of_rows()
    def many(_on: date) -> QuerySet[Group, Group]:
        return Group.objects.all()

    @figure_of_rows(always_live=True)
    def live(_on: date) -> QuerySet[Group, Group]:
        return Group.objects.filter(name="one")

    with django_assert_num_queries(2):
        known = figures.for_page(TODAY)
    with django_assert_num_queries(0):
        assert (many(TODAY, known), live(TODAY, known)) == (2, 1)
    assert (many(TODAY), live(TODAY)) == (2, 1)
    figures.renew(AT, quick=-1.0)
    assert CountedFigure.objects.count() == 2
    assert set(CountedFigure.objects.values_list("on", flat=True)) == {TODAY, TODAY + timedelta(days=1)}


@pytest.mark.usefixtures("_groups")
def test_a_panel_without_rows_is_not_asked_and_what_panels_share_is_read_once(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(panels, "_HOME", [])

    @panels.panel(order=2, rows=lambda: Group.objects.filter(name="three"))
    def empty(request: HttpRequest) -> Panel:
        raise AssertionError("nobody is called three")

    def names(order: str) -> list[str]:
        return list(Group.objects.order_by(order).values_list("name", flat=True))

    @panels.panel(order=3, rows=lambda: Group.objects.filter(name="two"))
    def last(request: HttpRequest) -> Panel:
        return Panel("last", "", {"names": panels.once(request, names, "name")})

    @panels.panel(order=1)
    def first(request: HttpRequest) -> Panel:
        return Panel("first", "", {"names": panels.once(request, names, "name")})

    with django_assert_num_queries(2):
        found = panels.home_panels(HttpRequest())
    assert [(one.title, one.context["names"]) for one in found] == [("first", ["one", "two"]), ("last", ["one", "two"])]
