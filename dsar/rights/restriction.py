"""Restriction (Art. 18, S131): stored and not used, until it is lifted after the person was told (Art. 18(3))."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.models import Actor
from consent import restrictions
from consent.models import Restriction as Standing
from consent.models.disclosures import NoticeReason
from consent.models.objections import RestrictionGround
from dsar import correspondence, letters
from dsar.history import note
from dsar.models import AskedRight, ExecutionTask, Match, Message, RightsRequest
from dsar.models.correspondence import MessageKind, MessageState
from dsar.models.decisions import DataCategory, Decision, Ground
from dsar.models.history import EventKind
from dsar.models.matches import MatchState
from dsar.models.requests import Right
from dsar.rights.people import confirmed
from dsar.rights.procedures import Step, register
from dsar.rights.telling import Telling, who_is_told


@register(Right.RESTRICTION)
class Restriction(Telling):
    """The whole record is left alone, on one of the grounds of the article; the recipients are told."""

    told_that = "recipient_restricted"
    told_because = NoticeReason.RESTRICTED
    changes = frozenset({"restrict"})
    grounds = (Ground.DISPUTED, Ground.UNLAWFUL_KEPT, Ground.CLAIMS, Ground.WEIGHING)
    titles = {**Telling.titles, "restrict": gettext_lazy("Restrict the processing")}

    def categories(self, asked: AskedRight) -> Sequence[DataCategory]:
        """One outcome: what is restricted in part is left alone as a whole."""
        return [DataCategory.IDENTITY]

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """What stands still."""
        count = len(confirmed(asked))
        text = ngettext(
            "%(count)s record is stored and not used: no message, no sales list, no disclosure, no deletion.",
            "%(count)s records are stored and not used: no message, no sales list, no disclosure, no deletion.",
            count,
        )
        yield text % {"count": count}
        yield from who_is_told(asked)

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """One step for each record."""
        return [Step("restrict", target=one.pk) for one in confirmed(asked)]

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Restrict one record on the ground that was chosen."""
        outcome = task.asked.outcomes.get(decision=Decision.GRANTED)
        ground = RestrictionGround(outcome.ground[-1])
        case = task.asked.request
        restrictions.restrict(_id(task), ground, at, actor=actor, note=case.reference, batch=case.pk)
        return {"restrictions": 1}


def _id(task: ExecutionTask) -> UUID:
    if task.target is None:
        raise LookupError("This step is about no record.")
    return task.target


# Lifting --------------------------------------------------------------------------------------------------------------


def standing(request: RightsRequest) -> QuerySet[Standing, Standing]:
    """The restrictions in force of whoever the request is about."""
    mine = Match.objects.filter(request=request, state=MatchState.CONFIRMED, contact__isnull=False)
    return Standing.objects.filter(contact__in=mine.values("contact"), lifted_at__isnull=True).order_by("since_at")


def mistaken(request: RightsRequest) -> QuerySet[Standing, Standing]:
    """The restrictions in force that the request gave to somebody who turned out not to be the person.

    They do not end by themselves: nothing is lifted before an objection is weighed and whom it restricts was told
    (Art. 18(3)), and the letters of the case are about a request that is not theirs. The desk lists them.
    """
    others = Match.objects.filter(request=request, contact__isnull=False).exclude(state=MatchState.CONFIRMED)
    mine = Q(objection__method=request.reference) | Q(note=request.reference)
    return Standing.objects.filter(mine, contact__in=others.values("contact"), lifted_at__isnull=True)


def announce(restriction: UUID, request: RightsRequest, at: datetime, *, actor: Actor, why: str) -> Message:
    """Tell the person that a restriction will be lifted, and why (Art. 18(3)); it is lifted once the notice has left.

    Raises ValueError without a reason, and when it is none of this request's person.
    """
    found = standing(request).filter(pk=restriction).first()
    if found is None:
        raise ValueError(_("This restriction has been lifted already."))
    if not why.strip():
        raise ValueError(_("Write down why the restriction is lifted: the person is told."))
    match = Match.objects.get(request=request, contact=found.contact_id, state=MatchState.CONFIRMED)
    letter = letters.lifting(request, why.strip())
    return correspondence.send(request, MessageKind.LIFTING, letter, at, actor, match=match)


def lift(restriction: UUID, request: RightsRequest, at: datetime, *, actor: Actor, take_in: bool = True) -> Standing:
    """Lift a restriction whose notice has left, see `restrictions.lift`. Raises ValueError before, and afterwards."""
    with transaction.atomic():
        found = standing(request).filter(pk=restriction).first()
        told = Message.objects.filter(
            request=request, kind=MessageKind.LIFTING, match__contact=found.contact_id if found else None
        ).filter(state=MessageState.SENT, sent_at__lte=at, sent_at__gte=found.since_at if found else at)
        if found is None:
            raise ValueError(_("This restriction has been lifted already."))
        notice = told.last()
        if notice is None or notice.sent_at is None:
            raise ValueError(_("Tell the person before lifting the restriction."))
        restrictions.told(found, notice.sent_at, actor=actor)
        lifted = restrictions.lift(found, at, actor=actor, take_in=take_in)
        note(request, EventKind.EXECUTED, at, actor, subject="restriction lifted")
    return lifted
