"""Exceptional disclosures (S83-S90, S93): a court, an authority, an insurer, fraud, a sale of the business."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from config.language import called
from consent.models.notices import PolicyVersion
from consent.models.purposes import RegisterChoice
from consent.models.recipients import Recipient
from contacts.models import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData, keep_first


class ExceptionGround(models.TextChoices):
    """Why data may be passed on beside the catalogue of purposes, as the policy lists it (S84, S86, S89)."""

    COURT_ORDER = "court_order", _("order of a court")
    AUTHORITY = "authority", _("order of an authority, or a duty to inform it")
    LIABILITY = "liability", _("legal claims, or protection from liability")
    FRAUD = "fraud", _("preventing fraud")
    INCIDENT = "incident", _("solving or containing a problem")
    INSURER = "insurer", _("duty to inform our insurer")
    TRANSACTION = "transaction", _("sale, merger or other reorganisation of the business")


COMPELLED = (ExceptionGround.COURT_ORDER, ExceptionGround.AUTHORITY)
"""Grounds on which the law leaves no choice (S84; Art. 6(1)(c))."""
WHILE_RESTRICTED = (*COMPELLED, ExceptionGround.LIABILITY)
"""Grounds on which restricted data may be passed on: legal claims and orders (Art. 18(2))."""


class ExceptionalDisclosure(models.Model):
    """One case in which data is passed on exceptionally: weighed in writing by one person, approved by another (S93).

    Its scope is exact: the recipient, the `fields`, through `until_on`, and the contacts named in `scope`; a sale of
    the business reaches the `register` and `country` instead, and only people who were told by the policy version
    `announced_in` (S90). `may_tell` says whether the persons may learn of it; `untold_because` why not.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    ground = models.CharField(_("ground"), max_length=12, choices=ExceptionGround)
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="exceptions", verbose_name=_("recipient"))
    title = models.CharField(_("matter"), max_length=200, help_text=_("No names of persons."))
    reference = models.CharField(
        _("order or file number"), max_length=200, blank=True, help_text=_("Of the court, authority or insurer.")
    )
    assessment = models.TextField(
        _("assessment"),
        help_text=_("Are we obliged, or is it necessary? What speaks for the persons? Why so many fields? No names."),
    )
    fields = models.JSONField(_("fields"), default=list)
    may_tell = models.BooleanField(_("the persons may be told"), default=True)
    untold_because = models.CharField(_("why they may not be told"), max_length=300, blank=True)
    register = models.CharField(_("register"), max_length=9, choices=RegisterChoice, blank=True)
    country = CountryField(_("only in this country"), blank=True)
    announced_in = models.ForeignKey(
        PolicyVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("people are told by the policy version"),
    )
    until_on = models.DateField(_("to be done by"))
    written_at = models.DateTimeField(_("written at"), default=timezone.now)
    written_by = models.UUIDField(_("written by"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    approved_by = models.UUIDField(_("approved by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "ground",
            "recipient",
            "title",
            "reference",
            "assessment",
            "fields",
            "may_tell",
            "untold_because",
            "register",
            "country",
            "announced_in",
            "until_on",
            "written_at",
            "written_by",
            "approved_at",
            "approved_by",
        ),
        reason=_("why data was passed on exceptionally; the persons are linked in its scope and named nowhere"),
    )

    class Meta:
        """Newest first; whatever the policy asks of such a case is there."""

        verbose_name = _("exceptional disclosure")
        verbose_name_plural = _("exceptional disclosures")
        ordering = ["-written_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(ground__in=COMPELLED) | ~Q(reference=""),
                name="order_has_reference",
                violation_error_message=_("An order has a number: enter it."),
            ),
            models.CheckConstraint(
                condition=Q(may_tell=True) | ~Q(untold_because=""),
                name="secrecy_has_reason",
                violation_error_message=_("Say why the persons may not be told."),
            ),
            models.CheckConstraint(
                condition=(Q(ground=ExceptionGround.TRANSACTION, announced_in__isnull=False) & ~Q(register=""))
                | (~Q(ground=ExceptionGround.TRANSACTION) & Q(announced_in__isnull=True, register="", country="")),
                name="transaction_is_announced",
                violation_error_message=_(
                    "A sale of the business names the register and the policy version that tells people; other cases "
                    "name neither, nor a country."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ExceptionalScope(models.Model):
    """One contact an exceptional disclosure is about. Whoever is added after the approval is not covered by it."""

    id = models.BigAutoField(primary_key=True)
    exception = models.ForeignKey(
        ExceptionalDisclosure, models.CASCADE, related_name="scope", verbose_name=_("exceptional disclosure")
    )
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="+", verbose_name=_("contact"))
    added_at = models.DateTimeField(_("added at"), default=timezone.now)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        technical=("id", "exception", "contact", "added_at"),
        on_merge=OnMerge.MOVE,
        on_clash=keep_first,
    )

    class Meta:
        """Nobody twice."""

        verbose_name = _("contact of an exceptional disclosure")
        verbose_name_plural = _("contacts of an exceptional disclosure")
        constraints = [models.UniqueConstraint(fields=["exception", "contact"], name="exceptional_scope_once")]

    def __str__(self) -> str:
        return called(self)
