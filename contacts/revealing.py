"""Showing what is masked: for a stated reason, on record, thirty times an hour, and never unseen when many (R16)."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent, User
from config.models.audit import ActorKind
from contacts.directory import addresses
from contacts.models import Contact

logger = logging.getLogger(__name__)

MOST_PER_HOUR: Final = 30
ALARM_PER_DAY: Final = 100
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REVEALED: Final = "revealed: "
ALARM: Final = gettext_noop("revealed many contacts")


class Reason(TextChoices):
    """What somebody in sales needs an address or a number for."""

    ANSWER = "answer", _("answering this person")
    AGREEMENT = "agreement", _("an agreement, an order or an open offer")
    APPOINTMENT = "appointment", _("a call or meeting that was agreed")
    MESSAGE = "message", _("a message that is permitted")


ACTIONS: Final = {
    Reason.ANSWER: gettext_noop("revealed: answer"),
    Reason.AGREEMENT: gettext_noop("revealed: agreement"),
    Reason.APPOINTMENT: gettext_noop("revealed: appointment"),
    Reason.MESSAGE: gettext_noop("revealed: message"),
}
"""What the audit trail calls it."""


class TooManyError(Exception):
    """The account has revealed as many contacts as an hour allows; `again_at` is when the next one is possible."""

    def __init__(self, again_at: datetime) -> None:
        super().__init__(again_at)
        self.again_at = again_at


def reveal(account: UUID, contact: Contact, reason: Reason, at: datetime) -> None:
    """Record at `at` (aware) that the account is shown what is masked of the contact, and why.

    Raises TooManyError, and then nothing may be shown. Every contact counts, each time.
    """
    with transaction.atomic():
        # Two windows of the same account take turns, else both would find room for one more.
        list(User.objects.filter(pk=account).select_for_update(no_key=True).values_list("pk"))
        recent = list(reveals(account, at - HOUR).order_by("-at").values_list("at", flat=True)[:MOST_PER_HOUR])
        if len(recent) >= MOST_PER_HOUR:
            raise TooManyError(recent[-1] + HOUR)
        AuditEvent.record(Actor(ActorKind.PERSON, account), ACTIONS[reason], contact, fields=addresses(contact))
        _alarm(account, at)


def reveals(account: UUID, since: datetime) -> QuerySet[AuditEvent, AuditEvent]:
    """What the account has revealed after `since` (aware)."""
    return AuditEvent.objects.filter(at__gt=since, actor_id=account, action__startswith=REVEALED)


def _alarm(account: UUID, at: datetime) -> None:
    """Raise the alarm once a day for an account that reveals many contacts."""
    number = reveals(account, at - DAY).count()
    if number < ALARM_PER_DAY or alarms(at - DAY).filter(object_id=account).exists():
        return
    AuditEvent.record(Actor.task(), ALARM, User.objects.get(pk=account), counts={Contact._meta.label: number})
    logger.warning("Account %s has revealed %s contacts within a day.", account, number)


def alarms(since: datetime) -> QuerySet[AuditEvent, AuditEvent]:
    """The alarms after `since` (aware), newest first."""
    return AuditEvent.objects.filter(at__gt=since, action=ALARM, model=User._meta.label)
