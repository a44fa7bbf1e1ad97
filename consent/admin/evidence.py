"""Evidence of consents, objections and restrictions, the suppression list, former addresses: read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import review
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, choice_filter
from config.dates import local_date, now
from consent.admin.worded import Worded
from consent.audience_admin import AudienceAdmin
from consent.consents_admin import ConsentDesk
from consent.grounds import Ground
from consent.imports_admin import ImportAdmin
from consent.models import (
    AudienceExport,
    Consent,
    Disclosure,
    DisclosureBatch,
    FormerAddress,
    ImportBatch,
    InterestProfile,
    Objection,
    OwnHost,
    QuarantinedRow,
    Restriction,
    SuppressionEntry,
    SuppressionRemoval,
)
from consent.models.consents import Channel, ConsentState
from consent.models.exceptions import ExceptionGround
from consent.models.objections import ObjectionGround, RestrictionGround
from consent.models.suppression import FormerReason, SuppressionReason
from consent.objections_admin import ObjectionDesk, RestrictionDesk
from consent.profiling_admin import InterestProfileAdmin, OwnHostAdmin
from consent.quarantine_admin import QuarantineAdmin
from consent.receipts_admin import WithReceipt
from consent.shared_fields import labels
from consent.sharing_admin import DisclosureBatchAdmin
from consent.suppression_admin import SuppressionDesk
from contacts.filters import digests
from contacts.links import FoundByContact
from retention.attention import standing_restrictions

admin.site.register(ImportBatch, ImportAdmin)
admin.site.register(QuarantinedRow, QuarantineAdmin)
admin.site.register(InterestProfile, InterestProfileAdmin)
admin.site.register(OwnHost, OwnHostAdmin)
admin.site.register(AudienceExport, AudienceAdmin)
admin.site.register(DisclosureBatch, DisclosureBatchAdmin)


class EvidenceAdmin(Worded, FoundByContact, ReadOnlyAdmin):
    """Evidence about a person, found by name, reference or address: by that also after the erasure."""

    search_help_text = gettext_lazy("An e-mail address (also of somebody who was erased), a name, or a reference.")
    sortable_by = ()

    def also_found_by(self, text: str) -> Q:
        return Q(digest__in=digests(text))


class DigestAdmin(Worded, ReadOnlyAdmin):
    """Keyed digests of addresses; a person is found by naming the address."""

    search_fields = ("digest",)
    search_help_text = gettext_lazy("A whole e-mail address; it is compared by its keyed digest.")
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        return queryset.filter(digest__in=digests(text)) if text else queryset, False


@admin.register(Consent)
class ConsentAdmin(WithReceipt, ConsentDesk, EvidenceAdmin):
    """Consent events; the newest of a purpose and channel is in force."""

    list_display = ("occurred_at", "person", "about", "channel", "state", "how")
    list_display_links = ("occurred_at",)
    list_filter = (
        choice_filter("state", ConsentState.choices, gettext_lazy("state")),
        choice_filter("channel", Channel.choices, gettext_lazy("channel")),
    )
    fields = (
        "person",
        "about",
        "channel",
        "state",
        "occurred_at",
        "recorded_at",
        "text",
        "language",
        "how",
        "evidence",
        "source_ip",
    )


@admin.register(Objection)
class ObjectionAdmin(ObjectionDesk, EvidenceAdmin):
    """Objections, which no import and no merge lifts."""

    list_display = ("raised_at", "person", "ground", "about", "over", "how", "decision")
    list_filter = (choice_filter("ground", ObjectionGround.choices, gettext_lazy("ground")),)
    list_select_related = ("contact", "balancing")
    fields = ("person", "ground", "about", "over", "statement", "raised_at", "recorded_at", "how", "decision")

    @admin.display(description=gettext_lazy("decision"))
    def decision(self, objection: Objection) -> str:
        """How the weighing ended, and why."""
        found = getattr(objection, "balancing", None)
        return f"{found.get_result_display()}: {found.grounds}" if found else ""


class ReminderFilter(ChoiceFilter):
    """Restrictions nobody has looked at for 90 days (E29)."""

    title = gettext_lazy("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("due", gettext_lazy("due: nobody has looked for 90 days")),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Restriction]) -> QuerySet[Restriction]:
        rows = standing_restrictions(local_date(now())).values("pk")
        return queryset.filter(pk__in=rows) if self.value() == "due" else queryset


@admin.register(Restriction)
class RestrictionAdmin(RestrictionDesk, Worded, FoundByContact, ReadOnlyAdmin):
    """Restrictions: opened by an objection, or by an officer; while one stands, no rule touches the contact."""

    acts = (
        *RestrictionDesk.acts,
        review(
            "consent.change_restriction",
            gettext_lazy(
                "Does the ground of this restriction still exist? While it stands, the data is stored only, and no "
                "rule removes it. A review holds for 90 days."
            ),
            lambda restriction: restriction.lifted_at is None and restriction.contact_id is not None,
        ),
    )
    list_display = ("since_at", "person", "ground", "reviewed_on", "lifted_at")
    list_filter = (choice_filter("ground", RestrictionGround.choices, gettext_lazy("ground")), ReminderFilter)
    sortable_by = ()
    fields = (
        "person",
        "ground",
        "categories",
        "note",
        "since_at",
        "reviewed_on",
        "reviewer",
        "notice_before_lift_at",
        "lifted_at",
    )

    @admin.display(description=gettext_lazy("reviewed by"))
    def reviewer(self, restriction: Restriction) -> str:
        return username(restriction.reviewed_by)


@admin.register(SuppressionEntry)
class SuppressionEntryAdmin(SuppressionDesk, DigestAdmin):
    """Addresses that must not be used for marketing; no rule deletes an entry (E34)."""

    list_display = ("since_at", "identifier", "reason", "authority", "about", "over", "digest")
    list_filter = (choice_filter("reason", SuppressionReason.choices, gettext_lazy("reason")),)


@admin.register(SuppressionRemoval)
class SuppressionRemovalAdmin(DigestAdmin):
    """Entries that were taken off the list at the person's wish."""

    list_display = ("removed_at", "identifier", "reason", "authority", "about", "over", "how")


