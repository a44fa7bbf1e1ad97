"""What the airlock answers about each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from consent.intake.carried import Carried
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
    nothing new. `carried` belongs to a preview.
    """

    batch: UUID
    at: datetime
    today: date
    source_code: str
    format: str
    same_file: bool = False
    carried: Carried | None = None

    def recall(self, kind: str, keys: Iterable[Any]) -> dict[Any, Any]:
        """Of these keys, what earlier chunks of a preview have left; a run finds all of it in the database."""
        return self.carried.recall(kind, keys) if self.carried else {}

    def keep(self, kind: str, states: Mapping[Any, Any]) -> None:
        """Hand states on to the chunks of a preview that follow."""
        if self.carried:
            self.carried.keep(kind, states)
