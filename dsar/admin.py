"""The rights desk: the queue, the page of a case, the entry of a request, and the reports."""

from __future__ import annotations

import csv
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext
from django.views.decorators.http import require_POST

from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import ChoiceFilter, choice_filter
from config.dates import local_date, now
from config.models import Actor, AuditEvent
from config.panels import record_panels
from config.sign_in.again import ask_again
from dsar import deadlines, files_admin, intake, reports
from dsar.case_panels import case_of
from dsar.deadlines import Light
from dsar.desk import page, rights_acts
from dsar.desk.acts import ACTS, APPROVALS
from dsar.desk.forms import EntryForm
from dsar.models import AskedRight, RightsRequest
from dsar.models.requests import ReceivedBy, Right, Status
from dsar.rights import packing
from retention.charts import columns

Requests = QuerySet[Any, Any]
CHANGE = "dsar.change_rightsrequest"
TAGS = {Light.OVERDUE: "tag tag-due", Light.SOON: "tag tag-bar", Light.RUNNING: "tag tag-done"}


class OpenFilter(ChoiceFilter):
    """Cases by urgency; open ones unless somebody asks for others, or looks for a reference, closed or not."""

    title = gettext_lazy("cases")
    parameter_name = "cases"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        """Without a choice the list has the open cases, and what is searched for among all of them."""
        super().__init__(request, *args)
        self.unset = gettext_lazy("open and closed") if request.GET.get(SEARCH_VAR) else gettext_lazy("Open now")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        everything = [] if request.GET.get(SEARCH_VAR) else [("all", gettext_lazy("open and closed"))]
        return [*everything, *Light.choices]

    def queryset(self, request: HttpRequest, queryset: Requests) -> Requests:
        if self.value() in Light:
            return queryset.filter(light=self.value())
        everything = self.value() == "all" or request.GET.get(SEARCH_VAR)
        return queryset if everything else queryset.filter(closed_at__isnull=True)


