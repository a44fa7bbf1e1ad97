"""What a run on any day would do, without writing: by the live rule, the same code that the run judges with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from contacts.models import Contact
from contacts.personal_data import Register
from retention.bars import NO_BARS, Outcome, Verdict, bars_of, decide
from retention.models.evidence import ErasureRule
from retention.rules import Clock, clocks

BATCH = 5_000
NAMES = {
    ErasureRule.MARKETING: "marketing",
    ErasureRule.CUSTOMER: "customer",
    ErasureRule.NO_REGISTER: "none",
}
"""The rules as the command line names them; "none" is for contacts who are in no register any more (E45)."""

ACTS = (Outcome.ERASE, Outcome.LEAVE, Outcome.FREEZE)


@dataclass(slots=True)
class Plan:
    """Counts of a plan: due by rule, blocked by rule and bar, and how many persons would be erased.

    `stricter` is the plan under the other reading of S95, in which either silence purges (E1).
    """

    on: date
    due: Counter[str] = field(default_factory=Counter)
    blocked: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in NAMES.values()})
    erase: int = 0
    stricter: Plan | None = None

    def count(self, verdict: Verdict) -> None:
        """Book one contact; somebody leaving both registers at once is due under both rules."""
        rules = _rules_of(verdict)
        if verdict.outcome in ACTS:
            self.due.update(rules)
        if verdict.outcome is Outcome.ERASE:
            self.erase += 1
        for rule in rules:
            self.blocked[rule].update(str(bar) for bar in verdict.bars)

    def as_json(self) -> dict[str, Any]:
        """The shape `retention plan --format json` promises."""
        stricter = self.stricter or self
        return {
            "on": self.on.isoformat(),
            "rules": {
                name: {"due": self.due[name], "blocked": dict(sorted(self.blocked[name].items()))}
                for name in NAMES.values()
            },
            "erase": self.erase,
            "stricter_reading": {"due": stricter.due["marketing"], "erase": stricter.erase},
        }


def _rules_of(verdict: Verdict) -> list[str]:
    both = [
        name
        for name, applies in (("marketing", verdict.leaves_marketing), ("customer", verdict.drops_links))
        if applies
    ]
    return both or [NAMES[verdict.rule]]


def verdicts(on: date, rule: Register | None = None, *, stricter: bool = False) -> Iterator[Verdict]:
    """What the day `on` means for every contact whose clock has run out, blocked and tied ones included."""
    for batch in _batches(clocks(on, due_only=True, stricter=stricter)):
        bars = bars_of(on, [clock.contact_id for clock in batch])
        for clock in batch:
            verdict = decide(clock, bars.get(clock.contact_id, NO_BARS), on, rule)
            if verdict.outcome is not Outcome.KEEP:
                yield verdict


def _batches(stream: Iterable[Clock]) -> Iterator[list[Clock]]:
    items = iter(stream)
    while batch := list(islice(items, BATCH)):
        yield batch


def make(on: date, rule: Register | None = None) -> Plan:
    """Count what a run on the day `on` would do, and what it would do under the stricter reading of S95."""
    stricter = Plan(on)
    plan = Plan(on, stricter=stricter)
    for verdict in verdicts(on, rule):
        plan.count(verdict)
    for verdict in verdicts(on, rule, stricter=True):
        stricter.count(verdict)
    return plan


def rows(on: date, rule: Register | None = None) -> Iterator[dict[str, Any]]:
    """One object for each contact of the plan, as `--list` promises."""
    found = verdicts(on, rule)
    while batch := list(islice(found, BATCH)):
        ids = [verdict.clock.contact_id for verdict in batch]
        names = dict(Contact.objects.filter(pk__among=ids).values_list("pk", "email"))
        for verdict in batch:
            yield {
                "contact": str(verdict.clock.contact_id),
                "email": names.get(verdict.clock.contact_id, ""),
                "rule": NAMES[verdict.rule],
                "anchor_on": verdict.clock.anchor_on.isoformat(),
                "due_on": verdict.due_on.isoformat() if verdict.due_on else None,
                "outcome": str(verdict.outcome),
                "bars": sorted(str(bar) for bar in verdict.bars),
            }
