"""What staff add to a right before it is carried out: corrections, and words of others that are blacked out."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.personal_data import OnErasure, PersonalData
from dsar.models.matches import Match
from dsar.models.requests import CASE_FILE, AskedRight


class Correction(models.Model):
    """One field of one record that is to be corrected (S112, S116; Art. 16): the value before, and the person's own.

    `before` is what the record held when it was corrected, or when the correction was noted down while it is not yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    asked = models.ForeignKey(AskedRight, models.CASCADE, related_name="corrections", db_index=False)
    match = models.ForeignKey(Match, models.CASCADE, related_name="corrections", verbose_name=_("record"))
    field = models.CharField(_("field"), max_length=40)
    before = models.TextField(_("before"), blank=True)
    after = models.TextField(_("after"), blank=True)
    noted_at = models.DateTimeField(_("noted at"))
    noted_by = models.UUIDField(_("noted by"), null=True, editable=False)
    applied_at = models.DateTimeField(_("corrected at"), null=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("before", "after"),
        technical=("id", "asked", "match", "field", "noted_at", "noted_by", "applied_at"),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """Each field of a record once."""

        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["noted_at", "id"]
        constraints = [models.UniqueConstraint(fields=["asked", "match", "field"], name="correction_once")]

    def __str__(self) -> str:
        return called(self)


class Redaction(models.Model):
    """Words that are blacked out in every text of a package, because they are about somebody else (Art. 15(4))."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    asked = models.ForeignKey(AskedRight, models.CASCADE, related_name="redactions", db_index=False)
    words = models.CharField(_("words to black out"), max_length=200)
    why = models.CharField(_("why"), max_length=300)
    added_at = models.DateTimeField(_("added at"))
    added_by = models.UUIDField(_("added by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("words", "why"),
        technical=("id", "asked", "added_at", "added_by"),
        reason=CASE_FILE,
        may_name_erased=True,
    )

    class Meta:
        """The same words once."""

        verbose_name = _("redaction")
        verbose_name_plural = _("redactions")
        ordering = ["added_at", "id"]
        constraints = [models.UniqueConstraint(fields=["asked", "words"], name="redaction_once")]

    def __str__(self) -> str:
        return called(self)
