"""The registry of controls: which code keeps which clause of the policy, and whether it does so now.

An app says in its `promises.py` how each clause is kept, by a function that looks and gives a verdict:

    @keeps("S95", title=_("Nobody stays in marketing past the due date"))
    def nobody_is_overdue(at: datetime) -> Verdict: ...

`autodiscover` loads those modules; this module knows none of the apps.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from config.policy.clauses import BY_ID, CLAUSES, Clause

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

logger = logging.getLogger(__name__)


class State(StrEnum):
    """How a clause stands. The values are what other programs read; `label` is for people."""

    KEPT = "kept"
    AT_RISK = "at risk"
    BROKEN = "broken"
    NO_CONTROL = "no control"

    @property
    def label(self) -> str:
        """The state in the language of the reader."""
        return str(LABELS[self])


LABELS: Final = {
    State.KEPT: _("kept"),
    State.AT_RISK: _("at risk"),
    State.BROKEN: _("broken"),
    State.NO_CONTROL: _("no control"),
}
_MILDEST_FIRST: Final = (State.KEPT, State.AT_RISK, State.NO_CONTROL, State.BROKEN)


@dataclass(frozen=True)
class Verdict:
    """What one control found.

    `evidence` is a sentence of counts and dates, never of names or addresses; `url` is the page that shows it; `since`
    is the aware datetime since which it is so.
    """

    state: State
    evidence: str
    url: str = ""
    since: datetime | None = None


Judge = Callable[[datetime], Verdict]


@dataclass(frozen=True)
class Control:
    """A registered control: the clauses it keeps, its title for people, and the function that judges."""

    clauses: frozenset[str]
    title: str | StrPromise
    judge: Judge


@dataclass(frozen=True)
class Promise:
    """A clause and how it stands.

    `control` has the titles of all its controls, `evidence` what the worst of them say, `url` and `since` belong to the
    first of the worst; all are empty where nothing keeps the clause.
    """

    clause: Clause
    state: State
    control: str
    evidence: str
    url: str = ""
    since: datetime | None = None


REGISTRY: Final[list[Control]] = []


def keeps(*clauses: str, title: str | StrPromise) -> Callable[[Judge], Judge]:
    """Register the decorated function as a control of these clauses ("S95", ...).

    The function gets the instant of the report (aware) and gives a `Verdict`; it reads and never writes. Raises
    ImproperlyConfigured at import when no clause is named, or one that the policy does not have.
    """
    if not clauses:
        raise ImproperlyConfigured(f"The control “{title}” names no clause of the policy.")
    unknown = ", ".join(clause for clause in clauses if clause not in BY_ID)
    if unknown:
        raise ImproperlyConfigured(f"The control “{title}” names clauses that the policy does not have: {unknown}.")

    def register(judge: Judge) -> Judge:
        REGISTRY.append(Control(frozenset(clauses), title, judge))
        return judge

    return register


def titles_of(clause: str) -> str:
    """The titles of all controls of a clause ("S95"), in the language of the reader."""
    return "; ".join(str(control.title) for control in REGISTRY if clause in control.clauses)


def autodiscover() -> None:
    """Load `promises.py` of every installed app. Call it once all apps are ready."""
    autodiscover_modules("promises")


def report(at: datetime) -> list[Promise]:
    """How every clause of the policy stands at `at` (aware), in the policy's order; each control is asked once.

    Several controls may keep one clause: the worst of their states counts. A control that raises counts as broken, a
    clause that nothing keeps has no control.
    """
    verdicts = [(control, _judged(control, at)) for control in REGISTRY]
    return [_promise(clause, [pair for pair in verdicts if clause.id in pair[0].clauses]) for clause in CLAUSES]


def _judged(control: Control, at: datetime) -> Verdict:
    try:
        with _savepoint():
            return control.judge(at)
    except Exception as error:  # noqa: BLE001  (whatever it is, the other clauses are still to be judged)
        kind = type(error).__name__
    # The message and the traceback may hold values of a row; the class never does.
    logger.error("The control of %s raised %s.", ", ".join(sorted(control.clauses)), kind)
    return Verdict(State.BROKEN, kind)


def _savepoint() -> AbstractContextManager[object]:
    # Inside a transaction a failed query would take the other controls with it. Outside one nothing needs protection,
    # and on SQLite beginning one would wait for a running purge.
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


def _promise(clause: Clause, found: Sequence[tuple[Control, Verdict]]) -> Promise:
    if not found:
        return Promise(clause, State.NO_CONTROL, control="", evidence="")
    state = max((verdict.state for _control, verdict in found), key=_MILDEST_FIRST.index)
    worst = [verdict for _control, verdict in found if verdict.state is state]
    return Promise(
        clause,
        state,
        control=titles_of(clause.id),
        evidence="; ".join(verdict.evidence for verdict in worst),
        url=worst[0].url,
        since=worst[0].since,
    )
