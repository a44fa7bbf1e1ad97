"""The one table of how a case moves (domain section 5): whatever is not in it is refused.

A transition has guards, which must all be silent, and effects, which happen in its transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from dsar import effects, guards
from dsar.case import Case
from dsar.models.requests import FINAL, OPEN, Status

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Guard = Callable[[Case], str]


@dataclass(frozen=True, slots=True)
class Transition:
    """One way a case may go: its name on a button, the note it needs (its label; "" for none), guards and effects."""

    title: str | StrPromise
    note: str | StrPromise = ""
    guards: tuple[Guard, ...] = ()
    effects: tuple[effects.Effect, ...] = ()


TABLE: Final[dict[tuple[str, str], Transition]] = {}


def _row(sources: tuple[Status, ...], to: Status, transition: Transition) -> None:
    for source in sources:
        TABLE[source, to] = transition


S = Status
_row(
    (S.RECEIVED, S.IN_ASSESSMENT),
    S.AWAITING_IDENTITY,
    Transition(
        _("Ask for identification"),
        _("Why is it doubtful who asks?"),
        (guards.identity_is_in_doubt,),
        (effects.ask_identity,),
    ),
)
_row(
    (S.RECEIVED, S.IN_ASSESSMENT),
    S.AWAITING_CLARIFICATION,
    Transition(
        _("Ask what is meant"),
        _("Your question to the person"),
        (),
        (effects.ask_clarification,),
    ),
)
_row(
    (S.RECEIVED,),
    S.IN_ASSESSMENT,
    Transition(
        _("Begin the assessment"),
        "",
        (guards.candidates_are_decided, guards.identity_is_proven),
    ),
)
_row(
    (S.RECEIVED,),
    S.IN_PROGRESS,
    Transition(
        _("Carried out at once"),
        "",
        (guards.only_the_fast_lane, guards.fast_lane_is_done),
        (effects.prepare,),
    ),
)
_row(
    (S.AWAITING_IDENTITY,),
    S.IN_ASSESSMENT,
    Transition(
        _("Identified: begin the assessment"),
        "",
        (guards.answer_is_not_sent, guards.candidates_are_decided, guards.identity_is_proven),
        (effects.end_pause, effects.drop_refusal),
    ),
)
_row(
    (S.AWAITING_CLARIFICATION,),
    S.IN_ASSESSMENT,
    Transition(
        _("Record the answer"),
        _("What the person answered"),
        (guards.candidates_are_decided, guards.identity_is_proven),
        (effects.end_pause,),
    ),
)
_row(
    (S.AWAITING_IDENTITY, S.AWAITING_CLARIFICATION),
    S.LAPSED,
    Transition(
        _("Close: no answer came"),
        "",
        (guards.was_reminded, guards.waited_long_enough, guards.recipients_are_told),
        (effects.end_pause, effects.say_goodbye, effects.close),
    ),
)
_row(
    (S.AWAITING_IDENTITY,),
    S.REFUSED,
    Transition(
        _("Refuse: not identified"),
        "",
        (guards.refused_for_identity, guards.is_approved, guards.answer_is_sent, guards.letter_is_complete),
        (effects.end_pause, effects.close),
    ),
)
_row(
    (S.IN_ASSESSMENT,),
    S.IN_PROGRESS,
    Transition(
        _("Carry it out"),
        "",
        (
            guards.candidates_are_decided,
            guards.identity_is_proven,
            guards.fast_lane_is_done,
            guards.every_outcome_is_chosen,
            guards.something_is_granted,
        ),
        (effects.prepare, effects.begin),
    ),
)
_row(
    (S.IN_ASSESSMENT,),
    S.AWAITING_APPROVAL,
    Transition(
        _("Propose the refusal"),
        "",
        (
            guards.candidates_are_decided,
            guards.identity_is_proven,
            guards.fast_lane_is_done,
            guards.every_outcome_is_chosen,
            guards.everything_is_refused,
        ),
        (effects.prepare,),
    ),
)
_row(
    (S.IN_PROGRESS,),
    S.AWAITING_APPROVAL,
    Transition(
        _("Send for approval"),
        "",
        (guards.steps_before_approval_are_over, guards.needs_second_person, guards.answer_is_not_sent),
        (effects.prepare,),
    ),
)
_row(
    (S.AWAITING_APPROVAL,),
    S.IN_PROGRESS,
    Transition(
        _("Give back: carry out more"),
        _("What is to be done?"),
        (guards.answer_is_not_sent, guards.something_is_granted),
        (effects.take_back,),
    ),
)
_row(
    (S.AWAITING_APPROVAL,),
    S.IN_ASSESSMENT,
    Transition(
        _("Give back: decide anew"),
        _("What is to be decided anew?"),
        (guards.answer_is_not_sent, guards.nothing_is_irrevocable),
        (effects.take_back, effects.decide_anew),
    ),
)
_row(
    (S.IN_PROGRESS,),
    S.FULFILLED,
    Transition(
        _("Close as fulfilled"),
        "",
        (
            guards.needs_nobody_else,
            guards.fast_lane_is_done,
            guards.steps_are_over,
            guards.recipients_are_told,
            guards.answer_is_sent,
        ),
        (effects.close,),
    ),
)
for _end in (S.FULFILLED, S.PARTLY_FULFILLED, S.REFUSED):
    _row(
        (S.AWAITING_APPROVAL,),
        _end,
        Transition(
            _("Close as decided"),
            "",
            (
                guards.ends_as_decided(_end),
                guards.fast_lane_is_done,
                guards.is_approved,
                guards.steps_are_over,
                guards.recipients_are_told,
                guards.answer_is_sent,
                guards.letter_is_complete,
            ),
            (effects.close,),
        ),
    )
_row(
    OPEN,
    S.WITHDRAWN,
    Transition(
        _("The person withdrew the request"),
        _("What the person said"),
        (guards.recipients_are_told,),
        (effects.end_pause, effects.close),
    ),
)
_row(FINAL, S.IN_ASSESSMENT, Transition(
    _("Reopen"), _("New facts, or the authority's order"), (), (effects.reopen,),
))  # fmt: skip
