"""Files for the tests of `contacts.formats`, and how much memory reading one takes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl

from contacts.formats.contacts import read_contacts
from contacts.formats.rows import ContactRow, Rejection
from contacts.formats.tables import open_table
from contacts.formats.vendors import Format, recognise

ROOT = Path(__file__).resolve().parent.parent.parent
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

_READER = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure(USE_I18N=False)
from contacts.formats.problems import UnreadableFile
from contacts.formats.tables import open_table
try:
    print(open_table(Path(sys.argv[1])).check())
except UnreadableFile as error:
    print(f"refused: {error}")
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def text_file(folder: Path, text: str, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    """A file with exactly this text: line ends are not translated."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def workbook_file(folder: Path, rows: Iterable[Sequence[Any]], name: str = "file.xlsx") -> Path:
    """A workbook with one sheet, as openpyxl writes it."""
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for row in rows:
        sheet.append(row)
    path = folder / name
    workbook.save(path)
    return path


def with_part(path: Path, part: str, content: bytes | Iterable[bytes]) -> Path:
    """The same archive with one part replaced."""
    changed = path.with_name(f"changed-{path.name}")
    with ZipFile(path) as old, ZipFile(changed, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w") as file:
            for block in [content] if isinstance(content, bytes) else content:
                file.write(block)
    return changed


def contacts_of(path: Path, fmt: Format | None = None, now: datetime = NOW) -> list[ContactRow | Rejection]:
    """What a contacts file becomes."""
    table = open_table(path)
    return list(read_contacts(table, fmt or recognise(table.headers), now))


def one_contact(folder: Path, columns: dict[str, str], fmt: Format | None = None) -> ContactRow:
    """The contact of a CSV file with these columns and one row."""
    (row,) = contacts_of(csv_of(folder, columns), fmt)
    assert isinstance(row, ContactRow), row
    return row


def one_rejection(folder: Path, columns: dict[str, str], fmt: Format | None = None) -> Rejection:
    """The rejection of a CSV file with these columns and one row."""
    (row,) = contacts_of(csv_of(folder, columns), fmt)
    assert isinstance(row, Rejection), row
    return row


def csv_of(folder: Path, columns: dict[str, str]) -> Path:
    """A CSV file of one row, every cell quoted."""
    lines = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in (columns, columns.values()))
    return text_file(folder, "\n".join(lines) + "\n")


def read_in_a_process_of_its_own(path: Path) -> tuple[str, float]:
    """What opening and checking the file said, and the process's peak memory in MiB."""
    answer = subprocess.run(
        [sys.executable, "-c", _READER, str(path)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    said, peak = answer.stdout.splitlines()
    return said, int(peak) / 1024
