"""How often the public form was used from one place or for one address: counted here, where every process sees it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.personal_data import OnErasure, PersonalData


class AttemptKind(models.TextChoices):
    """What is counted."""

    NETWORK = "network", _("network it came from")
    ADDRESS = "address", _("address entered")


class IntakeAttempt(models.Model):
    """One use of the form, by a keyed digest of the network or of the address; gone within a day."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=7, choices=AttemptKind)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("digest",),
        technical=("id", "kind", "at"),
        reason=_("keeps the public form from being flooded (Art. 32); a keyed digest, gone within a day"),
    )

    class Meta:
        """Asked for by digest and time."""

        verbose_name = _("use of the form")
        verbose_name_plural = _("uses of the form")
        indexes = [models.Index(fields=["digest", "at"], name="attempt_digest_at")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
