"""What runs by itself, whatever the apps above do."""

from __future__ import annotations

from celery import shared_task

from config import board, figures
from config.dates import now
from config.models import Actor


@shared_task
def check_promises() -> None:
    """Look at every promise of the policy, for the board."""
    board.check(now(), Actor.task())


@shared_task
def count_figures() -> None:
    """Count what takes long on the home page of a large register."""
    figures.renew(now())
