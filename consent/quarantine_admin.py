"""The operators' pages of the quarantine: what a row says, what the register says, and the decision (E37).

The values stand on these pages only: titles, messages and logs speak of a line of an import.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.bases import Audited
from config.admin_site.filters import TextFilter, choice_filter
from config.dates import local_date, now
from config.models import Actor
from config.policy.periods import QUARANTINE_DAYS
from config.read_log import shows
from consent.comparison import claimants, contact_of, erased_on, lines, sentence
from consent.intake import quarantine
from consent.intake.outcome import RowOutcome
from consent.models import ImportBatch, QuarantinedRow
from consent.models.airlock import Decision, QuarantineReason
from contacts import duplicates

ADMITTED = {
    Decision.CREATED: gettext_lazy("The row was admitted: a new contact was created."),
    Decision.UPDATED: gettext_lazy("The row was admitted: the contact was updated."),
    Decision.UNCHANGED: gettext_lazy("The row was admitted, and changed nothing."),
    Decision.SUPPRESSED: gettext_lazy(
        "The row was admitted, but not for marketing: the address is on the suppression list."
    ),
    Decision.QUARANTINED: gettext_lazy("The row waits again, now for another reason."),
    Decision.REJECTED: gettext_lazy("The row could not be admitted, and has been deleted."),
}


class BatchFilter(TextFilter):
    """Rows of one import; reached from its page."""

    title = gettext_lazy("import")
    parameter_name = "batch"
    template = "consent/filter_batch.html"
    hidden = True
    any = gettext_lazy("any")

    def queryset(self, request: HttpRequest, queryset: QuerySet[QuarantinedRow]) -> QuerySet[QuarantinedRow]:
        """The rows of the import with that id; none for what is no id."""
        try:
            return queryset.filter(batch=UUID(self.value() or "")) if self.value() else queryset
        except ValueError:
            return queryset.none()

    @property
    def file(self) -> str:
        """The name of the import's file."""
        try:
            batch = ImportBatch.objects.filter(pk=UUID(self.value() or "")).first()
        except ValueError:
            batch = None
        return batch.file_name or str(batch) if batch else _("unknown")


def tried(waiting: QuarantinedRow, actor: Actor) -> RowOutcome:
    """What admitting the row would do, by doing it and taking it back."""
    with transaction.atomic():
        outcome = quarantine.admit(copy(waiting), actor, now())
        transaction.set_rollback(True)
    return outcome


class QuarantineAdmin(Audited):
    """Rows that wait for privacy staff, the oldest first; each expires after 30 days."""

    change_list_template = "consent/list.html"
    list_display = ("received_at", "reason_shown", "file", "line", "expires_on")
    list_filter = (choice_filter("reason", QuarantineReason.choices, gettext_lazy("reason")), BatchFilter)
    list_select_related = ("batch",)
    sortable_by = ()
    ordering = ("received_at", "pk")

    @admin.display(description=gettext_lazy("reason"))
    def reason_shown(self, waiting: QuarantinedRow) -> str:
        """Why the row waits, as a sentence."""
        return sentence(waiting)

    @admin.display(description=gettext_lazy("import"))
    def file(self, waiting: QuarantinedRow) -> str:
        """The name of the file the row came in."""
        return waiting.batch.file_name or str(waiting.batch)

    @admin.display(description=gettext_lazy("expires on"))
    def expires_on(self, waiting: QuarantinedRow) -> date:
        """The day on which the row goes undecided."""
        return local_date(waiting.received_at + timedelta(days=QUARANTINE_DAYS))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list under its own name."""
        return super().changelist_view(request, {"title": _("Quarantine"), **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the airlock puts rows here."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The decisions, besides a row's page."""
        return [
            path("<uuid:key>/admit/", self.admin_site.admin_view(self.admit_view), name="consent_quarantinedrow_admit"),
            path("<uuid:key>/drop/", self.admin_site.admin_view(self.drop_view), name="consent_quarantinedrow_drop"),
            path(
                "<uuid:key>/compare/",
                self.admin_site.admin_view(self.compare_view),
                name="consent_quarantinedrow_compare",
            ),
            *super().get_urls(),
        ]

    # Pages ----------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The row beside the contact it may be about."""
        waiting = self.get_object(request, object_id)
        if not isinstance(waiting, QuarantinedRow):
            raise Http404
        if not self.has_view_permission(request, waiting):
            raise PermissionDenied
        return self._page(request, "quarantine_row", waiting)

    def admit_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Ask, then let the row in."""

        def admit(waiting: QuarantinedRow) -> str:
            return str(ADMITTED[quarantine.admit(waiting, Actor.person(request.user), now()).decision])

        return self._decide(request, key, "quarantine_admit", admit)

    def drop_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Ask, then throw the row away."""

        def drop(waiting: QuarantinedRow) -> str:
            quarantine.drop(waiting, Actor.person(request.user))
            return _("The row was dropped. Nothing of it was stored.")

        return self._decide(request, key, "quarantine_drop", drop)

    def compare_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Put the contacts that claim the row's id on the list of possible duplicates, and go there to compare them.

        When they are one, the row waits here for the contact they have become.
        """
        waiting = QuarantinedRow.objects.filter(pk=key).first()
        if waiting is None:
            raise Http404
        if request.method != "POST" or not request.user.has_perm("contacts.add_duplicatepair"):
            raise PermissionDenied
        claiming = claimants(waiting, quarantine.restore(waiting))
        if len(claiming) < 2:
            return HttpResponseRedirect(reverse("admin:consent_quarantinedrow_change", args=[key]))
        pair = duplicates.propose([one.pk for one in claiming[:2]], at=now())
        return HttpResponseRedirect(reverse("admin:contacts_duplicatepair_merge", args=[pair.pk]))

    def _decide(self, request: HttpRequest, key: UUID, page: str, act: Callable[[QuarantinedRow], str]) -> HttpResponse:
        """A GET asks for confirmation; a POST locks the row, so that of two officers one decides."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            waiting = QuarantinedRow.objects.select_for_update().filter(pk=key).first()
            if waiting is not None and request.method != "POST":
                return self._page(request, page, waiting, would_be=tried(waiting, Actor.person(request.user)))
            done = act(waiting) if waiting is not None else ""
        if done:
            self.message_user(request, done, messages.SUCCESS)
        else:
            text = _("Nothing was done: this row has been decided already, or has expired.")
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:consent_quarantinedrow_changelist"))

    def _page(self, request: HttpRequest, name: str, waiting: QuarantinedRow, **more: Any) -> HttpResponse:
        row = quarantine.restore(waiting)
        contact = contact_of(waiting, row)
        shows(request, [waiting.pk])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Line %(line)d of %(file)s") % {"line": waiting.line, "file": self.file(waiting)},
            "waiting": waiting,
            "reason": sentence(waiting),
            "expires_on": self.expires_on(waiting),
            "erased_on": erased_on(row),
            "contact": contact,
            "claiming": [] if row.email_key else claimants(waiting, row),
            "lines": list(lines(row, contact)),
            "notes": row.notes,
            "may_act": self.has_change_permission(request, waiting),
            **more,
        }
        return TemplateResponse(request, f"consent/{name}.html", context)
