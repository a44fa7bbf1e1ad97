"""The sources of the data, and for third parties the register of suppliers (S16, S76-S79)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited
from config.admin_site.filters import ChoiceFilter, choice_filter
from contacts.filters import today
from contacts.formats.rows import ContactRow
from contacts.labels import label_of
from contacts.models import Source
from contacts.models.provenance import SourceKind
from contacts.suppliers import LICENSED, NAMED, NOT_FROM_OTHERS, OTHERS, in_force, undescribed, without_licence

if TYPE_CHECKING:
    _SourceForm = forms.ModelForm[Source]
else:
    _SourceForm = forms.ModelForm

TECHNICAL = {"line", "email_key", "source", "source_supplier", "collected_on", "seen_on", "external_id", "notes"}
WISHES = {"in_marketing", "unsubscribed", "unsubscribed_at", "phone_opt_out", "bounced", "bounced_at"}
ALLOWED = [name for name in ContactRow.__slots__ if name not in {*NOT_FROM_OTHERS, *TECHNICAL, *WISHES}]
"""What a row of a third party may say of a person and the organisation."""


class SourceForm(_SourceForm):
    """One source; somebody who supplies data must be named, with where they have it from."""

    class Meta:
        model = Source
        fields = (
            "code",
            "name",
            "kind",
            "offers_opt_out",
            "supplier",
            "origin",
            "licence",
            "licence_from_on",
            "licence_until_on",
        )

    def clean(self) -> dict[str, Any]:
        """Who is told where their data come from must be told a name (Art. 14(2)(f))."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("kind") in NAMED:
            for name in ("supplier", "origin"):
                if not cleaned.get(name):
                    self.add_error(name, _("People must be told this: enter it for a partner or a third party."))
        return cleaned


class LicenceFilter(ChoiceFilter):
    """Suppliers that something is missing of."""

    title = gettext_lazy("licence")
    parameter_name = "licence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("none", gettext_lazy("none in force")), ("silent", gettext_lazy("supplier not described")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:
        conditions = {"none": without_licence(today()), "silent": undescribed()}
        found = conditions.get(self.value() or "")
        return queryset if found is None else queryset.filter(found)


@admin.register(Source)
class SourceAdmin(Audited):
    """Places the data comes from; of a third party nothing is imported without a licence in force."""

    form = SourceForm
    list_display = ("code", "name", "kind", "supplier", "licence_shown", "contacts")
    list_filter = (choice_filter("kind", SourceKind.choices, gettext_lazy("kind")), LicenceFilter)
    search_fields = ("code__istartswith", "name__istartswith", "supplier__istartswith")
    search_help_text = gettext_lazy("The beginning of a code, a name or a supplier.")
    fieldsets = (
        (None, {"fields": (("code", "name"), ("kind", "offers_opt_out"))}),
        (
            gettext_lazy("Supplier"),
            {
                "fields": (("supplier", "origin"), "licence", ("licence_from_on", "licence_until_on"), "allowed"),
                "description": gettext_lazy(
                    "For partners and third parties. Rows of a third party enter only while a licence is in force."
                ),
            },
        ),
    )
    readonly_fields = ("allowed",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        licensed = Source.objects.filter(in_force(today()), pk=OuterRef("pk"))
        rows: QuerySet[Source] = super().get_queryset(request)
        return rows.annotate(is_licensed=Exists(licensed))

    @admin.display(description=gettext_lazy("licence"))
    def licence_shown(self, source: Any) -> SafeString | str:
        """Whether the source may be used, and how long."""
        if source.kind not in LICENSED:
            return ""
        if not source.is_licensed:
            return format_html('<span class="tag tag-due">{}</span>', _("none in force"))
        until = date_format(source.licence_until_on, "SHORT_DATE_FORMAT") if source.licence_until_on else _("no end")
        return format_html('{}<span class="second">{}</span>', source.licence, until)

    @admin.display(description=gettext_lazy("taken from it"))
    def allowed(self, source: Source) -> str:
        """What an import stores of such a source's rows: the list of S16 for whom the person did not turn to."""
        if source.kind not in OTHERS:
            return _("everything a row says")
        return capfirst(", ".join(sorted(label_of(name) for name in ALLOWED)))

    @admin.display(description=gettext_lazy("contacts"))
    def contacts(self, source: Source) -> SafeString:
        url = reverse("admin:contacts_contact_changelist", query={"source": source.code})
        return format_html('<a href="{}">{}</a>', url, _("show"))
