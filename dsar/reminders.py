"""Reminders to staff: seven days before the last day, two days before, and when it is over. Each is mailed once.

The row is the claim. One whose mail never left, because the worker was killed or the mail server was away, is taken up
again: a reminder that comes twice harms nobody, and a missed one costs a deadline.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.utils import formataddr
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from config.dates import local_date
from config.models import Actor, Controller, User
from config.policy.periods import REQUEST_LAST_DAYS, REQUEST_SOON_DAYS
from config.roles import PRIVACY_CLERK, PRIVACY_OFFICER
from dsar import deadlines
from dsar.history import note
from dsar.models import Reminder, RightsRequest
from dsar.models.history import EventKind, ReminderKind

logger = logging.getLogger(__name__)

ABANDONED = timedelta(hours=1)
"""A claim without a mail is taken up again after this."""


def kind_for(days_left: int) -> ReminderKind | None:
    """Which reminder a case needs with so many days left."""
    if days_left < 0:
        return ReminderKind.OVERDUE
    if days_left <= REQUEST_LAST_DAYS:
        return ReminderKind.DAYS
    return ReminderKind.WEEK if days_left <= REQUEST_SOON_DAYS else None


def remind(at: datetime) -> int:
    """Mail staff about every case that came so near its last day since; returns how many reminders left.

    A case that waits for the person is left alone while its clock stands: its last day moves on every day.
    """
    claimed = [*_claim(at), *_abandoned(at)]
    if not claimed:
        return 0
    for language, addresses in _readers().items():
        if not _mail(claimed, language, addresses):
            return 0
    with transaction.atomic():
        for reminder in claimed:
            Reminder.objects.filter(pk=reminder.pk).update(sent_at=at)
            note(reminder.request, EventKind.REMINDED, at, Actor.task(), subject=reminder.kind)
    return len(claimed)


def _claim(at: datetime) -> list[Reminder]:
    """Write down, and commit, which reminders are about to leave; another worker then finds them taken."""
    on = local_date(at)
    near: Any = deadlines.with_clock(RightsRequest.objects.filter(closed_at__isnull=True), on)
    claimed = []
    for request in near.filter(days_left__lte=REQUEST_SOON_DAYS, paused_since_on__isnull=True).order_by("due"):
        kind = kind_for(request.days_left)
        if kind is None:
            continue
        reminder, is_new = Reminder.objects.get_or_create(
            request=request, kind=kind, due_on=request.due, defaults={"claimed_at": at}
        )
        if is_new:
            claimed.append(reminder)
    return claimed


def _abandoned(at: datetime) -> list[Reminder]:
    """Claims of a worker that did not get as far as the mail, while the case is open."""
    old = Reminder.objects.filter(sent_at__isnull=True, claimed_at__lt=at - ABANDONED, request__closed_at__isnull=True)
    with transaction.atomic():
        found = list(old.select_for_update(of=("self",)).select_related("request"))
        Reminder.objects.filter(pk__in=[one.pk for one in found]).update(claimed_at=at)
    return found


def _readers() -> dict[str, list[str]]:
    """Addresses by language: privacy staff with an address, or the privacy mailbox."""
    staff = User.objects.filter(Q(groups__name=PRIVACY_OFFICER) | Q(groups__name=PRIVACY_CLERK), is_active=True)
    readers: dict[str, list[str]] = {}
    for user in staff.exclude(email="").distinct().order_by("pk"):
        readers.setdefault(user.language or settings.LANGUAGE_CODE, []).append(user.email)
    return readers or {settings.LANGUAGE_CODE: [Controller.objects.get().privacy_email]}


def _mail(reminders: list[Reminder], language: str, addresses: list[str]) -> bool:
    """One mail with references and links, and no name; whether the mail server took it."""
    controller = Controller.objects.get()
    with translation.override(language):
        rows = [
            (one, settings.BASE_URL + reverse("admin:dsar_rightsrequest_change", args=[one.request_id]))
            for one in reminders
        ]
        mail = EmailMessage(
            _("Rights requests: %(count)s need you") % {"count": len(reminders)},
            render_to_string("dsar/staff_reminder.txt", {"rows": rows}),
            formataddr((controller.name, controller.privacy_email)),
            addresses,
            headers={"Auto-Submitted": "auto-generated"},
        )
    try:
        mail.send()
    except (SMTPException, OSError) as problem:
        logger.warning("a reminder of %s cases was not sent: %s", len(reminders), type(problem).__name__)
        return False
    return True
