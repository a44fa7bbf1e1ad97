"""What lets data leave the EEA, adequacy decisions, and when sales negotiations began."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited
from config.admin_site.filters import choice_filter
from consent.models import AdequacyDecision, Negotiation, Safeguard
from consent.models.safeguards import Tool
from consent.transfers import ending
from contacts.filters import today


@admin.register(Safeguard)
class SafeguardAdmin(Audited):
    """Every transfer tool with its dates; the next to end first."""

    list_display = ("to", "tool", "module", "valid_from", "valid_until", "review_on", "state")
    list_display_links = ("tool",)
    list_filter = (choice_filter("tool", Tool.choices, gettext_lazy("transfer tool")),)
    list_select_related = ("recipient",)
    search_fields = ("recipient__name", "reference")
    autocomplete_fields = ("recipient",)
    ordering = ("review_on",)
    sortable_by = ("review_on", "valid_until")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Safeguard, Any]:
        """The safeguards, and whether each needs somebody's attention soon."""
        soon = ending(today()).filter(pk=OuterRef("pk"))
        rows: QuerySet[Safeguard, Any] = super().get_queryset(request).annotate(ending=Exists(soon))
        return rows

    @admin.display(description=gettext_lazy("recipient"))
    def to(self, safeguard: Safeguard) -> SafeString:
        """The recipient, as a link."""
        url = reverse("admin:consent_recipient_change", args=[safeguard.recipient_id])
        return format_html('<a href="{}">{}</a>', url, safeguard.recipient)

    @admin.display(description=gettext_lazy("state"))
    def state(self, safeguard: Any) -> SafeString:
        """Whether it counts today, and when somebody must act."""
        on = today()
        last = min(filter(None, (safeguard.valid_until, safeguard.review_on)))
        if safeguard.valid_from > on:
            return tag("waiting", _("not yet"))
        if last < on:
            return tag("due", _("over since %(day)s") % {"day": date_format(last, "SHORT_DATE_FORMAT")})
        if safeguard.ending:
            return tag("bar", _("act by %(day)s") % {"day": date_format(last, "SHORT_DATE_FORMAT")})
        return tag("now", _("in force"))


@admin.register(AdequacyDecision)
class AdequacyDecisionAdmin(Audited):
    """The decisions of the Commission, as dated rows that staff keep up to date."""

    list_display = ("country", "valid_from", "valid_until", "only_listed", "scope", "source", "checked_on")
    sortable_by = ("valid_until",)


@admin.register(Negotiation)
class NegotiationAdmin(Audited):
    """When sales negotiations began: only then a reseller may hear of it."""

    list_display = ("opened_on", "organisation", "subject", "closed_on")
    list_select_related = ("organisation",)
    search_fields = ("organisation__name", "subject")
    autocomplete_fields = ("organisation",)
    sortable_by = ("opened_on",)


def tag(kind: str, text: str) -> SafeString:
    """A word in the colour of its kind."""
    return format_html('<span class="tag tag-{}">{}</span>', kind, text)
