"""The app for deletion on time."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Retention(AppConfig):
    """Deletion on time."""

    name = "retention"
    verbose_name = _("Retention")

    def ready(self) -> None:
        """Keep the due dates in step with what they depend on."""
        from config import references
        from contacts.signals import contacts_as_one, contacts_changed, contacts_unmerging
        from retention import due, merging
        from retention.models import ErasureRecord

        references.know(ErasureRecord, "contact_id")

        contacts_changed.connect(due.contacts_changed, dispatch_uid="retention.due")
        contacts_as_one.connect(due.as_one, dispatch_uid="retention.as_one")
        contacts_unmerging.connect(merging.held_since, dispatch_uid="retention.unmerging")
