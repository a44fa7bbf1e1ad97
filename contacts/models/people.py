"""The contact: a person we hold business data about."""

from __future__ import annotations

from typing import Any

import uuid_utils.compat as uuid
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from config import keys
from config.language import called
from config.models import Subsidiary
from contacts.formats.rows import LIMITS
from contacts.identity import email_key
from contacts.personal_data import OnErasure, PersonalData


class ReferenceSequence(models.Model):
    """How many human references have been given out; one row for each series."""

    used = models.PositiveBigIntegerField(default=0)

    personal_data = PersonalData(OnErasure.KEEP, technical=("id", "used"), reason=_("holds nothing about a person"))

    def __str__(self) -> str:
        return str(self.used)


class Contact(models.Model):
    """A data subject of the policy: the union of its two field lists (marketing S11-S16, customers S31).

    `in_marketing` is membership in the direct-marketing register, never a permission to write. `collected_on` is the
    earliest known day of collection; `collected_estimated` says it was not given and is the earliest day we know of.
    `last_engaged_on` is the day, in the controller's time zone, of the last engagement that counts for S95.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=12, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    email_key = models.CharField(max_length=254, null=True, editable=False)  # noqa: DJ001  (null: partially unique)
    email_digest = models.CharField(max_length=64, blank=True, editable=False)
    domain_digest = models.CharField(max_length=64, blank=True, editable=False)
    phone_digest = models.CharField(max_length=64, blank=True, editable=False)
    digest_version = models.PositiveSmallIntegerField(default=0, editable=False)
    salutation = models.CharField(_("salutation"), max_length=LIMITS["salutation"], blank=True)
    academic_title = models.CharField(_("academic title"), max_length=LIMITS["academic_title"], blank=True)
    first_name = models.CharField(_("first name"), max_length=LIMITS["first_name"], blank=True)
    last_name = models.CharField(_("last name"), max_length=LIMITS["last_name"], blank=True)
    name_key = models.CharField(max_length=210, blank=True, editable=False)
    job_title = models.CharField(_("job title"), max_length=LIMITS["job_title"], blank=True)
    job_function = models.CharField(_("job function"), max_length=LIMITS["job_function"], blank=True)
    phone = models.CharField(_("phone"), max_length=LIMITS["phone"], blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)
    country = CountryField(_("country"), blank=True)
    street = models.CharField(_("street"), max_length=LIMITS["street"], blank=True)
    postcode = models.CharField(_("postcode"), max_length=LIMITS["postcode"], blank=True)
    city = models.CharField(_("city"), max_length=LIMITS["city"], blank=True)
    state = models.CharField(pgettext_lazy("part of an address", "state"), max_length=LIMITS["state"], blank=True)
    linkedin_url = models.CharField(_("LinkedIn"), max_length=LIMITS["linkedin_url"], blank=True)
    topics = models.JSONField(_("topics of interest"), default=list, blank=True)
    notification_preferences = models.CharField(
        _("notification preferences"), max_length=LIMITS["notification_preferences"], blank=True
    )
    in_marketing = models.BooleanField(_("in the marketing register"), default=False)
    marketing_frozen = models.BooleanField(_("marketing data frozen by a hold"), default=False, editable=False)
    left_marketing_on = models.DateField(_("left the marketing register on"), null=True, editable=False)
    returned_on = models.DateField(_("collected anew for marketing on"), null=True, editable=False)
    collected_on = models.DateField(_("collected on"))
    collected_estimated = models.BooleanField(_("day of collection estimated"), default=False)
    last_engaged_on = models.DateField(_("last engagement on"), null=True, editable=False)
    purged_before_on = models.DateField(_("purged before, on"), null=True, editable=False)
    subsidiary = models.ForeignKey(
        Subsidiary, models.PROTECT, null=True, blank=True, verbose_name=_("subsidiary"), related_name="contacts"
    )
    created_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    personal_data = PersonalData(
        OnErasure.DELETE,
        personal=(
            "reference",
            "email",
            "email_key",
            "email_digest",
            "domain_digest",
            "phone_digest",
            "salutation",
            "academic_title",
            "first_name",
            "last_name",
            "name_key",
            "job_title",
            "job_function",
            "phone",
            "language",
            "country",
            "street",
            "postcode",
            "city",
            "state",
            "linkedin_url",
            "topics",
            "notification_preferences",
            "in_marketing",
            "marketing_frozen",
            "left_marketing_on",
            "returned_on",
            "collected_on",
            "last_engaged_on",
            "purged_before_on",
        ),
        technical=("id", "digest_version", "collected_estimated", "subsidiary", "created_at", "updated_at"),
    )

    class Meta:
        """An address belongs to one contact; a reference is never given twice."""

        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["reference"], name="contact_reference_once"),
            # The operator class lets one index serve exact and prefix look-ups on PostgreSQL.
            models.UniqueConstraint(
                fields=["email_key"],
                condition=models.Q(email_key__isnull=False),
                name="contact_email_once",
                opclasses=["varchar_pattern_ops"],
            ),
        ]
        indexes = [
            models.Index(fields=["name_key"], name="contact_name", opclasses=["varchar_pattern_ops"]),
            # The directory walks by name; its accounts see one country, or a few.
            models.Index(fields=["name_key", "id"], name="contact_by_name"),
            models.Index(fields=["country"], name="contact_country"),
        ]

    def __str__(self) -> str:
        """Impersonal on purpose: the admin's own log copies it and would keep a name after erasure."""
        return called(self, self.reference)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the matching keys in step with what they are made of; give a new contact its reference."""
        if not self.reference:
            from contacts.references import take  # noqa: PLC0415  (references needs the sequence from here)

            self.reference = take(1)[0]
        self.__dict__.update(derived_keys(self.email, self.first_name, self.last_name, self.phone))
        if not self._state.adding:
            kwargs["force_update"] = True  # an old copy must not bring an erased person back
        super().save(*args, **kwargs)

    @property
    def full_name(self) -> str:
        """Title, first and last name, or the reference of somebody without a name."""
        return (
            " ".join(part for part in (self.academic_title, self.first_name, self.last_name) if part) or self.reference
        )


def derived_keys(email: str, first_name: str, last_name: str, phone: str = "") -> dict[str, Any]:
    """The columns that follow from a person's address, name and number.

    The digests are made here, in Python, so that a key never reaches the database's logs; they are what the suppression
    list is asked by.
    """
    return keys_from(email_key(email) if email else None, first_name, last_name, phone)


def keys_from(key: str | None, first_name: str, last_name: str, phone: str) -> dict[str, Any]:
    """The same for an address that has been normalised already."""
    return {
        "email_key": key,
        "email_digest": keys.digest(key) if key else "",
        "domain_digest": keys.digest(key.rpartition("@")[2]) if key else "",
        "phone_digest": keys.digest(phone) if phone else "",
        "digest_version": keys.newest_version() if key or phone else 0,
        "name_key": f"{last_name} {first_name}".strip().casefold()[:210],
    }
