"""What Celery runs for the airlock and the double opt-in."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.utils import translation

from config.dates import now
from config.models import Actor, User
from config.models.audit import ActorKind
from consent import opt_in
from consent.intake import batches, quarantine, uploads
from consent.models import ImportBatch
from consent.models.airlock import ImportState


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
