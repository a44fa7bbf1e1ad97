"""The text of a file: its encoding, and its lines in bounded memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from django.utils.translation import gettext as _

from contacts.formats.problems import UnreadableFile

BLOCK = 256 * 1024
MAX_RECORD = 1024 * 1024
"""The longest record in characters (give or take a block); a real row has a few hundred."""

_SAMPLE = 4096
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def find_encoding(path: Path) -> str:
    """The encoding of the whole file: its mark, else UTF-16 where obvious, else UTF-8, else Windows-1252.

    Raises UnreadableFile, naming the line, when the bytes fit none of them. A file that is UTF-8 up to a damaged byte
    is refused rather than read as Windows-1252, which would quietly garble every other name.
    """
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "") or _unmarked_utf16(head)
    if encoding:
        _decode(path, encoding)
        return encoding
    try:
        _decode(path, "utf-8")
    except _Damaged as damage:
        if damage.after_unicode:
            raise
        _decode(path, "cp1252")
        return "cp1252"
    return "utf-8"


def _unmarked_utf16(head: bytes) -> str:
    """UTF-16 betrays itself: every other byte of Latin text is zero."""
    low, high = head[0::2].count(0), head[1::2].count(0)
    if high > len(head) // 5 and high > 10 * low:
        return "utf-16-le"
    return "utf-16-be" if low > len(head) // 5 and low > 10 * high else ""


class _Damaged(UnreadableFile):
    """Bytes that the encoding does not know; `after_unicode` when text beyond ASCII had been understood before."""

    def __init__(self, line: int, *, after_unicode: bool) -> None:
        super().__init__(
            _("Line %(line)d holds characters that cannot be read. Save the file again as UTF-8.") % {"line": line}
        )
        self.after_unicode = after_unicode


def _decode(path: Path, encoding: str) -> None:
    """Decode the whole file once; raises _Damaged at the first byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, ascii_only, last = 1, True, False
    with path.open("rb") as file:
        while not last:
            block = file.read(BLOCK)
            last = not block
            try:
                text = decoder.decode(block, final=last)
            except UnicodeDecodeError as error:
                read = error.object[: error.start]
                raise _Damaged(lines + read.count(b"\n"), after_unicode=not (ascii_only and read.isascii())) from None
            lines += text.count("\n")
            ascii_only = ascii_only and text.isascii()


class OversizeRecord(Exception):  # noqa: N818
    """More than MAX_RECORD characters went by without the reader completing a record."""


class Lines:
    """The physical lines of a text file with their ends, read a block at a time.

    Whoever reads them sets `completed` to any new number after each record, so that one endless record is noticed
    before it fills the memory (then OversizeRecord). `ended` tells that the file has no more lines.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.completed = 0
        self.ended = False
        self._path = path
        self._encoding = encoding

    def __iter__(self) -> Iterator[str]:
        pending = ""
        for text in self._blocks():
            pending += text
            # A final carriage return may be half of a pair.
            cut = max(pending.rfind("\n"), pending.rfind("\r", 0, -1)) + 1
            if cut:
                yield from StringIO(pending[:cut], newline="")
                pending = pending[cut:]
        yield from StringIO(pending, newline="")
        self.ended = True

    def _blocks(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(self._encoding)()
        completed, waited = -1, 0
        with self._path.open("rb") as file:
            while block := file.read(BLOCK):
                waited = waited + len(block) if completed == self.completed else 0
                if waited > MAX_RECORD:
                    raise OversizeRecord
                completed = self.completed
                yield decoder.decode(block)
