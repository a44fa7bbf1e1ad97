"""Packages on their way to the person: a file behind a signed link and a one-time code, and the end of it."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.personal_data import OnErasure, PersonalData
from dsar.models.correspondence import Attachment
from dsar.models.requests import CASE_FILE, AskedRight, RightsRequest


class Delivery(models.Model):
    """A package for one right (Art. 12(3), 15(3), 20; S110, S124).

    The link and the code are made from the row and the secret key: the database alone opens nothing. `code_at` is when
    the last code was mailed, `attempts` how often a wrong one was entered since, `codes` how many were mailed since
    `codes_since_at`. It can be fetched once its answer has left, for a week, and for a day after `first_download_at`;
    then the key of the file is destroyed. `entries` is how many rows of data the package holds.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="deliveries")
    asked = models.ForeignKey(AskedRight, models.CASCADE, related_name="deliveries", db_index=False)
    attachment = models.OneToOneField(Attachment, models.CASCADE, related_name="delivery")
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    language = models.CharField(_("language"), max_length=2, default="en")
    entries = models.PositiveIntegerField(_("rows of data"), default=0)
    withheld = models.PositiveSmallIntegerField(_("withheld"), default=0)
    built_at = models.DateTimeField(_("built at"))
    code_at = models.DateTimeField(_("code mailed at"), null=True)
    codes = models.PositiveSmallIntegerField(default=0)
    codes_since_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    first_download_at = models.DateTimeField(_("first fetched at"), null=True)
    downloads = models.PositiveSmallIntegerField(_("fetched"), default=0)
    ended_at = models.DateTimeField(_("destroyed at"), null=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "request",
            "asked",
            "attachment",
            "round",
            "language",
            "entries",
            "withheld",
            "built_at",
            "code_at",
            "codes",
            "codes_since_at",
            "attempts",
            "first_download_at",
            "downloads",
            "ended_at",
        ),
        reason=CASE_FILE,
    )

    class Meta:
        """One package for each right and round that can be fetched."""

        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ["-built_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked", "round"], condition=Q(ended_at__isnull=True), name="delivery_one_open"
            ),
        ]

    def __str__(self) -> str:
        return called(self)
