"""The app for rights requests."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RightsRequests(AppConfig):
    """Rights requests."""

    name = "dsar"
    verbose_name = _("Rights requests")
