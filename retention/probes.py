"""Readiness of the retention app: a silent night is noticed (R6)."""

from __future__ import annotations

from datetime import datetime

from config.health import probe
from retention import schedule


@probe("purge")
def purge_ran(at: datetime) -> str:
    """The last completed purge is not older than 26 hours."""
    return "no completed run in the last 26 hours" if schedule.missed(at) else ""
