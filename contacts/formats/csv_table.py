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
            if isinstance(cells, RowProblem) or (len(cells) == width and cells[0].strip()):
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
        # One column is what is left of any header under the wrong delimiter.
        if failure and len(best) <= 1:
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
                if lines.ended:
                    raise self._endless(before + 1) from None
                if reader.line_num > before + 1:
                    raise self._endless(before + 1, reader.line_num - 1) from None
                yield before + 1, _odd_quote()
                before = lines.completed = reader.line_num
            else:
                return

    def _endless(self, first: int, last: int | None = None) -> UnreadableFile:
        """Why the record of this line does not end: a quote is open (after line `last`), or it is too long."""
        opened, inside = 0, False
        for number, text in self._some_lines(first, last):
            # A doubled quote is a quote in the text; every other one opens a cell or closes it.
            for _quote in range(text.replace('""', "").count('"')):
                inside = not inside
                opened = number if inside or not opened else opened
        if opened:
            return UnreadableFile(
                _("A double quote is opened in line %(line)d and not closed in its place. Close it, or remove it.")
                % {"line": opened}
            )
        return UnreadableFile(
            _("The row in line %(line)d is longer than a million characters. Is this a CSV file?") % {"line": first}
        )

    def _some_lines(self, first: int, last: int | None) -> Iterator[tuple[int, str]]:
        """The lines from `first` to `last`, or as many as a record may have."""
        lines = Lines(self._path, self._encoding)
        size = 0
        try:
            for number, text in enumerate(lines, 1):
                lines.completed = number
                if size > MAX_RECORD or (last and number > last):
                    return
                if number >= first:
                    size += len(text)
                    yield number, text
        except OversizeRecord:
            return


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
