"""The parts of an XLSX archive, unpacked and parsed in bounded time and memory.

openpyxl's reader is not used for uploads: it builds a tree of each row and part, so a hostile one fills the memory, and
it needs five times as long.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from django.utils.translation import gettext as _

from contacts.formats.problems import UnreadableFile

MIB = 1024 * 1024
MAX_UNPACKED = 256 * MIB
"""The largest part that is unpacked; 100,000 rows of 40 columns stay below it."""
MAX_RATIO = 100
"""A part of more than a mebibyte that is packed tighter than this is a bomb; sheets reach 20 to 40."""

_BLOCK = 64 * 1024
_MAX_TOKEN = MIB
_MAX_DEPTH = 32
_MAX_PARTS = 5000
_PART_ENTRY = b"PK\x01\x02"
# What the libraries raise for damaged bytes and for numbers that are none.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, RuntimeError, LookupError, ValueError, ArithmeticError,
)  # fmt: skip

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Text = Callable[[str], None]


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The opened archive. Raises UnreadableFile if its directory announces a bomb, and for damage met while reading."""
    if _entries(path) > _MAX_PARTS:
        raise UnreadableFile(too_large())
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                if part.file_size > MAX_UNPACKED or part.file_size > MIB + MAX_RATIO * part.compress_size:
                    raise UnreadableFile(too_large())
            yield archive
    except _DAMAGED:
        raise UnreadableFile(
            _("The XLSX file is damaged or has a password. Save it again without a password, or send it as CSV.")
        ) from None


def _entries(path: Path) -> int:
    """How many entries the archive's directory may hold; ZipFile reads them all before anybody can ask."""
    with path.open("rb") as file:
        return sum(block.count(_PART_ENTRY) for block in iter(lambda: file.read(MIB), b""))


def too_large() -> str:
    """What to say of a workbook that would unpack to more than it should."""
    return _("The workbook is too large when unpacked. Send the sheet as CSV.")


def unpacked(archive: zipfile.ZipFile, name: str, limit: int = MAX_UNPACKED) -> Iterator[bytes]:
    """The bytes of one part, counted while they are unpacked: the directory's word is not taken for it."""
    size = 0
    with archive.open(name) as part:
        while block := part.read(_BLOCK):
            size += len(block)
            if size > limit:
                raise UnreadableFile(too_large())
            yield block


def parse(blocks: Iterator[bytes], start: Start, end: End | None = None, text: Text | None = None) -> Iterator[None]:
    """Parse XML block by block and pause after each, so that the caller can collect what the handlers found.

    Handlers get local names. Refused: document types (and with them every entity), deep nesting, endless tokens.
    """
    parser = _guarded_parser(start, end)
    parser.CharacterDataHandler = text
    fed = 0
    for block in blocks:
        parser.Parse(block)
        fed += len(block)
        if fed - parser.CurrentByteIndex > _MAX_TOKEN:
            raise UnreadableFile(_not_a_workbook())
        yield
    parser.Parse(b"", True)
    yield


def _guarded_parser(start: Start, end: End | None) -> expat.XMLParserType:
    parser = expat.ParserCreate()
    depth = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MAX_DEPTH:
            raise UnreadableFile(_not_a_workbook())
        start(name.rpartition(":")[2], attributes)

    def closed(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end:
            end(name.rpartition(":")[2])

    parser.buffer_text = True
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_declared: object) -> NoReturn:
    raise UnreadableFile(_not_a_workbook())


def _not_a_workbook() -> str:
    return _("The XLSX file holds what no spreadsheet program writes. Save it again, or send it as CSV.")
