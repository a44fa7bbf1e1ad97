"""The Celery app and the whole beat timetable.

The database is the queue of record: every message says only "go and look", carries ids at most, and may be lost or
delivered twice without harm. Law asks for this timetable, so it is reviewed code and not rows somebody can edit.
"""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("obhut")


def embedded_broker(folder: Path) -> dict[str, object]:
    """Celery settings of a broker that is a folder: for one machine without Redis."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": "filesystem://",
        "broker_transport_options": {
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(folder / "control"),
            "polling_interval": 0.1,
        },
    }


def server_broker(url: str) -> dict[str, object]:
    """Celery settings of Redis; the timeout must stand in all three places, the shortest on a broker wins."""
    visibility = {"visibility_timeout": settings.VISIBILITY_TIMEOUT}
    return {
        "broker_url": url,
        "broker_transport_options": visibility,
        "result_backend_transport_options": visibility,
        "visibility_timeout": settings.VISIBILITY_TIMEOUT,
    }


app.conf.update(
    server_broker(settings.CELERY_BROKER_URL)
    if settings.CELERY_BROKER_URL
    else embedded_broker(settings.VAR_DIR / "broker")
)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,  # without it a killed child loses its task silently
    task_acks_on_failure_or_timeout=True,  # a retry comes from the database, never from the broker
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_soft_shutdown_timeout=30,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    task_time_limit=600,
    task_soft_time_limit=540,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    enable_utc=True,
    beat_schedule={
        # Ticks all day: inside the night window it starts and continues the run, outside it catches up a missed night.
        "retention": {"task": "retention.tasks.tick", "schedule": crontab(minute="*/10")},
        "profiling": {"task": "consent.tasks.profile", "schedule": crontab(hour="3", minute="40")},
        "desk": {"task": "dsar.tasks.tick", "schedule": crontab(minute="5-59/10")},
        "airlock": {"task": "consent.tasks.tidy", "schedule": crontab(minute="25")},
        "figures": {"task": "config.tasks.count_figures", "schedule": crontab(minute="2-59/10")},
        "promises": {"task": "config.tasks.check_promises", "schedule": crontab(minute="50")},
        "records": {"task": "contacts.tasks.look_after_records", "schedule": crontab(hour="4", minute="10")},
    },
)
app.autodiscover_tasks(["config", "contacts", "consent", "retention", "dsar"])
