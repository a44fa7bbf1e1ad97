"""When an organisation became a customer or partner: what was collected before joins that register (S21, S42)."""

from __future__ import annotations

from datetime import date, timedelta

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from config.dates import local_date
from config.language import called
from config.policy.periods import UNDO_DAYS
from contacts.models.organisations import Agreement, Organisation
from contacts.personal_data import OnErasure, PersonalData


class Conversion(models.Model):
    """From this day on what was collected before the sale is used under the customer regime (S21, S22).

    Written by what notices it: a saved or imported agreement, or the nightly look. `contacts` counts the people of whom
    something was known before. Taken back within 30 days, when the agreement turns out never to have run.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="conversions", verbose_name=_("organisation")
    )
    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="+", verbose_name=_("by the agreement"))
    converted_on = models.DateField(_("customer or partner since"))
    contacts = models.PositiveIntegerField(_("people known before"), default=0)
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.UUIDField(_("recorded by"), null=True, editable=False)
    reversed_at = models.DateTimeField(_("taken back at"), null=True, editable=False)
    reversed_by = models.UUIDField(_("taken back by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("converted_on", "contacts"),
        technical=("id", "organisation", "agreement", "recorded_at", "recorded_by", "reversed_at", "reversed_by"),
        reason=_("about an organisation, with a count of people; goes with the organisation (E47)"),
    )

    class Meta:
        """Newest first; an organisation stands as converted once."""

        verbose_name = _("prospect that became a customer")
        verbose_name_plural = _("prospects that became customers")
        ordering = ["-recorded_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"], condition=Q(reversed_at__isnull=True), name="conversion_stands_once"
            )
        ]

    def __str__(self) -> str:
        return called(self)

    @property
    def undo_until(self) -> date:
        """The last day on which it can be taken back: counted from when the agreement was recorded here."""
        return local_date(self.agreement.created_at) + timedelta(days=UNDO_DAYS)
