"""What the airlock answers about each row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from consent.models.airlock import Decision


@dataclass(slots=True)
class RowOutcome:
    """The decision about one row, with the reason and what to do; never a value of the row."""

    line: int
    decision: Decision
    reason: str = ""
    remedy: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What a whole import has in common.

    `today` is the controller's calendar day of `at`. `same_file`: the very same file was imported before, so it brings
    nothing new.
    """

    batch: UUID
    at: datetime
    today: date
    source_code: str
    format: str
    same_file: bool = False
