"""A closed case detaches (E35): once the person is erased, the case keeps what was decided and not who it was."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from config.models import Actor
from config.sql import may_change_evidence
from dsar.history import note
from dsar.models import (
    Attachment,
    AuthorityMatter,
    CaseEvent,
    Correction,
    ExecutionTask,
    Extension,
    IdentityCheck,
    Match,
    Message,
    Outcome,
    Pause,
    Redaction,
    Requester,
    RightsRequest,
)
from dsar.models.history import EventKind
from dsar.models.matches import MatchState


def to_forget() -> QuerySet[RightsRequest, RightsRequest]:
    """Closed cases that still name somebody, although whoever they were about has been erased."""
    mine = Match.objects.filter(request=OuterRef("pk"), state=MatchState.CONFIRMED)
    gone, here = mine.filter(contact__isnull=True), mine.filter(contact__isnull=False)
    named = Requester.objects.filter(request=OuterRef("pk"))
    return RightsRequest.objects.filter(Exists(gone), ~Exists(here), Exists(named), closed_at__isnull=False)


def forget_if_erased(request: RightsRequest, at: datetime, actor: Actor) -> bool:
    """Forget who asked, if everybody the case was about is erased; in the caller's transaction."""
    mine = Match.objects.filter(request=request, state=MatchState.CONFIRMED)
    if not mine.exists() or mine.filter(contact__isnull=False).exists():
        return False
    forget(request, at, actor)
    return True


@transaction.atomic
def forget(request: RightsRequest, at: datetime, actor: Actor) -> None:
    """Delete the requester and empty every text of the case, or nothing. Dates, decisions and reasons stay as proof."""
    may_change_evidence()
    Requester.objects.filter(request=request).delete()
    Message.objects.filter(request=request).update(subject="", body="")
    Pause.objects.filter(request=request).update(question="", answer="")
    CaseEvent.objects.filter(request=request).update(note="")
    IdentityCheck.objects.filter(request=request).update(note="")
    Extension.objects.filter(request=request).update(reason="")
    AuthorityMatter.objects.filter(request=request).update(note="")
    Outcome.objects.filter(asked__request=request).exclude(justification="").update(justification="–")
    ExecutionTask.objects.filter(asked__request=request).exclude(explanation="").update(explanation="–")
    Correction.objects.filter(asked__request=request).update(before="", after="")
    Redaction.objects.filter(asked__request=request).delete()
    Attachment.objects.filter(request=request).update(name="", sealed_key=None, destroyed_at=at)
    note(request, EventKind.FORGOTTEN, at, actor)


def tidy(at: datetime) -> int:
    """Forget who asked in every closed case whose person has been erased since, by a rule; returns how many."""
    cases = list(to_forget())
    for case in cases:
        forget(case, at, Actor.task())
    return len(cases)
