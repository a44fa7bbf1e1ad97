"""Opening a file: what it is, is told by its content, never by its name."""

from __future__ import annotations

import codecs
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.formats.csv_table import CsvTable
from contacts.formats.json_table import JsonTable
from contacts.formats.lines import find_encoding
from contacts.formats.problems import UnreadableFile
from contacts.formats.table import Table
from contacts.formats.xlsx_table import XlsxTable

_SAMPLE = 4096
_ZIP = b"PK\x03\x04"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_NO_TABLES = (b"%PDF", b"\x1f\x8b", b"BZh", b"\x89PNG", b"\xff\xd8\xff", b"7z\xbc\xaf", b"Rar!", b"{\\rtf", b"<")


def open_table(path: Path, name: str = "") -> Table:
    """The table in a file: CSV, XLSX or JSON Lines. `name` is what the person calls the file, for the message.

    Raises UnreadableFile, and OSError when there is no such file. A table that opens has headers; `Table.check` says
    whether the rest can be read.
    """
    try:
        return _table(path)
    except UnreadableFile as error:
        if not name:
            raise
        raise UnreadableFile(_("%(name)s cannot be read. %(reason)s") % {"name": name, "reason": error}) from None


def _table(path: Path) -> Table:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_ZIP):
        return XlsxTable(path)
    if head.startswith(_OLD_OFFICE):
        raise UnreadableFile(
            _("This is an old Excel file, or one with a password. Save it as .xlsx without a password, or as CSV.")
        )
    if head.startswith(_NO_TABLES):
        raise UnreadableFile(_("This is not a table. Send CSV, XLSX or JSON Lines, unpacked."))
    encoding = find_encoding(path)
    return JsonTable(path, encoding) if _is_json(path, encoding) else CsvTable(path, encoding)


def _is_json(path: Path, encoding: str) -> bool:
    """Whether the text begins like JSON; a list of objects is refused here."""
    with path.open("rb") as file:
        first = codecs.getincrementaldecoder(encoding)().decode(file.read(_SAMPLE)).lstrip()
    if first.startswith("["):
        raise UnreadableFile(
            _("This is a JSON list. Write one object per line (JSON Lines), without the brackets around them.")
        )
    return first.startswith("{")
