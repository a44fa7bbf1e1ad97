"""The circuit breaker (E39): a wrong clock, a wrong rule or a bad import must not wipe the register."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent
from consent.models import PolicyVersion
from retention.models import RetentionRun
from retention.models.runs import RunState, RunTrigger

MOST_DUE = 5_000
MOST_SHARE = 0.05
SHARE_FROM = 100
LONGEST_GAP = timedelta(days=40)


def policy_version(on: date) -> str:
    """The version of the published policy a run for the day `on` applies; "" before the first one (S165, S169)."""
    in_force = PolicyVersion.in_force(on)
    return in_force.version if in_force else ""


def concern(on: date, today: date, due: int, contacts: int) -> str:
    """Why a run for the day `on` must wait for a second pair of eyes; empty when nothing is unusual.

    `today` is the present day in the controller's time zone, `due` and `contacts` are how many would be touched of how
    many.
    """
    done = RetentionRun.objects.filter(state=RunState.DONE, on_date__lte=today).exclude(trigger=RunTrigger.REQUEST)
    last: date | None = done.aggregate(last=Max("on_date"))["last"]
    if on > today:
        return _("The day %(day)s is in the future.") % {"day": on}
    if last and on < last:
        return _("The day %(day)s is before the last run's, %(last)s.") % {"day": on, "last": last}
    if last and on > last + LONGEST_GAP:
        return _("The last run was for %(last)s, more than 40 days before. Is the clock right?") % {"last": last}
    if due > MOST_DUE:
        return _("%(due)s contacts are due, more than %(limit)s.") % {"due": due, "limit": MOST_DUE}
    if due >= SHARE_FROM and due > contacts * MOST_SHARE:
        return _("%(due)s of %(contacts)s contacts are due, more than 5 %%.") % {"due": due, "contacts": contacts}
    return ""


def approve(run: RetentionRun, actor: Actor, at: datetime) -> RetentionRun:
    """Let a waiting run go on; the next tick works on it.

    Raises ValueError when the run does not wait for approval any more.
    """
    with transaction.atomic():
        locked = RetentionRun.objects.select_for_update().get(pk=run.pk)
        if locked.state != RunState.WAITING:
            raise ValueError(_("This run does not wait for approval any more."))
        locked.state, locked.approved_by, locked.approved_at = RunState.RUNNING, actor.user_id, at
        locked.break_glass = actor.user_id is None
        locked.save()
        AuditEvent.record(actor, gettext_noop("approved"), locked, batch=locked.pk, counts=locked.planned)
    return locked
