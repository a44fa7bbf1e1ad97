"""Start-up of the ground floor: database functions; controls, panels, probes and form checks of the apps above."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from config.dates import sqlite_add_months


def teach_sqlite(connection: Any, **_kwargs: Any) -> None:
    """Register the functions that SQLite lacks or gets wrong."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("obhut_add_months", 2, sqlite_add_months, deterministic=True)


class GroundFloor(AppConfig):
    """Obhut's ground floor."""

    name = "config"
    verbose_name = _("Controller")

    def ready(self) -> None:
        """Connect what other modules register; nothing here touches the database."""
        from config import sql  # noqa: F401  (registers the `among` look-up)
        from config.sign_in import checks, gate, trail  # noqa: F401  (each registers itself)

        connection_created.connect(teach_sqlite, dispatch_uid="obhut.teach_sqlite")
        autodiscover_modules("promises", "panels", "probes", "form_checks")