GROUNDS = dict(Ground.choices) | dict(ExceptionGround.choices)
"""What stands in the ledger."""


@admin.register(Disclosure)
class DisclosureAdmin(EvidenceAdmin):
    """The ledger: whose data went to whom."""

    list_display = ("disclosed_at", "person", "recipient", "reason", "fields_shown")
    list_display_links = ("disclosed_at",)
    list_select_related = ("contact", "batch__recipient", "batch__purpose", "batch__exception")
    fields = ("person", "recipient", "reason", "fields_shown", "allowed_by", "disclosed_at", "digest")

    @admin.display(description=gettext_lazy("recipient"))
    def recipient(self, row: Disclosure) -> SafeString:
        """The recipient, as a link to the act of passing on."""
        url = reverse("admin:consent_disclosurebatch_change", args=[row.batch_id])
        return format_html('<a href="{}">{}</a>', url, row.batch.recipient)

    @admin.display(description=gettext_lazy("purpose"))
    def reason(self, row: Disclosure) -> str:
        """The purpose of the catalogue, or the exceptional ground."""
        return row.batch.reason

    @admin.display(description=gettext_lazy("ground"))
    def allowed_by(self, row: Disclosure) -> str:
        """The ground of the permission rule, or the exceptional one."""
        return str(GROUNDS.get(row.ground, row.ground))

    @admin.display(description=gettext_lazy("fields"))
    def fields_shown(self, row: Disclosure) -> str:
        """The names of the fields."""
        return labels(row.batch.fields)


@admin.register(FormerAddress)
class FormerAddressAdmin(DigestAdmin):
    """Addresses we once held (E37)."""

    list_display = ("erased_on", "reason", "digest")
    list_filter = (choice_filter("reason", FormerReason.choices, gettext_lazy("reason")),)
