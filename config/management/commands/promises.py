"""`manage.py promises`: every clause of the policy, and whether we keep it."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from config.dates import now
from config.policy.controls import Promise, State, report

WIDTH = 100
CONTROL_WIDTH = 34
GAP = "  "


class Command(BaseCommand):
    """Print how every clause of the policy stands; exit 1 when one is broken, else 0."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The format: a table for people, JSON for programs."""
        parser.description = _("Show every clause of the policy and whether it is kept. Exits 1 when one is broken.")
        parser.add_argument(
            "--format",
            choices=("table", "json"),
            default="table",
            help=_("a table of %(width)d columns for people, or JSON for programs") % {"width": WIDTH},
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report of this moment. Raises SystemExit(1) when a clause is broken."""
        promises = report(now())
        if options["format"] == "json":
            self.stdout.write(as_json(promises))
        else:
            self.stdout.write(as_table(promises, self._paint(forced=options["force_color"])))
        if any(promise.state is State.BROKEN for promise in promises):
            sys.exit(1)

    def _paint(self, *, forced: bool) -> Callable[[State, str], str]:
        """Colours for a terminal; none for a pipe or a file, unless they were asked for."""
        if not (forced or self.stdout.isatty()):
            return lambda state, text: text
        styles: dict[State, Callable[[str], str]] = {
            State.KEPT: self.style.SUCCESS,
            State.AT_RISK: self.style.WARNING,
            State.BROKEN: self.style.ERROR,
            State.NO_CONTROL: self.style.NOTICE,
        }
        return lambda state, text: styles[state](text)


def as_json(promises: Sequence[Promise]) -> str:
    """The report for programs: the clause's number, its state, the titles of its controls, and their evidence."""
    return json.dumps(
        [
            {
                "clause": promise.clause.id,
                "state": promise.state.value,
                "control": promise.control,
                "evidence": promise.evidence,
            }
            for promise in promises
        ],
        ensure_ascii=False,
        indent=2,
    )


def as_table(promises: Sequence[Promise], paint: Callable[[State, str], str]) -> str:
    """The report for people, at most 100 columns wide; long cells go on below, nothing is cut off."""
    head = (_("Clause"), _("State"), _("Control"), _("Evidence"))
    first = max(len(head[0]), *(len(promise.clause.id) for promise in promises))
    second = max(len(head[1]), *(len(state.label) for state in State))
    widths = (first, second, CONTROL_WIDTH, WIDTH - first - second - CONTROL_WIDTH - 3 * len(GAP))
    lines = [_line(head, widths), _line(["-" * width for width in widths], widths)]
    for promise in promises:
        lines += _rows(promise, widths, paint)
    return "\n".join([*lines, "", _summary(promises)])


def _rows(promise: Promise, widths: Sequence[int], paint: Callable[[State, str], str]) -> Iterator[str]:
    """One promise as lines; only the state is painted, after its cell was filled up."""
    cells = (promise.clause.id, promise.state.label, promise.control, promise.evidence)
    wrapped = [wrap(cell, width, break_on_hyphens=False) for cell, width in zip(cells, widths, strict=True)]
    for number, parts in enumerate(zip_longest(*wrapped, fillvalue="")):
        line = _line(parts, widths)
        start, end = widths[0] + len(GAP), widths[0] + len(GAP) + widths[1]
        yield line if number else line[:start] + paint(promise.state, line[start:end]) + line[end:]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _summary(promises: Sequence[Promise]) -> str:
    count = Counter(promise.state for promise in promises)
    return _("%(clauses)d clauses: %(kept)d kept, %(at_risk)d at risk, %(broken)d broken, %(missing)d no control") % {
        "clauses": len(promises),
        "kept": count[State.KEPT],
        "at_risk": count[State.AT_RISK],
        "broken": count[State.BROKEN],
        "missing": count[State.NO_CONTROL],
    }
