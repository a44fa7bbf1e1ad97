"""Public holidays of Finland, where the controller sits: a period that ends on one ends the next working day.

Regulation 1182/71 Art. 3(4). Midsummer Eve and Christmas Eve are counted: offices are closed, and Act 150/1930
section 5 moves a last day that falls on them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from dateutil.easter import easter

FIXED = ((1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26))
"""New Year, Epiphany, May Day, Independence Day, Christmas: month and day."""
AROUND_EASTER = (-2, 0, 1, 39, 49)
"""Good Friday, Easter, Easter Monday, Ascension, Pentecost: days after Easter Sunday."""
SATURDAY = 5


@lru_cache(maxsize=400)
def finnish_holidays(year: int) -> frozenset[date]:
    """The public holidays of one year."""
    midsummer = _saturday_from(date(year, 6, 20))
    all_saints = _saturday_from(date(year, 10, 31))
    fixed = {date(year, month, day) for month, day in FIXED}
    movable = {easter(year) + timedelta(days=days) for days in AROUND_EASTER}
    return frozenset(fixed | movable | {midsummer - timedelta(days=1), midsummer, all_saints})


def _saturday_from(day: date) -> date:
    """The first Saturday on or after a day."""
    return day + timedelta(days=(SATURDAY - day.weekday()) % 7)
