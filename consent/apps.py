"""The app for legal bases, consents, and the import airlock."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Consent(AppConfig):
    """Legal bases, consents, and the import airlock."""

    name = "consent"
    verbose_name = _("Legal bases and consents")
