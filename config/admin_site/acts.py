"""Acts on one record: a page that says what will happen, and a button that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from config.admin_site.bases import Audited
from config.dates import local_date, now
from config.models import Actor, AuditEvent
from config.sign_in.again import ask_again

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Act:
    """An act that a GET announces and a POST does.

    `do` gets the request and the record, and where the act has a `form` what was entered in it; it returns the sentence
    to show, and raises ValueError with the reason why it cannot be done any more. `possible` says whether the record is
    in a state for it, and `refusal` why it is not; `context` fills the page. `again`: only for whoever has just
    proved who they are.
    """

    name: str
    title: str | StrPromise
    permission: str
    template: str
    do: Callable[..., str]
    possible: Callable[[Any], bool]
    refusal: str | StrPromise
    context: Callable[[Any], dict[str, Any]] = field(default=lambda record: {})
    form: type[Form] | None = None
    again: bool = False


def record_review(request: HttpRequest, record: Any) -> str:
    """Note on a record with `reviewed_on` and `reviewed_by` that somebody looked at it today."""
    fields = {"reviewed_on": local_date(now()), "reviewed_by": request.user.pk}
    with transaction.atomic():
        type(record)._base_manager.filter(pk=record.pk).update(**fields)
        AuditEvent.record(Actor.person(request.user), gettext_noop("reviewed"), record, fields=fields)
    return _("The review is recorded.")


def review(permission: str, question: str | StrPromise, possible: Callable[[Any], bool]) -> Act:
    """The act of looking at a record and finding that it stands; `question` is what to look at."""
    return Act(
        name="review",
        title=gettext_lazy("Record a review"),
        permission=permission,
        template="admin/review.html",
        do=record_review,
        possible=possible,
        refusal=gettext_lazy("This has ended, so there is nothing to review."),
        context=lambda record: {"question": question},
    )


class ActingAdmin(Audited):
    """Pages of a model whose records can be acted upon."""

    acts: tuple[Act, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        """One page for each act, at <record>/<act>/."""
        return [*(self._route(act) for act in self.acts), *super().get_urls()]

    def _route(self, act: Act) -> URLPattern:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            return self.act_view(request, object_id, act)

        name = f"{self.opts.app_label}_{self.opts.model_name}_{act.name}"
        return path(f"<path:object_id>/{act.name}/", self.admin_site.admin_view(view), name=name)

    def act_view(self, request: HttpRequest, object_id: str, act: Act) -> HttpResponse:
        """Announce the act, or do it when the form is sent."""
        record = self.get_object(request, unquote(object_id))
        if not request.user.has_perm(act.permission):
            raise PermissionDenied
        if record is None:
            raise Http404
        if act.again and (asked := ask_again(request)) is not None:
            return asked
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        back, listed = reverse(f"{name}_change", args=[record.pk]), reverse(f"{name}_changelist")
        form = act.form(request.POST or None) if act.form else None
        if request.method == "POST" and (form is None or form.is_valid()):
            self._do(request, record, act, form)
            return HttpResponseRedirect(back if self.model._base_manager.filter(pk=record.pk).exists() else listed)
        context = {
            **self.admin_site.each_context(request),
            "title": act.title,
            "subtitle": str(record),
            "opts": self.opts,
            "original": record,
            "back": back,
            "form": form,
            "refusal": "" if act.possible(record) else act.refusal,
            **act.context(record),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, act.template, context)

    def _do(self, request: HttpRequest, record: Any, act: Act, form: Form | None) -> None:
        if not act.possible(record):
            self.message_user(request, str(act.refusal), messages.ERROR)
            return
        try:
            done = act.do(request, record, *([form.cleaned_data] if form else []))
        except ValueError as problem:
            self.message_user(request, str(problem), messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The record's page, with a button for each act."""
        if context["original"] is not None:
            context["acts"] = self.acts_for(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def acts_for(self, request: HttpRequest, record: Any) -> list[tuple[str, str | StrPromise]]:
        """(address, title) of the acts this account may do on the record now."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return [
            (reverse(f"{name}_{act.name}", args=[record.pk]), act.title)
            for act in self.acts
            if act.possible(record) and request.user.has_perm(act.permission)
        ]
