"""What was passed on to whom (S64-S92; Art. 5(2), 15(1)(c), 19): the ledger, its exceptions, and who is to be told."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from config.language import called
from config.policy.periods import EVIDENCE_MONTHS
from consent.models.exceptions import ExceptionalDisclosure
from consent.models.purposes import Purpose
from consent.models.recipients import Recipient
from contacts.models import Contact
from contacts.personal_data import Expiry, OnErasure, OnMerge, PersonalData

_COUNTED = _("counts, field names and a digest of the file, no person")


class DisclosureBatch(models.Model):
    """One act of passing on (append-only): what, to whom, for what, by whom, and the digest of the file (S67).

    `fields` are the names of the fields that were passed on. `country` is the recipient's at that time, and `safeguard`
    what let the data leave the EEA, in words; empty where nothing had to. The file itself is not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="batches", verbose_name=_("recipient"))
    purpose = models.ForeignKey(Purpose, models.PROTECT, null=True, related_name="+", verbose_name=_("purpose"))
    exception = models.ForeignKey(
        ExceptionalDisclosure,
        models.PROTECT,
        null=True,
        related_name="batches",
        verbose_name=_("exceptional disclosure"),
    )
    title = models.CharField(_("what for"), max_length=200)
    fields = models.JSONField(_("fields"), default=list)
    country = CountryField(_("country of the recipient"))
    safeguard = models.CharField(_("transfer tool"), max_length=300, blank=True)
    disclosed_at = models.DateTimeField(_("passed on at"))
    actor_id = models.UUIDField(_("passed on by"), null=True, editable=False)
    included = models.PositiveIntegerField(_("passed on"), default=0)
    excluded = models.PositiveIntegerField(_("left out"), default=0)
    bars = models.JSONField(_("left out because"), default=dict)
    digest = models.CharField(_("digest of the file"), max_length=64)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "recipient",
            "purpose",
            "exception",
            "title",
            "fields",
            "country",
            "safeguard",
            "disclosed_at",
            "actor_id",
            "included",
            "excluded",
            "bars",
            "digest",
        ),
        reason=_COUNTED,
    )

    class Meta:
        """Newest first; each has a reason, one of the catalogue or an exceptional one."""

        verbose_name = _("passing on of data")
        verbose_name_plural = _("data passed on")
        ordering = ["-disclosed_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__isnull=False, exception__isnull=True)
                | Q(purpose__isnull=True, exception__isnull=False),
                name="disclosure_has_one_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient} {self.disclosed_at:%Y-%m-%d}"

    @property
    def reason(self) -> str:
        """Why it was passed on, in words: the purpose of the catalogue, or the exceptional ground."""
        return self.exception.get_ground_display() if self.exception else str(self.purpose)


def detached(on: date) -> Q:
    """Rows of persons who are erased: while somebody is here, they may ask who has their data (Art. 15(1)(c), 19)."""
    return Q(contact__isnull=True)


class Disclosure(models.Model):
    """That one person's data was in it (append-only): the ledger.

    It outlives the person without a link; only the keyed digest of the address stays, so that somebody who asks again
    can still be told who received the data.
    """

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(DisclosureBatch, models.PROTECT, related_name="rows", verbose_name=_("passed on"))
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="disclosures")
    digest = models.CharField(max_length=64, blank=True, editable=False)
    digest_version = models.PositiveSmallIntegerField(default=0, editable=False)
    ground = models.CharField(_("ground"), max_length=20)
    disclosed_at = models.DateTimeField(_("passed on at"))

    personal_data = PersonalData(
        OnErasure.DETACH,
        subject="contact",
        personal=("digest",),
        technical=("id", "batch", "contact", "digest_version", "ground", "disclosed_at"),
        reason=_("proof of what was passed on to whom and why (Art. 5(2), 19)"),
        expiry=Expiry("disclosed_at", EVIDENCE_MONTHS, only=detached),
        on_merge=OnMerge.MOVE,
    )

    class Meta:
        """Newest first."""

        verbose_name = _("disclosure of a person's data")
        verbose_name_plural = _("disclosures by person")
        ordering = ["-id"]

    def __str__(self) -> str:
        return called(self)


class NoticeReason(models.TextChoices):
    """Why a recipient is told (Art. 19)."""

    RECTIFIED = "rectified", _("corrected, Art. 16")
    ERASED = "erased", _("erased on request, Art. 17")
    PURGED = "purged", _("erased by a rule of ours")
    RESTRICTED = "restricted", _("restricted, Art. 18")


class RecipientNotice(models.Model):
    """That a recipient has yet to be told about somebody (Art. 19, E44); afterwards the proof that it was.

    `reference` is ours, which every file carried. It outlives the erasure, because the recipient must know whom we
    mean, and is emptied once the recipient was told. `batch` is the retention run or the rights request behind it.
    """

    id = models.BigAutoField(primary_key=True)
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="notices", verbose_name=_("recipient"))
    reason = models.CharField(_("because the data was"), max_length=10, choices=NoticeReason)
    reference = models.CharField(_("our reference"), max_length=12, blank=True)
    queued_at = models.DateTimeField(_("since"), default=timezone.now)
    batch = models.UUIDField(_("run or request"), null=True, editable=False)
    told_at = models.DateTimeField(_("told at"), null=True)
    method = models.CharField(_("told by"), max_length=40, blank=True)
    actor_id = models.UUIDField(_("recorded by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("reference",),
        technical=("id", "recipient", "reason", "queued_at", "batch", "told_at", "method", "actor_id"),
        reason=_("a duty that the erasure itself creates; the reference goes once the recipient was told (Art. 19)"),
        expiry=Expiry("told_at", EVIDENCE_MONTHS),
    )

    class Meta:
        """The longest waiting first."""

        verbose_name = _("notice to a recipient")
        verbose_name_plural = _("notices to recipients")
        ordering = ["queued_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(reference=""), name="told_recipient_leaves_no_reference"
            )
        ]
        indexes = [
            models.Index(fields=["recipient"], condition=Q(told_at__isnull=True), name="recipient_notice_open"),
        ]

    def __str__(self) -> str:
        return called(self)
