"""A case as it stands: what the guards, the page and the letters all ask about a request, each asked once."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from consent import ledger
from dsar.identity import level_of
from dsar.models import AskedRight, ExecutionTask, Match, Message, Outcome, Pause, RightsRequest
from dsar.models.correspondence import Direction, MessageKind
from dsar.models.decisions import Decision, TaskState, of_request
from dsar.models.matches import Level, MatchState
from dsar.models.requests import FAST_LANE, Right, Status
from dsar.rights import procedure_of


class Case:
    """One request at the moment `at` (aware). Read once: make a new one after writing."""

    def __init__(self, request: RightsRequest, at: datetime) -> None:
        self.request = request
        self.at = at

    @cached_property
    def asked(self) -> list[AskedRight]:
        """Every right asked for."""
        return list(AskedRight.objects.filter(request=self.request))

    @property
    def to_assess(self) -> list[AskedRight]:
        """The rights that somebody has to assess: all but the fast lane."""
        return [one for one in self.asked if one.right not in FAST_LANE]

    @property
    def fast(self) -> list[AskedRight]:
        """The rights of the fast lane."""
        return [one for one in self.asked if one.right in FAST_LANE]

    @cached_property
    def matches(self) -> list[Match]:
        """The candidates, the best first."""
        return list(Match.objects.filter(request=self.request).select_related("contact"))

    @property
    def confirmed(self) -> list[Match]:
        """The contacts that are the person; also those erased since."""
        return [one for one in self.matches if one.state == MatchState.CONFIRMED]

    @property
    def undecided(self) -> list[Match]:
        """Candidates nobody has decided on."""
        return [one for one in self.matches if one.state == MatchState.OPEN and one.contact_id]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What was decided, for every right."""
        return list(Outcome.objects.filter(asked__request=self.request).select_related("asked"))

    def outcomes_of(self, asked: AskedRight) -> list[Outcome]:
        """What was decided about one right."""
        return [one for one in self.outcomes if one.asked_id == asked.pk]

    @property
    def refusals(self) -> list[Outcome]:
        """What was refused or withheld."""
        return [one for one in self.outcomes if one.decision == Decision.REFUSED]

    @property
    def grants(self) -> list[Outcome]:
        """What was granted."""
        return [one for one in self.outcomes if one.decision == Decision.GRANTED]

    @cached_property
    def tasks(self) -> list[ExecutionTask]:
        """The steps of this round."""
        return list(of_request(self.request).select_related("asked"))

    @property
    def unfinished(self) -> list[ExecutionTask]:
        """Steps that are neither done nor failed with an explanation."""
        return [one for one in self.tasks if one.state != TaskState.DONE and not is_explained(one)]

    @property
    def due_before_approval(self) -> list[ExecutionTask]:
        """Those of them that do not wait for the approval."""
        return [one for one in self.unfinished if not one.after_approval]

    @cached_property
    def owed_notices(self) -> int:
        """How many notices to recipients of what the case changed nobody has given yet (Art. 19)."""
        return ledger.waiting_of(self.request.pk).count()

    @cached_property
    def level(self) -> Level:
        """How sure we are who asks."""
        return level_of(self.request)

    @property
    def required_level(self) -> Level:
        """How sure we must be: the strictest of the rights, and nothing where we hold nothing about anybody."""
        if not self.confirmed and not self.undecided:
            return Level.NONE
        return Level(max((procedure_of(one.right).level_for(one) for one in self.to_assess), default=Level.NONE))

    @property
    def needs_four_eyes(self) -> bool:
        """Whether a second person must approve: something is refused, or an erasure is granted."""
        erasing = any(procedure_of(one.asked.right).four_eyes for one in self.grants)
        return bool(self.refusals) or erasing

    @cached_property
    def open_pause(self) -> Pause | None:
        """The question the person has not answered yet."""
        return Pause.objects.filter(request=self.request, answered_at__isnull=True).first()

    @cached_property
    def answer(self) -> Message | None:
        """The answer of this round, written or sent."""
        mine = Message.objects.filter(
            request=self.request, direction=Direction.OUT, kind=MessageKind.ANSWER, round=self.request.round
        )
        return mine.order_by("-created_at").first()

    @property
    def destination(self) -> Status:
        """Where the case ends as it was decided: nothing refused, some of it, or all of it."""
        if not self.refusals:
            return Status.FULFILLED
        done = bool(self.grants) or any(one.done_at for one in self.fast)
        return Status.PARTLY_FULFILLED if done else Status.REFUSED

    def asks(self, right: Right) -> bool:
        """Whether the request asks for this right."""
        return any(one.right == right for one in self.asked)


def is_explained(task: ExecutionTask) -> bool:
    """Whether a step failed and staff said why the case goes on without it."""
    return task.state == TaskState.FAILED and bool(task.explanation.strip())
