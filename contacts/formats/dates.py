"""Dates and times in cells. What could be read in two ways is refused, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.conf import settings
from django.utils.translation import gettext as _

from config.dates import local_date
from contacts.formats.problems import CellProblem

TOLERANCE = timedelta(minutes=5)
"""How far ahead a sender's clock may be (E8)."""
YEARS = range(1900, 2200)
"""Years in which something can have happened, or an agreement can end."""

_CELL = re.compile(
    r"(?P<day>[0-9./-]+)"
    r"(?:(?:T| +)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r" ?(?P<half>AM|PM)?"
    r" ?(?P<offset>Z|UTC|[+-][0-9]{2}:?[0-9]{2})?)?",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2}")


@dataclass(frozen=True, slots=True)
class DateStyle:
    """How a system writes dates: the zone of times without offset (None: the controller's), if 1/2 is 2 January.

    `month_first` is None where the system does not tell; then 1/2 is refused.
    """

    zone: tzinfo | None = None
    month_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Reads the dates of one file, as seen at `now` (aware). Days are days in the controller's time zone.

    Every method raises CellProblem for what is no date, is ambiguous, or, where said, lies in the future (E8).
    """

    now: datetime
    style: DateStyle = DateStyle()

    def day(self, text: str) -> date:
        """A day, or the day of a moment."""
        found, moment = self._read(text)
        if moment and (moment.tzinfo or self.style.zone):
            return local_date(self._aware(moment))
        return found

    def past_day(self, text: str) -> date:
        """A day that is not after today."""
        today = local_date(self.now)
        found, moment = self._read(text)
        if moment:
            self._refuse_future(self._aware(moment))
            return min(self.day(text), today)
        if found > today:
            raise _future()
        return found

    def past_moment(self, text: str) -> datetime:
        """A moment in UTC that is not in the future. A mere day begins at midnight."""
        found, moment = self._read(text)
        aware = self._aware(moment or datetime.combine(found, time()))
        self._refuse_future(aware)
        return aware

    def past_instant(self, text: str) -> datetime:
        """A moment in UTC, written with its offset, that is not in the future."""
        _day, moment = self._read(text)
        if moment is None or moment.tzinfo is None:
            raise CellProblem(
                _("The time has no offset from UTC."), _("Write it like 2026-03-31T14:05:00+03:00, or with Z for UTC.")
            )
        aware = self._aware(moment)
        self._refuse_future(aware)
        return aware

    def _read(self, text: str) -> tuple[date, datetime | None]:
        """The day, and the moment if a time is given; the moment is aware if it has an offset."""
        cell = _CELL.fullmatch(text)
        if cell is None:
            raise _no_date()
        found = _day_of(cell["day"], month_first=self.style.month_first)
        return found, datetime.combine(found, _time_of(cell), _zone_of(cell["offset"])) if cell["hour"] else None

    def _aware(self, moment: datetime) -> datetime:
        return (
            moment if moment.tzinfo else moment.replace(tzinfo=self.style.zone or settings.CONTROLLER_ZONE)
        ).astimezone(UTC)

    def _refuse_future(self, moment: datetime) -> None:
        if moment > self.now + TOLERANCE:
            raise _future()


def month_first(cells: Iterable[str]) -> bool | None:
    """Whether a file writes the month first, as its unmistakable dates with slashes show; None: none, or both ways."""
    shown: set[bool] = set()
    for cell in cells:
        found = _YEAR_LAST.match(cell)
        if found and found[2] == "/" and max(int(found[1]), int(found[3])) > 12:
            shown.add(int(found[3]) > 12)
    return shown.pop() if len(shown) == 1 else None


def _day_of(text: str, *, month_first: bool | None) -> date:
    """The day a date stands for; a date with the year last is read only where its order is clear."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(found[1], found[3], found[4])
    if _SHORT_YEAR.fullmatch(text):
        raise CellProblem(_("The date has a year of two digits."), _iso())
    if not (found := _YEAR_LAST.fullmatch(text)):
        raise _no_date()
    first, mark, second, year = found.groups()
    if mark == "." or first == second:
        return _date(year, second, first)
    if month_first is not None and mark == "/":
        return _date(year, first, second) if month_first else _date(year, second, first)
    if int(first) <= 12 and int(second) <= 12:
        raise CellProblem(_("It is not clear which part of the date is the month."), _iso())
    return _date(year, second, first) if int(first) > 12 else _date(year, first, second)


def _date(year: str, month: str, day: str) -> date:
    if int(year) not in YEARS:
        raise CellProblem(
            _("The year is not between 1900 and 2199."),
            _("Write the real date, or leave the cell empty where there is none."),
        )
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise CellProblem(_("There is no such day."), _iso()) from None


def _time_of(cell: re.Match[str]) -> time:
    hour, minute, second = int(cell["hour"]), int(cell["minute"]), int(cell["second"] or 0)
    if cell["half"]:
        if not 1 <= hour <= 12:
            raise _no_date()
        hour = hour % 12 + (12 if cell["half"].upper() == "PM" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise CellProblem(_("There is no such time."), _("Write the time as HH:MM:SS.")) from None


def _zone_of(offset: str | None) -> tzinfo | None:
    if not offset:
        return None
    try:
        return UTC if offset.upper() in {"Z", "UTC"} else datetime.strptime(offset, "%z").tzinfo
    except ValueError:
        raise CellProblem(_("There is no such offset from UTC."), _("Write it like +03:00.")) from None


def _no_date() -> CellProblem:
    return CellProblem(_("This is not a date."), _iso())


def _iso() -> str:
    return _("Write it as YYYY-MM-DD.")


def _future() -> CellProblem:
    return CellProblem(_("The date lies in the future."), _("Check it, and the clock of the system it comes from."))
