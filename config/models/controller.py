"""The controller and its subsidiaries, as the policy names them (S3-S8, S64-S66, S142-S151)."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField


class Controller(models.Model):
    """Who is responsible for the data (S5): one row, filled into letters, consent records and the register."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    only = models.BooleanField(default=True, editable=False, unique=True)
    name = models.CharField(_("name"), max_length=200)
    business_id = models.CharField(_("business ID"), max_length=40)
    street = models.CharField(_("street"), max_length=200)
    po_box = models.CharField(_("P.O. box"), max_length=40, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20)
    city = models.CharField(_("city"), max_length=100)
    country = CountryField(_("country"))
    privacy_email = models.EmailField(_("data protection officer's mailbox"))
    consumer_support_url = models.URLField(_("support for consumers"), blank=True)
    business_support_url = models.URLField(_("support for businesses"), blank=True)
    authority_name = models.CharField(_("supervisory authority"), max_length=200)
    authority_url = models.URLField(_("authority's website"))

    class Meta:
        """There is exactly one controller."""

        verbose_name = _("controller")
        verbose_name_plural = _("controller")
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="controller_is_one_row")]

    def __str__(self) -> str:
        return self.name


class Subsidiary(models.Model):
    """A local company of the group (S64-S66); staff and contacts belong to one.

    A contact whom nobody gave to one belongs to the company of the country, or to the one that `serves` it. Companies
    of the same `region` may look at each other's contacts where an account is set so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    country = CountryField(_("country"))
    serves = CountryField(
        _("also looks after"),
        multiple=True,
        max_length=750,
        blank=True,
        help_text=_("Other countries whose contacts belong here, unless they were given to another subsidiary."),
    )
    region = models.CharField(
        _("region"), max_length=60, blank=True, help_text=_("Subsidiaries with the same word are one region.")
    )

    class Meta:
        """Wording."""

        verbose_name = _("subsidiary")
        verbose_name_plural = _("subsidiaries")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
