"""Organisations and the agreements we have with them: what the customer rule counts from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, Max, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.accounts import username
from config.admin_site.acts import ActingAdmin, review
from config.admin_site.bases import DatedInline
from config.admin_site.filters import ChoiceFilter, choice_filter
from contacts.admin.previews import AgreementsPreviewed
from contacts.filters import today
from contacts.identity import organisation_key
from contacts.manual import note_facts
from contacts.models import Affiliation, Agreement, FactSource, Organisation
from contacts.models.organisations import AgreementKind, Party
from contacts.relationship import live
from contacts.visibility import sees_all
from retention.attention import silent_agreements

if TYPE_CHECKING:
    _AgreementForm = forms.ModelForm[Agreement]
else:
    _AgreementForm = forms.ModelForm

MOST_PEOPLE = 50
AGREEMENT_FIELDS = (
    ("party", "kind", "reference", "via_partner"),
    ("signed_on", "starts_on", "ends_on", "terminated_on"),
)


class AgreementForm(_AgreementForm):
    """One agreement, with at least one of its two first days."""

    def clean(self) -> dict[str, Any]:
        """A missing day of signature or of beginning takes the other (11.1)."""
        cleaned = super().clean() or self.cleaned_data
        first = cleaned.get("starts_on") or cleaned.get("signed_on")
        if first is None and not {"starts_on", "signed_on"} & self.errors.keys():
            self.add_error("starts_on", _("Enter the day on which the agreement starts, or was signed."))
        if first is not None:
            cleaned["starts_on"], cleaned["signed_on"] = first, cleaned.get("signed_on") or first
        return cleaned


class AgreementInline(DatedInline):
    """Agreements end by a date: one that never ran is terminated before its start."""

    model = Agreement
    form = AgreementForm
    fields = AGREEMENT_FIELDS


@admin.register(Organisation)
class OrganisationAdmin(AgreementsPreviewed):
    """Companies and authorities, apart from the people who work there (S17)."""

    inlines = (AgreementInline,)
    list_display = ("name", "domain", "country_shown", "standing", "last_day_shown")
    search_fields = ("name_key",)
    search_help_text = gettext_lazy("The beginning of a name, or a domain.")
    sortable_by = ("name",)
    fieldsets = (
        (None, {"fields": ("name", ("domain", "country"))}),
        (gettext_lazy("Address"), {"fields": ("street", ("postcode", "city", "state"))}),
        (gettext_lazy("Business"), {"fields": (("industry", "company_size", "revenue"), "facts_from")}),
        (None, {"fields": ("people",)}),
    )
    readonly_fields = ("people", "facts_from")

    @admin.display(description=gettext_lazy("where the facts are from"))
    def facts_from(self, organisation: Organisation) -> SafeString | str:
        """For each fact its newest source: one query for all."""
        if organisation._state.adding:
            return ""
        newest: dict[str, FactSource] = {}
        for one in organisation.fact_sources.select_related("source").order_by("collected_on", "id"):
            newest.update(dict.fromkeys(one.fields, one))
        labels = {field.name: field.verbose_name for field in Organisation._meta.fields}
        lines = (
            (labels[name], one.source, date_format(one.collected_on, "SHORT_DATE_FORMAT"))
            for name, one in sorted(newest.items())
            if name in labels
        )
        return format_html_join("", "<div>{}: {}, {}</div>", lines) or _("no source recorded")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organisation]:
        """Organisations with their standing today."""
        mine = Agreement.objects.filter(organisation=OuterRef("pk")).order_by()
        ends = mine.values("organisation").annotate(last=Max("last_day")).values("last")
        now_live = mine.filter(live(today()))
        rows: QuerySet[Organisation] = super().get_queryset(request)
        return rows.annotate(
            is_customer=Exists(now_live.filter(party=Party.CUSTOMER)),
            is_partner=Exists(now_live.filter(party=Party.PARTNER)),
            last_day=Subquery(ends),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Organisation], search_term: str
    ) -> tuple[QuerySet[Organisation], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        if "." in text and " " not in text:
            by_domain = queryset.filter(domain=text.lower())
            if by_domain.exists():
                return by_domain, False
        return queryset.filter(name_key__startswith=organisation_key(text)), False

    def choice_label(self, organisation: Organisation) -> str:
        """How an organisation is called in a search field: namesakes differ by domain or country."""
        return " · ".join(part for part in (organisation.name, organisation.domain, organisation.country.code) if part)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """These pages name the people of an organisation; the masked directory for sales is elsewhere."""
        return super().has_view_permission(request, obj) and sees_all(request.user)

    @admin.display(description=gettext_lazy("country"))
    def country_shown(self, organisation: Organisation) -> str:
        return str(organisation.country)

    @admin.display(description=gettext_lazy("standing today"))
    def standing(self, organisation: Any) -> SafeString | str:
        standing = ((organisation.is_customer, _("customer")), (organisation.is_partner, _("partner")))
        tags = format_html_join(
            " ", '<span class="tag tag-tie">{}</span>', ((name,) for holds, name in standing if holds)
        )
        return tags or (_("former") if organisation.last_day else "")

    @admin.display(description=gettext_lazy("last agreement ended"))
    def last_day_shown(self, organisation: Any) -> str:
        live_now = organisation.is_customer or organisation.is_partner
        return date_format(organisation.last_day, "SHORT_DATE_FORMAT") if organisation.last_day and not live_now else ""

    @admin.display(description=gettext_lazy("people"))
    def people(self, organisation: Organisation) -> SafeString | str:
        """Links to the first people, and to the list of all when there are more."""
        if organisation._state.adding:
            return ""
        links = (
            Affiliation.objects.filter(organisation=organisation)
            .select_related("contact")
            .order_by("contact__name_key")
        )
        rows = list(links[: MOST_PEOPLE + 1])
        lines = (
            (reverse("admin:contacts_contact_change", args=[link.contact_id]), link.contact.full_name, link.role)
            for link in rows[:MOST_PEOPLE]
        )
        shown = format_html_join("", '<li><a href="{}">{}</a> <span class="quiet">{}</span></li>', lines)
        everybody = reverse("admin:contacts_contact_changelist", query={"organisation": str(organisation.pk)})
        more = (
            format_html('<p><a href="{}">{}</a></p>', everybody, _("Show all in the list of contacts")) if rows else ""
        )
        return format_html('<ul class="people">{}</ul>{}', shown, more) if rows else _("Nobody.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Facts get a source (S17); agreements decide about people, so due dates follow in the same transaction."""
        super().save_related(request, form, formsets, change)
        note_facts(form.instance, form.changed_data, today())
        if any(formset.has_changed() for formset in formsets):
            self.follow(request, {form.instance.pk})


