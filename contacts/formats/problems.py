"""What can be wrong with a file, a row or a cell. Every sentence is for the person who sent the file."""

from __future__ import annotations

from dataclasses import dataclass


class UnreadableFile(Exception):  # noqa: N818  (it names the state of the file)
    """The file cannot be read at all, so nothing of it may be written. str() says what is wrong and what to do."""


class CellProblem(Exception):  # noqa: N818
    """A cell for which its row is rejected. `reason` and `remedy` are sentences that quote no personal value."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class LeftOut(Exception):  # noqa: N818
    """A cell, or a part of it, that is left out while its row is kept; `value` is what remains of it, if anything."""

    def __init__(self, note: str, value: object = None) -> None:
        super().__init__(note)
        self.note = note
        self.value = value


@dataclass(slots=True)
class RowProblem:
    """A row that cannot be told into cells; `column` is empty when it is not one column's fault."""

    reason: str
    remedy: str
    column: str = ""
