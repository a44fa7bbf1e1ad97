"""Telling recipients (Art. 19): what a right changed is queued in the ledger, and each notice has its step in the case.

The notice is the duty, the step the way a clerk does it: whichever page records it first, the other follows. A step is
done by hand: the letter goes to the recipient, and staff note how; or that it is impossible or out of all proportion,
which the article allows and which must be said.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import Actor
from consent import ledger
from consent.models import Recipient, RecipientNotice
from consent.models.disclosures import NoticeReason
from dsar import correspondence, letters
from dsar.history import note
from dsar.models import AskedRight, ExecutionTask, Message
from dsar.models.correspondence import Carrier, MessageKind, MessageState
from dsar.models.decisions import TaskState
from dsar.models.history import EventKind
from dsar.package import outside
from dsar.rights.people import confirmed
from dsar.rights.procedures import Procedure

TELL: Final = "tell"


class Telling(Procedure):
    """A right whose recipients are told: `told_that` is the template of the letter, `told_because` the ledger's reason.

    `changes` are the kinds of the steps after which a recipient's copy is out of date.
    """

    told_that: ClassVar[str]
    told_because: ClassVar[NoticeReason]
    changes: ClassVar[frozenset[str]]
    titles = {TELL: gettext_lazy("Tell a recipient of the data"), **Procedure.titles}

    def changed(self, task: ExecutionTask) -> list[UUID]:
        """The contacts whose notices a step of `changes` has yet to queue; none where its act has queued them."""
        return []

    def finished(self, task: ExecutionTask, at: datetime, actor: Actor) -> None:
        """After a change the notices, a step and a letter for each recipient; after such a step the proof."""
        if task.kind == TELL:
            self._told(task, at, actor)
        elif task.kind in self.changes:
            if people := self.changed(task):
                ledger.queue(people, self.told_because, at, batch=task.asked.request_id)
            self._plan(task.asked, at, actor)

    def owed(self, asked: AskedRight) -> QuerySet[RecipientNotice, RecipientNotice]:
        """The notices of this right that nobody has given yet."""
        return ledger.waiting_of(asked.request_id, self.told_because)

    def _plan(self, asked: AskedRight, at: datetime, actor: Actor) -> None:
        """One step and one letter for each recipient that is owed a notice; a letter not sent yet is written anew."""
        request, last = asked.request, asked.tasks.count()
        for recipient in Recipient.objects.filter(pk__in=self.owed(asked).values("recipient")):
            step, _created = ExecutionTask.objects.get_or_create(
                asked=asked, round=request.round, kind=TELL, target=recipient.pk, defaults={"position": last}
            )
            step.by_hand, step.state, step.finished_at = True, TaskState.PENDING, None
            step.save()
            references = self.owed(asked).filter(recipient=recipient).values_list("reference", flat=True)
            letter = letters.to_recipient(request, self.told_that, recipient.name, sorted(set(references)))
            self._drafts(asked, recipient).delete()
            message = correspondence.write(request, MessageKind.RECIPIENT, letter, at, actor)
            message.recipient_id, message.carrier, message.parts = recipient.pk, Carrier.LETTER, self.told_that
            message.save()
            note(request, EventKind.RECIPIENT, at, actor, subject="letter written")

    def _told(self, task: ExecutionTask, at: datetime, actor: Actor) -> None:
        """The recipient knows: the notices are given, and the letter has left."""
        recipient, owed = recipient_of(task), self.owed(task.asked)
        with suppress(ledger.NothingOwedError):  # its own page said so first
            ledger.told(recipient, at, until=at, method=task.asked.request.reference, actor=actor, only=owed)
        self._drafts(task.asked, recipient).update(state=MessageState.SENT, sent_at=at)

    def _drafts(self, asked: AskedRight, recipient: Recipient) -> QuerySet[Message, Message]:
        """Letters of this right to a recipient that have not left."""
        mine = Message.objects.filter(request=asked.request_id, kind=MessageKind.RECIPIENT, round=asked.request.round)
        return mine.filter(recipient_id=recipient.pk, parts=self.told_that, state=MessageState.DRAFT)

    def title_of(self, task: ExecutionTask) -> str:
        """A recipient by name, with the address for notices."""
        if task.kind != TELL:
            return super().title_of(task)
        recipient = recipient_of(task)
        return ", ".join(filter(None, (f"{super().title_of(task)}: {recipient}", recipient.notice_address)))


def recipient_of(task: ExecutionTask) -> Recipient:
    """Whom a step tells."""
    return Recipient.objects.get(pk=str(task.target))


def who_is_told(asked: AskedRight) -> Iterator[str]:
    """The sentence of a preview about the recipients."""
    if names := sorted(set(outside.recipients(confirmed(asked)).values())):
        yield _("These recipients are told (Art. 19): %(names)s.") % {"names": ", ".join(names)}
