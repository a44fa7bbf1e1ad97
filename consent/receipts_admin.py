"""The receipt of a consent, to download from its page: reading, for whoever may read the evidence."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from config.admin_site.bases import Audited
from config.dates import now
from consent.models import Consent
from consent.receipts import receipt

ROUTE = "consent_consent_receipt"


class WithReceipt(Audited):
    """Pages of consent events, each with its receipt at <event>/receipt/."""

    def get_urls(self) -> list[URLPattern]:
        """The receipt, before Django's own pattern that takes everything."""
        view = self.admin_site.admin_view(self.receipt_view)
        return [path("<path:object_id>/receipt/", view, name=ROUTE), *super().get_urls()]

    def receipt_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The consent the event belongs to, as a JSON file."""
        event = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, event):
            raise PermissionDenied
        if not isinstance(event, Consent):
            raise Http404
        answer = JsonResponse(receipt(event, now()), json_dumps_params={"indent": 2, "ensure_ascii": False})
        answer["Content-Disposition"] = f'attachment; filename="consent-{event.pk}.json"'
        answer["Cache-Control"] = "no-store"
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The event's page, with a button for the receipt."""
        address = reverse(f"admin:{ROUTE}", args=[unquote(object_id)])
        acts = {"acts": [(address, _("Download receipt"))]}
        return super().change_view(request, object_id, form_url, {**acts, **(extra_context or {})})
