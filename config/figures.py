"""Figures of the home page: counted by the page itself, or by a worker where that takes longer than a page may.

@figure
def owed(on: date) -> dict[str, int]: ...     the day in the controller's zone; what it returns must fit into JSON
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import wraps
from time import perf_counter
from typing import Any, Final

from config.dates import local_date, now
from config.models import CountedFigure

QUICK: Final = 0.05
"""Seconds. What takes no longer is counted by the page itself, and so is always of this moment."""
FRESH: Final = timedelta(minutes=30)
"""A worker counts every ten minutes; an older figure is counted anew by the page, however long that takes."""

Counting = Callable[[date], Any]
_FIGURES: Final[dict[str, Counting]] = {}


def figure(count: Counting) -> Counting:
    """Register a function that counts something for a day; calling it gives what a worker counted, if that is fresh."""
    name = f"{count.__module__}.{count.__name__}"
    _FIGURES[name] = count

    @wraps(count)
    def shown(on: date) -> Any:
        counted = CountedFigure.objects.filter(name=name, on=on, counted_at__gt=now() - FRESH).first()
        return counted.value if counted else count(on)

    return shown


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


__all__ = ["figure", "renew"]
