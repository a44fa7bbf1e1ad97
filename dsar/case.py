"""A case as it stands: what the guards, the page and the letters all ask about a request, each asked once."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, prefetch_related_objects

from config.together import filled
from consent import ledger
from consent.models import Restriction
from contacts.models import Contact
from dsar.identity import level_of
from dsar.models import (
    AskedRight,
    Attachment,
    AuthorityMatter,
    Correction,
    Delivery,
    ExecutionTask,
    Extension,
    IdentityCheck,
    Match,
    Message,
    Outcome,
    Pause,
    Redaction,
    RightsRequest,
)
from dsar.models.correspondence import Direction, MessageKind
from dsar.models.decisions import Decision, TaskState, of_request
from dsar.models.matches import Level, MatchState
from dsar.models.requests import FAST_LANE, Right, Status
from dsar.rights import procedure_of
from dsar.rights.restriction import mistaken, standing


class Case:
    """One request at the moment `at` (aware). Read once: make a new one after writing."""

    def __init__(self, request: RightsRequest, at: datetime) -> None:
        self.request = request
        self.at = at

    @cached_property
    def asked(self) -> list[AskedRight]:
        """Every right asked for."""
        return list(self.request.asked.all())

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
        return list(Match.objects.filter(request=self.request).select_related("contact__subsidiary"))

    @property
    def confirmed(self) -> list[Match]:
        """The contacts that are the person; also those erased since."""
        return [one for one in self.matches if one.state == MatchState.CONFIRMED]

    @property
    def people(self) -> list[Contact]:
        """The records that are the person's, those still here; see `rights.people`."""
        return sorted((one.contact for one in self.confirmed if one.contact), key=lambda one: one.pk)

    @property
    def undecided(self) -> list[Match]:
        """Candidates nobody has decided on."""
        return [one for one in self.matches if one.state == MatchState.OPEN and one.contact_id]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What was decided, for every right."""
        return list(self._behind["outcomes"])

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
        return list(self._behind["tasks"])

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
        return self._behind["owed_notices"].count()

    @cached_property
    def checks(self) -> list[IdentityCheck]:
        """What was done to identify the person."""
        return list(IdentityCheck.objects.filter(request=self.request).select_related("match"))

    @property
    def level(self) -> Level:
        """How sure we are who asks."""
        return level_of(self.checks)

    @cached_property
    def required_level(self) -> Level:
        """How sure we must be: the strictest of the rights, and nothing where we hold nothing about anybody.

        Asked anew whenever a contact is named or erased: whoever nobody knew at first may be somebody after all.
        """
        if not self.people and not self.undecided:
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
        return self._behind["open_pause"].first()

    @cached_property
    def extensions(self) -> list[Extension]:
        """Two months more: proposed or approved in this round."""
        return list(self._behind["extensions"])

    @cached_property
    def matters(self) -> list[AuthorityMatter]:
        """What the authority or a court has to do with the case."""
        return list(self._behind["matters"])

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """The packages that were built, the newest first."""
        return list(self._behind["deliveries"])

    @cached_property
    def redactions(self) -> list[Redaction]:
        """Words that packages black out."""
        return list(self._behind["redactions"])

    @cached_property
    def restrictions(self) -> list[Restriction]:
        """The restrictions in force of whoever it is about."""
        return list(self._behind["restrictions"])

    @cached_property
    def mistaken(self) -> list[Restriction]:
        """The restrictions in force that the case gave to somebody who is not the person."""
        return list(self._behind["mistaken"])

    @cached_property
    def messages(self) -> list[Message]:
        """All that was written, in the order it came."""
        return list(Message.objects.filter(request=self.request).select_related("match"))

    @cached_property
    def files(self) -> list[Any]:
        """Its files, each with `is_package`: whether it is one that we built."""
        packed = Q(delivery__isnull=False)
        return list(Attachment.objects.filter(request=self.request).annotate(is_package=packed))

    @property
    def answer(self) -> Message | None:
        """The answer of this round, written or sent."""
        mine = (one for one in self.messages if one.direction == Direction.OUT and one.kind == MessageKind.ANSWER)
        return next((one for one in reversed(list(mine)) if one.round == self.request.round), None)

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

    # For a page, which shows everything -------------------------------------------------------------------------------

    def read_for_page(self) -> None:
        """Find out in one statement what there is nothing of, and hand whom it is about to every right.

        Not for whoever writes: the rights would go on with what was read.
        """
        behind = self._behind
        nothing: dict[str, Any] = {name: [] for name in behind} | {"owed_notices": 0, "open_pause": None}
        self.__dict__.update({name: nothing[name] for name in behind.keys() - filled(behind)})
        rectified = [one for one in self.asked if one.right == Right.RECTIFICATION]
        prefetch_related_objects(
            rectified, Prefetch("corrections", Correction.objects.select_related("match__contact"))
        )
        for one in self.asked:
            one.people, one.decided = self.people, self.outcomes_of(one)

    @property
    def _behind(self) -> dict[str, QuerySet[Any, Any]]:
        """What lies behind the attributes that are often empty; made anew, because reopening begins another round."""
        request = self.request
        return {
            "outcomes": Outcome.objects.filter(asked__request=request).select_related("asked"),
            "tasks": of_request(request).select_related("asked"),
            "owed_notices": ledger.waiting_of(request.pk),
            "open_pause": Pause.objects.filter(request=request, answered_at__isnull=True),
            "extensions": Extension.objects.filter(request=request, round=request.round),
            "matters": AuthorityMatter.objects.filter(request=request),
            "deliveries": Delivery.objects.filter(request=request).select_related("asked", "attachment", "request"),
            "redactions": Redaction.objects.filter(asked__request=request),
            "restrictions": standing(request),
            "mistaken": mistaken(request),
        }


def is_explained(task: ExecutionTask) -> bool:
    """Whether a step failed and staff said why the case goes on without it."""
    return task.state == TaskState.FAILED and bool(task.explanation.strip())
