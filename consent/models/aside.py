"""What arrives about somebody whose data is restricted: stored aside, read by nothing until the restriction ends."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.formats.rows import LIMITS
from contacts.models import Contact
from contacts.models.engagement import EngagementKind, not_automated_if_either
from contacts.personal_data import OnErasure, OnMerge, PersonalData, Register


class AsideEngagement(models.Model):
    """A response or visit that arrived under a restriction (Art. 18(2)): `consent/aside.py` says what becomes of it.

    It moves no clock, enters no profile and is on no page. No clock deletes it either: it ends with the restriction,
    or with the person.
    """

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("kind"), max_length=8, choices=EngagementKind)
    occurred_at = models.DateTimeField(_("at"))
    automated = models.BooleanField(_("by a machine"), default=False)
    url = models.CharField(_("address"), max_length=LIMITS["url"], blank=True)
    external_id = models.CharField(_("key at the source"), max_length=LIMITS["external_id"], blank=True)
    arrived_at = models.DateTimeField(_("arrived at"), default=timezone.now)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        on_clash=not_automated_if_either,
        register=Register.MARKETING,
        personal=("kind", "occurred_at", "automated", "url", "external_id"),
        technical=("id", "contact", "arrived_at"),
    )

    class Meta:
        """The same event arrives once, however often it is sent."""

        verbose_name = _("event stored aside")
        verbose_name_plural = _("events stored aside")
        ordering = ["occurred_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "occurred_at", "kind", "external_id"], name="aside_engagement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
