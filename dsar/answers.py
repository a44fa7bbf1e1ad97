"""Writing and sending the answer, and closing the case once it has left."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.models import Actor
from dsar import correspondence, guards, letters, replies, workflow
from dsar.case import Case
from dsar.models import Match, Message, RightsRequest
from dsar.models.correspondence import Carrier, MessageKind, MessageState
from dsar.models.requests import OPEN, Status
from dsar.workflow import NotAllowedError, locked

WRITABLE = (Status.IN_PROGRESS, Status.AWAITING_APPROVAL)
"""Where the outcomes stand; while we wait for identification only a refusal for want of it is written."""


def draft(
    request: UUID, at: datetime, *, actor: Actor, letter: letters.Letter | None = None, match: Match | None = None
) -> Message:
    """Write the answer as a draft, in place of an earlier draft: the plain form, unless a `letter` is given.

    Raises NotAllowedError once an answer has been approved or has left, and before the case can have one.
    """
    with transaction.atomic():
        case = Case(locked(request), at)
        if not may_write(case):
            raise NotAllowedError(_("The answer is written once the case has been decided."))
        if case.request.approved_by or case.request.answered_at:
            raise NotAllowedError(_("The answer has been approved or sent already."))
        correspondence.discard_drafts(case.request)
        text = letter or replies.answer(case)
        return correspondence.write(case.request, MessageKind.ANSWER, text, at, actor, match=match)


def may_write(case: Case) -> bool:
    """Whether the case is one that has an answer."""
    unidentified = case.request.status == Status.AWAITING_IDENTITY and not guards.refused_for_identity(case)
    return case.request.status in WRITABLE or unidentified


def may_not_send(case: Case) -> str:
    """Why the answer may not leave without a second person, or ""."""
    if case.request.status != Status.IN_PROGRESS:
        return _("The answer leaves when the case has been carried out.")
    if case.answer is None or case.answer.state != MessageState.DRAFT:
        return _("Write the answer first.")
    checks = (guards.needs_nobody_else, guards.fast_lane_is_done, guards.steps_are_over, guards.letter_is_complete)
    return next((reason for check in checks if (reason := check(case))), "")


def send(request: UUID, at: datetime, *, actor: Actor) -> None:
    """Let an answer leave that nobody else has to approve. Raises NotAllowedError with the reason."""
    with transaction.atomic():
        case = Case(locked(request), at)
        if reason := may_not_send(case):
            raise NotAllowedError(reason)
        answer = case.answer
        if answer is not None:
            correspondence.release(answer, at)


def posted(message: UUID, at: datetime, *, actor: Actor) -> None:
    """Staff posted a letter. Raises NotAllowedError for an answer that may not leave yet."""
    with transaction.atomic():
        found = Message.objects.select_related("request").get(pk=message)
        case = Case(locked(found.request_id), at)
        if found.state != MessageState.DRAFT or found.carrier == Carrier.EMAIL:
            raise NotAllowedError(_("Only a letter on paper that has not left is posted."))
        if found.kind == MessageKind.RECIPIENT:
            raise NotAllowedError(_("Record at its step that the recipient was told."))
        is_answer = found.kind == MessageKind.ANSWER
        approved = case.request.approved_by and not case.unfinished
        if is_answer and not approved and (reason := may_not_send(case)):
            raise NotAllowedError(reason)
        correspondence.record_sent(found, at, actor)
    if is_answer:
        close(found.request_id, at, actor)


def close(request: UUID, at: datetime, actor: Actor) -> bool:
    """Close a case whose answer has left, as it was decided; False while anything is missing."""
    case = Case(RightsRequest.objects.get(pk=request), at)
    if not case.request.is_open or case.request.answered_at is None:
        return False
    try:
        workflow.move(request, case.destination, at, actor=actor)
    except NotAllowedError:
        return False
    return True


def answered() -> list[UUID]:
    """Open cases whose answer has left."""
    return list(RightsRequest.objects.filter(status__in=OPEN, answered_at__isnull=False).values_list("pk", flat=True))


def fast_lane_only(request: UUID, at: datetime, *, actor: Actor) -> bool:
    """A case that asked for nothing but the fast lane and was heeded gets its answer at once, and closes with it."""
    with transaction.atomic():
        case = Case(locked(request), at)
        if case.request.status != Status.RECEIVED or case.to_assess or not all(one.done_at for one in case.fast):
            return False
        workflow.move(request, Status.IN_PROGRESS, at, actor=actor)
        draft(request, at, actor=actor)
        send(request, at, actor=actor)
    return True
