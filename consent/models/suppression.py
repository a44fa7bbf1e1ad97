"""What must be remembered about an address without keeping the address: keyed digests, never clear text."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.language import called
from config.policy.periods import EVIDENCE_MONTHS
from contacts.personal_data import Expiry, OnErasure, PersonalData


class Identifier(models.TextChoices):
    """What kind of identifier the digest was made of."""

    EMAIL = "email", _("e-mail address")
    PHONE = "phone", _("phone number")
    DOMAIN = "domain", _("domain")


class SuppressionReason(models.TextChoices):
    """Why the address must not be used."""

    OBJECTION = "objection", _("objection")
    WITHDRAWAL = "withdrawal", _("withdrawal of consent")
    COMPLAINT = "complaint", _("complaint")
    HARD_BOUNCE = "hard_bounce", _("address does not exist")
    STAFF = "staff", _("entered by staff")


class Authority(models.IntegerChoices):
    """Whose word the entry rests on; only an equal or higher one may lift it, and no import ever does."""

    MACHINE = 1, _("machine")
    STAFF = 2, _("staff")
    PERSON = 3, _("the person")


class SuppressionEntry(models.Model):
    """A do-not-contact entry (Art. 21(3)): survives erasure, merge, import and key rotation; no rule deletes it (E34).

    An empty `purpose` means every marketing purpose, an empty `channel` every channel.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    identifier = models.CharField(_("identifier"), max_length=6, choices=Identifier)
    digest = models.CharField(_("keyed digest"), max_length=64)
    digest_version = models.PositiveSmallIntegerField(_("key version"))
    purpose = models.CharField(_("purpose, empty for all"), max_length=40, blank=True)
    channel = models.CharField(_("channel, empty for all"), max_length=8, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=SuppressionReason)
    authority = models.PositiveSmallIntegerField(_("on the word of"), choices=Authority)
    since_at = models.DateTimeField(_("since"), default=timezone.now)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("digest",),
        technical=("id", "identifier", "digest_version", "purpose", "channel", "reason", "authority", "since_at"),
        reason=_("implements the objection itself (Art. 21(3)); a keyed digest, no address"),
    )

    class Meta:
        """One entry for each digest and scope."""

        verbose_name = _("suppression entry")
        verbose_name_plural = _("suppression list")
        ordering = ["-since_at"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "identifier", "purpose", "channel"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return called(self)


class SuppressionRemoval(models.Model):
    """Proof that an entry was taken off the list at the person's explicit wish, after a warning (append-only).

    `method` says how the person asked; the address itself is a keyed digest here, too.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    identifier = models.CharField(_("identifier"), max_length=6, choices=Identifier)
    digest = models.CharField(_("keyed digest"), max_length=64)
    digest_version = models.PositiveSmallIntegerField(_("key version"))
    purpose = models.CharField(_("purpose, empty for all"), max_length=40, blank=True)
    channel = models.CharField(_("channel, empty for all"), max_length=8, blank=True)
    reason = models.CharField(_("reason"), max_length=12, choices=SuppressionReason)
    authority = models.PositiveSmallIntegerField(_("on the word of"), choices=Authority)
    since_at = models.DateTimeField(_("since"))
    removed_at = models.DateTimeField(_("removed at"))
    actor_id = models.UUIDField(_("removed by"), null=True, editable=False)
    method = models.CharField(_("how the person asked"), max_length=40)

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("digest",),
        technical=(
            "id",
            "identifier",
            "digest_version",
            "purpose",
            "channel",
            "reason",
            "authority",
            "since_at",
            "removed_at",
            "actor_id",
            "method",
        ),
        reason=_("proof that the person asked to be taken off the list (Art. 5(2)); a keyed digest, no address"),
        expiry=Expiry("removed_at", EVIDENCE_MONTHS),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("removal from the suppression list")
        verbose_name_plural = _("removals from the suppression list")
        ordering = ["-removed_at"]

    def __str__(self) -> str:
        return called(self)


class FormerReason(models.TextChoices):
    """Why an address is no longer held."""

    PURGE = "purge", _("purged by a rule")
    REQUEST = "request", _("erased on request")


class FormerAddress(models.Model):
    """What an erasure leaves behind for the airlock (E37): that this address was held, why it went, and when.

    Purged by a rule: the person may come back with a new collection date. Erased on request: quarantine.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(_("keyed digest"), max_length=64)
    digest_version = models.PositiveSmallIntegerField(_("key version"))
    reason = models.CharField(_("reason"), max_length=8, choices=FormerReason)
    erased_on = models.DateField(_("erased on"))

    personal_data = PersonalData(
        OnErasure.KEEP,
        personal=("digest",),
        technical=("id", "digest_version", "reason", "erased_on"),
        reason=_("lets the airlock recognise a former address; a keyed digest, no address"),
        expiry=Expiry("erased_on", EVIDENCE_MONTHS),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
        ordering = ["-id"]
        indexes = [models.Index(fields=["digest"], name="former_address_digest")]

    def __str__(self) -> str:
        return called(self)
