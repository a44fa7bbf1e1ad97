"""The airlock's decisions in words: what becomes of a row, in the preview and afterwards alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from consent.models.airlock import Decision, ImportBatch, ImportKind

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

ORDER = (
    Decision.REJECTED,
    Decision.QUARANTINED,
    Decision.SUPPRESSED,
    Decision.CREATED,
    Decision.UPDATED,
    Decision.UNCHANGED,
)
"""What needs somebody's attention comes first."""
WRITING = frozenset({Decision.CREATED, Decision.UPDATED, Decision.SUPPRESSED, Decision.QUARANTINED})
"""Decisions that leave something behind; a suppressed row may carry an opt-out."""

_REJECTED = _("Not imported. Correct these rows in the file and upload them again.")
_UNCHANGED = _("Known already; nothing changes.")

MEANING: dict[str, dict[Decision, StrPromise]] = {
    ImportKind.CONTACTS: {
        Decision.CREATED: _("A new contact for each row."),
        Decision.UPDATED: _("A known contact gets what was missing, or a newer value."),
        Decision.UNCHANGED: _UNCHANGED,
        Decision.SUPPRESSED: _(
            "Never marketing: the person objected, or the address does not work. Opt-outs are recorded; only people at "
            "customers and partners are stored."
        ),
        Decision.QUARANTINED: _("Not imported yet. Privacy staff decide about each row within 30 days."),
        Decision.REJECTED: _REJECTED,
    },
    ImportKind.AGREEMENTS: {
        Decision.CREATED: _("A new agreement for each row."),
        Decision.UPDATED: _("A known agreement gets other dates or particulars; due dates of its people may move."),
        Decision.UNCHANGED: _UNCHANGED,
        Decision.REJECTED: _REJECTED,
    },
    ImportKind.ENGAGEMENTS: {
        Decision.CREATED: _(
            "A new response or visit for each row; one that counts keeps its person for 24 more months."
        ),
        Decision.UNCHANGED: _UNCHANGED,
        Decision.REJECTED: _REJECTED,
    },
}


@dataclass(frozen=True, slots=True)
class Lines:
    """First rows about which the same is to be said; `told` is the reason and the remedy, or nothing."""

    numbers: list[int]
    column: str
    told: str


@dataclass(frozen=True, slots=True)
class Decided:
    """The rows of one decision: how many, what it means, the first ones, and how many are not among these.

    No part of it quotes a personal value.
    """

    decision: Decision
    count: int
    meaning: StrPromise | str
    first: list[Lines]
    more: int


def decided(batch: ImportBatch) -> list[Decided]:
    """What was decided about the rows of an import; decisions that hit no row are left out."""
    return [_decided(batch, decision) for decision in ORDER if batch.counts.get(decision)]


def _decided(batch: ImportBatch, decision: Decision) -> Decided:
    rows = batch.sample.get(decision, [])
    alike: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        alike.setdefault((row["column"], f"{row['reason']} {row['remedy']}".strip()), []).append(row["line"])
    return Decided(
        decision=decision,
        count=batch.counts[decision],
        meaning=MEANING[batch.kind].get(decision, ""),
        first=[Lines(numbers, column, told) for (column, told), numbers in alike.items()],
        more=batch.counts[decision] - len(rows),
    )


def writes(batch: ImportBatch) -> bool:
    """Whether the import would leave anything behind."""
    return any(batch.counts.get(decision) for decision in WRITING)
