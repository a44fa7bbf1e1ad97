"""What must be known of a workbook before its sheet is read: where that is, shared texts, which styles are dates."""

from __future__ import annotations

import posixpath
import re
import zipfile
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

from contacts.formats.problems import UnreadableFile
from contacts.formats.xlsx_parts import MIB, parse, too_large, unpacked

_SMALL = 8 * MIB
_MAX_SHEETS = 255
_MAX_TEXTS = 1_500_000
_SHARED_TEXTS = 64 * MIB
# Excel writes control characters as _x000D_.
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(slots=True)
class Workbook:
    """The first visible sheet's part, and how to read its cells. `since_1904`: days are counted from 1904, not 1900."""

    sheet: str
    since_1904: bool
    texts: list[str] = field(default_factory=list)
    date_styles: frozenset[int] = frozenset()


def read_workbook(archive: zipfile.ZipFile) -> Workbook:
    """Read everything but the sheet. Raises UnreadableFile, also when a second visible sheet holds data."""
    main = next(iter(_targets(archive, "_rels/.rels", "", "officeDocument").values()), "xl/workbook.xml")
    folder, name = posixpath.split(main)
    relations = f"{folder}/_rels/{name}.rels"
    sheets, since_1904 = _sheets(archive, main)
    parts = _targets(archive, relations, folder, "worksheet")
    visible = [parts[key] for key in sheets if key in parts]
    if not visible:
        raise UnreadableFile(_("The workbook has no visible sheet. Send one with a single sheet, or send CSV."))
    if any(_has_data(archive, part) for part in visible[1:]):
        raise UnreadableFile(_("More than one sheet of the workbook holds data. Send each sheet as a file of its own."))
    texts = _targets(archive, relations, folder, "sharedStrings").values()
    styles = _targets(archive, relations, folder, "styles").values()
    return Workbook(
        visible[0],
        since_1904,
        [text for part in texts for text in _shared_texts(archive, part)],
        frozenset(style for part in styles for style in _date_styles(archive, part)),
    )


def _targets(archive: zipfile.ZipFile, relations: str, folder: str, kind: str) -> dict[str, str]:
    """The parts a relations file names for one kind, by relation id."""
    found: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship" and attributes.get("Type", "").endswith(f"/{kind}"):
            path = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            if path in names:
                found[attributes.get("Id", "")] = path

    names = set(archive.namelist())
    if relations in names:
        for _pause in parse(unpacked(archive, relations, _SMALL), start):
            pass
    return found


def _sheets(archive: zipfile.ZipFile, main: str) -> tuple[list[str], bool]:
    """The relation ids of the visible sheets in their order, and whether days are counted from 1904."""
    visible: list[str] = []
    since_1904 = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal since_1904
        if tag == "workbookPr":
            since_1904 = attributes.get("date1904") in {"1", "true"}
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            visible.append(next((value for name, value in attributes.items() if name.endswith(":id")), ""))
            if len(visible) > _MAX_SHEETS:
                raise UnreadableFile(_("The workbook has too many sheets. Send one sheet."))

    for _pause in parse(unpacked(archive, main, _SMALL), start):
        pass
    return visible, since_1904


def _has_data(archive: zipfile.ZipFile, part: str) -> bool:
    """Whether a sheet has a cell with a value."""
    found = False

    def start(tag: str, _attributes: dict[str, str]) -> None:
        nonlocal found
        found = found or tag in {"v", "is"}

    return any(found for _pause in parse(unpacked(archive, part), start))


def _shared_texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    """The texts that cells refer to by number."""
    reader = _TextReader()
    for _pause in parse(unpacked(archive, part, _SHARED_TEXTS), reader.start, reader.end, reader.text):
        pass
    return reader.texts


class _TextReader:
    """Handlers for the events of the shared texts' XML; phonetic hints are no part of a text."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._pieces: list[str] = []
        self._wanted = self._phonetic = False

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag == "si":
            self._pieces.clear()
        self._phonetic = self._phonetic or tag == "rPh"
        self._wanted = tag == "t" and not self._phonetic

    def text(self, piece: str) -> None:
        """Text inside an element."""
        if self._wanted:
            self._pieces.append(piece)

    def end(self, tag: str) -> None:
        """An element ends."""
        self._wanted = False
        if tag == "rPh":
            self._phonetic = False
        elif tag == "si":
            self.texts.append(unescaped("".join(self._pieces)))
            if len(self.texts) > _MAX_TEXTS:
                raise UnreadableFile(too_large())


def unescaped(text: str) -> str:
    """The text with the characters that XML cannot carry."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _date_styles(archive: zipfile.ZipFile, part: str) -> list[int]:
    """The numbers of the cell styles that show a number as a date or time."""
    formats = dict(BUILTIN_FORMATS)
    used: list[int] = []
    inside = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            formats[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "cellXfs":
            inside = True
        elif tag == "xf" and inside:
            used.append(int(attributes.get("numFmtId", "0")))

    def end(tag: str) -> None:
        nonlocal inside
        inside = inside and tag != "cellXfs"

    for _pause in parse(unpacked(archive, part, _SMALL), start, end):
        pass
    return [style for style, number in enumerate(used) if is_date_format(formats.get(number, ""))]
