"""Notices given, and the work list of those owed: recorded for a selection after a preview, or exempted one by one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, TextFilter, choice_filter
from config.dates import now
from config.models import Actor
from consent import notices
from consent.admin.worded import Worded
from consent.forms import ExemptionForm, GivenForm
from consent.models import Notice, OwedNotice, PolicyVersion
from consent.models.notices import Exemption, NoticeKind
from contacts.filters import today
from contacts.links import FoundByContact
from contacts.models import Collection, Contact

GIVE = "consent.add_notice"
SHOWN = 20
"""So many of a selection are named in its preview."""


@admin.register(Notice)
class NoticeAdmin(Worded, FoundByContact, ReadOnlyAdmin):
    """Who was informed of which version, when and how; or why not."""

    list_display = ("recorded_at", "person", "kind", "policy", "given_at", "how", "exemption")
    list_display_links = ("recorded_at",)
    list_filter = (
        choice_filter("kind", NoticeKind.choices, gettext_lazy("kind")),
        choice_filter("exemption", Exemption.choices, gettext_lazy("exemption")),
    )
    list_select_related = ("contact", "policy")
    sortable_by = ()
    ordering = ("-id",)
    fields = ("person", "kind", "policy", "given_at", "how", "exemption", "reason", "recorded_at")


class DueFilter(ChoiceFilter):
    """Notices whose last day is over, or near."""

    title = gettext_lazy("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> tuple[tuple[str, Any], ...]:
        return (("overdue", gettext_lazy("overdue")), ("soon", gettext_lazy("within 7 days")))

    def queryset(self, request: HttpRequest, queryset: notices.Owed) -> notices.Owed:
        if self.value() == "overdue":
            return notices.overdue(queryset, today())
        return notices.due_soon(queryset, today()) if self.value() == "soon" else queryset


class SourceFilter(TextFilter):
    """Notices owed to people of whom something was collected from one source, by its code."""

    title = gettext_lazy("source")
    parameter_name = "source"

    def queryset(self, request: HttpRequest, queryset: notices.Owed) -> notices.Owed:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=Collection.objects.filter(source__code=self.value()).values("contact"))


ARTICLES = tuple((kind.value, kind.label) for kind in (NoticeKind.COLLECTION, NoticeKind.ELSEWHERE))


@admin.register(OwedNotice)
class OwedNoticeAdmin(ReadOnlyAdmin):
    """The work list: who has yet to be informed, the most urgent first."""

    change_list_template = "consent/owed_notices.html"
    list_display = ("tick", "contact", "due_shown", "kind", "collected", "acts")
    list_display_links = None
    list_filter = (DueFilter, choice_filter("notice_kind", ARTICLES, gettext_lazy("kind"), name="kind"), SourceFilter)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> notices.Owed:
        return notices.owed()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("notice_due_on", "pk")

    @admin.display(description=gettext_lazy("tick"))
    def tick(self, row: OwedNotice) -> SafeString:
        label = _("Tick %(contact)s") % {"contact": row.reference}
        return format_html(
            '<input type="checkbox" name="ids" value="{}" form="selection" aria-label="{}">', row.pk, label
        )

    @admin.display(description=gettext_lazy("contact"))
    def contact(self, row: OwedNotice) -> SafeString:
        url = reverse("admin:contacts_contact_change", args=[row.pk])
        return format_html('<a href="{}">{}</a><span class="second">{}</span>', url, row.reference, row.full_name)

    @admin.display(description=gettext_lazy("due on"))
    def due_shown(self, row: Any) -> SafeString | str:
        day = date_format(row.notice_due_on, "SHORT_DATE_FORMAT")
        return format_html('<span class="tag tag-due">{}</span>', day) if row.notice_due_on < today() else day

    @admin.display(description=gettext_lazy("kind"))
    def kind(self, row: Any) -> str:
        return str(NoticeKind(row.notice_kind).label)

    @admin.display(description=gettext_lazy("collected on"))
    def collected(self, row: OwedNotice) -> str:
        return date_format(row.returned_on or row.collected_on, "SHORT_DATE_FORMAT")

    @admin.display(description=gettext_lazy("acts"))
    def acts(self, row: OwedNotice) -> SafeString:
        url = reverse("admin:consent_owednotice_exempt", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, _("Exempt"))

    # Pages ----------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The two acts, besides the list."""
        name = "consent_owednotice"
        return [
            path("record/", self.admin_site.admin_view(self.record_view), name=f"{name}_record"),
            path("<uuid:key>/exempt/", self.admin_site.admin_view(self.exempt_view), name=f"{name}_exempt"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with its acts for whoever may do them."""
        own = {"may_record": request.user.has_perm(GIVE)}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A row of the list is a contact, and has its page there."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:contacts_contact_change", args=[object_id]))

    def selected(self, request: HttpRequest, asked: QueryDict) -> notices.Owed:
        """The ticked rows; all that the filters find when `all` is asked for; else nobody."""
        rows = self.get_queryset(request)
        if "all" not in asked:
            return rows.filter(pk__in=[key for text in asked.getlist("ids") if (key := _uuid(text))])
        for spec in self.list_filter:
            name = str(spec.parameter_name)
            own = {name: asked.getlist(name)} if name in asked else {}
            chosen: Any = spec(request, own, self.model, self)
            rows = chosen.queryset(request, rows)
        return rows

    def record_view(self, request: HttpRequest) -> HttpResponse:
        """A GET shows whom it would be about; a POST records them, if they are still as many."""
        if not request.user.has_perm(GIVE):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        people = self.selected(request, asked)
        counts = {kind: people.filter(notice_kind=kind).count() for kind, _label in ARTICLES}
        form = GivenForm(asked if request.method == "POST" else None, initial={"given_on": today()})
        as_seen = request.POST.get("seen") == str(sum(counts.values()))
        if request.method == "POST" and form.is_valid() and as_seen and self._record(request, people, form):
            return HttpResponseRedirect(reverse("admin:consent_owednotice_changelist"))
        if request.method == "POST" and not as_seen:
            self.message_user(request, _("The selection has changed since you looked. Look again."), messages.WARNING)
        context = {
            "title": _("Record notices as given"),
            "form": form,
            "rows": [(NoticeKind(kind).label, count) for kind, count in counts.items()],
            "total": sum(counts.values()),
            "people": people.order_by(*self.get_ordering(request))[:SHOWN],
            "kept": [
                (name, value) for name in ("ids", "all", "due", "kind", "source") for value in asked.getlist(name)
            ],
            "policy": PolicyVersion.in_force(today()),
        }
        return self._page(request, "notices_record", context)

    def _record(self, request: HttpRequest, people: notices.Owed, form: GivenForm) -> bool:
        given_on, method = form.cleaned_data["given_on"], form.cleaned_data["method"]
        try:
            told = notices.record(people, given_on, method=method, actor=Actor.person(request.user), at=now())
        except ValueError as problem:
            form.add_error("given_on", str(problem))
            return False
        self.message_user(request, _("Recorded: %(count)s notices.") % {"count": told}, messages.SUCCESS)
        return True

    def exempt_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Why one person need not be informed (Art. 14(5))."""
        if not request.user.has_perm(GIVE):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=key).first()
        if row is None and not Contact.objects.filter(pk=key).exists():
            raise Http404
        form = ExemptionForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid() and self._exempt(request, key, form):
            return HttpResponseRedirect(reverse("admin:contacts_contact_change", args=[key]))
        context = {"title": _("Exempt from the notice"), "form": form, "row": row}
        return self._page(request, "notices_exempt", context)

    def _exempt(self, request: HttpRequest, key: UUID, form: ExemptionForm) -> bool:
        exemption, reason = Exemption(form.cleaned_data["exemption"]), form.cleaned_data["reason"]
        try:
            notices.exempt(key, exemption, reason, actor=Actor.person(request.user), at=now())
        except ValueError as problem:
            form.add_error(None, str(problem))
            return False
        self.message_user(request, _("Recorded: nothing is owed to this person."), messages.SUCCESS)
        return True

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        everywhere = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"consent/{name}.html", {**everywhere, **context})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
