"""The operators' pages of the quarantine: what a row says, what the register says, and the decision (E37).

The values stand on these pages only: titles, messages and logs speak of a line of an import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from datetime import date, datetime, timedelta
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
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config import keys
from config.admin_site.bases import Audited
from config.admin_site.filters import TextFilter, choice_filter
from config.dates import local_date, now
from config.models import Actor
from config.policy.periods import QUARANTINE_DAYS
from consent.intake import quarantine
from consent.models import FormerAddress, QuarantinedRow
from consent.models.airlock import QuarantineReason
from consent.models.suppression import FormerReason
from contacts.formats.rows import ContactRow
from contacts.models import Affiliation, Collection, Contact

FIELDS = {
    "organisation": gettext_lazy("organisation"),
    "organisation_domain": gettext_lazy("organisation's domain"),
    "affiliated_from": gettext_lazy("works there from"),
    "affiliated_until": gettext_lazy("works there until"),
    "source": gettext_lazy("source"),
    "source_supplier": gettext_lazy("supplier of the data"),
    "supplied_by_subject": gettext_lazy("supplied by the person"),
    "consent_email": gettext_lazy("consent to e-mail"),
    "consent_at": gettext_lazy("consent given at"),
    "consent_text": gettext_lazy("text of the consent"),
    "unsubscribed": gettext_lazy("objects to marketing"),
    "unsubscribed_at": gettext_lazy("objected at"),
    "phone_opt_out": gettext_lazy("objects to calls"),
    "bounced": gettext_lazy("address does not work"),
    "bounced_at": gettext_lazy("did not work at"),
    "external_id": gettext_lazy("id at the source"),
    "industry": gettext_lazy("industry"),
    "company_size": gettext_lazy("company size"),
    "revenue": gettext_lazy("revenue"),
}
"""Fields of a row that a contact does not have under the same name."""
SILENT = ("line", "email_key", "notes")


@dataclass(frozen=True, slots=True)
class Line:
    """One field: what the file and the register say about it."""

    name: str
    row: str
    contact: str

    @property
    def label(self) -> str:
        """What people call the field."""
        if self.name in FIELDS:
            return str(FIELDS[self.name])
        return str(Contact._meta.get_field(self.name).verbose_name)  # type: ignore[union-attr]  (no reverse relation)

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same; days of collection always do."""
        both = self.row and self.contact and self.name != "collected_on"
        return bool(both) and self.row.casefold() != self.contact.casefold()


class BatchFilter(TextFilter):
    """Rows of one import; reached from its page."""

    title = gettext_lazy("import")
    parameter_name = "batch"
    hidden = True

    def queryset(self, request: HttpRequest, queryset: QuerySet[QuarantinedRow]) -> QuerySet[QuarantinedRow]:
        """The rows of the import with that id; none for what is no id."""
        try:
            return queryset.filter(batch=UUID(self.value() or "")) if self.value() else queryset
        except ValueError:
            return queryset.none()


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
        """The two decisions, besides a row's page."""
        return [
            path("<uuid:key>/admit/", self.admin_site.admin_view(self.admit_view), name="consent_quarantinedrow_admit"),
            path("<uuid:key>/drop/", self.admin_site.admin_view(self.drop_view), name="consent_quarantinedrow_drop"),
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
            quarantine.admit(waiting, Actor.person(request.user), now())
            return _("The row was admitted.")

        return self._decide(request, key, "quarantine_admit", admit)

    def drop_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Ask, then throw the row away."""

        def drop(waiting: QuarantinedRow) -> str:
            quarantine.drop(waiting, Actor.person(request.user))
            return _("The row was dropped. Nothing of it was stored.")

        return self._decide(request, key, "quarantine_drop", drop)

    def _decide(self, request: HttpRequest, key: UUID, page: str, act: Callable[[QuarantinedRow], str]) -> HttpResponse:
        """A GET asks for confirmation; a POST locks the row, so that of two officers one decides."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        with transaction.atomic():
            waiting = QuarantinedRow.objects.select_for_update().filter(pk=key).first()
            if waiting is not None and request.method != "POST":
                return self._page(request, page, waiting)
            done = act(waiting) if waiting is not None else ""
        if done:
            self.message_user(request, done, messages.SUCCESS)
        else:
            text = _("Nothing was done: this row has been decided already, or has expired.")
            self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:consent_quarantinedrow_changelist"))

    def _page(self, request: HttpRequest, name: str, waiting: QuarantinedRow) -> HttpResponse:
        row = quarantine.restore(waiting)
        contact = contact_of(waiting, row)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Line %(line)d of %(file)s") % {"line": waiting.line, "file": self.file(waiting)},
            "waiting": waiting,
            "reason": sentence(waiting),
            "expires_on": self.expires_on(waiting),
            "erased_on": erased_on(row),
            "contact": contact,
            "lines": list(lines(row, contact)),
            "notes": row.notes,
            "may_act": self.has_change_permission(request, waiting),
        }
        return TemplateResponse(request, f"consent/{name}.html", context)


# What the pages show ------------------------------------------------------------------------------------------------


def sentence(waiting: QuarantinedRow) -> str:
    """Why a row waits."""
    if waiting.reason == QuarantineReason.ERASED:
        return _("The person with this address was erased on request.")
    return _("The address is known under a clearly different name.")


def contact_of(waiting: QuarantinedRow, row: ContactRow) -> Contact | None:
    """The contact a row meets in the register now: by address, or without one by its id at the source."""
    if row.email_key:
        return Contact.objects.filter(email_key=row.email_key).first()
    code = row.source or waiting.batch.source_code or waiting.batch.format
    known = Collection.objects.filter(source__code=code, external_id=row.external_id).exclude(external_id="")
    return Contact.objects.filter(pk__in=known.values("contact")).first()


def erased_on(row: ContactRow) -> date | None:
    """The day the person was last erased on request, under whichever key the address was remembered."""
    digests = [digest for _version, digest in keys.all_digests(row.email_key)]
    found = FormerAddress.objects.filter(digest__in=digests, reason=FormerReason.REQUEST)
    return found.order_by("-erased_on").values_list("erased_on", flat=True).first()


def lines(row: ContactRow, contact: Contact | None) -> Iterator[Line]:
    """What the file says, and the contact's value of each such field; in the order of the contact's own page."""
    said = {field.name: getattr(row, field.name) for field in dataclass_fields(row) if field.name not in SILENT}
    for name, value in said.items():
        if value not in ("", None, (), False) or name == "in_marketing":
            yield Line(name, shown(value), shown(_registered(contact, name)))


def _registered(contact: Contact | None, name: str) -> object:
    """What the register holds about a field of a row, if it holds such a thing."""
    if contact is None:
        return ""
    if name == "organisation":
        links = Affiliation.objects.filter(contact=contact).order_by("ended_on", "pk")
        return list(links.values_list("organisation__name", flat=True))
    return getattr(contact, name, "")


def shown(value: object) -> str:
    """A value in words and in the reader's language."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value or "")