class ReviewFilter(ChoiceFilter):
    """Open-ended agreements that somebody should look at (E19)."""

    title = gettext_lazy("review")
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("due", gettext_lazy("due: open-ended, and silent for 36 months")),)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Agreement]) -> QuerySet[Agreement]:
        return queryset.filter(pk__in=silent_agreements(today()).values("pk")) if self.value() == "due" else queryset


@admin.register(Agreement)
class AgreementAdmin(AgreementsPreviewed, ActingAdmin):
    """Licences, subscriptions, orders and partnerships (S96, S97)."""

    acts = (
        review(
            "contacts.change_agreement",
            gettext_lazy(
                "Does this agreement still exist? As long as it stands without an end, the people of the organisation "
                "stay. If it is over, go back and enter the day on which it ended. A review holds for a year."
            ),
            lambda agreement: agreement.last_day is None,
        ),
    )
    form = AgreementForm
    list_display = ("organisation", "party", "kind", "reference", "starts_on", "last_day", "live_today")
    list_display_links = ("organisation", "reference")
    list_filter = (
        choice_filter("party", Party.choices, gettext_lazy("party")),
        choice_filter("kind", AgreementKind.choices, gettext_lazy("kind")),
        ReviewFilter,
    )
    list_select_related = ("organisation",)
    sortable_by = ("starts_on", "last_day")
    search_fields = ("reference__istartswith",)
    search_help_text = gettext_lazy("The beginning of a reference.")
    autocomplete_fields = ("organisation",)
    ordering = ("-id",)
    fieldsets = ((None, {"fields": ("organisation", *AGREEMENT_FIELDS, ("reviewed_on", "reviewer"))}),)
    readonly_fields = ("reviewed_on", "reviewer")

    @admin.display(description=gettext_lazy("reviewed by"))
    def reviewer(self, agreement: Agreement) -> str:
        return username(agreement.reviewed_by)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agreement]:
        now_live = Agreement.objects.filter(live(today()), pk=OuterRef("pk"))
        rows: QuerySet[Agreement] = super().get_queryset(request)
        return rows.annotate(is_live=Exists(now_live))

    @admin.display(description=gettext_lazy("in force"), boolean=True)
    def live_today(self, agreement: Any) -> bool:
        return bool(agreement.is_live)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before = form.initial.get("organisation")
        self.follow(request, {form.instance.organisation_id, *([before] if before else [])})
