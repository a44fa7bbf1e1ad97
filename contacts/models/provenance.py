"""Where the data came from (S13-S16, S33-S38, Art. 14(2)(f)): every value has a source and a date."""

from __future__ import annotations

import uuid_utils.compat as uuid
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.formats.rows import LIMITS
from contacts.models.merging import MergedRecord
from contacts.models.organisations import Organisation
from contacts.models.people import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData


class SourceKind(models.TextChoices):
    """The policy's touchpoints, a closed list (S11-S16, S33-S38)."""

    WEBSITE = "website", _("website")
    FORM = "form", _("form")
    FORUM = "forum", _("forum or social network")
    CONTEST = "contest", _("contest or promotion")
    SURVEY = "survey", _("survey")
    WEBINAR = "webinar", _("webinar or event")
    SALES = "sales", _("sales, support or account management")
    PARTNER = "partner", _("partner")
    THIRD_PARTY = "third_party", _("third party")
    PUBLIC = "public", _("public source")
    SYSTEM = "system", _("another system of ours")


class Origin(models.TextChoices):
    """Where a supplier has the data from (S79; Art. 14(2)(f))."""

    PRIVATE = "private", _("private sources")
    PUBLIC = "public", _("publicly accessible sources")
    DIRECT = "direct", _("the person directly")
    PARTNER = "partner", _("a partner's own customers")


class Source(models.Model):
    """A place data comes from: a form, a fair, a partner, a bought list, another system of ours.

    For a third party it is the register of suppliers (S76-S79): who supplies, where the data is from, and the licence
    to use it, from and through which day. Without a licence in force nothing of that supplier is imported.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    code = models.CharField(_("code"), max_length=LIMITS["source"], unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=SourceKind, default=SourceKind.SYSTEM)
    supplier = models.CharField(_("supplier"), max_length=LIMITS["source_supplier"], blank=True)
    offers_opt_out = models.BooleanField(
        _("offers an opt-out"),
        default=False,
        help_text=_("Whoever gives an address here can easily refuse advertising at once (ePrivacy Art. 13(2))."),
    )

    origin = models.CharField(
        _("the supplier has it from"),
        max_length=7,
        choices=Origin,
        blank=True,
        help_text=_("For third parties and partners: people are told so in their notice (Art. 14(2)(f))."),
    )
    licence = models.CharField(
        _("licence to use the data"), max_length=200, blank=True, help_text=_("The contract or order, by its number.")
    )
    licence_from_on = models.DateField(_("licence from"), null=True, blank=True)
    licence_until_on = models.DateField(
        _("licence until"), null=True, blank=True, help_text=_("The last day. Empty: without an end.")
    )

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("code", "name", "kind", "supplier", "origin", "licence", "licence_from_on", "licence_until_on"),
        technical=("id", "offers_opt_out"),
        reason=_("names a place, not a person"),
    )

    class Meta:
        """By code."""

        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(licence_until_on__isnull=True)
                | models.Q(licence_from_on__isnull=True)
                | models.Q(licence_until_on__gte=models.F("licence_from_on")),
                name="source_licence_ends_after_start",
                violation_error_message=_("The licence ends before it begins. Correct one of the two dates."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Collection(models.Model):
    """One act of collection: which fields of a contact came from where, and when.

    The newer value of a field wins; the person's own value outranks an import. A contact without an e-mail address is
    recognised by `source` and `external_id`.
    """

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="collections")
    source = models.ForeignKey(Source, models.PROTECT, related_name="collections", db_index=False)
    batch = models.UUIDField(_("import"), null=True, editable=False)
    external_id = models.CharField(_("key at the source"), max_length=LIMITS["external_id"], blank=True)
    collected_on = models.DateField(_("collected on"))
    supplied_by_subject = models.BooleanField(_("supplied by the person"), default=False)
    fields = models.JSONField(_("fields"), default=list)
    merged_record = models.ForeignKey(
        MergedRecord, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("came by merging")
    )

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        personal=("external_id", "collected_on", "supplied_by_subject", "fields"),
        technical=("id", "contact", "source", "batch", "merged_record"),
    )

    class Meta:
        """Keys at the source are looked up by imports."""

        verbose_name = _("collection")
        verbose_name_plural = _("collections")
        ordering = ["-collected_on", "-id"]
        indexes = [
            models.Index(
                fields=["source", "external_id"], condition=~models.Q(external_id=""), name="collection_external_id"
            )
        ]

    def __str__(self) -> str:
        return called(self)


class FactSource(models.Model):
    """Which facts of an organisation came from where, and when (S17): kept apart from what is known of its people."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="fact_sources")
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", db_index=False)
    batch = models.UUIDField(_("import"), null=True, editable=False)
    collected_on = models.DateField(_("collected on"))
    fields = models.JSONField(_("fields"), default=list)

    personal_data = PersonalData(
        OnErasure.KEEP,
        organisational=("collected_on", "fields"),
        technical=("id", "organisation", "source", "batch"),
        reason=_("about an organisation, not a person; goes with the organisation (E47)"),
    )

    class Meta:
        """Newest first."""

        verbose_name = _("source of company facts")
        verbose_name_plural = _("sources of company facts")
        ordering = ["-collected_on", "-id"]

    def __str__(self) -> str:
        return called(self)
