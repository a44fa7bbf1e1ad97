"""CSV: comma, semicolon or tab between cells, double quotes around what contains them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.formats.lines import MAX_RECORD, Lines, OversizeRecord
from contacts.formats.problems import RowProblem, UnreadableFile
from contacts.formats.table import Row, Table, too_few_cells, too_many_cells

DELIMITERS = ",;\t"


class CsvTable(Table):
    """A CSV file. The delimiter is the one that makes most columns of the header line."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = DELIMITERS[0]
        super().__init__(self._header())

    def rows(self) -> Iterator[Row]:
        """See Table; a quote that is never closed makes the file unreadable, because it swallows rows."""
        records = self._records(self._delimiter)
        next(records)
        width = len(self.headers)
        for line, cells in records:
            if isinstance(cells, RowProblem) or (len(cells) == width and cells[0]):
                yield line, cells
            elif any(map(str.strip, cells)):
                yield line, _fitted(cells, width)

    def _header(self) -> list[str]:
        best: list[str] = []
        failure: UnreadableFile | None = None
        for delimiter in DELIMITERS:
            try:
                headers = self._first_record(delimiter)
            except UnreadableFile as error:  # quotes that make no sense under this delimiter
                failure = error
                continue
            if len(headers) > len(best):
                best, self._delimiter = headers, delimiter
        if failure and not best:
            raise failure
        return best

    def _first_record(self, delimiter: str) -> list[str]:
        for _line, cells in self._records(delimiter):
            if isinstance(cells, RowProblem):
                raise UnreadableFile(f"{cells.reason} {cells.remedy}")
            return cells
        return []

    def _records(self, delimiter: str) -> Iterator[Row]:
        """Every record from the header on, with the line it starts in."""
        lines = Lines(self._path, self._encoding)
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
        header, before = False, 0
        while True:
            try:
                for cells in reader:
                    line, before = before + 1, reader.line_num
                    lines.completed = before
                    if header or any(map(str.strip, cells)):
                        header = True
                        yield line, cells
            except OversizeRecord:
                raise self._endless(before + 1) from None
            except csv.Error:
                # A bad row; once it spans lines, a quote that has swallowed rows.
                if lines.ended or reader.line_num > before + 1:
                    raise self._endless(before + 1, reader.line_num) from None
                yield before + 1, _odd_quote()
                before = lines.completed = reader.line_num
            else:
                return

    def _endless(self, first: int, last: int | None = None) -> UnreadableFile:
        """Why the record in these lines does not end: a quote stays open, or the line is too long."""
        odd: list[int] = []
        size = 0
        lines = Lines(self._path, self._encoding)
        try:
            for number, text in enumerate(lines, 1):
                lines.completed = number
                if number < first:
                    continue
                if text.count('"') % 2:
                    odd.append(number)
                size += len(text)
                if number == last or size > MAX_RECORD:
                    break
        except OversizeRecord:
            pass
        if odd:
            return UnreadableFile(
                _("A double quote is opened in line %(line)d and not closed in its place. Close it, or remove it.")
                # The last of an odd number of odd lines opens; an even number close each other, and the first is wrong.
                % {"line": odd[-1] if len(odd) % 2 else odd[0]}
            )
        return UnreadableFile(
            _("The row in line %(line)d is longer than a million characters. Is this a CSV file?") % {"line": first}
        )


def _odd_quote() -> RowProblem:
    return RowProblem(
        _("The row has a double quote in an odd place, or a cell of more than 100,000 characters."),
        _("Put the cell into double quotes, and double every quote inside it."),
    )


def _fitted(cells: list[str], width: int) -> list[str] | RowProblem:
    """The cells, one per header: empty ones beyond the header do no harm, anything else does."""
    if len(cells) < width:
        return too_few_cells(len(cells), width)
    if any(map(str.strip, cells[width:])):
        return too_many_cells(len(cells), width)
    return cells[:width]
