"""The register of processing as a page and as a workbook: made when it is asked for, so it is never out of date."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from config.admin_site.bases import ReadOnlyAdmin
from config.dates import local_date, now
from consent.models import ProcessingActivity
from consent.processing.dictionary import by_table, dictionary
from consent.processing.record import about, record
from consent.processing.tables import workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(ProcessingActivity)
class ProcessingAdmin(ReadOnlyAdmin):
    """One page for the register, one for the data dictionary, one file with both."""

    def get_urls(self) -> list[URLPattern]:
        """The dictionary and the file, besides the register itself."""
        own = [
            path("dictionary/", self.admin_site.admin_view(self.dictionary_view), name=self._named("dictionary")),
            path("record.xlsx", self.admin_site.admin_view(self.file_view), name=self._named("file")),
        ]
        return [*own, *super().get_urls()]

    def _named(self, page: str) -> str:
        return f"consent_processingactivity_{page}"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The register, Art. 30(1)(a) to (g)."""
        return self._page(request, _("Register of processing"), record(now()))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A line of the register is a purpose, which has its own page."""
        self._check(request)
        if request.method != "GET":
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:consent_purpose_change", args=[unquote(object_id)]))

    def dictionary_view(self, request: HttpRequest) -> HttpResponse:
        """The data dictionary."""
        return self._page(request, _("Data dictionary"), by_table())

    def file_view(self, request: HttpRequest) -> HttpResponse:
        """Both as a workbook, dated."""
        self._check(request)
        at = now()
        answer = HttpResponse(workbook(about(at), [*record(at), dictionary()]), content_type=XLSX)
        answer["Content-Disposition"] = f'attachment; filename="register-of-processing-{local_date(at)}.xlsx"'
        return answer

    def _page(self, request: HttpRequest, title: str, tables: list[Any]) -> HttpResponse:
        self._check(request)
        everywhere = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(
            request, "consent/processing.html", {**everywhere, "tables": tables, "about": about(now())}
        )

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied
