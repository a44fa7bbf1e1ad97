"""Consent as evidence (Art. 7(1), S26-S28): append-only events; the latest one is the current state."""

from __future__ import annotations

from datetime import date

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.dates import AddMonths
from config.policy.periods import EVIDENCE_MONTHS
from consent.models.notices import PolicyVersion
from contacts.models import Contact
from contacts.personal_data import Expiry, OnErasure, OnMerge, PersonalData


class ConsentState(models.TextChoices):
    """The states of the Data Privacy Vocabulary, by their own names."""

    REQUESTED = "ConsentRequested", _("requested")
    DEFERRED = "ConsentRequestDeferred", _("request deferred")
    REFUSED = "ConsentRefused", _("refused")
    GIVEN = "ConsentGiven", _("given")
    RENEWED = "RenewedConsentGiven", _("renewed")
    EXPIRED = "ConsentExpired", _("expired")
    INVALIDATED = "ConsentInvalidated", _("invalidated")
    REVOKED = "ConsentRevoked", _("revoked by somebody else")
    WITHDRAWN = "ConsentWithdrawn", _("withdrawn")
    UNKNOWN = "ConsentUnknown", _("unknown")


USABLE = (ConsentState.GIVEN, ConsentState.RENEWED)
"""Every other state permits nothing; a legacy flag without text and time is UNKNOWN."""

LATEST_FIRST = (F("occurred_at").desc(), F("recorded_at").desc(), Case(When(state__in=USABLE, then=1), default=0))
"""The order in which the first event is the one in force: the last, and on a tie the one that permits nothing."""


def closed(on: date) -> Q:
    """Consent events after which the same consent ended more than 36 months before the day `on` (E35)."""
    chain = {name: OuterRef(name) for name in ("digest", "purpose", "channel")}
    ended = (
        Consent.objects.filter(Q(contact=OuterRef("contact")) | Q(contact__isnull=True) & ~Q(digest=""), **chain)
        .exclude(state__in=USABLE)
        .filter(occurred_at__gte=OuterRef("occurred_at"))
        .annotate(kept_until=AddMonths(TruncDate("recorded_at"), EVIDENCE_MONTHS))
        .filter(kept_until__lt=on)
    )
    return Q(Exists(ended)) | Q(contact__isnull=True, digest="")


class Channel(models.TextChoices):
    """How a person can be reached."""

    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    POST = "post", _("post")


class Consent(models.Model):
    """One event in the life of a consent for one purpose and channel.

    In force is the first by LATEST_FIRST. `by_subject`: the person told us directly; only such a consent lifts an
    earlier objection. `token_digest` is the SHA-256 of the link of a double opt-in. After an erasure the chain stays
    for 36 months with the keyed digest in place of the person (E35), without the wording: a form may have put the
    person's name into it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    contact = models.ForeignKey(Contact, models.PROTECT, null=True, related_name="consents", db_index=False)
    digest = models.CharField(max_length=64, blank=True, editable=False)
    digest_version = models.PositiveSmallIntegerField(default=0, editable=False)
    purpose = models.CharField(_("purpose"), max_length=40)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    state = models.CharField(_("state"), max_length=24, choices=ConsentState)
    occurred_at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    text = models.TextField(_("wording shown"), blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)
    method = models.CharField(_("method"), max_length=40, blank=True)
    evidence = models.CharField(_("evidence"), max_length=200, blank=True)
    by_subject = models.BooleanField(_("told us by the person"), default=False)
    policy = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, blank=True, db_index=False, verbose_name=_("policy version")
    )
    token_digest = models.CharField(max_length=64, blank=True, editable=False)
    source_ip = models.GenericIPAddressField(_("shortened IP address"), null=True, blank=True)
    actor_id = models.UUIDField(_("recorded by"), null=True, editable=False)
    batch = models.UUIDField(_("import"), null=True, editable=False)

    personal_data = PersonalData(
        OnErasure.DETACH,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("digest", "text", "language", "evidence", "source_ip"),
        technical=(
            "id",
            "contact",
            "digest_version",
            "purpose",
            "channel",
            "state",
            "occurred_at",
            "recorded_at",
            "method",
            "by_subject",
            "policy",
            "token_digest",
            "actor_id",
            "batch",
        ),
        blank=("text", "evidence", "source_ip"),
        reason=_("proof that consent was given and withdrawn (Art. 7(1), 17(3)(e))"),
        expiry=Expiry("recorded_at", EVIDENCE_MONTHS, only=closed),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")
        ordering = ["-occurred_at", "-recorded_at"]
        indexes = [
            models.Index(fields=["token_digest"], condition=~Q(token_digest=""), name="consent_token"),
            models.Index(fields=["contact", "purpose", "channel", "-occurred_at"], name="consent_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.get_state_display()}"
