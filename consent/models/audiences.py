"""Audience exports: who was selected for a purpose and channel, who was left out, and why (S19, S40, S45)."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils.translation import gettext_lazy as _

from consent.models.consents import Channel
from consent.models.notices import PolicyVersion
from consent.models.purposes import Purpose
from contacts.personal_data import OnErasure, PersonalData


class AudienceExport(models.Model):
    """One export (append-only): purpose, channel, the moment it was decided at, and the counts by ground and bar.

    `digest` is the SHA-256 of the file as it was handed out; the file itself is not kept. `carries_notice`: the message
    informs whoever has not been informed yet (Art. 14(3)(b)).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="exports", verbose_name=_("purpose"))
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    title = models.CharField(_("what for"), max_length=200)
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, null=True, verbose_name=_("policy version"))
    carries_notice = models.BooleanField(_("the message carries the privacy notice"), default=False)
    decided_at = models.DateTimeField(_("decided at"))
    actor_id = models.UUIDField(_("exported by"), null=True, editable=False)
    included = models.PositiveIntegerField(_("included"), default=0)
    excluded = models.PositiveIntegerField(_("left out"), default=0)
    grounds = models.JSONField(_("grounds"), default=dict)
    bars = models.JSONField(_("left out because"), default=dict)
    digest = models.CharField(_("digest of the file"), max_length=64, blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "purpose",
            "channel",
            "title",
            "policy",
            "carries_notice",
            "decided_at",
            "actor_id",
            "included",
            "excluded",
            "grounds",
            "bars",
            "digest",
        ),
        reason=_("counts and a digest of the file, no person"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("audience export")
        verbose_name_plural = _("audience exports")
        ordering = ["-decided_at"]

    def __str__(self) -> str:
        return f"{self.purpose} {self.decided_at:%Y-%m-%d}"
