"""The app for deletion on time."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Retention(AppConfig):
    """Deletion on time."""

    name = "retention"
    verbose_name = _("Retention")

    def ready(self) -> None:
        """Keep the due dates in step with what they depend on."""
        from contacts.signals import contacts_changed
        from retention import due

        contacts_changed.connect(due.contacts_changed, dispatch_uid="retention.due")
