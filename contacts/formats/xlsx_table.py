"""XLSX: the first visible sheet of a workbook, as text."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.formats.problems import UnreadableFile
from contacts.formats.table import Row, Table, too_many_cells
from contacts.formats.xlsx_parts import open_archive, parse, unpacked
from contacts.formats.xlsx_sheet import SheetReader
from contacts.formats.xlsx_workbook import Workbook, read_workbook

MAX_ROWS = 100_000
"""The most rows of data a workbook may have; more are to be sent as CSV."""

_ROW_WITH_CELLS = re.compile(rb"<(?:\w+:)?row(?: [^>]*)?(?<!/)>")


class XlsxTable(Table):
    """An XLSX file. Whole numbers have no decimal point, dates and times are ISO 8601, a formula is a "="."""

    def __init__(self, path: Path) -> None:
        self._path = path
        _line, header = next(self._filled_rows(), (0, dict[int, str]()))
        super().__init__(header.get(column, "") for column in range(max(header, default=-1) + 1))

    def rows(self) -> Iterator[Row]:
        """See Table; the line is the row's number in the sheet."""
        rows = self._filled_rows()
        next(rows)
        width = len(self.headers)
        for number, (line, cells) in enumerate(rows, 1):
            if number > MAX_ROWS:
                raise UnreadableFile(_too_many_rows())
            beyond = max(cells) + 1
            if beyond > width:
                yield line, too_many_cells(beyond, width)
            else:
                yield line, [cells.get(column, "") for column in range(width)]

    def _filled_rows(self) -> Iterator[tuple[int, dict[int, str]]]:
        """The number and the filled cells, by column, of each row that has any."""
        with open_archive(self._path) as archive:
            reader = SheetReader(self._workbook)
            for _pause in parse(unpacked(archive, self._workbook.sheet), reader.start, reader.end, reader.text):
                yield from reader.rows
                reader.rows.clear()

    @cached_property
    def _workbook(self) -> Workbook:
        with open_archive(self._path) as archive:
            workbook = read_workbook(archive)
            _refuse_too_many_rows(archive, workbook.sheet)
            return workbook


def _refuse_too_many_rows(archive: zipfile.ZipFile, sheet: str) -> None:
    """Refuse an overlong sheet by its raw bytes, long before parsing would reach the end; few rows have no values."""
    if sum(len(_ROW_WITH_CELLS.findall(block)) for block in unpacked(archive, sheet)) > MAX_ROWS * 11 // 10:
        raise UnreadableFile(_too_many_rows())


def _too_many_rows() -> str:
    return _("The sheet has more than %(limit)d rows. Send it as CSV.") % {"limit": MAX_ROWS}
