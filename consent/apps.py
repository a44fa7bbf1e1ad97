"""The app for legal bases, consents, and the import airlock."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class Consent(AppConfig):
    """Legal bases, consents, and the import airlock."""

    name = "consent"
    verbose_name = _("Legal bases and consents")

    def ready(self) -> None:
        """The catalogue is there as soon as its tables are; notices given at a desk and the suppression list follow."""
        from consent import merging, restrictions, suppression  # noqa: F401  (restrictions hide contacts from sales)
        from consent.catalogue import seed
        from consent.notices import given_at_the_desk
        from contacts.signals import (
            contact_informed,
            contacts_changed,
            contacts_merged,
            contacts_merging,
            contacts_settling,
            contacts_unmerging,
        )

        post_migrate.connect(seed, sender=self)
        contact_informed.connect(given_at_the_desk)
        contacts_merging.connect(merging.restricted_stays_alone, dispatch_uid="consent.merging")
        contacts_settling.connect(merging.objections_hold, dispatch_uid="consent.settling")
        contacts_merged.connect(merging.entries_hold, dispatch_uid="consent.merged")
        contacts_unmerging.connect(merging.said_since, dispatch_uid="consent.unmerging")
        contacts_changed.connect(suppression.contacts_changed, dispatch_uid="consent.suppression")
