"""The receipt of a consent, to download from its page: reading, for whoever may read the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from config.admin_site.acts import ActingAdmin
from config.dates import now
from consent.models import Consent
from consent.receipts import receipt

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

ROUTE = "consent_consent_receipt"


class WithReceipt(ActingAdmin):
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

    def acts_for(self, request: HttpRequest, record: Any) -> list[tuple[str, str | StrPromise]]:
        """The acts on the event, and the receipt, which is only read."""
        address = reverse(f"admin:{ROUTE}", args=[record.pk])
        return [*super().acts_for(request, record), (address, _("Download receipt"))]
