"""The app for rights requests."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RightsRequests(AppConfig):
    """Rights requests."""

    name = "dsar"
    verbose_name = _("Rights requests")

    def ready(self) -> None:
        """A recipient that was told from its own page need not be told from a case."""
        from config import references
        from consent.signals import recipient_told
        from dsar import notices
        from dsar.models import RightsRequest

        references.know(RightsRequest)
        recipient_told.connect(notices.recipient_told, dispatch_uid="dsar.recipient_told")
