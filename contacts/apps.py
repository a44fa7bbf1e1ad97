"""The app for contacts and where they came from."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Contacts(AppConfig):
    """Contacts, their organisations, and where the data came from."""

    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        """Register the system check that refuses undeclared data."""
        from contacts import checks  # noqa: F401
