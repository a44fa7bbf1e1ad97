"""The register of personal data breaches (Art. 33(5)): every one, also those nobody had to be told of."""

from __future__ import annotations

from datetime import datetime, timedelta

import uuid_utils.compat as uuid
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called
from config.policy.periods import BREACH_HOURS, EVIDENCE_MONTHS
from contacts.models import Contact
from contacts.personal_data import Expiry, OnErasure, OnMerge, PersonalData


class BreachNature(models.TextChoices):
    """What was lost (Art. 4(12)); a breach may be of several kinds."""

    CONFIDENTIALITY = "confidentiality", _("somebody saw or got data who should not")
    INTEGRITY = "integrity", _("data was changed that should not be")
    AVAILABILITY = "availability", _("data was lost or cannot be reached")


class Risk(models.TextChoices):
    """How bad it is for the people concerned; the authority and the people are told accordingly (Art. 33(1), 34(1))."""

    UNLIKELY = "unlikely", _("a risk is unlikely")
    RISK = "risk", _("a risk")
    HIGH = "high", _("a high risk")


class NotTelling(models.TextChoices):
    """Why the people are not told one by one although the risk is high (Art. 34(3))."""

    UNREADABLE = "a", _("the data is unreadable to others, such as encrypted")
    AVERTED = "b", _("measures since then have averted the high risk")
    PUBLIC = "c", _("it would be disproportionate: a public communication instead")


class Breach(models.Model):
    """One breach, with what is known of it so far; the clock of 72 hours runs from `aware_at` (Art. 33(1), (3)).

    Texts name no contact: whom it hit stands in `BreachPerson`. The two decisions are made once, by a privacy officer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    title = models.CharField(_("what happened, in a few words"), max_length=200)
    natures = models.JSONField(_("kinds of breach"), default=list)
    description = models.TextField(_("what happened"), blank=True)
    began_at = models.DateTimeField(_("began at"), null=True, blank=True)
    aware_at = models.DateTimeField(_("we became aware at"))
    categories = models.JSONField(_("categories of data"), default=list, blank=True)
    people_estimated = models.PositiveIntegerField(_("people concerned, about"), null=True, blank=True)
    records_estimated = models.PositiveIntegerField(_("records concerned, about"), null=True, blank=True)
    consequences = models.TextField(_("likely consequences"), blank=True)
    measures = models.TextField(_("measures taken or proposed"), blank=True)
    risk = models.CharField(_("risk for the people"), max_length=8, choices=Risk, blank=True)
    notify_authority = models.BooleanField(_("the authority is notified"), null=True, editable=False)
    authority_reason = models.TextField(_("reason about the authority"), blank=True, editable=False)
    notified_at = models.DateTimeField(_("authority notified at"), null=True, editable=False)
    delay_reason = models.TextField(_("reasons for the delay"), blank=True, editable=False)
    tell_people = models.BooleanField(_("the people are told"), null=True, editable=False)
    people_reason = models.TextField(_("reason about the people"), blank=True, editable=False)
    people_exemption = models.CharField(
        _("exemption, Art. 34(3)"), max_length=1, choices=NotTelling, blank=True, editable=False
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "title",
            "natures",
            "description",
            "began_at",
            "aware_at",
            "categories",
            "people_estimated",
            "records_estimated",
            "consequences",
            "measures",
            "risk",
            "notify_authority",
            "authority_reason",
            "notified_at",
            "delay_reason",
            "tell_people",
            "people_reason",
            "people_exemption",
            "closed_at",
            "recorded_at",
        ),
        reason=_("describes a breach, not a person; the authority may ask for it (Art. 33(5))"),
        expiry=Expiry("closed_at", EVIDENCE_MONTHS),
    )

    class Meta:
        """The one whose clock began last comes first."""

        verbose_name = _("data breach")
        verbose_name_plural = _("data breaches")
        ordering = ["-aware_at"]

    def __str__(self) -> str:
        return self.title

    @property
    def notify_by(self) -> datetime:
        """The last moment to notify the authority: 72 hours, of which nights and weekends count too (Art. 33(1))."""
        return self.aware_at + timedelta(hours=BREACH_HOURS)


class BreachStep(models.TextChoices):
    """What happened in the handling of a breach."""

    REGISTERED = "registered", _("registered")
    CORRECTED = "corrected", _("facts added or corrected")
    SEARCHED = "searched", _("people concerned added")
    DECIDED_AUTHORITY = "authority", _("decided about the authority")
    NOTIFIED = "notified", _("authority notified")
    DECIDED_PEOPLE = "people", _("decided about the people concerned")
    TOLD = "told", _("people concerned told")
    NOTE = "note", _("note")
    CLOSED = "closed", _("closed")


class BreachEvent(models.Model):
    """One line of a breach's history: append-only, so that the phases of a notification can be shown (Art. 33(4))."""

    id = models.BigAutoField(primary_key=True)
    breach = models.ForeignKey(Breach, models.CASCADE, related_name="events", verbose_name=_("data breach"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    actor_id = models.UUIDField(_("account"), null=True)
    step = models.CharField(_("step"), max_length=10, choices=BreachStep)
    text = models.TextField(_("text"), blank=True)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "breach", "at", "actor_id", "step", "text"),
        reason=_("how a breach was handled, without names; goes with the breach (Art. 33(5))"),
    )

    class Meta:
        """Oldest first: a history."""

        verbose_name = _("step of a breach")
        verbose_name_plural = _("steps of breaches")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.step} {self.pk}"


def told_once(mine: BreachPerson, theirs: BreachPerson) -> None:
    """One person is concerned once, and was told when either record says so."""
    mine.told_at = mine.told_at or theirs.told_at


class BreachPerson(models.Model):
    """Somebody whom a breach concerns, and how we know; `told_at` once the person was told (Art. 34)."""

    id = models.BigAutoField(primary_key=True)
    breach = models.ForeignKey(Breach, models.CASCADE, related_name="people", verbose_name=_("data breach"))
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="breaches", verbose_name=_("contact"))
    found_by = models.CharField(_("found by"), max_length=200, blank=True)
    added_at = models.DateTimeField(_("added at"), default=timezone.now)
    told_at = models.DateTimeField(_("told at"), null=True)

    personal_data = PersonalData(
        OnErasure.DETACH,
        subject="contact",
        technical=("id", "breach", "contact", "found_by", "added_at", "told_at"),
        on_merge=OnMerge.MOVE,
        on_clash=told_once,
        reason=_("how many people a breach concerned and how many were told (Art. 33(5), 34)"),
    )

    class Meta:
        """A person is concerned once."""

        verbose_name = _("person concerned by a breach")
        verbose_name_plural = _("people concerned by breaches")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["breach", "contact"], name="breach_person_once")]

    def __str__(self) -> str:
        return called(self)
