"""What runs by itself."""

from __future__ import annotations

from celery import shared_task
from django.db import transaction

from config.dates import now
from config.models import Actor
from contacts import conversions, duplicates


@shared_task
def look_after_records() -> None:
    """Write down who became a customer unnoticed, and bring the list of possible duplicates up to date."""
    at = now()
    with transaction.atomic():
        conversions.record(at, Actor.task())
    duplicates.refresh(Actor.task(), at)
