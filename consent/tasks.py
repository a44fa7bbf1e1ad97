"""What Celery runs for the airlock, announcements of the policy, profiles and the double opt-in."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import translation

from config.dates import now
from config.models import Actor, User
from config.models.audit import ActorKind
from consent import notifications, old_links, opt_in, profiling, suppression
from consent.intake import batches, quarantine, uploads
from consent.models import ImportBatch, PolicyNotification
from consent.models.airlock import ImportState

SLICE = timedelta(minutes=5)
"""A worker stops after this long and lets the next message go on: far below the broker's redelivery time."""

logger = logging.getLogger(__name__)


# A preview cannot resume, so it may take longer than other tasks; still below half of the broker's redelivery time.
@shared_task(soft_time_limit=1500, time_limit=1700)
def look(batch_id: str) -> None:
    """Preview a long file."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state == ImportState.UPLOADED:
        with translation.override(_language(batch)):
            batches.preview(batch, now())


@shared_task
def run(batch_id: str) -> None:
    """Import a confirmed file, or go on with one that a crash left."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state == ImportState.RUNNING:
        try:
            with translation.override(_language(batch)):
                batches.run(batch, Actor(ActorKind.IMPORT, batch.uploaded_by), now())
        except SoftTimeLimitExceeded:  # the chunk it was in is rolled back; the next message goes on there
            run.delay(batch_id)


def _language(batch: ImportBatch) -> str:
    """The language of whoever uploaded the file: reasons are stored as they will be read."""
    uploader = User.objects.filter(pk=batch.uploaded_by).first() if batch.uploaded_by else None
    return (uploader.language if uploader else "") or settings.LANGUAGE_CODE


@shared_task
def profile() -> None:
    """Interest profiles follow consents and activity, every night."""
    profiling.compute(now())


@shared_task
def announce(batch_id: str) -> None:
    """Tell people of a new version of the policy (S168), for some minutes; the next message goes on."""
    batch = PolicyNotification.objects.get(pk=batch_id)
    if batch.finished_at is not None:
        return
    try:
        finished = notifications.work(batch, now, until=now() + SLICE)
    except notifications.Interrupted as problem:
        logger.error("announcement %s was interrupted: %s", batch_id, problem)  # the hourly tidying goes on
    else:
        if not finished:
            announce.delay(batch_id)


@shared_task
def mail_opt_in(event_id: str) -> None:
    """Mail the link of a double opt-in."""
    opt_in.mail(UUID(event_id), now())


@shared_task
def tidy() -> None:
    """Abandoned uploads, undecided rows and unconfirmed requests go; what a crash left is taken up again."""
    uploads.tidy(now())
    quarantine.expire(now())
    opt_in.expire(now())
    for event in opt_in.unmailed(now()):
        mail_opt_in.delay(str(event.pk))
    for batch in ImportBatch.objects.filter(state=ImportState.RUNNING):
        run.delay(str(batch.pk))
    for batch in ImportBatch.objects.filter(state=ImportState.UPLOADED):
        look.delay(str(batch.pk))
    for announcement in PolicyNotification.objects.filter(finished_at=None):
        announce.delay(str(announcement.pk))
    renew.delay()
    if old_links.unmatched(now()).exists():
        compare_old_links.delay()


@shared_task
def renew() -> None:
    """After a rotation of the digest key everybody is compared with the suppression list anew."""
    try:
        while suppression.renew_contacts():
            pass
    except SoftTimeLimitExceeded:  # the chunk it was in is rolled back; the next message goes on there
        renew.delay()


@shared_task
def compare_old_links() -> None:
    """Somebody opted out by a link from before a rotation of the digest key: whoever has that address now is found."""
    old_links.compare(now())
