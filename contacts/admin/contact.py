"""The contact list and the page of one contact."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Model, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.http.response import HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited, DatedInline
from config.admin_site.lists import PagedList
from config.dates import BEGINNING, now
from config.models import Actor
from config.panels import record_panels
from contacts.filters import FILTERS, search, today
from contacts.forms import AffiliationFormSet, ContactForm
from contacts.manual import note_collection, refresh
from contacts.models import Affiliation, Contact
from contacts.signals import contact_informed
from contacts.visibility import sees_all, visible_to
from retention.bars import NO_BARS, SENTENCES, Bar, bars_of

BARS = {
    Bar.LEGAL_HOLD: gettext_lazy("legal hold"),
    Bar.RIGHTS_REQUEST: gettext_lazy("rights request"),
    Bar.RESTRICTION: gettext_lazy("restriction"),
    Bar.DATA_GAP: gettext_lazy("no agreement?"),
}
"""Short names of the bars, for a column; the sentence is in `retention.bars.SENTENCES`."""


KNOWN_LATER = (("collected", "last_engaged_on"), ("left_marketing_on", "returned_on", "purged_before_on"))
"""What a person at the keyboard reads and does not enter."""


class ContactList(PagedList):
    """The list, which asks once per page what stands in the way of the rules."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Contact]:
        """In the order of leaving the index of the due dates leads, which an outer join would not let it."""
        rows: QuerySet[Contact] = super().get_queryset(request, exclude_parameters)
        columns = {self.list_display[one] for one in self.get_ordering_field_columns() if one < len(self.list_display)}
        return rows.filter(due__isnull=False) if "kept_until" in columns else rows

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        elsewhere = [contact.pk for contact in self.result_list if not contact.in_marketing]
        bars = bars_of(today(), [contact.pk for contact in self.result_list], elsewhere)
        for contact in self.result_list:
            contact.bars = bars.get(contact.pk, NO_BARS)


class AffiliationInline(DatedInline):
    """Where the person works or worked; an affiliation ends by its date."""

    model = Affiliation
    formset = AffiliationFormSet
    fields = (("organisation", "role"), ("started_on", "ended_on"))
    autocomplete_fields = ("organisation",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Affiliation]:
        return super().get_queryset(request).select_related("organisation")


