"""Two months more (Art. 12(3)): once, with a reason, approved by somebody else, and told within the first month.

They count from the moment the notice has left (`correspondence.record_sent`), and only if it left in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.dates import local_date
from config.models import Actor
from dsar import correspondence, deadlines, letters
from dsar.history import note
from dsar.models import Extension, RightsRequest
from dsar.models.correspondence import MessageKind
from dsar.models.history import EventKind
from dsar.workflow import NotAllowedError, can_approve, locked


def not_possible(request: RightsRequest, at: datetime, known: Iterable[Extension] | None = None) -> str:
    """Why the case cannot be extended at `at`, or ""; `known` are its extensions of this round, where read."""
    if not request.is_open:
        return _("The case is closed.")
    if request.extended_at:
        return _("The case has been extended already; the law allows it once.")
    if local_date(at) > deadlines.due_on(request, local_date(at)):
        return _("The first month is over: an extension had to be told within it.")
    mine = Extension.objects.filter(request=request, round=request.round) if known is None else known
    if any(one.approved_at for one in mine):
        return _("An extension has been approved: it counts once its notice has left.")
    return ""


def pending(request: RightsRequest) -> Extension | None:
    """The extension that waits for approval."""
    return Extension.objects.filter(request=request, round=request.round, approved_at__isnull=True).first()


def propose(request: UUID, reason: str, at: datetime, *, actor: Actor) -> Extension:
    """Propose two months more; another reason replaces a proposal. Raises NotAllowedError with why it cannot be."""
    if not reason.strip():
        raise NotAllowedError(_("Write down why it takes longer: the person is told."))
    if actor.user_id is None:
        raise NotAllowedError(_("A person proposes an extension."))
    with transaction.atomic():
        case = locked(request)
        if why := not_possible(case, at):
            raise NotAllowedError(why)
        extension, _created = Extension.objects.update_or_create(
            request=case,
            round=case.round,
            defaults={"reason": reason.strip(), "proposed_by": actor.user_id, "proposed_at": at},
        )
        note(case, EventKind.EXTENSION, at, actor, subject="proposed", text=reason.strip())
    return extension


def approve(request: UUID, at: datetime, *, actor: Actor) -> RightsRequest:
    """A second person approves, and the notice may leave: the longer period counts once it has left.

    Raises NotAllowedError for the one who proposed it, without the permission, and after the last day of the month.
    """
    with transaction.atomic():
        case = locked(request)
        proposal = pending(case)
        if proposal is None:
            raise NotAllowedError(_("No extension waits for approval."))
        if why := may_not_approve(case, proposal, at, actor):
            raise NotAllowedError(why)
        Extension.objects.filter(pk=proposal.pk).update(approved_by=actor.user_id, approved_at=at)
        letter = letters.extension(case, proposal.reason, deadlines.due_on(case, local_date(at), extended=True))
        correspondence.send(case, MessageKind.EXTENSION, letter, at, actor)
        note(case, EventKind.EXTENSION, at, actor, subject="approved")
    return case


def may_not_approve(request: RightsRequest, proposal: Extension, at: datetime, actor: Actor) -> str:
    """Why this account may not approve the extension now, or ""."""
    if why := not_possible(request, at):
        return why
    if not can_approve(actor):
        return _("Only a privacy officer approves refusals, erasures and extensions.")
    if actor.user_id == proposal.proposed_by:
        return _("You proposed this yourself: a second person has to approve it.")
    return ""
