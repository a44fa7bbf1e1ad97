"""The admin site: its home page is made of panels, and nothing in it deletes in bulk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST

from config.models import Actor, AuditEvent, ReadingPurpose, User
from config.panels import home_panels
from config.read_log import purpose_of

LAST = ("config", "auth")
"""Apps about ourselves: listed after those about contacts."""


class NamedChoices(AutocompleteJsonView):
    """Choices by what people know them by: `str` of a contact is impersonal on purpose."""

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        """One choice for the widget; an admin may offer `choice_label(record)`."""
        label = getattr(self.model_admin, "choice_label", str)
        return {**super().serialize_result(obj, to_field_name), "text": label(obj)}


class ObhutSite(AdminSite):
    """The operators' site. Everybody it lets in is staff; what they see comes from their group."""

    site_title = "Obhut"
    site_header = "Obhut"
    index_title = _("Today")
    site_url = None
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.disable_action("delete_selected")

    def get_urls(self) -> list[Any]:
        """The admin's pages, and the two acts that belong to no record."""
        view = self.admin_view(require_POST(self.purpose_view))
        language = self.admin_view(require_POST(self.language_view))
        own: list[URLPattern] = [path("purpose/", view, name="purpose"), path("language/", language, name="language")]
        return [*own, *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """There is one page to sign in; whoever is signed in and may not enter reads why."""
        back = request.GET.get("next", "")
        if not request.user.is_authenticated:
            return HttpResponseRedirect(reverse("account_login", query={"next": back} if back else None))
        if self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        return render(request, "socialaccount/no_role.html", status=403)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out, and show where one signs in; only a form does it."""
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:index", current_app=self.name))
        auth.logout(request)
        return HttpResponseRedirect(reverse("account_login"))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The page of one's own password; a new one is in the audit trail."""
        answer = super().password_change(request, extra_context)
        if request.method == "POST" and answer.has_header("Location"):
            user: Any = request.user
            AuditEvent.record(Actor.person(user), gettext_noop("password changed"), user, fields=["password"])
        return answer

    def purpose_view(self, request: HttpRequest) -> HttpResponseRedirect:
        """Say for what purpose the rest of this session looks at personal data; the read log notes it."""
        if request.POST.get("purpose") in ReadingPurpose.values:
            request.session["purpose"] = request.POST["purpose"]
        return self._back(request)

    def language_view(self, request: HttpRequest) -> HttpResponseRedirect:
        """Choose the language in which the account reads its pages."""
        chosen = request.POST.get("language", "")
        if isinstance(request.user, User) and chosen in dict(settings.LANGUAGES) and chosen != request.user.language:
            request.user.language = chosen
            request.user.save(update_fields=["language"])
            AuditEvent.record(Actor.person(request.user), gettext_noop("changed"), request.user, fields=["language"])
        return self._back(request)

    def _back(self, request: HttpRequest) -> HttpResponseRedirect:
        """To the page of ours that the form was on, and nowhere else."""
        back = request.POST.get("next", "")
        known = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(back if known else reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows, with the purpose of the session."""
        if not request.user.is_authenticated:
            return super().each_context(request)
        purposes = {"purpose": purpose_of(request), "purposes": ReadingPurpose}
        return {**super().each_context(request), **purposes}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The home page: every panel the account may see."""
        return super().index(request, {"panels": home_panels(request), **(extra_context or {})})

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """An app has no page of its own: the menu has all of its lists."""
        return HttpResponseRedirect(reverse("admin:index", current_app=self.name))

    def autocomplete_view(self, request: HttpRequest) -> Any:
        """Choices for the search fields of forms."""
        return NamedChoices.as_view(admin_site=self)(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Apps and models in the order of the house, not of the alphabet."""
        apps = self._build_app_dict(request, app_label)
        return [app for _label, app in sorted(apps.items(), key=lambda item: item[0] in LAST)]