@admin.register(Contact)
class ContactAdmin(Audited):
    """Contacts: found, read and corrected here; removed only by `retention/erasure.py`."""

    form = ContactForm
    inlines = (AffiliationInline,)
    list_display = (
        "reference",
        "person",
        "organisation",
        "register",
        "kept_until",
        "blockers",
    )
    list_display_links = ("reference", "person")
    list_filter = FILTERS
    list_select_related = ("due",)
    sortable_by = ("kept_until",)
    search_fields = ("name_key",)
    search_help_text = gettext_lazy("A name, an e-mail address or its beginning, or a reference such as C-7K3M9Q.")
    ordering = ("-id",)
    autocomplete_fields = ()
    fieldsets = (
        (
            gettext_lazy("Person"),
            {
                "fields": (
                    ("salutation", "academic_title"),
                    ("first_name", "last_name"),
                    ("email", "phone"),
                    ("language", "country"),
                )
            },
        ),
        (
            gettext_lazy("Work"),
            {
                "fields": (
                    ("job_title", "job_function"),
                    "linkedin_url",
                    "street",
                    ("postcode", "city", "state"),
                )
            },
        ),
        (
            gettext_lazy("Registers"),
            {
                "fields": (
                    "in_marketing",
                    "topics",
                    ("notification_preferences", "subsidiary"),
                    *KNOWN_LATER,
                )
            },
        ),
    )

    # The list -------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        """Contacts with their present employer, else the last one."""
        employer = Affiliation.objects.filter(contact=OuterRef("pk")).order_by(
            F("ended_on").desc(nulls_first=True), "-id"
        )
        rows = visible_to(request.user, now(), super().get_queryset(request))
        return rows.annotate(employer=Subquery(employer.values("organisation__name")[:1]))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ContactList]:
        return ContactList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Contact], search_term: str
    ) -> tuple[QuerySet[Contact], bool]:
        return search(queryset, search_term), False

    def choice_label(self, contact: Contact) -> str:
        """How a contact is called in a search field."""
        return f"{contact.full_name} · {contact.reference}"

    @admin.display(description=gettext_lazy("name"))
    def person(self, contact: Contact) -> SafeString | str:
        name = contact.full_name if contact.full_name != contact.reference else "–"
        return format_html('{}<span class="second">{}</span>', name, contact.email) if contact.email else name

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, contact: Any) -> SafeString:
        return format_html('{}<span class="second">{}</span>', contact.employer or "", contact.country.name)

    @admin.display(description=gettext_lazy("register"))
    def register(self, contact: Contact) -> str:
        due = getattr(contact, "due", None)
        return due.get_register_display() if due else ""

    @admin.display(description=gettext_lazy("kept until"), ordering=F("due__erase_on").asc(nulls_last=True))
    def kept_until(self, contact: Contact) -> SafeString | str:
        """The last day, and the rule that erases after it."""
        due = getattr(contact, "due", None)
        if due is None:
            return _("not known yet")
        return format_html('{}<span class="second">{}</span>', self._last_day(due.erase_on), self._rule(due))

    @staticmethod
    def _last_day(day: date | None) -> SafeString | str:
        if day is None:
            return _("no end in sight")
        if day == BEGINNING:
            return format_html('<span class="tag tag-due">{}</span>', _("next run"))
        text = date_format(day, "SHORT_DATE_FORMAT")
        if day < today():
            return format_html('<span class="tag tag-due">{}</span>', _("over since %(day)s") % {"day": text})
        return text

    @staticmethod
    def _rule(due: Any) -> str:
        """The rule whose reason ends last: that one erases."""
        if due.register == "none":
            return _("Art. 5, no register")
        if due.register == "marketing" or (due.register == "both" and due.marketing_on == due.erase_on):
            return _("S95, 24 months")
        return _("S97, five years")

    @admin.display(description=gettext_lazy("blockers"))
    def blockers(self, contact: Any) -> SafeString:
        bars = sorted(contact.bars.erasure | contact.bars.marketing | contact.bars.customer)
        tags = ((SENTENCES[bar][1], BARS[bar]) for bar in bars)
        return format_html_join(" ", '<span class="tag tag-bar" title="{}">{}</span>', tags)

    # The page -------------------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """The day of collection is entered once, when a contact is added."""
        if obj is not None:
            return self.fieldsets
        *others, (name, options) = self.fieldsets
        asked = tuple(line for line in options["fields"] if line not in KNOWN_LATER)
        hint = _("A contact needs a register: tick marketing, or add an affiliation below.")
        return (*others, (name, {"fields": (*asked, "collected_on", "informed"), "description": hint}))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else tuple(name for line in KNOWN_LATER for name in line)

    @admin.display(description=gettext_lazy("collected on"))
    def collected(self, contact: Contact) -> str:
        day = date_format(contact.collected_on)
        return _("%(day)s, estimated") % {"day": day} if contact.collected_estimated else day

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """These pages show everything about a person; the masked directory for sales is elsewhere."""
        return super().has_view_permission(request, obj) and sees_all(request.user)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"collected_on": today(), **super().get_changeform_initial_data(request)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, and beside it what else is known about the person."""
        if context["original"] is not None and not context["is_popup"]:
            context["panels"] = record_panels(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def log_name(self, obj: Model) -> str:
        return str(obj)

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        form.user = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Contact, form: ContactForm, change: bool) -> None:
        """Somebody who had left marketing and is entered again was collected anew today."""
        if "in_marketing" in form.changed_data and obj.in_marketing and obj.left_marketing_on:
            obj.returned_on = today()
        for found in form.settled:
            if found.settle:
                said = found.settle(Actor.person(request.user), obj)
                self.message_user(request, said, messages.WARNING)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: ContactForm, formsets: Any, change: bool) -> None:
        """Provenance and due dates follow in the same transaction, once everything else is saved."""
        super().save_related(request, form, formsets, change)
        contact = form.instance
        note_collection(contact, form.changed_data, today() if change else contact.collected_on)
        if not change and form.cleaned_data["informed"]:
            contact_informed.send(sender=Contact, contact=contact, actor=Actor.person(request.user), at=now())
        refresh([contact.pk])
        contact.refresh_from_db()
        if contact.due.register == "none":
            text = _(
                "Saved, but in no register: not in marketing, and no agreement of an employer is on record. Unless you "
                "enter one, the next run erases this contact."
            )
            self.message_user(request, text, messages.WARNING)
