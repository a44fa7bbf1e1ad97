"""Production's Celery app on the files of a workplace (`tests/workplace.py`): `celery --app tests.retention.worker_app`.

The environment may lower the size of a chunk, let beat tick by the second, and shorten how long a step is taken for one
that still runs; everything else is the real thing.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import django

PLACE = Path(os.environ["OBHUT_TEST_PLACE"])
BROKER = os.environ.pop("CELERY_BROKER_URL", "")
os.environ["CELERY_BROKER_URL"] = BROKER or "memory://"
django.setup()

from django.conf import settings  # noqa: E402

from config.celery import app, embedded_broker  # noqa: E402
from dsar import execution  # noqa: E402
from retention import purge  # noqa: E402

settings.UPLOAD_DIR = PLACE / "uploads"
purge.CHUNK = int(os.environ.get("OBHUT_TEST_CHUNK", purge.CHUNK))
if waits := os.environ.get("OBHUT_TEST_LEFT_BEHIND"):
    execution.LEFT_BEHIND = timedelta(seconds=float(waits))
if not BROKER:
    del os.environ["CELERY_BROKER_URL"]
    app.conf.update(embedded_broker(PLACE / "broker"))
if seconds := os.environ.get("OBHUT_TEST_TICK"):
    app.conf.beat_schedule["retention"]["schedule"] = float(seconds)

__all__ = ["app"]
