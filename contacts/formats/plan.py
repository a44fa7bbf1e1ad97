"""From the cells of a row to values by field: planned once per file, then run for every row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.utils.translation import gettext as _

from contacts.formats.cells import addresses_in, suspicious, text_of, tidied
from contacts.formats.problems import CellProblem, LeftOut, RowProblem, UnreadableFile
from contacts.formats.rows import Rejection
from contacts.formats.table import Table, header_key

Parser = Callable[[str], Any]
"""Reads a cell into its field's value, or into a dict of values for several fields."""
Values = dict[str, Any]

T = TypeVar("T")

# The fields that tell who objects.
_OBJECTION = frozenset({"email", "unsubscribed", "unsub_time", "do_not_contact", "phone_opt_out"})


class Step(NamedTuple):
    """One column: where it is, what the file calls it, which field it fills, and how it is read."""

    column: int
    header: str
    field: str
    parse: Parser


class Plan:
    """How the rows of one file are read.

    `fields` says which header (as `header_key` writes it) fills which field. Where several do, the one named first in
    `fields` wins, truth wins among yes and no, and the lines of a street are joined. `of_all` is what the file says of
    every row.
    """

    def __init__(
        self, table: Table, fields: Mapping[str, str], parsers: Mapping[str, Parser], of_all: Values | None = None
    ) -> None:
        self._table = table
        self._of_all = of_all or {}
        ranks = {key: rank for rank, key in enumerate(fields)}
        columns = [
            (ranks[key], Step(index, header, fields[key], parsers[fields[key]]))
            for index, header in enumerate(table.headers)
            if (key := header_key(header)) in fields
        ]
        self.steps = [step for _rank, step in sorted(columns, key=lambda ranked: ranked[0])]
        objections = _OBJECTION & {*(step.field for step in self.steps), *self._of_all} - {"email"}
        self._lost = " " + _("Nothing of it was taken, an opt-out neither.") if objections else ""
        self._headers = {step.field: step.header for step in reversed(self.steps)}

    def read(self, build: Callable[[int, Values], T | Rejection]) -> Iterator[T | Rejection]:
        """Every row of the file: what `build` makes of its line and values, or why it is rejected."""
        for line, cells in self._table.rows():
            if isinstance(cells, RowProblem):
                yield Rejection(line, cells.column, f"{cells.reason}{self._lost}", cells.remedy)
                continue
            values = self.values(line, cells)
            outcome = values if isinstance(values, Rejection) else build(line, values)
            if isinstance(outcome, Rejection):
                self._heed(cells, outcome)
            yield outcome

    def values(self, line: int, cells: list[str]) -> Values | Rejection:
        """The values of a row's filled cells, with "notes" on what was left out; or why the row is rejected."""
        values = self._of_all.copy()
        odd = suspicious("".join(cells), spreadsheet=self._table.spreadsheet)
        for column, header, field, parse in self.steps:
            cell = cells[column].strip()
            if not cell:
                continue
            try:
                if odd:
                    cell = tidied(cell, field, spreadsheet=self._table.spreadsheet)
                if cell:
                    _add(values, field, parse(cell))
            except CellProblem as problem:
                return Rejection(line, header, problem.reason, problem.remedy)
            except LeftOut as left_out:
                note = _("%(column)s: %(reason)s; left out.") % {"column": header, "reason": left_out.note}
                values.setdefault("notes", []).append(note)
                _add(values, field, left_out.value)
        return values

    def _heed(self, cells: list[str], rejected: Rejection) -> None:
        """Note who objects to what in a rejected row; of several addresses, each may be meant."""
        values = self._of_all.copy()
        keys: tuple[str, ...] = ()
        for column, _header, field, parse in self.steps:
            if field == "email":
                keys += addresses_in(cells[column])
            elif field in _OBJECTION and cells[column].strip():
                try:
                    _add(values, field, parse(tidied(cells[column], field, spreadsheet=self._table.spreadsheet)))
                except CellProblem:
                    continue
                except LeftOut as left_out:
                    _add(values, field, left_out.value)
        rejected.unsubscribed = bool(values.get("unsubscribed"))
        rejected.phone_opt_out = bool(values.get("phone_opt_out"))
        rejected.objectors = keys if rejected.unsubscribed or rejected.phone_opt_out else ()

    def rejection(self, line: int, field: str, reason: str, remedy: str = "") -> Rejection:
        """A rejection that names the field's column as the file calls it."""
        return Rejection(line, self._headers.get(field, field), reason, remedy)


def _add(values: Values, field: str, value: Any) -> None:
    """Put in what one cell says; a dict says several fields at once, None says nothing."""
    if type(value) is dict:
        values.update(value)
    elif field not in values:
        if value is not None:
            values[field] = value
    elif isinstance(value, bool):
        values[field] = values[field] or value
    elif field == "street":
        values[field] = text_of(field)(f"{values[field]}, {value}")


def remembered(parse: Parser) -> Parser:
    """The same parser, with the answers to recent values kept; for columns whose values repeat."""
    return lru_cache(maxsize=4096)(parse)


def require(what: str, table: Table, missing: Iterable[str]) -> None:
    """Raise UnreadableFile, naming the columns, when any is missing. `what` says what the file is not."""
    names = ", ".join(missing)
    if not names:
        return
    message = _("%(what)s: the column %(names)s is missing.") % {"what": what, "names": names}
    # What stands in place of the header may be a person's data, so it is not repeated.
    found = _("The first line of the file must name the columns.")
    raise UnreadableFile(f"{message} {found}")


def _shortened(headers: Sequence[str]) -> str:
    """The first headers, for a message."""
    names = [header[:40] for header in headers if header]
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
