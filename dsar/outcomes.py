"""Deciding: the outcome of each right for each category of data, before the case is carried out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.models import Actor
from dsar.history import note
from dsar.models import AskedRight, Outcome, RightsRequest
from dsar.models.decisions import WITHOUT_IDENTITY, DataCategory, Decision, RefusalReason
from dsar.models.history import EventKind
from dsar.models.matches import MatchState
from dsar.models.requests import FAST_LANE, Status
from dsar.rights import procedure_of
from dsar.workflow import NotAllowedError, locked


def decide(
    asked: UUID,
    categories: Iterable[str],
    decision: str,
    at: datetime,
    *,
    actor: Actor,
    reason: str = "",
    ground: str = "",
    justification: str = "",
    keep_until_on: date | None = None,
) -> None:
    """Record or replace the outcome for some categories of data, while the case is being assessed.

    `ground` is the one of the law on which an erasure or a restriction is granted. Raises NotAllowedError outside the
    assessment, for a refusal without a reason or its justification, and for a grant without the ground its right needs.
    """
    with transaction.atomic():
        right = AskedRight.objects.get(pk=asked)
        request = locked(right.request_id)
        if request.status != Status.IN_ASSESSMENT:
            raise NotAllowedError(_("Outcomes are decided while the case is in assessment."))
        refused = decision == Decision.REFUSED
        if refused and not (reason in RefusalReason and justification.strip()):
            raise NotAllowedError(_("A refusal needs a reason and its justification."))
        grounds = procedure_of(right.right).grounds
        if decision == Decision.GRANTED and grounds and ground not in grounds:
            raise NotAllowedError(_("Choose the ground of the law on which this is granted."))
        said = {
            "decision": Decision(decision),
            "reason": reason if refused else "",
            "ground": ground if decision == Decision.GRANTED and grounds else "",
            "justification": justification.strip() if refused else "",
            "keep_until_on": keep_until_on if refused else None,
            "decided_at": at,
            "decided_by": actor.user_id,
        }
        about = [DataCategory(category) for category in categories]
        for category in about:
            Outcome.objects.update_or_create(asked=right, category=category, defaults=said)
        note(request, EventKind.DECIDED, at, actor, subject=f"{right.right} {decision} {len(about)}")


def nothing_held(request: UUID, at: datetime, *, actor: Actor) -> RightsRequest:
    """The answer is that we hold nothing about the person. Raises NotAllowedError while anybody is confirmed."""
    with transaction.atomic():
        case = locked(request)
        if case.status != Status.IN_ASSESSMENT:
            raise NotAllowedError(_("Outcomes are decided while the case is in assessment."))
        if case.matches.exclude(state=MatchState.REJECTED).exists():
            raise NotAllowedError(_("Somebody in the register may be the person: reject every candidate first."))
        case.nothing_held = True
        case.save(update_fields=["nothing_held"])
        Outcome.objects.filter(asked__request=case).delete()  # there is nothing that they could be about
        note(case, EventKind.DECIDED, at, actor, subject="nothing held")
    return case


def refuse_unidentified(request: UUID, reason: str, justification: str, at: datetime, *, actor: Actor) -> None:
    """Propose to refuse everything because nobody proved who they are; somebody else approves.

    Raises NotAllowedError outside the wait for identification, for another reason, and without a justification.
    """
    with transaction.atomic():
        case = locked(request)
        if case.status != Status.AWAITING_IDENTITY:
            raise NotAllowedError(_("This refusal is proposed while we wait for identification."))
        if reason not in WITHOUT_IDENTITY or not justification.strip():
            raise NotAllowedError(_("A refusal needs a reason and its justification."))
        said = {
            "decision": Decision.REFUSED,
            "reason": reason,
            "ground": "",
            "justification": justification.strip(),
            "keep_until_on": None,
            "decided_at": at,
            "decided_by": actor.user_id,
        }
        for asked in AskedRight.objects.filter(request=case).exclude(right__in=FAST_LANE):
            asked.outcomes.update(**said)  # what an assessment had decided before somebody doubted who asks
            for category in procedure_of(asked.right).categories(asked):
                Outcome.objects.get_or_create(asked=asked, category=category, defaults=said)
        case.prepared_by, case.approved_by = actor.user_id, None
        case.save(update_fields=["prepared_by", "approved_by"])
        note(case, EventKind.DECIDED, at, actor, subject=reason)
