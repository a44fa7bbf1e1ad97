"""Accounts of the people who work with Obhut."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from config.places import EEA


class Sees(models.TextChoices):
    """How far an account in sales looks: `contacts/visibility.py` reads it."""

    SUBSIDIARY = "subsidiary", _("contacts of the own subsidiary")
    REGION = "region", _("contacts of the whole region")


class User(AbstractUser):
    """A member of staff. What the account may do comes from its groups (`config/roles.py`).

    `country` is where the person works: access from outside the EEA is a transfer (S70). `sees` limits sales alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    subsidiary = models.ForeignKey(
        "config.Subsidiary", models.PROTECT, null=True, blank=True, verbose_name=_("subsidiary"), related_name="staff"
    )
    sees = models.CharField(
        _("sees in the directory"),
        max_length=10,
        choices=Sees,
        default=Sees.SUBSIDIARY,
        help_text=_("Limits sales. Privacy staff see every contact."),
    )
    country = CountryField(_("country of work"), blank=True)
    language = models.CharField(
        _("language"), max_length=2, blank=True, choices=[("de", "Deutsch"), ("en", "English"), ("fi", "Suomi")]
    )

    @property
    def outside_eea(self) -> bool:
        """Whether whatever this account opens is a transfer; not known to be one while the country is not."""
        return bool(self.country) and self.country.code not in EEA

    class Meta(AbstractUser.Meta):
        """Wording."""

        verbose_name = _("account")  # type: ignore[assignment]
        verbose_name_plural = _("accounts")  # type: ignore[assignment]
        permissions = [("recover_user", "Can remove the second factors of an account")]
