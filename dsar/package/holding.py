"""What a package would hold if it were built now, for staff: how much of what, and never a value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst

from contacts.models import Contact
from dsar.package.redaction import BLACK, Withheld
from dsar.package.tables import EMPTY, Table


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a package: its rows, the values of each field, and the values with something blacked out."""

    title: str
    rows: int
    fields: tuple[tuple[str, int], ...]
    blacked_out: int = 0


@dataclass(frozen=True, slots=True)
class Holding:
    """Whom a package is about, what it holds, what it leaves out, and sentences on why."""

    people: Sequence[Contact]
    parts: Sequence[Part]
    withheld: Sequence[Withheld] = ()
    notes: Sequence[str] = ()

    @property
    def rows(self) -> int:
        """How many rows of data there are."""
        return sum(one.rows for one in self.parts)

    @property
    def refused(self) -> list[Withheld]:
        """The categories of data that were refused whole."""
        return [one for one in self.withheld if one.is_refused]

    @property
    def blacked_out(self) -> list[Withheld]:
        """What is about others."""
        return [one for one in self.withheld if not one.is_refused]


def part_of(table: Table) -> Part:
    """A table of the copy."""
    filled = [sum(row[at] not in EMPTY for row in table.rows) for at in range(len(table.columns))]
    black = sum(BLACK in cell for row in table.rows for cell in row if isinstance(cell, str))
    named = ((column.title, count) for column, count in zip(table.columns, filled, strict=True) if count)
    return Part(table.title, len(table.rows), tuple(named), black)


def part_of_rows(title: str, rows: Iterable[Mapping[str, Any]]) -> Part:
    """A table of portable data, each row by field."""
    found = list(rows)
    names = dict.fromkeys(name for row in found for name in row)
    counted = ((name, sum(row.get(name) not in EMPTY for row in found)) for name in names)
    return Part(capfirst(title), len(found), tuple((name, count) for name, count in counted if count))
