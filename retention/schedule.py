"""When the nightly run starts, and whether a night was missed (S95, R5, R6, R8)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from config.dates import local_date
from config.models import Actor
from config.policy.periods import MISSED_RUN_HOURS
from contacts.models import Contact
from retention import purge
from retention.models import RetentionRun
from retention.models.runs import RunState, RunTrigger

WINDOW = (time(1, 30), time(5, 0))
"""In UTC: clear of midnight and of the clock change in the controller's zone."""
WORKERS = 2


def begin_if_due(at: datetime) -> RetentionRun | None:
    """Start the scheduled run of the day when it is time: in the night window, or at once after a missed night.

    One run for each day: a day whose run waits for approval or has ended is left alone. A run that waits since an
    earlier day is superseded. Raises IntegrityError when another scheduler was a moment faster.
    """
    on = local_date(at)
    if RetentionRun.objects.filter(on_date=on, trigger=RunTrigger.SCHEDULE).exists():
        return None
    if RetentionRun.objects.filter(state=RunState.RUNNING).exists():
        return None
    in_window = WINDOW[0] <= at.astimezone(UTC).time() < WINDOW[1]
    if not in_window and not missed(at):
        return None
    return purge.begin(on, RunTrigger.SCHEDULE, Actor.task(), at)


def missed(at: datetime) -> bool:
    """No run over both rules has ended in the last 26 hours, although there was somebody to judge for so long."""
    return was_missed(purge.last_completed(), at)


def was_missed(last: datetime | None, at: datetime) -> bool:
    """The same, where it is known when the last run ended."""
    since = at - timedelta(hours=MISSED_RUN_HOURS)
    if last is not None:
        return last < since
    return Contact.objects.filter(created_at__lt=since).exists()
