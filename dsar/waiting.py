"""Questions to a person that nobody answers: one reminder, and after 90 days the case lapses."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from config.models import Actor
from config.policy.periods import LAPSE_DAYS, LAPSE_REMINDER_DAYS
from dsar import correspondence, letters, workflow
from dsar.history import note
from dsar.models import Pause
from dsar.models.correspondence import MessageKind
from dsar.models.history import EventKind, PauseKind
from dsar.models.requests import Status
from dsar.workflow import NotAllowedError, locked

WAITING = (Status.AWAITING_IDENTITY, Status.AWAITING_CLARIFICATION)


def remind(request: UUID, at: datetime, *, actor: Actor) -> Pause:
    """Ask the person a second time; at least thirty days are left to them. Raises NotAllowedError with why not."""
    with transaction.atomic():
        case = locked(request)
        pause = Pause.objects.filter(request=case, answered_at__isnull=True).first()
        if pause is None or case.status not in WAITING:
            raise NotAllowedError(_("Nothing was asked."))
        if pause.reminded_at:
            raise NotAllowedError(_("The person has been reminded already."))
        pause.reminded_at = at
        pause.save(update_fields=["reminded_at"])
        # Why we doubt somebody is ours to know; what we want to know is theirs.
        question = pause.question if pause.kind == PauseKind.CLARIFICATION else ""
        letter = letters.reminder(case, question, pause.ends_on)
        correspondence.send(case, MessageKind.REMINDER, letter, at, actor)
        note(case, EventKind.REMINDED, at, actor, subject=pause.kind)
    return pause


def tidy(at: datetime) -> tuple[int, int]:
    """Remind everybody who has not answered for thirty days, and close what waited too long; returns both counts."""
    silent = Pause.objects.filter(answered_at__isnull=True, request__status__in=WAITING)
    late = silent.filter(reminded_at__isnull=True, asked_at__lt=at - timedelta(days=LAPSE_REMINDER_DAYS))
    reminded = list(late.values_list("request_id", flat=True))
    for request in reminded:
        remind(request, at, actor=Actor.task())
    lapsed = 0
    over = silent.filter(reminded_at__isnull=False, asked_at__lt=at - timedelta(days=LAPSE_DAYS))
    for request in over.values_list("request_id", flat=True):
        lapsed += _lapse(request, at)
    return len(reminded), lapsed


def _lapse(request: UUID, at: datetime) -> bool:
    try:
        workflow.move(request, Status.LAPSED, at, actor=Actor.task())
    except NotAllowedError:
        return False
    return True
