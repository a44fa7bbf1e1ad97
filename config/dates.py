"""All date arithmetic of Obhut; no other module adds months or turns an instant into a day.

Months are calendar months, added forward from the event and clamped to the month's end (Regulation 1182/71, Art.
3(2)(c)). Never subtract months from today: month arithmetic does not invert.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection
from django.db.models import DateField, Func, IntegerField
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler

from config.holidays import finnish_holidays

BEGINNING = date.min
"""Stands for "no clock is running": earlier than every run."""
FOREVER = date.max
"""Stands for "no end in sight": later than every run."""


def add_months(day: date, months: int) -> date:
    """The same day `months` calendar months on, or the last day of that month where it is missing.

    FOREVER where the calendar ends before: other systems write 9999-12-30 or 9998-12-31 for "open-ended".
    """
    try:
        return day + relativedelta(months=months)
    except ValueError:
        return FOREVER


def add_days(day: date, days: int) -> date:
    """So many calendar days on."""
    return day + timedelta(days=days)


def is_working_day(day: date) -> bool:
    """Whether offices in Finland are open: neither Saturday or Sunday nor a public holiday."""
    return day.weekday() < 5 and day not in finnish_holidays(day.year)


def next_working_day(day: date) -> date:
    """The day itself, or the first working day after it (Regulation 1182/71, Art. 3(4))."""
    while not is_working_day(day):
        day = add_days(day, 1)
    return day


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after a day, which is itself not counted."""
    for _one in range(count):
        day = next_working_day(add_days(day, 1))
    return day


def local_date(moment: datetime) -> date:
    """The calendar day of an aware datetime in the controller's time zone."""
    return moment.astimezone(settings.CONTROLLER_ZONE).date()


def now() -> datetime:
    """The present instant in UTC. Called at the edge (a view, a task, a command), never inside a rule."""
    return datetime.now(UTC)


def day_sql(day: date) -> str:
    """A day as SQL text."""
    text = f"'{day.isoformat()}'"
    return f"DATE {text}" if connection.vendor == "postgresql" else text


def add_months_sql(day: str, months: str) -> str:
    """`add_months` as SQL text, of an expression for a day, which must not be NULL, and one for the months."""
    if connection.vendor != "postgresql":
        return f"{AddMonths.function}({day}, {months})"
    return f"LEAST({day} + make_interval(months => {months}), {day_sql(FOREVER)})::date"


class AddMonths(Func):
    """`add_months` as a database expression: AddMonths(date expression, months expression)."""

    function = "obhut_add_months"
    arity = 2
    output_field = DateField()

    def __init__(self, day: Combinable | str, months: Combinable | int) -> None:
        super().__init__(day, months)

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **_context: Any) -> Any:
        """PostgreSQL's own interval arithmetic clamps exactly as `add_months` does."""
        (day, day_params), (months, months_params) = (compiler.compile(part) for part in self.get_source_expressions())
        return add_months_sql(day, months), (*day_params, *months_params)


class AddDays(Func):
    """`add_days` as a database expression: AddDays(date expression, days expression)."""

    arity = 2
    output_field = DateField()

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """A date plus a number is a date."""
        return self.as_sql(compiler, connection, template="((%(expressions)s))", arg_joiner=")::date + (", **context)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """SQLite takes a modifier."""
        template = "date((%(expressions)s) || ' days')"
        return self.as_sql(compiler, connection, template=template, arg_joiner="), (", **context)


class DaysBetween(Func):
    """How many days the first date is after the second: DaysBetween(later, earlier)."""

    arity = 2
    output_field = IntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """A date less a date is a number."""
        template = "((%(expressions)s)::date)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=")::date - (", **context)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """Julian days of two midnights differ by a whole number."""
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)


@lru_cache(maxsize=100_000)
def sqlite_add_months(day: str | None, months: int | None) -> str | None:
    """`add_months` for SQLite, whose own `+24 months` turns 29 February 2024 into 1 March 2026.

    Remembered: a register asks for the same few thousand days again and again.
    """
    if day is None or months is None:
        return None
    return add_months(date.fromisoformat(day), months).isoformat()
