"""The app for contacts and where they came from."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class Contacts(AppConfig):
    """Contacts, their organisations, and where the data came from."""

    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        """Register the system check that refuses undeclared data; the keys to a contact RESTRICT."""
        from config import references
        from contacts import checks, foreign_keys  # noqa: F401  (the check registers itself)
        from contacts.models import Contact, MergedRecord

        references.know(Contact)
        references.know(MergedRecord, "former_id")
        post_migrate.connect(foreign_keys.restrict, sender=self)
