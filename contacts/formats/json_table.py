"""JSON Lines: one object per line, whose keys are the columns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from contacts.formats.lines import Lines, OversizeRecord
from contacts.formats.problems import RowProblem, UnreadableFile
from contacts.formats.table import MAX_COLUMNS, Row, Table, header_key


class JsonTable(Table):
    """A JSON Lines file. Its columns are all keys that occur, a missing one is an empty cell, nothing is escaped."""

    spreadsheet = False

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self._encoding = encoding
        self._count = 0
        super().__init__(self._keys())

    def rows(self) -> Iterator[Row]:
        """See Table."""
        index = {header_key(header): number for number, header in enumerate(self.headers)}
        for line, found in self._objects():
            yield line, found if isinstance(found, RowProblem) else _cells(found, index)

    def check(self) -> int:
        """How many rows there are: opening the file has read all of it."""
        return self._count

    def _keys(self) -> list[str]:
        """Every key in the file, by its first spelling."""
        keys: dict[str, str] = {}
        for _line, found in self._objects():
            self._count += 1
            if isinstance(found, RowProblem):
                continue
            if not keys and _is_wrapped(found):
                raise UnreadableFile(_one_object_per_line())
            for key in found:
                keys.setdefault(header_key(key), key)
            if len(keys) > MAX_COLUMNS:
                break
        if self._count and not keys:
            raise UnreadableFile(_one_object_per_line())
        return list(keys.values())

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | RowProblem]]:
        lines = Lines(self._path, self._encoding)
        try:
            for number, text in enumerate(lines, 1):
                lines.completed = number
                if text := text.strip():
                    yield number, _parsed(text)
        except OversizeRecord:
            raise UnreadableFile(
                _("Line %(line)d is longer than a million characters. Write one object per line.")
                % {"line": lines.completed + 1}
            ) from None


def _one_object_per_line() -> str:
    return _("This is JSON, but not JSON Lines. Write one object per line, without a list around them.")


def _is_wrapped(found: dict[str, Any]) -> bool:
    """Whether the object is no row but holds rows: {"contacts": [{...}, ...]}."""
    return any(isinstance(value, list) and any(isinstance(item, dict) for item in value) for value in found.values())


def _parsed(text: str) -> dict[str, Any] | RowProblem:
    try:
        # Numbers stay as they are written: 0401234 and 1e400 are nobody's business here.
        found = json.loads(
            text, parse_int=str, parse_float=str, parse_constant=_no_constant, object_pairs_hook=_without_repetition
        )
    except _RepeatedKeyError as error:
        return RowProblem(_("The key occurs twice in the line."), _("Keep one of them."), column=str(error))
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    return RowProblem(_("The line is not a JSON object."), _("Write one object per line, in braces."))


class _RepeatedKeyError(ValueError):
    """The same key twice in one object."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(key)
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _cells(found: dict[str, Any], index: dict[str, int]) -> list[str] | RowProblem:
    cells = [""] * len(index)
    for key, value in found.items():
        try:
            text = value if isinstance(value, str) else _text(value)
        except TypeError:
            return RowProblem(_("The value is an object or a nested list."), _("Write text."), column=key)
        number = index[header_key(key)]
        if cells[number] and text:
            return RowProblem(_("The key occurs twice in the line."), _("Keep one of them."), column=key)
        cells[number] = text
    return cells


def _text(value: Any) -> str:
    """The text of a value that is not text; a list is joined by semicolons. Raises TypeError for a nested one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and not any(isinstance(item, list | dict) for item in value):
        return ";".join(item if isinstance(item, str) else _text(item) for item in value)
    raise TypeError
