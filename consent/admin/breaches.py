"""The desk for data breaches: register, look for the people concerned, decide, notify, tell, close."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.admin_site.acts import Act, ActingAdmin
from config.admin_site.filters import choice_filter
from config.dates import now
from config.models import Actor
from config.panels import record_panels
from consent.breaches import handling
from consent.breaches.drafts import drafts
from consent.breaches.forms import AuthorityForm, BreachForm, NotifiedForm, PeopleForm, SearchForm, ToldForm
from consent.breaches.search import concerned
from consent.models import Breach
from consent.models.breaches import BreachStep, Risk

TEMPLATE = "consent/breach_act.html"
MAY_DECIDE = "consent.add_breachevent"


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": Actor.person(request.user), "at": now()}


def decide_about_authority(request: HttpRequest, breach: Breach, entered: dict[str, Any]) -> str:
    """Record whether the authority is notified."""
    handling.decide_about_authority(breach, entered["notify"], entered["reason"], **_by(request))
    return _("The decision is recorded.")


def notified(request: HttpRequest, breach: Breach, entered: dict[str, Any]) -> str:
    """Record a notification that was sent."""
    handling.notified(breach, entered["sent_at"], entered["said"], entered["delay_reason"], **_by(request))
    return _("The notification is recorded.")


def decide_about_people(request: HttpRequest, breach: Breach, entered: dict[str, Any]) -> str:
    """Record whether the people are told."""
    handling.decide_about_people(breach, entered["tell"], entered["why"], entered["reason"], **_by(request))
    return _("The decision is recorded.")


def told(request: HttpRequest, breach: Breach, entered: dict[str, Any]) -> str:
    """Record that the people were told."""
    return _("%(count)s people were recorded as told.") % {
        "count": handling.told(breach, entered["told_at"], **_by(request))
    }


def close(request: HttpRequest, breach: Breach) -> str:
    """Close the breach."""
    handling.close(breach, **_by(request))
    return _("The breach is closed. It stays in the register for three years.")


def is_open(breach: Breach) -> bool:
    """Whether anything about it may still change."""
    return breach.closed_at is None


def act(name: str, title: Any, do: Any, form: Any, *, consequence: Any, possible: Any = is_open) -> Act:
    """One act of an officer on a breach."""
    refusal = gettext_lazy("This breach is closed, or the step before is missing.")
    context = {"consequence": consequence}
    return Act(name, title, MAY_DECIDE, TEMPLATE, do, possible, refusal, lambda breach: context, form)


@admin.register(Breach)
class BreachAdmin(ActingAdmin):
    """Every breach is registered here, also one that nobody had to be told of (Art. 33(5))."""

    form = BreachForm
    change_form_template = "consent/breach.html"
    list_display = ("title", "aware_at", "risk", "authority", "people_told", "closed_at")
    list_filter = (choice_filter("risk", Risk.choices, gettext_lazy("risk")),)
    ordering = ("-aware_at",)
    sortable_by = ()
    acts = (
        act(
            "authority",
            gettext_lazy("Decide about the authority"),
            decide_about_authority,
            AuthorityForm,
            consequence=gettext_lazy("The authority is notified within 72 hours, unless a risk is unlikely."),
            possible=lambda breach: is_open(breach) and not breach.notify_authority,
        ),
        act(
            "notified",
            gettext_lazy("Record a notification"),
            notified,
            NotifiedForm,
            consequence=gettext_lazy(
                "What is not known yet may follow. Record each phase as it is sent; the first ends the clock."
            ),
            possible=lambda breach: is_open(breach) and bool(breach.notify_authority),
        ),
        act(
            "people",
            gettext_lazy("Decide about the people"),
            decide_about_people,
            PeopleForm,
            consequence=gettext_lazy("If the risk is high they are told without delay, unless Art. 34(3) applies."),
            possible=lambda breach: is_open(breach) and not breach.tell_people,
        ),
        act(
            "told",
            gettext_lazy("Record that the people were told"),
            told,
            ToldForm,
            consequence=gettext_lazy("Everybody listed who has not been told is recorded as told at that moment."),
            possible=lambda breach: is_open(breach) and bool(breach.tell_people),
        ),
        act(
            "close",
            gettext_lazy("Close this breach"),
            close,
            None,
            consequence=gettext_lazy("Nothing about it can be changed then. It stays in the register for three years."),
            possible=lambda breach: is_open(breach) and None not in (breach.notify_authority, breach.tell_people),
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        """The search and the drafts, besides the acts."""
        name = "consent_breach"
        own = [
            path("<path:object_id>/search/", self.admin_site.admin_view(self.search_view), name=f"{name}_search"),
            path("<path:object_id>/drafts/", self.admin_site.admin_view(self.drafts_view), name=f"{name}_drafts"),
        ]
        return [*own, *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A closed breach is evidence."""
        closed = isinstance(obj, Breach) and obj.closed_at is not None
        return not closed and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Breach, form: Any, change: bool) -> None:
        """The facts, and a line of the history with the names of what changed."""
        super().save_model(request, obj, form, change)
        step = BreachStep.CORRECTED if change else BreachStep.REGISTERED
        if form.changed_data:
            said = ", ".join(sorted(form.changed_data)) if change else ""
            handling.note(obj, step, said, **_by(request))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context["original"] is not None:
            context["panels"] = record_panels(request, context["original"])
            context["may_decide"] = request.user.has_perm(MAY_DECIDE)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=gettext_lazy("authority"))
    def authority(self, breach: Breach) -> str:
        if breach.notify_authority is None:
            return _("to be decided")
        if not breach.notify_authority:
            return _("not notified, with a reason")
        return _("notified") if breach.notified_at else _("to be notified")

    @admin.display(description=gettext_lazy("people told"))
    def people_told(self, breach: Breach) -> str:
        return {None: _("to be decided"), True: _("yes"), False: _("no, with a reason")}[breach.tell_people]

    # Whom it concerns -------------------------------------------------------------------------------------------------

    def search_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A GET looks and counts; a POST lists exactly whom the same search finds."""
        breach = self._open(request, object_id, "consent.add_breachperson")
        form = SearchForm(request.POST or request.GET or None)
        found: QuerySet[Any] | None = concerned(form.search) if form.is_valid() else None
        if request.method == "POST" and found is not None:
            ids = list(found.values_list("pk", flat=True))
            try:
                count = handling.add_people(breach, ids, form.words, **_by(request))
            except ValueError as problem:
                self.message_user(request, str(problem))
            else:
                added = ngettext("%(count)s person was added.", "%(count)s people were added.", count)
                self.message_user(request, added % {"count": count})
            return HttpResponseRedirect(reverse("admin:consent_breach_change", args=[breach.pk]))
        first = [] if found is None else list(found.order_by("pk").values_list("reference", flat=True)[:20])
        context = {"form": form, "count": None if found is None else found.count(), "first": first}
        return self._page(request, breach, "consent/breach_search.html", _("Look for the people concerned"), context)

    # What is written to whom ------------------------------------------------------------------------------------------

    def drafts_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The texts to the authority and to the people, with what is known by now."""
        breach = self._open(request, object_id, "consent.view_breach")
        return self._page(request, breach, "consent/breach_drafts.html", _("Drafts"), {"drafts": drafts(breach, now())})

    def _open(self, request: HttpRequest, object_id: str, permission: str) -> Breach:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        breach = self.get_object(request, object_id)
        if not isinstance(breach, Breach):
            raise Http404
        return breach

    def _page(
        self, request: HttpRequest, breach: Breach, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        back = reverse("admin:consent_breach_change", args=[breach.pk])
        own = {"opts": self.opts, "original": breach, "title": title, "subtitle": str(breach), "back": back}
        return TemplateResponse(request, template, {**self.admin_site.each_context(request), **own, **context})
