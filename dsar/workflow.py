"""Moving a case: the only writer of its status. Locks, asks the table, lets the effects happen, notes it down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.models import Actor, User
from dsar import correspondence, execution
from dsar.case import Case
from dsar.effects import Move
from dsar.guards import letter_is_complete, refused_for_identity
from dsar.history import note as record
from dsar.models import RightsRequest
from dsar.models.history import EventKind
from dsar.models.requests import FINAL, Status
from dsar.transitions import TABLE, Transition

APPROVE = "dsar.approve_rightsrequest"


class NotAllowedError(ValueError):
    """A case may not go this way now; the message says why, for people."""


def locked(request: UUID) -> RightsRequest:
    """The request, locked until the transaction ends. Raises RightsRequest.DoesNotExist."""
    return RightsRequest.objects.select_for_update().get(pk=request)


def move(request: UUID, to: str, at: datetime, *, actor: Actor, note: str = "") -> RightsRequest:
    """Move a case to another status at the moment `at` (aware).

    Raises NotAllowedError with the reason when the table has no such way, a guard objects or the note is missing;
    nothing has happened then.
    """
    with transaction.atomic():
        case = Case(locked(request), at)
        step = _step(case, to, note)
        source = case.request.status
        case.request.status, case.request.status_since_at = to, at
        kind = EventKind.REOPENED if source in FINAL else EventKind.MOVED
        record(case.request, kind, at, actor, text=note.strip(), moved=(source, to))  # before an effect forgets it
        for effect in step.effects:
            effect(Move(case.request, at, actor, note.strip()))
        case.request.save()
    return case.request


def _step(case: Case, to: str, note: str) -> Transition:
    step = TABLE.get((case.request.status, to))
    if step is None:
        labels = {"from": case.request.get_status_display(), "to": Status(to).label if to in Status else to}
        raise NotAllowedError(_("A case does not go from “%(from)s” to “%(to)s”.") % labels)
    if reason := objection(step, case):
        raise NotAllowedError(reason)
    if step.note and not note.strip():
        raise NotAllowedError(_("Write down: %(what)s") % {"what": step.note})
    return step


def objection(step: Transition, case: Case) -> str:
    """Why the case may not take this step now: the first guard that objects, or ""."""
    return next((reason for guard in step.guards if (reason := guard(case))), "")


def ways(case: Case) -> Iterator[tuple[Status, Transition, str]]:
    """Every way out of the case's status: where to, how, and why not now ("" when it is open)."""
    for (source, to), step in TABLE.items():
        if source == case.request.status:
            yield Status(to), step, objection(step, case)


# Four eyes ----------------------------------------------------------------------------------------------------------


def may_not_approve(case: Case, actor: Actor) -> str:
    """Why this account may not approve the case now, or ""."""
    request = case.request
    waits = request.status == Status.AWAITING_APPROVAL or (
        request.status == Status.AWAITING_IDENTITY and not refused_for_identity(case)
    )
    if not waits or request.prepared_by is None:
        return _("Nothing waits for approval.")
    if request.approved_by:
        return _("This has been approved already.")
    if not can_approve(actor):
        return _("Only a privacy officer approves refusals, erasures and extensions.")
    if actor.user_id == request.prepared_by:
        return _("You prepared this yourself: a second person has to approve it.")
    if case.answer is None:
        return _("Write the answer first: what is approved is the letter, too.")
    return letter_is_complete(case)


def can_approve(actor: Actor) -> bool:
    """Whether the hand is that of an account that may approve at all."""
    account = User.objects.filter(pk=actor.user_id, is_active=True).first() if actor.user_id else None
    return account is not None and account.has_perm(APPROVE)


def approve(request: UUID, at: datetime, *, actor: Actor) -> RightsRequest:
    """A second person approves what was prepared, and the answer leaves. Raises NotAllowedError with the reason."""
    with transaction.atomic():
        case = Case(locked(request), at)
        if reason := may_not_approve(case, actor):
            raise NotAllowedError(reason)
        case.request.approved_by = actor.user_id
        case.request.save(update_fields=["approved_by"])
        record(case.request, EventKind.DECIDED, at, actor, subject="approved")
        if not release_answer(case.request, at):
            execution.start(case.request)
    return case.request


def release_answer(request: RightsRequest, at: datetime) -> bool:
    """Let the approved answer leave, once every step that waited for the approval is over; whether it left."""
    case = Case(request, at)
    if request.approved_by is None or request.answered_at or case.unfinished or case.answer is None:
        return False
    correspondence.release(case.answer, at)
    return True
