"""What Celery beat triggers. A task is an interface: look, call one function, end."""

from __future__ import annotations

import logging
from contextlib import suppress

from celery import shared_task
from django.db import IntegrityError

from config.dates import now
from config.models import Actor
from retention import purge, schedule
from retention.models import RetentionRun
from retention.models.runs import RunState

logger = logging.getLogger(__name__)


@shared_task
def tick() -> None:
    """Start tonight's run when it is time, and send workers to whatever run is unfinished."""
    at = now()
    with suppress(IntegrityError):  # another beat was first; its run is found below
        schedule.begin_if_due(at)
    for run in RetentionRun.objects.filter(state=RunState.RUNNING):
        for _worker in range(schedule.WORKERS):
            work.delay(str(run.pk))


@shared_task
def work(run_id: str) -> None:
    """Handle chunks of one run for a few minutes; the next tick goes on."""
    run = RetentionRun.objects.filter(pk=run_id, state=RunState.RUNNING).first()
    at = now()
    if run is not None and purge.carry_out(run, Actor.task(), at, until=at + purge.SLICE):
        logger.info("retention run %s for %s: %s erased, %s failed", run.pk, run.on_date, run.erased, run.failed)
