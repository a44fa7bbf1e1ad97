"""Evidence of consents, objections and restrictions, the suppression list, former addresses: read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.checks import form_check
from config.admin_site.filters import choice_filter
from consent.imports_admin import ImportAdmin
from consent.models import (
    Consent,
    FormerAddress,
    ImportBatch,
    Objection,
    QuarantinedRow,
    Restriction,
    SuppressionEntry,
)
from consent.models.consents import Channel, ConsentState
from consent.models.objections import ObjectionGround, RestrictionGround
from consent.models.suppression import FormerReason, SuppressionReason
from consent.quarantine_admin import QuarantineAdmin
from consent.receipts_admin import WithReceipt
from consent.suppression import is_suppressed
from contacts.filters import digests, search
from contacts.identity import email_key
from contacts.links import AboutContact
from contacts.models import Contact

admin.site.register(ImportBatch, ImportAdmin)
admin.site.register(QuarantinedRow, QuarantineAdmin)


@form_check("contacts.contact")
def suppressed_stays_out_of_marketing(contact: Contact, cleaned: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Nobody who objected is put into the marketing register by hand (Art. 21(3))."""
    email = cleaned.get("email") or ""
    if not email or not cleaned.get("in_marketing") or (contact.in_marketing and email == contact.email):
        return
    if is_suppressed(email_key(email)):
        yield (
            "in_marketing",
            _("This address is on the suppression list and must stay out of marketing. Take the tick away."),
        )


def digest_or_contact(rows: QuerySet[Any], text: str, *, contact: bool) -> QuerySet[Any]:
    """Evidence about whoever is meant by an address, also after the erasure, or by a name or a reference."""
    wanted = Q(digest__in=digests(text))
    return rows.filter(wanted | Q(contact__in=search(Contact.objects.all(), text).values("pk")) if contact else wanted)


class EvidenceAdmin(AboutContact, ReadOnlyAdmin):
    """Evidence about a person, found by address, name or reference."""

    search_fields = ("digest",)
    search_help_text = gettext_lazy("An e-mail address (also of somebody who was erased), or a reference.")
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (digest_or_contact(queryset, search_term, contact=True) if search_term.strip() else queryset), False


class DigestAdmin(ReadOnlyAdmin):
    """Keyed digests of addresses; a person is found by naming the address."""

    search_fields = ("digest",)
    search_help_text = gettext_lazy("A whole e-mail address; it is compared by its keyed digest.")
    sortable_by = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return (digest_or_contact(queryset, search_term, contact=False) if search_term.strip() else queryset), False


@admin.register(Consent)
class ConsentAdmin(WithReceipt, EvidenceAdmin):
    """Consent events; the newest of a purpose and channel is in force."""

    list_display = ("occurred_at", "person", "purpose", "channel", "state", "method")
    list_display_links = ("occurred_at",)
    list_filter = (
        choice_filter("state", ConsentState.choices, gettext_lazy("state")),
        choice_filter("channel", Channel.choices, gettext_lazy("channel")),
    )
    fields = (
        "person",
        "purpose",
        "channel",
        "state",
        "occurred_at",
        "recorded_at",
        "text",
        "language",
        "method",
        "evidence",
        "source_ip",
    )


@admin.register(Objection)
class ObjectionAdmin(EvidenceAdmin):
    """Objections, which no import and no merge lifts."""

    list_display = ("raised_at", "person", "ground", "channel", "method")
    list_filter = (choice_filter("ground", ObjectionGround.choices, gettext_lazy("ground")),)
    fields = ("person", "ground", "channel", "statement", "raised_at", "recorded_at", "method")


@admin.register(Restriction)
class RestrictionAdmin(EvidenceAdmin):
    """Restrictions, written by the rights desk."""

    list_display = ("since_at", "person", "ground", "lifted_at")
    list_filter = (choice_filter("ground", RestrictionGround.choices, gettext_lazy("ground")),)
    search_fields = ("contact__reference",)
    search_help_text = gettext_lazy("An e-mail address, a name, or a reference.")
    fields = ("person", "ground", "categories", "note", "since_at", "notice_before_lift_at", "lifted_at")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(contact__in=search(Contact.objects.all(), search_term).values("pk")), False


@admin.register(SuppressionEntry)
class SuppressionEntryAdmin(DigestAdmin):
    """Addresses that must not be used for marketing; no rule deletes an entry (E34)."""

    list_display = ("since_at", "identifier", "reason", "authority", "channel", "digest")
    list_filter = (choice_filter("reason", SuppressionReason.choices, gettext_lazy("reason")),)


@admin.register(FormerAddress)
class FormerAddressAdmin(DigestAdmin):
    """Addresses we once held (E37)."""

    list_display = ("erased_on", "reason", "digest")
    list_filter = (choice_filter("reason", FormerReason.choices, gettext_lazy("reason")),)
