"""What lets data leave the EEA (S69-S73; Art. 44-49): adequacy decisions as dated rows, and safeguards by recipient."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from consent.models.recipients import Recipient
from contacts.personal_data import OnErasure, PersonalData


class AdequacyDecision(models.Model):
    """A decision of the Commission that a country protects data well enough (Art. 45), as a row with its dates.

    `only_listed`: it covers only organisations that are certified or fall under a certain law, so each recipient needs
    a safeguard that says it was checked. `checked_on` is when somebody last looked the row up in its source.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    country = CountryField(_("country"))
    valid_from = models.DateField(_("valid from"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    only_listed = models.BooleanField(_("only organisations that are checked one by one"), default=False)
    scope = models.CharField(_("scope"), max_length=300, blank=True)
    source = models.CharField(_("source"), max_length=300)
    checked_on = models.DateField(_("looked up on"))

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "country", "valid_from", "valid_until", "only_listed", "scope", "source", "checked_on"),
        reason=_("a decision about a country, not about a person"),
    )

    class Meta:
        """By country, the newest first."""

        verbose_name = _("adequacy decision")
        verbose_name_plural = _("adequacy decisions")
        ordering = ["country", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["country", "valid_from"], name="adequacy_decision_once"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="adequacy_ends_after_start",
                violation_error_message=_("The decision ends before it begins. Correct one of the two dates."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country.name} {self.valid_from}"


class Tool(models.TextChoices):
    """The transfer tools of Chapter V that a recipient can have."""

    LISTED = "listed", _("certified or listed under an adequacy decision, Art. 45")
    CLAUSES = "clauses", _("standard contractual clauses, Art. 46(2)(c)")
    CORPORATE_RULES = "corporate_rules", _("binding corporate rules, Art. 47")
    DEROGATION = "derogation", _("derogation for one case, Art. 49")


class Module(models.IntegerChoices):
    """The modules of the standard contractual clauses (Decision 2021/914), by the roles of the two sides."""

    CONTROLLER_TO_CONTROLLER = 1, _("1: controller to controller")
    CONTROLLER_TO_PROCESSOR = 2, _("2: controller to processor")
    PROCESSOR_TO_PROCESSOR = 3, _("3: processor to processor")
    PROCESSOR_TO_CONTROLLER = 4, _("4: processor to controller")


ASSESSED = (Tool.CLAUSES, Tool.CORPORATE_RULES)
"""Tools that need a transfer impact assessment (clause 14; C-311/18)."""


class Safeguard(models.Model):
    """The tool on which one recipient outside the EEA may receive data, and how long it counts.

    It counts from `valid_from` through the earlier of `valid_until` and `review_on`: a tool nobody looks at again
    proves nothing. Clauses and corporate rules need a transfer impact assessment. A derogation counts only for
    an approved exceptional disclosure, and says in `note` why it fits.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    recipient = models.ForeignKey(Recipient, models.PROTECT, related_name="safeguards", verbose_name=_("recipient"))
    tool = models.CharField(_("transfer tool"), max_length=16, choices=Tool)
    module = models.PositiveSmallIntegerField(_("module of the clauses"), choices=Module, null=True, blank=True)
    reference = models.CharField(_("document"), max_length=200, help_text=_("Where the signed document lies."))
    valid_from = models.DateField(_("signed, or checked, on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    assessed_on = models.DateField(_("transfer impact assessment of"), null=True, blank=True)
    review_on = models.DateField(_("to be reviewed by"))
    note = models.TextField(_("note"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("reference", "note"),
        technical=("id", "recipient", "tool", "module", "valid_from", "valid_until", "assessed_on", "review_on"),
        reason=_("a contract with a company, not about a contact"),
    )

    class Meta:
        """By recipient, the newest first."""

        verbose_name = _("safeguard")
        verbose_name_plural = _("safeguards")
        ordering = ["recipient", "-valid_from"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tool=Tool.CLAUSES, module__isnull=False) | (~Q(tool=Tool.CLAUSES) & Q(module__isnull=True)),
                name="clauses_have_module",
                violation_error_message=_("Standard contractual clauses have a module, and other tools have none."),
            ),
            models.CheckConstraint(
                condition=~Q(tool__in=ASSESSED) | Q(assessed_on__isnull=False),
                name="safeguard_is_assessed",
                violation_error_message=_("Clauses and corporate rules need a transfer impact assessment."),
            ),
            models.CheckConstraint(
                condition=~Q(tool=Tool.DEROGATION) | ~Q(note=""),
                name="derogation_says_why",
                violation_error_message=_("A derogation says in its note which case of Art. 49 it is, and why."),
            ),
            models.CheckConstraint(
                condition=(Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")))
                & Q(review_on__gte=F("valid_from")),
                name="safeguard_ends_after_start",
                violation_error_message=_("It ends, or is reviewed, before it begins. Correct one of the dates."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}: {self.get_tool_display()}"
