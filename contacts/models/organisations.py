"""Organisations, the agreements we have with them, and who works there (S7, S8)."""

from __future__ import annotations

from typing import Any

import uuid_utils.compat as uuid
from django.db import models, transaction
from django.db.models import Case, F, Q, When
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from config.language import called
from config.sql import take_turns
from contacts.formats.rows import LIMITS
from contacts.identity import organisation_key
from contacts.models.people import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData, Register


class Organisation(models.Model):
    """A company or authority. Its facts are kept apart from personal data (S17)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    name = models.CharField(_("name"), max_length=LIMITS["organisation"])
    name_key = models.CharField(max_length=LIMITS["organisation"], editable=False, db_index=True)
    domain = models.CharField(_("domain"), max_length=LIMITS["organisation_domain"], blank=True, db_index=True)
    country = CountryField(_("country"), blank=True)
    street = models.CharField(_("street"), max_length=LIMITS["street"], blank=True)
    postcode = models.CharField(_("postcode"), max_length=LIMITS["postcode"], blank=True)
    city = models.CharField(_("city"), max_length=LIMITS["city"], blank=True)
    state = models.CharField(pgettext_lazy("part of an address", "state"), max_length=LIMITS["state"], blank=True)
    industry = models.CharField(_("industry"), max_length=LIMITS["industry"], blank=True)
    company_size = models.CharField(_("company size"), max_length=LIMITS["company_size"], blank=True)
    revenue = models.CharField(_("revenue"), max_length=LIMITS["revenue"], blank=True)
    created_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=(
            "name",
            "name_key",
            "domain",
            "country",
            "street",
            "postcode",
            "city",
            "state",
            "industry",
            "company_size",
            "revenue",
        ),
        technical=("id", "created_at", "updated_at"),
        reason=_("company facts; an organisation without contacts and agreements is deleted by the nightly run (E47)"),
    )

    class Meta:
        """By name."""

        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the matching key in step with the name."""
        self.name_key = organisation_key(self.name)
        super().save(*args, **kwargs)


class Party(models.TextChoices):
    """On which side of the business the organisation stands."""

    CUSTOMER = "customer", _("customer")
    PARTNER = "partner", _("partner")


class AgreementKind(models.TextChoices):
    """What was agreed."""

    LICENCE = "licence", _("licence")
    SUBSCRIPTION = "subscription", _("subscription")
    ORDER = "order", _("order")
    PARTNER = "partner", _("partner agreement")
    TRIAL = "trial", _("trial")
    BETA = "beta", _("beta programme")


STARTS_FIVE_YEARS = (
    AgreementKind.LICENCE,
    AgreementKind.SUBSCRIPTION,
    AgreementKind.ORDER,
    AgreementKind.PARTNER,
)
"""Kinds whose end starts the five years of S97: thirty days of trial do not justify five years (E24)."""


class Agreement(models.Model):
    """A licence, subscription, order or partnership (S96, S97).

    `last_day` is the last day of validity, inclusive: the earlier of end and termination, empty while open-ended.
    A termination before the start means that the agreement never ran (E23). `reviewed_on` is when somebody last found
    an open-ended one to stand (E19).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="agreements", verbose_name=_("organisation")
    )
    party = models.CharField(_("party"), max_length=8, choices=Party)
    kind = models.CharField(_("kind"), max_length=12, choices=AgreementKind)
    reference = models.CharField(_("reference"), max_length=LIMITS["reference"], blank=True)
    signed_on = models.DateField(_("signed on"), blank=True)
    starts_on = models.DateField(_("starts on"), blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    terminated_on = models.DateField(_("terminated on"), null=True, blank=True)
    via_partner = models.CharField(_("via partner"), max_length=LIMITS["via_partner"], blank=True)
    last_day = models.GeneratedField(
        expression=Case(
            When(ends_on__isnull=True, then=F("terminated_on")),
            When(terminated_on__lt=F("ends_on"), then=F("terminated_on")),
            default=F("ends_on"),
        ),
        output_field=models.DateField(null=True),
        db_persist=True,
    )
    reviewed_on = models.DateField(_("reviewed on"), null=True, editable=False)
    reviewed_by = models.UUIDField(_("reviewed by"), null=True, editable=False)
    created_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=(
            "party",
            "kind",
            "reference",
            "signed_on",
            "starts_on",
            "ends_on",
            "terminated_on",
            "via_partner",
            "last_day",
        ),
        technical=("id", "organisation", "reviewed_on", "reviewed_by", "created_at", "updated_at"),
        reason=_("an agreement with an organisation; goes with the organisation (E47)"),
    )

    class Meta:
        """Dates must make sense."""

        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="agreement_ends_after_start",
                violation_error_message=_("The agreement ends before it starts. Correct one of the two dates."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference or self.starts_on}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Complete the dates and meet the purge's lock: agreements stay as they are while it judges."""
        for missing, other in (("signed_on", "starts_on"), ("starts_on", "signed_on")):
            if getattr(self, missing) is None:
                setattr(self, missing, getattr(self, other))
        with transaction.atomic():
            change_agreements()
            super().save(*args, **kwargs)


def change_agreements() -> None:
    """Whoever changes agreements calls this first; a purge that judges by them waits, or makes us wait."""
    take_turns("agreements")


def share_agreements() -> None:
    """Whoever judges by agreements calls this first: they stay as they are until the transaction ends."""
    take_turns("agreements", shared=True)


def join_links(mine: Affiliation, theirs: Affiliation) -> None:
    """Two links of one person to one organisation: from the earlier day, through the later one; open-ended wins."""
    started = [day for day in (mine.started_on, theirs.started_on) if day]
    ended = (mine.ended_on, theirs.ended_on)
    mine.started_on = min(started, default=None)
    mine.ended_on = None if None in ended else max(day for day in ended if day)
    mine.role = mine.role or theirs.role


class Affiliation(models.Model):
    """A dated link between a contact and an organisation, with the person's role there (S7, S31)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="affiliations", db_index=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=LIMITS["job_function"], blank=True)
    started_on = models.DateField(_("since"), null=True, blank=True)
    ended_on = models.DateField(_("until"), null=True, blank=True)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        on_clash=join_links,
        register=Register.CUSTOMER,
        personal=("role", "started_on", "ended_on"),
        technical=("id", "contact", "organisation"),
    )

    class Meta:
        """One link for each pair."""

        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        constraints = [
            models.UniqueConstraint(fields=["contact", "organisation"], name="affiliation_once"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(started_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="affiliation_ends_after_start",
                violation_error_message=_("The affiliation ends before it starts. Correct one of the two dates."),
            ),
        ]

    def __str__(self) -> str:
        return called(self)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Meet the purge's lock: it holds the contact's row while it judges by affiliations."""
        with transaction.atomic():
            list(Contact.objects.filter(pk=self.contact_id).select_for_update(no_key=True).values_list("pk"))
            super().save(*args, **kwargs)