@admin.register(RightsRequest)
class RequestAdmin(ReadOnlyAdmin):
    """The queue by urgency, and one page for each case. Nothing is edited here: each button is an act with a guard."""

    change_list_template = "dsar/desk/queue.html"
    list_display = ("reference", "due_shown", "rights_shown", "status", "received_by", "received_shown")
    list_filter = (
        OpenFilter,
        choice_filter("status", Status.choices, gettext_lazy("status")),
        choice_filter("asked__right", Right.choices, gettext_lazy("right"), "right"),
        choice_filter("received_by", ReceivedBy.choices, gettext_lazy("received by")),
    )
    search_fields = ("reference",)
    search_help_text = gettext_lazy("A reference such as R-7K3M9Q, or the name or e-mail address of whoever asked.")
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> Requests:
        """With their clocks, which the order needs."""
        rows = deadlines.with_clock(RightsRequest.objects.prefetch_related("asked"), local_date(now()))
        return rows.order_by(*self.get_ordering(request))

    def get_ordering(self, request: HttpRequest) -> Any:
        return (F("closed_at").desc(nulls_first=True), "due", "pk")

    def get_search_results(self, request: HttpRequest, queryset: Requests, search_term: str) -> tuple[Requests, bool]:
        asked_by = Q()
        for word in search_term.split():
            asked_by &= Q(requester__name__icontains=word) | Q(requester__email__icontains=word)
        found = Q(reference__istartswith=search_term.strip()) | asked_by
        return (queryset.filter(found) if search_term.strip() else queryset), False

    @admin.display(description=gettext_lazy("due"))
    def due_shown(self, case: Any) -> SafeString:
        """The last day, and what that means today."""
        light = Light(case.light)
        return format_html(
            '<span class="{}">{}</span> <span class="second">{}</span>',
            TAGS.get(light, "tag"),
            date_format(case.due, "SHORT_DATE_FORMAT") if light != Light.CLOSED else light.label,
            left(case.days_left, light),
        )

    @admin.display(description=gettext_lazy("received at"))
    def received_shown(self, case: RightsRequest) -> str:
        """In the short form of the day it is due."""
        return date_format(localtime(case.received_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=gettext_lazy("asks for"))
    def rights_shown(self, case: RightsRequest) -> SafeString:
        """The rights, each on its line."""
        return format_html_join("", "<div>{}</div>", ((str(one),) for one in case.asked.all()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Staff enter what reached them."""
        return bool(request.user.has_perm("dsar.add_rightsrequest"))

    def get_urls(self) -> list[URLPattern]:
        """The reports and the acts, besides the stock pages."""
        site, act = self.admin_site, require_POST(self.act_view)
        return [
            path("reports/", site.admin_view(self.reports_view), name="dsar_rightsrequest_reports"),
            path("contents/<uuid:asked>/", site.admin_view(self.contents_view), name="dsar_askedright_contents"),
            path("<uuid:key>/do/<slug:act>/", site.admin_view(act), name="dsar_rightsrequest_act"),
            *super().get_urls(),
        ]

    # Pages ----------------------------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The queue, under its own name."""
        counts = reports.open_cases(local_date(now()))
        return super().changelist_view(
            request, {"title": _("Rights requests"), "counts": counts, **(extra_context or {})}
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Enter a request that reached somebody."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = EntryForm(request.POST or None, initial={"received_at": now(), "language": request.LANGUAGE_CODE})
        if request.method == "POST" and form.is_valid():
            return self._enter(request, form)
        return self._page(request, "entry", {"title": _("Enter a request"), "form": form})

    def _enter(self, request: HttpRequest, form: EntryForm) -> HttpResponse:
        known = form.cleaned_data
        case = intake.enter(
            form.asker(),
            form.wish(),
            ReceivedBy(known["received_by"]),
            known["received_at"],
            now(),
            actor=Actor.person(request.user),
            contact=known["contact"],
        )
        AuditEvent.record(Actor.person(request.user), gettext_noop("created"), case)
        text = _("Logged as %(reference)s. The clock runs from %(day)s.")
        self.message_user(
            request,
            text % {"reference": case.reference, "day": date_format(case.clock_on, "SHORT_DATE_FORMAT")},
            messages.SUCCESS,
        )
        return HttpResponseRedirect(reverse("admin:dsar_rightsrequest_change", args=[case.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The case: what to do next, why, and what happens when. It is not edited, so nothing can be posted here."""
        found = self.get_object(request, object_id)
        if request.method == "POST" or not self.has_view_permission(request, found):
            raise PermissionDenied
        if not isinstance(found, RightsRequest):
            raise Http404
        actor, may_act = Actor.person(request.user), bool(request.user.has_perm(CHANGE))
        context = page.context(case_of(request, found), actor, may_act=may_act)
        more = {"title": found.reference, "panels": record_panels(request, found), "original": found}
        return self._page(request, "case", {**context, **more})

    def act_view(self, request: HttpRequest, key: UUID, act: str) -> HttpResponse:
        """One act on one case; the reason is shown when it is not done."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        case = RightsRequest.objects.filter(pk=key).first()
        if case is None or act not in ACTS:
            raise Http404
        page_of_case = reverse("admin:dsar_rightsrequest_change", args=[key])
        if act in APPROVALS and (asked := ask_again(request, back=page_of_case)) is not None:
            return asked
        try:
            done = ACTS[act](case, request.POST, Actor.person(request.user), now())
        except ValueError as reason:
            self.message_user(request, str(reason), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return HttpResponseRedirect(page_of_case)

    def contents_view(self, request: HttpRequest, asked: UUID) -> HttpResponse:
        """What a package would hold if it were built now: each table in a section of its own, and what is withheld."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = AskedRight.objects.select_related("request").filter(pk=asked).first()
        if found is None or (procedure := packing(found)) is None:
            raise Http404
        known = {"title": _("What the package will hold"), "original": found.request, "asked": found}
        return self._page(request, "contents", known | {"holding": procedure.holding(found, now())})

    def reports_view(self, request: HttpRequest) -> HttpResponse:
        """The figures, and every case of the period as a table for a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        figures = reports.report(now())
        if request.GET.get("format") == "csv":
            return _spreadsheet(figures.since)
        context = {
            "title": _("Reports"),
            "report": figures,
            "chart": columns(figures.received),
        }
        return self._page(request, "reports", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        request.current_app = self.admin_site.name
        known = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"dsar/desk/{name}.html", {**known, **context})


def left(days: int, light: Light) -> str:
    """How many days are left, in words."""
    if light == Light.CLOSED:
        return ""
    if days < 0:
        return ngettext("%(days)s day late", "%(days)s days late", -days) % {"days": -days}
    text = ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return f"{text}, {light.label}" if light == Light.PAUSED else text


def _spreadsheet(since: date) -> HttpResponse:
    """Codes, dates and references only, so nothing can be a formula and nobody is named."""
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rights-requests.csv"'
    out = csv.writer(answer)
    out.writerow(("reference", "received_on", "legal_latest_on", "answered_on", "days", "in_time", "status", "rights"))
    for one in reports.lines(since):
        in_time = "" if one.in_time is None else "yes" if one.in_time else "no"
        days = "" if one.days is None else one.days
        out.writerow(
            (
                one.reference,
                one.received_on,
                one.latest_on,
                one.answered_on or "",
                days,
                in_time,
                one.status,
                " ".join(one.rights),
            )
        )
    return answer


__all__ = ["RequestAdmin", "files_admin", "rights_acts"]
