"""What the data may be used for, and on which ground (S19, S20, S40; Art. 5(1)(b), 6): the purpose catalogue."""

from __future__ import annotations

from datetime import datetime

import uuid_utils.compat as uuid
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.dates import local_date
from contacts.personal_data import OnErasure, PersonalData, Register

_NO_PERSON = _("describes processing, not a person")


class RegisterChoice(models.TextChoices):
    """The registers of the policy (S8), as choices of a field."""

    MARKETING = Register.MARKETING.value, _("marketing register")
    CUSTOMER = Register.CUSTOMER.value, _("customer register")


class Basis(models.TextChoices):
    """The six legal bases of Art. 6(1); Obhut uses a, b, c and f."""

    CONSENT = "consent", _("consent, Art. 6(1)(a)")
    CONTRACT = "contract", _("contract, Art. 6(1)(b)")
    LEGAL_OBLIGATION = "legal_obligation", _("legal obligation, Art. 6(1)(c)")
    VITAL_INTERESTS = "vital_interests", _("vital interests, Art. 6(1)(d)")
    PUBLIC_TASK = "public_task", _("public task, Art. 6(1)(e)")
    LEGITIMATE_INTERESTS = "legitimate_interests", _("legitimate interests, Art. 6(1)(f)")


class Category(models.TextChoices):
    """Categories of data (Art. 30(1)(c)), by what a purpose needs of a person."""

    IDENTITY = "identity", _("name and salutation")
    ADDRESS = "address", _("addresses and numbers")
    WORK = "work", _("position at work")
    ORGANISATION = "organisation", _("facts about the organisation")
    INTERESTS = "interests", _("interests")
    ACTIVITY = "activity", _("activity on our websites")
    ACCOUNTS = "accounts", _("accounts in our systems")


ONLY_BY_CONSENT = ("website_activity", "profiling")
"""Purposes that rest on consent whatever anybody enters: visits to our websites and what is made of them (S27, S50)."""


class Purpose(models.Model):
    """One purpose of the catalogue. The legal basis belongs to the purpose, for each register, never to a contact.

    `is_marketing` purposes end with an objection (Art. 21(3)); the others carry no adverts and do not.
    `similar_services` may rest on a sale to the person (ePrivacy Art. 13(2)). `channels` are those a message of this
    purpose may take, none for work behind the scenes; `categories` are the categories of data it needs.
    `settings_url` is where the person controls it when that is not the preference centre: a service has its own (S128).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=200)
    clause = models.CharField(_("clause of the policy"), max_length=8)
    is_marketing = models.BooleanField(_("direct marketing"), default=False)
    similar_services = models.BooleanField(_("own similar services"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    channels = models.JSONField(_("channels"), default=list, blank=True)
    categories = models.JSONField(_("categories of data"), default=list, blank=True)
    settings_url = models.URLField(_("where the person controls it"), max_length=500, blank=True)
    note = models.TextField(_("what it covers"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "code",
            "name",
            "clause",
            "is_marketing",
            "similar_services",
            "is_active",
            "channels",
            "categories",
            "settings_url",
            "note",
        ),
        reason=_NO_PERSON,
    )

    class Meta:
        """In the policy's order."""

        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["id"]

    def __str__(self) -> str:
        return gettext(self.name)  # the catalogue's own names are translated


class ProcessingActivity(Purpose):
    """A purpose as the register of processing lists it (Art. 30): the same row, under its own name."""

    class Meta:
        """Another name for a purpose, no table."""

        proxy = True
        verbose_name = _("processing activity")
        verbose_name_plural = _("register of processing")


class LegalBasis(models.Model):
    """On which ground a purpose is pursued with the data of one register (Art. 6(1); S24-S27, S44-S50)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="bases", verbose_name=_("purpose"))
    register = models.CharField(_("register"), max_length=9, choices=RegisterChoice)
    basis = models.CharField(_("legal basis"), max_length=20, choices=Basis)

    personal_data = PersonalData(OnErasure.KEEP, technical=("id", "purpose", "register", "basis"), reason=_NO_PERSON)

    class Meta:
        """One ground for each purpose and register."""

        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        ordering = ["purpose", "-register"]
        constraints = [models.UniqueConstraint(fields=["purpose", "register"], name="one_basis_per_register")]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.get_basis_display()}"

    def clean(self) -> None:
        """Visits to our websites are recorded with the person's consent only (S27, S50)."""
        if self.purpose.code in ONLY_BY_CONSENT and self.basis != Basis.CONSENT:
            raise ValidationError({"basis": _("The policy allows this purpose by consent only (S27, S50).")})


class Assessment(models.Model):
    """A legitimate-interest assessment (S24, S25, S44; Art. 6(1)(f)): both interests named, weighed and approved.

    Append-only: a renewed assessment is a new row. In force from its approval through `review_on`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    basis = models.ForeignKey(LegalBasis, models.PROTECT, related_name="assessments", verbose_name=_("legal basis"))
    our_interest = models.TextField(_("the controller's interest"))
    their_interest = models.TextField(_("the interest of the person's employer, or of others"))
    necessity = models.TextField(_("why it is necessary"))
    balancing = models.TextField(_("weighed against the person's interests"))
    written_at = models.DateTimeField(_("written at"), default=timezone.now)
    written_by = models.UUIDField(_("written by"), null=True, editable=False)
    approved_at = models.DateTimeField(_("approved at"), null=True, editable=False)
    approved_by = models.UUIDField(_("approved by"), null=True, editable=False)
    review_on = models.DateField(_("to be reviewed by"))

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "basis",
            "our_interest",
            "their_interest",
            "necessity",
            "balancing",
            "written_at",
            "written_by",
            "approved_at",
            "approved_by",
            "review_on",
        ),
        reason=_NO_PERSON,
    )

    class Meta:
        """Newest first."""

        verbose_name = _("assessment of interests")
        verbose_name_plural = _("assessments of interests")
        ordering = ["-written_at"]

    def __str__(self) -> str:
        return f"{self.basis}, {date_format(self.review_on, 'SHORT_DATE_FORMAT')}"


def in_force(at: datetime) -> Q:
    """Assessments that are approved at the moment `at` (aware) and not past their review."""
    return Q(approved_at__lte=at, review_on__gte=local_date(at))


def usable_bases(at: datetime) -> QuerySet[LegalBasis, LegalBasis]:
    """The bases a purpose may rest on at `at`: legitimate interests need an assessment in force (S26, S49)."""
    assessed = Assessment.objects.filter(in_force(at), basis=OuterRef("pk"))
    return LegalBasis.objects.filter(~Q(basis=Basis.LEGITIMATE_INTERESTS) | Exists(assessed), purpose__is_active=True)
