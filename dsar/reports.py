"""How the desk is doing: open, in time by the law's own last day, how long it takes, by right and by outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from config.dates import add_months, local_date
from dsar import deadlines
from dsar.deadlines import Light
from dsar.models import RightsRequest
from dsar.models.requests import FINAL, Right, Status

MONTHS = 12
DECIDED = (Status.FULFILLED, Status.PARTLY_FULFILLED, Status.REFUSED)
"""Cases that got an answer; one that was withdrawn or lapsed is neither in time nor late."""


@dataclass(frozen=True, slots=True)
class Line:
    """One case of the report: its dates in the controller's time zone, its last day by the law, and how it ended."""

    reference: str
    received_on: date
    latest_on: date
    answered_on: date | None
    status: str
    rights: tuple[str, ...]

    @property
    def days(self) -> int | None:
        """From the receipt to the answer."""
        return (self.answered_on - self.received_on).days if self.answered_on else None

    @property
    def in_time(self) -> bool | None:
        """Whether the answer left by the last day the law allows; None without an answer."""
        return self.answered_on <= self.latest_on if self.answered_on else None


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period, and of what is open now."""

    since: date
    open: dict[str, int]
    received: list[tuple[date, int]]
    answered: int
    in_time: int
    median_days: float | None
    by_right: list[tuple[str, int, int, float | None]]
    by_outcome: list[tuple[str, int]]

    @property
    def share(self) -> int | None:
        """Per cent of the answers that were in time; None without an answer."""
        return self.in_time * 100 // self.answered if self.answered else None


def lines(since: date) -> Iterator[Line]:
    """Every case received on that day or later, the oldest first."""
    rows = RightsRequest.objects.filter(received_at__date__gte=since).prefetch_related("asked").order_by("received_at")
    for request in rows.iterator(chunk_size=1000):
        answered = request.answered_at if request.status in DECIDED else None
        on = local_date(answered) if answered else request.clock_on
        yield Line(
            request.reference,
            local_date(request.received_at),
            deadlines.legal_latest_on(deadlines.due_on(request, on)),
            local_date(answered) if answered else None,
            request.status,
            tuple(one.right for one in request.asked.all()),
        )


def report(at: datetime) -> Report:
    """The figures of the last twelve months, whole ones, and of today."""
    today = local_date(at)
    months = [add_months(today.replace(day=1, year=today.year - 1), step) for step in range(1, MONTHS + 1)]
    found = list(lines(months[0]))
    answers = [one for one in found if one.answered_on]
    received = Counter(one.received_on.replace(day=1) for one in found)
    outcomes = Counter(one.status for one in found if one.status in FINAL)
    return Report(
        since=months[0],
        open=open_cases(today),
        received=[(month, received[month]) for month in months],
        answered=len(answers),
        in_time=sum(bool(one.in_time) for one in answers),
        median_days=_median(answers),
        by_right=[row for right in Right if (row := _of_right(right, found))[1]],
        by_outcome=[(str(Status(status).label), outcomes[status]) for status in FINAL if outcomes[status]],
    )


def open_cases(on: date) -> dict[str, int]:
    """How many open cases there are, by their urgency."""
    rows: Any = deadlines.with_clock(RightsRequest.objects.filter(closed_at__isnull=True), on)
    return by_light(rows.values_list("light", flat=True))


def by_light(lights: Iterable[str]) -> dict[str, int]:
    """How many of the open cases have each urgency."""
    counts = Counter(lights)
    return {light: counts[light] for light in Light if light != Light.CLOSED}


def _of_right(right: Right, found: list[Line]) -> tuple[str, int, int, float | None]:
    """The right, how many asked for it, how many of them got an answer in time, and the median of days."""
    mine = [one for one in found if right in one.rights]
    return str(right.label), len(mine), sum(bool(one.in_time) for one in mine), _median(mine)


def _median(found: list[Line]) -> float | None:
    days = [one.days for one in found if one.days is not None]
    return median(days) if days else None
