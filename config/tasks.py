"""What runs by itself, whatever the apps above do."""

from __future__ import annotations

from celery import shared_task

from config import board
from config.dates import now
from config.models import Actor


@shared_task
def check_promises() -> None:
    """Look at every promise of the policy, for the board."""
    board.check(now(), Actor.task())
