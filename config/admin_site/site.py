"""The admin site: its home page is made of panels, and nothing in it deletes in bulk."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config.panels import home_panels

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
