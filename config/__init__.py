"""The ground floor: settings, the policy as data, dates, keys, the audit trail. It imports no other app."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
