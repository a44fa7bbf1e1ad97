"""The cells of one XLSX sheet, as text."""

from __future__ import annotations

from datetime import datetime, time
from functools import lru_cache

from django.utils.translation import gettext as _
from openpyxl.utils import column_index_from_string
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from contacts.formats.lines import MAX_RECORD
from contacts.formats.problems import UnreadableFile
from contacts.formats.xlsx_workbook import Workbook, unescaped

FORMULA = "="
"""What stands for a formula, or for an error it has produced: what it showed last is nobody's statement."""

_MAX_CELLS = 16_384
_MAX_ELEMENTS = 8 * _MAX_CELLS
_TEXT = {"s", "str", "inlineStr", "d"}


class SheetReader:
    """Handlers for the events of a sheet's XML; finished rows gather in `rows` as (number, text by column from 0).

    Rows and cells without a value are left out. Raises UnreadableFile for a row that no spreadsheet can have.
    """

    def __init__(self, workbook: Workbook) -> None:
        self.rows: list[tuple[int, dict[int, str]]] = []
        self._book = workbook
        self._epoch = MAC_EPOCH if workbook.since_1904 else WINDOWS_EPOCH
        self._row = self._column = self._elements = self._size = 0
        self._cells: dict[int, str] = {}
        self._pieces: list[str] = []
        self._kind, self._style = "n", 0
        self._wanted = self._phonetic = self._formula = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._elements += 1
        if self._elements > _MAX_ELEMENTS:
            raise self._too_long()
        if tag == "c":
            self._start_cell(attributes)
        elif tag in {"v", "t"}:
            self._wanted = not self._phonetic
        elif tag == "row":
            self._row = int(attributes["r"]) if "r" in attributes else self._row + 1
            self._cells = {}
            self._column = -1
            self._elements = self._size = 0
        elif tag == "f":
            self._formula = True
        elif tag == "rPh":
            self._phonetic = True

    def text(self, piece: str) -> None:
        """Text inside an element."""
        if self._wanted:
            self._size += len(piece)
            if self._size > MAX_RECORD:
                raise self._too_long()
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag in {"v", "t"}:
            self._wanted = False
        elif tag == "c":
            self._end_cell()
        elif tag == "rPh":
            self._phonetic = False
        elif tag == "row" and self._cells:
            self.rows.append((self._row, self._cells))

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self._column = _column(place.rstrip("0123456789")) if place else self._column + 1
        self._kind = attributes.get("t", "n")
        self._style = int(attributes.get("s", "0"))
        self._pieces.clear()
        self._formula = False

    def _end_cell(self) -> None:
        text = "".join(self._pieces)
        if self._formula or self._kind == "e":
            self._cells[self._column] = FORMULA
        elif text:
            text = self._value(text)
            self._size += len(text)
            if self._size > MAX_RECORD:
                raise self._too_long()
            if text.strip():
                self._cells[self._column] = text

    def _value(self, text: str) -> str:
        if self._kind == "s":
            return self._book.texts[int(text)]
        if self._kind in _TEXT:
            return unescaped(text)
        if self._kind == "b":
            return "yes" if text.strip() == "1" else "no"
        return _moment(text, self._epoch) if self._style in self._book.date_styles else _number(text)

    def _too_long(self) -> UnreadableFile:
        return UnreadableFile(
            _("Row %(line)d of the sheet is longer than a row can be. Save it again, or send it as CSV.")
            % {"line": self._row}
        )


@lru_cache(maxsize=_MAX_CELLS)
def _column(letters: str) -> int:
    """The number of a column from 0: A is 0, XFD is 16,383."""
    return column_index_from_string(letters) - 1


def _moment(text: str, epoch: datetime) -> str:
    """A date, or a date and time to the second, as ISO 8601; a number that no calendar has is an error."""
    try:
        value = from_excel(float(text), epoch)
    except (ValueError, OverflowError):
        return FORMULA
    if not isinstance(value, datetime):
        return str(value)
    return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")


def _number(text: str) -> str:
    """A number as a person would type it: Excel writes 358401234567 as 3.58401234567E11."""
    if text.isdecimal():
        return text
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
