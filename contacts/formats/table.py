"""What every readable file offers, whatever it is: headers, and rows of text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from contacts.formats.problems import RowProblem, UnreadableFile

MAX_COLUMNS = 200

Row = tuple[int, list[str] | RowProblem]
"""The line a row starts in (1 is the first of the file) and its cells, one per header."""


class Table(ABC):
    """A file with named columns. It keeps no file open: every pass over the rows opens it anew.

    `spreadsheet` tells that a cell may be a formula, and that one apostrophe before = + - @ TAB or NUL is an escape.
    """

    spreadsheet = True

    def __init__(self, headers: Iterable[str]) -> None:
        self.headers = checked_headers(headers)

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """The rows below the header, in bounded memory. Blank ones are skipped. Raises UnreadableFile."""

    def check(self) -> int:
        """Read the whole file once and say how many rows it has; raises UnreadableFile for whatever `rows` would.

        Call it before writing anything, so that an unreadable file changes nothing.
        """
        return sum(1 for _row in self.rows())


def header_key(header: str) -> str:
    """The form headers are compared in: any case, spaces folded."""
    return " ".join(header.split()).casefold()


def checked_headers(headers: Iterable[str]) -> tuple[str, ...]:
    """The trimmed headers up to the last name. Raises UnreadableFile for none, too many, twice the same, or no text."""
    found = tuple(" ".join(header.split()) for header in headers)
    while found and not found[-1]:
        found = found[:-1]
    if len(found) > MAX_COLUMNS:
        raise UnreadableFile(
            _("The file has more than %(limit)d columns. Keep the columns that are needed and send it again.")
            % {"limit": MAX_COLUMNS}
        )
    if not found:
        raise UnreadableFile(_("The file is empty. Its first line must name the columns."))
    if not all(header.isprintable() for header in found):
        raise UnreadableFile(_("The first line is not text. Save the file as CSV (UTF-8) or XLSX and send it again."))
    keys = [header_key(header) for header in found]
    for position, key in enumerate(keys, start=1):
        if key and key in keys[: position - 1]:
            # By number: what stands in place of a header may be a person's data.
            raise UnreadableFile(
                _("Column %(second)d has the same name as column %(first)d. Keep one of them.")
                % {"second": position, "first": keys.index(key) + 1}
            )
    return found


def too_many_cells(cells: int, headers: int) -> RowProblem:
    """The problem of a row that is longer than the header."""
    return RowProblem(
        _("The row has %(cells)d cells, the header %(headers)d.") % {"cells": cells, "headers": headers},
        _("Put cells that contain the separator into double quotes."),
    )


def too_few_cells(cells: int, headers: int) -> RowProblem:
    """The problem of a row that is shorter than the header."""
    return RowProblem(
        _("The row has %(cells)d cells, the header %(headers)d.") % {"cells": cells, "headers": headers},
        _("Write every cell, also the empty ones."),
    )
