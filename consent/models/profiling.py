"""The interest profile (S53-S62): an explainable score with its inputs, and the hosts it may look at."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.models import Contact
from contacts.models.engagement import EngagementKind
from contacts.personal_data import OnErasure, OnMerge, PersonalData, Register

PROFILING = "profiling"
"""The purpose in the catalogue; it reaches nobody, so its channel is ""."""


class OwnHost(models.Model):
    """A host of the company's own websites, portals included (S163); no other host is recorded (S55)."""

    host = models.CharField(_("host"), max_length=253, unique=True)
    with_subdomains = models.BooleanField(_("with its subdomains"), default=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("host", "with_subdomains"),
        technical=("id",),
        reason=_("an address of our own, not about a person"),
    )

    class Meta:
        """By name."""

        verbose_name = _("own website")
        verbose_name_plural = _("own websites")
        ordering = ["host"]

    def __str__(self) -> str:
        return self.host

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Hosts are compared in lower case."""
        self.host = self.host.strip().removesuffix(".").lower()
        super().save(*args, **kwargs)


class InterestProfile(models.Model):
    """How interested a person seems, out of consented activity on our own hosts; it ranks, a human decides (S56).

    `inputs` explain the score: for each kind of activity and host how often, when last, and the points it gave.
    """

    contact = models.OneToOneField(Contact, models.PROTECT, primary_key=True, related_name="interest_profile")
    score = models.PositiveIntegerField(_("score"))
    inputs = models.JSONField(_("inputs"), default=list)
    computed_at = models.DateTimeField(_("computed at"))

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.DERIVED,
        register=Register.MARKETING,
        personal=("score", "inputs"),
        technical=("contact", "computed_at"),
    )

    class Meta:
        """The most interested first."""

        verbose_name = _("interest profile")
        verbose_name_plural = _("interest profiles")
        ordering = ["-score"]

    def __str__(self) -> str:
        return called(self)

    @property
    def explained(self) -> list[dict[str, Any]]:
        """The inputs with the kinds of activity in words."""
        return [{**one, "what": EngagementKind(one["kind"]).label} for one in self.inputs]
