"""Objections and restrictions: what stands in the way of processing, as state that the rights desk writes."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Q
from django.db.models.functions import TruncDate
from django.db.models.lookups import LessThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.dates import AddMonths
from config.language import called
from config.policy.periods import EVIDENCE_MONTHS
from contacts.models import Contact
from contacts.personal_data import Expiry, OnErasure, OnMerge, PersonalData


class ObjectionGround(models.TextChoices):
    """The two lanes of Art. 21: marketing is absolute, own grounds are weighed."""

    MARKETING = "marketing", _("direct marketing, Art. 21(2)")
    OWN_SITUATION = "own_situation", _("own situation, Art. 21(1)")


class Objection(models.Model):
    """An objection (S118, S119; Art. 21): append-only, never lifted by an import."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="objections")
    digest = models.CharField(max_length=64, blank=True, editable=False)
    digest_version = models.PositiveSmallIntegerField(default=0, editable=False)
    ground = models.CharField(_("ground"), max_length=16, choices=ObjectionGround)
    purpose = models.CharField(_("purpose, empty for all"), max_length=40, blank=True)
    channel = models.CharField(_("channel, empty for all"), max_length=8, blank=True)
    statement = models.TextField(_("what the person says"), blank=True)
    raised_at = models.DateTimeField(_("raised at"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    method = models.CharField(_("method"), max_length=40, blank=True)
    actor_id = models.UUIDField(_("recorded by"), null=True, editable=False)
    batch = models.UUIDField(_("import"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DETACH,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("digest", "statement"),
        technical=(
            "id",
            "contact",
            "digest_version",
            "ground",
            "purpose",
            "channel",
            "raised_at",
            "recorded_at",
            "method",
            "actor_id",
            "batch",
        ),
        blank=("statement",),
        reason=_("proof that the objection was heeded (Art. 5(2), 21)"),
        expiry=Expiry("recorded_at", EVIDENCE_MONTHS),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["-raised_at"]

    def __str__(self) -> str:
        return called(self)


class BalancingResult(models.TextChoices):
    """How an objection on own grounds ended."""

    UPHELD = "upheld", _("the objection is upheld")
    OVERRIDDEN = "overridden", _("compelling grounds outweigh it")


class Balancing(models.Model):
    """The recorded decision about an objection on own grounds (S119, Art. 21(1)): append-only, the first one counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    objection = models.OneToOneField(Objection, models.CASCADE, related_name="balancing", verbose_name=_("objection"))
    result = models.CharField(_("result"), max_length=10, choices=BalancingResult)
    grounds = models.TextField(_("grounds"))
    decided_at = models.DateTimeField(_("decided at"), default=timezone.now)
    actor_id = models.UUIDField(_("decided by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.KEEP,
        technical=("id", "objection", "result", "grounds", "decided_at", "actor_id"),
        reason=_("proof that the objection was weighed (Art. 5(2), 21(1)); goes with the objection"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("balancing decision")
        verbose_name_plural = _("balancing decisions")
        ordering = ["-decided_at"]

    def __str__(self) -> str:
        return called(self)


class RestrictionGround(models.TextChoices):
    """The four grounds of Art. 18(1); the policy names the first two (S131)."""

    ACCURACY = "a", _("accuracy disputed")
    UNLAWFUL = "b", _("processing unlawful")
    CLAIMS = "c", _("needed for the person's claims")
    OBJECTION = "d", _("objection being weighed")


def over(on: date) -> Q:
    """Restrictions lifted more than 36 months before the day `on`, or ended by the erasure of the person."""
    return Q(contact__isnull=True) | Q(LessThan(AddMonths(TruncDate("lifted_at"), EVIDENCE_MONTHS), on))


class Restriction(models.Model):
    """Processing is restricted to storage (Art. 18, S131). Several may be open; retention pauses under any (E29)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="restrictions")
    ground = models.CharField(_("ground"), max_length=1, choices=RestrictionGround)
    objection = models.ForeignKey(
        Objection, models.SET_NULL, null=True, blank=True, related_name="restrictions", verbose_name=_("objection")
    )
    categories = models.JSONField(_("categories, empty for all"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    since_at = models.DateTimeField(_("since"), default=timezone.now)
    notice_before_lift_at = models.DateTimeField(_("person told before lifting at"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    reviewed_on = models.DateField(_("reviewed on"), null=True, editable=False)
    reviewed_by = models.UUIDField(_("reviewed by"), null=True, editable=False)
    actor_id = models.UUIDField(_("recorded by"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DETACH,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("note",),
        technical=(
            "id",
            "contact",
            "ground",
            "objection",
            "categories",
            "since_at",
            "notice_before_lift_at",
            "lifted_at",
            "reviewed_on",
            "reviewed_by",
            "actor_id",
        ),
        blank=("note",),
        reason=_("proof that the restriction was observed (Art. 5(2), 18)"),
        expiry=Expiry("since_at", EVIDENCE_MONTHS, only=over),
    )

    class Meta:
        """A restriction is lifted only after the person was told (Art. 18(3))."""

        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        ordering = ["-since_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lifted_at__isnull=True)
                | models.Q(notice_before_lift_at__isnull=False, notice_before_lift_at__lte=models.F("lifted_at")),
                name="restriction_lifted_after_notice",
                violation_error_message=_("Tell the person before lifting the restriction, and record when."),
            )
        ]

    def __str__(self) -> str:
        return called(self)
