"""What Celery runs for the airlock."""

from __future__ import annotations

from celery import shared_task

from config.dates import now
from config.models import Actor
from config.models.audit import ActorKind
from consent.intake import batches, quarantine
from consent.models import ImportBatch
from consent.models.airlock import ImportState


@shared_task
def look(batch_id: str) -> None:
    """Preview a long file."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state == ImportState.UPLOADED:
        batches.preview(batch, now())


@shared_task
def run(batch_id: str) -> None:
    """Import a confirmed file, or go on with one that a crash left."""
    batch = ImportBatch.objects.get(pk=batch_id)
    if batch.state == ImportState.RUNNING:
        batches.run(batch, Actor(ActorKind.IMPORT, batch.uploaded_by), now())


@shared_task
def tidy() -> None:
    """Abandoned uploads and undecided rows go; imports that a crash left are taken up again."""
    batches.tidy(now())
    quarantine.expire(now())
    for batch in ImportBatch.objects.filter(state=ImportState.RUNNING):
        run.delay(str(batch.pk))
