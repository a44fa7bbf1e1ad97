"""When an answer is due (Art. 12(3)): one month from receipt, three when extended, and the days the person owed us one.

    due_on(...)      for one request, on a day
    with_clock(...)  the same as columns of a list, with the days that are left

Staff see the date as counted; `legal_latest_on` rolls it to the next working day, and only reports use that. Whether a
case is due soon or overdue is never stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Case, F, IntegerField, Q, QuerySet, TextChoices, Value, When
from django.db.models.fields import DateField
from django.utils.translation import gettext_lazy as _

from config.dates import (
    AddDays,
    AddMonths,
    DaysBetween,
    add_days,
    add_months,
    add_working_days,
    local_date,
    next_working_day,
)
from config.policy.periods import ANSWER_MONTHS, ASK_WORKING_DAYS, EXTENDED_ANSWER_MONTHS, REQUEST_SOON_DAYS
from dsar.models import Pause, RightsRequest

Asked = tuple[date, date | None]
"""The day we asked, and the day of the answer."""


class Light(TextChoices):
    """How urgent a case is."""

    OVERDUE = "overdue", _("overdue")
    SOON = "soon", _("due soon")
    PAUSED = "paused", _("paused")
    RUNNING = "running", _("in time")
    CLOSED = "closed", _("closed")


def due_on_of(clock_on: date, *, extended: bool = False, credited_days: int = 0) -> date:
    """The last day of a clock: calendar months from its start, in one step, and the credited days after that."""
    return add_days(add_months(clock_on, EXTENDED_ANSWER_MONTHS if extended else ANSWER_MONTHS), credited_days)


def due_on(request: RightsRequest, on: date, *, extended: bool | None = None) -> date:
    """The last day to answer a request, as it stands on the day `on`: while it is paused it moves with the day.

    `extended` asks for the last day with or without an extension, whatever the case has.
    """
    if extended is None:
        extended = request.extended_at is not None
    waiting = (on - request.paused_since_on).days if request.paused_since_on else 0
    credited = request.credited_days + max(waiting, 0)
    return due_on_of(request.clock_on, extended=extended, credited_days=credited)


def legal_latest_on(day: date) -> date:
    """The day itself, or the next working day in Finland: the latest day the law allows (reports only)."""
    return next_working_day(day)


def light(request: RightsRequest, on: date) -> Light:
    """How urgent the case is on a day."""
    if not request.is_open:
        return Light.CLOSED
    left = (due_on(request, on) - on).days
    if left < 0:
        return Light.OVERDUE
    if request.paused_since_on:
        return Light.PAUSED
    return Light.SOON if left <= REQUEST_SOON_DAYS else Light.RUNNING


# Pauses -------------------------------------------------------------------------------------------------------------


def counts(clock_on: date, asked_on: date) -> bool:
    """Whether a question stops the clock: only one asked within five working days of the start of the clock."""
    return asked_on <= add_working_days(clock_on, ASK_WORKING_DAYS)


def credit(clock_on: date, asked: Iterable[Asked]) -> tuple[int, date | None]:
    """The days that ended pauses give, without counting a day twice, and since when an open pause goes on.

    A pause gives the days from the question to the answer; asked too late it gives none.
    """
    counted = [(start, end) for start, end in asked if counts(clock_on, start)]
    open_since = min((start for start, end in counted if end is None), default=None)
    days, reached = 0, date.min
    for start, end in sorted((start, end) for start, end in counted if end is not None):
        last = end if open_since is None else min(end, open_since)
        first = max(start, reached)
        days += max((last - first).days, 0)
        reached = max(reached, last)
    return days, open_since


def recount(request: RightsRequest) -> None:
    """Write what the pauses of this round give into a locked request."""
    rows = Pause.objects.filter(request=request, round=request.round).values_list("asked_at", "answered_at")
    asked = [(local_date(start), local_date(end) if end else None) for start, end in rows]
    request.credited_days, request.paused_since_on = credit(request.clock_on, asked)
    request.save(update_fields=["credited_days", "paused_since_on"])


# Lists --------------------------------------------------------------------------------------------------------------


def with_clock(requests: QuerySet[RightsRequest, Any], on: date) -> QuerySet[RightsRequest, Any]:
    """Each request with `due` (a date), `days_left` (negative: overdue) and `light`, as of the day `on`."""
    months = Case(When(extended_at__isnull=False, then=EXTENDED_ANSWER_MONTHS), default=ANSWER_MONTHS)
    today = Value(on, DateField())
    waiting = Case(
        When(paused_since_on__lte=on, then=DaysBetween(today, F("paused_since_on"))),
        default=Value(0),
        output_field=IntegerField(),
    )
    due = AddDays(AddMonths(F("clock_on"), months), F("credited_days") + waiting)
    counted: QuerySet[RightsRequest, Any] = requests.annotate(due=due).annotate(days_left=DaysBetween(F("due"), today))
    return counted.annotate(
        light=Case(
            When(closed_at__isnull=False, then=Value(Light.CLOSED)),
            When(days_left__lt=0, then=Value(Light.OVERDUE)),
            When(paused_since_on__isnull=False, then=Value(Light.PAUSED)),
            When(days_left__lte=REQUEST_SOON_DAYS, then=Value(Light.SOON)),
            default=Value(Light.RUNNING),
        )
    )


def by_urgency(requests: QuerySet[RightsRequest, Any], on: date) -> QuerySet[RightsRequest, Any]:
    """Open cases by their last day, then the closed ones, the newest first."""
    rows: QuerySet[Any, Any] = with_clock(requests, on)
    return rows.order_by(F("closed_at").desc(nulls_first=True), "due", "pk")


def in_light(requests: QuerySet[RightsRequest, Any], on: date, *lights: Light) -> QuerySet[RightsRequest, Any]:
    """The requests of that urgency."""
    return with_clock(requests, on).filter(Q(light__in=lights))
