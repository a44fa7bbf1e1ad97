"""Tables that a page and a workbook show alike."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from contacts.formats.cells import escaped


@dataclass(frozen=True, slots=True)
class Table:
    """One part of the register: a short name for its sheet, a title, the headings, and rows of texts."""

    name: str
    title: str
    headings: Sequence[Any]
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def workbook(about: str, tables: Iterable[Table]) -> bytes:
    """The tables as an XLSX file, one sheet each; `about` stands above every one of them."""
    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name[:31])
        sheet.freeze_panes = "A4"
        for number in range(len(table.headings)):
            sheet.column_dimensions[chr(ord("A") + number)].width = 34
        sheet.append([_bold(sheet, table.title)])
        sheet.append([about])
        sheet.append([_bold(sheet, heading) for heading in table.headings])
        for row in table.rows:
            sheet.append([escaped(str(cell)) for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _bold(sheet: Any, text: Any) -> Any:
    cell = WriteOnlyCell(sheet, value=str(text))
    cell.font = Font(bold=True)
    return cell
