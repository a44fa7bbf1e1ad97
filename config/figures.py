"""Figures of the home page: counted by the page itself, or by a worker where that takes longer than a page may.

@figure
def owed(on: date) -> dict[str, int]: ...     the day in the controller's zone; what it returns must fit into JSON

@figure_of_rows()
def overdue(on: date) -> QuerySet[...]: ...    what is counted are the rows; the page counts all of these at once

A page with several figures asks for them together, and hands the answer to each: owed(on, for_page(on)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import wraps
from time import perf_counter
from typing import Any, Final, Protocol

from django.db.models import QuerySet

from config.dates import local_date, now
from config.models import CountedFigure
from config.together import counts

QUICK: Final = 0.05
"""Seconds. What takes no longer is counted by the page itself, and so is always of this moment."""
FRESH: Final = timedelta(minutes=30)
"""A worker counts every ten minutes; an older figure is counted anew by the page, however long that takes."""

Counting = Callable[[date], Any]
Counted = Mapping[tuple[str, date], Any]
"""What workers counted lately, by figure and day."""
Rows = Callable[[date], QuerySet[Any, Any]]
_FIGURES: Final[dict[str, Counting]] = {}
_ROWS: Final[dict[str, Rows]] = {}


class Figure(Protocol):
    """A figure for a day, out of what is `counted`, or counted by the call."""

    def __call__(self, on: date, known: Counted | None = None) -> Any: ...


def figure(count: Counting) -> Figure:
    """Register a function that counts something for a day; calling it gives what a worker counted, if that is fresh."""
    _FIGURES[_name(count)] = count
    return _shown(count)


def figure_of_rows(*, always_live: bool = False) -> Callable[[Rows], Figure]:
    """Register a function that gives rows to be counted; no worker counts those that are `always_live`."""

    def register(rows: Rows) -> Figure:
        @wraps(rows)
        def count(on: date) -> int:
            return rows(on).count()

        _ROWS[_name(rows)] = rows
        return _shown(count) if always_live else figure(count)

    return register


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__name__}"


def _shown(count: Counting) -> Figure:
    name = _name(count)

    @wraps(count)
    def shown(on: date, known: Counted | None = None) -> Any:
        known = counted() if known is None else known
        return known[name, on] if (name, on) in known else count(on)

    return shown


def for_page(on: date) -> Counted:
    """What workers counted lately, and in one statement all that is counted by rows for the day `on`."""
    known = counted()
    return {**known, **counts({(name, on): rows(on) for name, rows in _ROWS.items() if (name, on) not in known})}


def counted() -> Counted:
    """Every figure that a worker counted lately."""
    rows = CountedFigure.objects.filter(counted_at__gt=now() - FRESH)
    return {(name, on): value for name, on, value in rows.values_list("name", "on", "value")}


def renew(at: datetime, *, quick: float = QUICK) -> int:
    """Count every figure for the day of `at` (aware) and the next one, and keep what took longer than `quick` seconds.

    Returns how many are kept.
    """
    today = local_date(at)
    for name, count in _FIGURES.items():
        for on in (today, today + timedelta(days=1)):
            begun = perf_counter()
            value = count(on)
            if perf_counter() - begun > quick:
                CountedFigure.objects.update_or_create(name=name, on=on, defaults={"value": value, "counted_at": at})
    CountedFigure.objects.exclude(counted_at=at).delete()
    return CountedFigure.objects.count()


__all__ = ["figure", "figure_of_rows", "for_page", "renew"]
