"""The published policy versions, and who was told what when (S165-S169; Art. 13, 14)."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.models import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData


class PolicyVersion(models.Model):
    """One language of one published version of the policy; in force from the day of publication (S166, S169).

    `places` are the addresses where it was published (S167); `is_material` says that people are told of the change
    (S168), which `changes` sums up.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    version = models.CharField(_("version"), max_length=20)
    language = models.CharField(_("language"), max_length=2)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"))
    published_on = models.DateField(_("published and in force on"))
    places = models.JSONField(_("published at"), default=list)
    is_material = models.BooleanField(_("material change"), default=False)
    changes = models.TextField(_("what changed"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("title", "text", "places", "changes"),
        technical=("id", "version", "language", "published_on", "is_material"),
        reason=_("the published policy, not about a person"),
    )

    class Meta:
        """Newest first; one text for each version and language."""

        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["-published_on", "language"]
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.version} {self.language}"

    def is_in_force(self, on: date) -> bool:
        """Whether it was published by the day `on`: from then on nobody may change it (S169)."""
        return self.published_on <= on

    @classmethod
    def in_force(cls, on: date, language: str = "") -> PolicyVersion | None:
        """The newest version published by the day `on`, in the language where there is one; None before the first."""
        published = cls.objects.filter(published_on__lte=on)
        newest = published.order_by("-published_on").first()
        if newest is None:
            return None
        return published.filter(version=newest.version, language=language).first() or newest


class NoticeKind(models.TextChoices):
    """Why somebody is informed."""

    COLLECTION = "art13", _("at collection, Art. 13")
    ELSEWHERE = "art14", _("data from elsewhere, Art. 14")
    CHANGE = "change", _("the policy changed")


class Exemption(models.TextChoices):
    """Why nobody need be informed, Art. 14(5)."""

    KNOWN = "known", _("the person has the information")
    DISPROPORTIONATE = "disproportionate", _("impossible or disproportionate effort")
    LAW = "law", _("laid down by law")
    SECRECY = "secrecy", _("professional secrecy")


class Notice(models.Model):
    """One information of a person (append-only): given at a moment and by a method, or exempt with a reason."""

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="notices")
    kind = models.CharField(_("kind"), max_length=8, choices=NoticeKind)
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="notices", db_index=False)
    given_at = models.DateTimeField(_("given at"), null=True)
    exemption = models.CharField(_("exempt because"), max_length=16, choices=Exemption, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    method = models.CharField(_("method"), max_length=40, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    actor_id = models.UUIDField(_("recorded by"), null=True, editable=False)
    batch = models.UUIDField(_("batch"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("given_at", "exemption", "reason"),
        technical=("id", "contact", "kind", "policy", "method", "recorded_at", "actor_id", "batch"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-recorded_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(given_at__isnull=False, exemption="") | (Q(given_at__isnull=True) & ~Q(exemption="")),
                name="notice_given_or_exempt",
            )
        ]

    def __str__(self) -> str:
        return called(self)


class OwedNotice(Contact):
    """A contact who has yet to be informed: the same row, under its own name in the work list."""

    class Meta:
        """Another name for a contact, no table."""

        proxy = True
        verbose_name = _("notice owed")
        verbose_name_plural = _("notices owed")
