"""Holds: what keeps a rule from running for one contact."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from config.dates import add_months, local_date
from config.policy.periods import HOLD_MAX_MONTHS
from contacts.models import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData


class HoldKind(models.TextChoices):
    """A legal hold is placed by staff, a request's hold by the rights desk (E28, E30)."""

    LEGAL = "legal", _("legal hold")
    REQUEST = "request", _("open rights request")


class HoldScope(models.TextChoices):
    """Which part of the data the hold freezes."""

    ALL = "all", _("everything")
    MARKETING = "marketing", _("marketing register")
    CUSTOMER = "customer", _("customer register")


class Hold(models.Model):
    """Keeps the named part of a contact from both rules and from erasure through `until_on` or until released.

    A legal hold needs a matter, somebody who answers for it and somebody who approves it (`placed_by`), and ends within
    twelve months unless renewed (E28). A request's hold may be open-ended;
    the rights desk ends it 30 days after the request is closed (E30).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="holds", verbose_name=_("contact"))
    kind = models.CharField(_("kind"), max_length=8, choices=HoldKind, default=HoldKind.LEGAL)
    scope = models.CharField(_("scope"), max_length=10, choices=HoldScope, default=HoldScope.ALL)
    matter = models.CharField(_("matter"), max_length=200)
    owner = models.CharField(_("answers for the matter"), max_length=150, blank=True)
    until_on = models.DateField(_("until"), null=True, blank=True)
    is_secret = models.BooleanField(
        _("must stay secret"),
        default=False,
        help_text=_("Tick this only where the law forbids to tell the person: an access answer leaves the hold out."),
    )
    placed_at = models.DateTimeField(_("placed at"), default=timezone.now, editable=False)
    placed_by = models.UUIDField(_("placed by"), null=True, editable=False)
    released_at = models.DateTimeField(_("released at"), null=True, editable=False)
    released_by = models.UUIDField(_("released by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("matter", "owner"),
        technical=(
            "id",
            "contact",
            "kind",
            "scope",
            "until_on",
            "is_secret",
            "placed_at",
            "placed_by",
            "released_at",
            "released_by",
        ),
    )

    class Meta:
        """A legal hold has an end."""

        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-placed_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_on__isnull=False) | ~models.Q(kind="legal"),
                name="hold_legal_has_end",
                violation_error_message=_("A legal hold needs an end. Enter the day until which it holds."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.contact.reference}"

    def clean(self) -> None:
        """A legal hold lasts from today to twelve months at most (E28).

        Raises ValidationError naming the field `until_on`.
        """
        today = local_date(self.placed_at)
        latest = add_months(today, HOLD_MAX_MONTHS)
        if self.kind == HoldKind.LEGAL and self.until_on and not today <= self.until_on <= latest:
            raise ValidationError(
                {
                    "until_on": _("Choose a day from today to %(latest)s; a hold is renewed, not left open.")
                    % {"latest": date_format(latest)}
                }
            )
