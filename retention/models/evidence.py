"""One row of evidence for every erased person, without personal data."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language import called
from config.policy.periods import EVIDENCE_MONTHS
from contacts.personal_data import Expiry, OnErasure, PersonalData
from retention.models.runs import RunChunk

RECORD_MONTHS = EVIDENCE_MONTHS + 2
"""As long as the oldest backup, 35 days, and then the evidence period."""


class ErasureRule(models.TextChoices):
    """Why a person was erased."""

    MARKETING = "MKT24", _("24 months without response or visit (S95)")
    CUSTOMER = "CUST5", _("5 years after the last agreement (S97)")
    NO_REGISTER = "NOREG", _("in no register any more")
    REQUEST = "DSR17", _("on request (Art. 17)")


class ErasureRecord(models.Model):
    """That a person was erased, when, why and how much: append-only.

    The key is the erased contact's id, so nobody can be erased twice. The chunk, and through it the run, is not an
    enforced key: that check would cost a sixth of the run's time.
    """

    contact_id = models.UUIDField(_("contact"), primary_key=True)
    reference = models.CharField(_("reference"), max_length=12)
    digest = models.CharField(_("keyed digest"), max_length=64, blank=True)
    digest_version = models.PositiveSmallIntegerField(_("key version"))
    rule = models.CharField(_("rule"), max_length=5, choices=ErasureRule)
    due_on = models.DateField(_("due on"), null=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    erased_at = models.DateTimeField(_("erased at"))
    chunk = models.ForeignKey(RunChunk, models.PROTECT, related_name="erasures", db_constraint=False)
    counts = models.JSONField(_("rows removed"), default=dict)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("digest",),
        technical=(
            "contact_id",
            "reference",
            "digest_version",
            "rule",
            "due_on",
            "country",
            "erased_at",
            "chunk",
            "counts",
        ),
        reason=_("proves the erasure and drives it again after a restore; a keyed digest, no address"),
        expiry=Expiry("erased_at", RECORD_MONTHS),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("erasure record")
        verbose_name_plural = _("erasure records")
        ordering = ["-erased_at"]

    def __str__(self) -> str:
        return called(self, self.reference)
