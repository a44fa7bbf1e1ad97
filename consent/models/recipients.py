"""Who may receive data, for what, and where they sit (S64-S73, S76-S78; Art. 4(9), 13(1)(e), 28, 30(1)(d))."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from config.language import called
from config.models import Subsidiary
from consent.models.purposes import Purpose
from contacts.models import Organisation
from contacts.personal_data import OnErasure, PersonalData


class RecipientKind(models.TextChoices):
    """What a recipient is to us; the policy names each of them (S64-S74, S78, S84-S90)."""

    SUBSIDIARY = "subsidiary", _("subsidiary")
    CHANNEL_PARTNER = "channel_partner", _("channel partner")
    PROCESSOR = "processor", _("processor")
    SUB_PROCESSOR = "sub_processor", _("sub-processor")
    AD_NETWORK = "ad_network", _("advertising network")
    PAYMENT = "payment", _("payment service")
    ANALYTICS = "analytics", _("analytics provider")
    CREDIT_AGENCY = "credit_agency", _("credit agency")
    INSURER = "insurer", _("insurer")
    AUTHORITY = "authority", _("court or authority")
    ACQUIRER = "acquirer", _("acquirer of a business")


class Role(models.TextChoices):
    """The recipient's role in the sense of the GDPR."""

    CONTROLLER = "controller", _("controller of its own, Art. 4(7)")
    JOINT = "joint", _("joint controller, Art. 26")
    PROCESSOR = "processor", _("processor, Art. 28")


PROCESSING_FOR_US = (RecipientKind.PROCESSOR, RecipientKind.SUB_PROCESSOR)
"""Kinds that are processors by what they are."""


class Recipient(models.Model):
    """Somebody who may receive data of contacts, and the purposes they need it for (S67, S92).

    `country` is where it sits; `accessed_from` are further countries from which its staff see the data (S70). `serves`
    are the countries a channel partner sells in (S68). `contract` is the reference of the contract, which a processor
    cannot do without (Art. 28(3)); `parent` the processor for whom a sub-processor works. `notice_address` is where
    notices of Art. 19 go. It ends by a date, `ended_on`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=RecipientKind)
    role = models.CharField(_("role"), max_length=10, choices=Role)
    subsidiary = models.OneToOneField(
        Subsidiary, models.PROTECT, null=True, blank=True, related_name="recipient", verbose_name=_("subsidiary")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sub_processors",
        verbose_name=_("works for the processor"),
    )
    country = CountryField(_("country"))
    accessed_from = CountryField(
        _("also seen from"),
        multiple=True,
        blank=True,
        help_text=_("Countries from which its staff see the data, when they are others than its own (S70)."),
    )
    serves = CountryField(
        _("sells in"), multiple=True, blank=True, help_text=_("The countries of a channel partner's region (S68).")
    )
    contract = models.CharField(_("contract"), max_length=200, blank=True, help_text=_("Its reference."))
    notice_address = models.CharField(
        _("address for notices"),
        max_length=254,
        blank=True,
        help_text=_("Where to write when data was corrected, erased or restricted (Art. 19)."),
    )
    ended_on = models.DateField(_("receives nothing since"), null=True, blank=True)
    purposes = models.ManyToManyField(Purpose, through="RecipientPurpose", related_name="recipients")

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=(
            "name",
            "kind",
            "role",
            "country",
            "accessed_from",
            "serves",
            "contract",
            "notice_address",
            "ended_on",
        ),
        technical=("id", "subsidiary", "parent"),
        reason=_("names a company or authority, not a contact"),
    )

    class Meta:
        """By name; only a sub-processor works for another one."""

        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=RecipientKind.SUB_PROCESSOR, parent__isnull=False)
                | (~Q(kind=RecipientKind.SUB_PROCESSOR) & Q(parent__isnull=True)),
                name="sub_processor_has_parent",
                violation_error_message=_("A sub-processor works for a processor, and nobody else does: name it."),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=PROCESSING_FOR_US) | Q(role=Role.PROCESSOR),
                name="processor_is_processor",
                violation_error_message=_("A processor or sub-processor has the role of a processor (Art. 28)."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=RecipientKind.SUBSIDIARY) | Q(subsidiary__isnull=False),
                name="subsidiary_is_listed",
                violation_error_message=_("Choose the subsidiary from the list of subsidiaries (S66)."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A sub-processor works for a processor, never for itself or for another sub-processor."""
        if self.parent is not None and self.parent.kind == RecipientKind.SUB_PROCESSOR:
            raise ValidationError({"parent": _("Name the processor at the head of the chain.")})


class RecipientPurpose(models.Model):
    """That a recipient needs data for a purpose (S67, S92), until a day: without it nothing is passed on for that."""

    id = models.BigAutoField(primary_key=True)
    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="needs", verbose_name=_("recipient"))
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="+", verbose_name=_("purpose"))
    reason = models.CharField(_("why it needs the data"), max_length=300)
    ended_on = models.DateField(_("no more since"), null=True, blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "recipient", "purpose", "reason", "ended_on"),
        reason=_("describes processing, not a person"),
    )

    class Meta:
        """Once for each purpose."""

        verbose_name = _("purpose of a recipient")
        verbose_name_plural = _("purposes of a recipient")
        constraints = [models.UniqueConstraint(fields=["recipient", "purpose"], name="recipient_purpose_once")]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.purpose}"


class Negotiation(models.Model):
    """That sales negotiations with an organisation began, and until when (S61, S62): only then a reseller is told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="negotiations", verbose_name=_("organisation")
    )
    opened_on = models.DateField(_("began on"))
    closed_on = models.DateField(_("ended on"), null=True, blank=True)
    subject = models.CharField(_("about"), max_length=200, help_text=_("The services. No names of persons."))

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("opened_on", "closed_on", "subject"),
        technical=("id", "organisation"),
        reason=_("about an organisation; goes with it (E47)"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("negotiation")
        verbose_name_plural = _("negotiations")
        ordering = ["-opened_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="negotiation_ends_after_start",
                violation_error_message=_("The negotiation ends before it began. Correct one of the two dates."),
            )
        ]

    def __str__(self) -> str:
        return called(self, date_format(self.opened_on, "SHORT_DATE_FORMAT"))


def needs(on: date) -> models.QuerySet[RecipientPurpose, RecipientPurpose]:
    """What recipients need data for on the day `on`."""
    return RecipientPurpose.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on))


def open_negotiations(on: date) -> models.QuerySet[Negotiation, Negotiation]:
    """Those that had begun by the day `on` and end no earlier than it."""
    return Negotiation.objects.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=on), opened_on__lte=on)
