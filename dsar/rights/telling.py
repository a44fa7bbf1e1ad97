"""Telling recipients (Art. 19): one step and one letter for each to whom data was passed on, and no closing before.

A step is done by hand: the letter or its text goes to the recipient, and staff note how; or that it is impossible or
out of all proportion, which the article allows and which must be said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from config.models import Actor
from dsar import correspondence, letters
from dsar.history import note
from dsar.models import AskedRight, ExecutionTask, Message, RightsRequest
from dsar.models.correspondence import MessageKind
from dsar.models.history import EventKind
from dsar.package import outside
from dsar.rights.people import confirmed
from dsar.rights.procedures import Procedure, Step

TELL = "tell"


class Telling(Procedure):
    """A right whose recipients are told: `told_that` is the template of the letter, `told_late` only after approval."""

    told_that: ClassVar[str]
    told_late: ClassVar[bool] = False
    titles = {TELL: _("Tell a recipient of the data")}

    def begin(self, asked: AskedRight, at: datetime, actor: Actor) -> None:
        """Write the letter to each recipient while we still know whom it is about."""
        people = confirmed(asked)
        for recipient, name in sorted(outside.recipients(people).items(), key=lambda item: item[1]):
            letter = letters.to_recipient(asked.request, self.told_that, name, [one.reference for one in people])
            message = correspondence.write(asked.request, MessageKind.RECIPIENT, letter, at, actor)
            Message.objects.filter(pk=message.pk).update(recipient_id=recipient)
            note(asked.request, EventKind.RECIPIENT, at, actor, subject="letter written")

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """One step for each recipient."""
        found = outside.recipients(confirmed(asked))
        return [Step(TELL, target=one, by_hand=True, after_approval=self.told_late) for one in sorted(found, key=str)]

    def title_of(self, task: ExecutionTask) -> str:
        """A recipient by name: the letter that was written to it has it in its subject."""
        letter = letter_to(task.asked.request, task.target) if task.kind == TELL else None
        return f"{super().title_of(task)}: {letter.subject}" if letter else super().title_of(task)


def letter_to(request: RightsRequest, recipient: UUID | None) -> Message | None:
    """The letter that was written to a recipient of this request's data, in this round."""
    mine = Message.objects.filter(request=request, kind=MessageKind.RECIPIENT, round=request.round)
    return mine.filter(recipient_id=recipient).last()
