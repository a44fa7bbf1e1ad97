"""What a transition brings about, in its own transaction, on the locked request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from config.dates import local_date
from config.models import Actor
from dsar import correspondence, deadlines, execution, forgetting, holds, identity, letters
from dsar.models import Message, Outcome, Pause, RightsRequest
from dsar.models.correspondence import Direction, MessageKind
from dsar.models.decisions import WITHOUT_IDENTITY
from dsar.models.history import PauseKind
from dsar.rights import procedure_of


@dataclass(frozen=True, slots=True)
class Move:
    """A transition under way: the locked request, when (aware), whose hand, and what they noted."""

    request: RightsRequest
    at: datetime
    actor: Actor
    note: str


Effect = Callable[[Move], None]


def ask_identity(move: Move) -> None:
    """The clock stands, and whoever may be the person gets a link at the address on file."""
    _pause(move, PauseKind.IDENTITY)
    identity.ask(move.request, move.at, move.actor)


def ask_clarification(move: Move) -> None:
    """The clock stands, and the question goes to the person."""
    _pause(move, PauseKind.CLARIFICATION)
    letter = letters.clarification(move.request, move.note)
    correspondence.send(move.request, MessageKind.CLARIFICATION, letter, move.at, move.actor)


def _pause(move: Move, kind: PauseKind) -> None:
    Pause.objects.create(
        request=move.request,
        round=move.request.round,
        kind=kind,
        question=move.note,
        asked_at=move.at,
        asked_by=move.actor.user_id,
    )
    deadlines.recount(move.request)


def end_pause(move: Move) -> None:
    """The clock runs again, and the days of waiting are credited."""
    Pause.objects.filter(request=move.request, answered_at__isnull=True).update(answered_at=move.at, answer=move.note)
    deadlines.recount(move.request)


def say_goodbye(move: Move) -> None:
    """The last letter of a case that nobody answered in."""
    correspondence.send(move.request, MessageKind.CLOSING, letters.lapsed(move.request), move.at, move.actor)


def prepare(move: Move) -> None:
    """Whoever moves the case on prepared it: somebody else has to approve."""
    move.request.prepared_by = move.actor.user_id
    move.request.approved_by = None


def take_back(move: Move) -> None:
    """The proposal is withdrawn with its approval."""
    move.request.prepared_by = move.request.approved_by = None
    correspondence.discard_drafts(move.request)


def decide_anew(move: Move) -> None:
    """What was prepared for the outcomes as they were goes."""
    execution.take_back(move.request, move.at, move.actor)


def drop_refusal(move: Move) -> None:
    """The person is identified after all: a refusal that was proposed meanwhile is gone, with its letter."""
    take_back(move)
    Outcome.objects.filter(asked__request=move.request, reason__in=WITHOUT_IDENTITY).delete()


def begin(move: Move) -> None:
    """Each right that is granted is set going."""
    execution.begin(move.request, move.at, move.actor)


def close(move: Move) -> None:
    """The case ends: its holds run out (E30), and what names somebody erased goes."""
    move.request.closed_at = move.at
    for asked in move.request.asked.all():
        procedure_of(asked.right).closed(asked, move.at, move.actor)
    holds.end(move.request, local_date(move.at), move.actor)
    forgetting.forget_if_erased(move.request, move.at, move.actor)


def reopen(move: Move) -> None:
    """Another round, with a clock of its own that runs from the message with the new facts, the last since the end."""
    request = move.request
    since = Message.objects.filter(request=request, direction=Direction.IN, sent_at__gt=request.closed_at)
    request.round += 1
    request.clock_on = local_date(since.aggregate(last=Max("sent_at"))["last"] or move.at)
    request.credited_days, request.paused_since_on = 0, None
    request.closed_at = request.answered_at = request.extended_at = None
    request.prepared_by = request.approved_by = None
    request.nothing_held = False
    holds.place(request, move.at, move.actor)
