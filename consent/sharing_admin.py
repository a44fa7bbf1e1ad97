"""The operators' way to pass data on: choose, look at who goes and who stays, take the file once; and the ledger."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import FileResponse, HttpRequest, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache

from config.admin_site.accounts import username
from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import choice_filter
from config.dates import local_date, now
from config.models import Actor, AuditEvent
from config.read_log import note_file
from config.sign_in.again import as_asked, ask_again
from consent import sharing
from consent.disclosure import SENTENCES, Bar, Contacts
from consent.models import DisclosureBatch
from consent.models.recipients import RecipientKind
from consent.shared_fields import labels
from consent.sharing import Counts
from consent.sharing_forms import ExceptionShareForm, ShareForm
from contacts.models import Contact

Form = ShareForm | ExceptionShareForm


def reasons(counts: Counts) -> list[tuple[Any, str, int]]:
    """The bars with their words: (sentence, clause, number), the weightiest first."""
    return [(SENTENCES[bar][1], SENTENCES[bar][0], counts.bars[bar]) for bar in Bar if counts.bars[bar]]


class DisclosureBatchAdmin(ReadOnlyAdmin):
    """What was passed on: a history that cannot be edited, and the way to pass on."""

    change_list_template = "consent/list.html"
    list_display = ("disclosed_at", "recipient", "why", "fields_shown", "included", "excluded", "third_country")
    list_display_links = ("disclosed_at", "recipient")
    list_filter = (
        choice_filter("recipient__kind", RecipientKind.choices, gettext_lazy("kind of recipient"), name="kind"),
    )
    list_select_related = ("recipient", "purpose", "exception")
    search_fields = ("recipient__name", "title")
    search_help_text = gettext_lazy("A recipient, or what it was for.")
    sortable_by = ()
    fields = (
        "title",
        "recipient",
        "why",
        "fields_shown",
        "disclosed_at",
        "account",
        "third_country",
        "safeguard",
        "included",
        "excluded",
        "bars_shown",
        "digest",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever works with contacts; sales never."""
        return request.user.has_perm("consent.add_disclosurebatch")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list; passing on begins at a contact or a list of contacts."""
        return super().changelist_view(request, {"add_label": _("Share with ..."), **(extra_context or {})})

    @admin.display(description=gettext_lazy("purpose"))
    def why(self, batch: DisclosureBatch) -> str:
        """The purpose of the catalogue, or the exceptional ground."""
        return batch.reason

    @admin.display(description=gettext_lazy("fields"))
    def fields_shown(self, batch: DisclosureBatch) -> str:
        """The names of the fields."""
        return labels(batch.fields)

    @admin.display(description=gettext_lazy("third country"))
    def third_country(self, batch: DisclosureBatch) -> str:
        """The country, when it lies outside the EEA or the data was seen from there."""
        return batch.country.name if batch.safeguard else ""

    @admin.display(description=gettext_lazy("passed on by"))
    def account(self, batch: DisclosureBatch) -> str:
        """Whose hand it was."""
        return username(batch.actor_id)

    @admin.display(description=gettext_lazy("left out because"))
    def bars_shown(self, batch: DisclosureBatch) -> str:
        """How many for which reason; one person may have several."""
        return "; ".join(f"{SENTENCES[Bar(name)][1]}: {count}" for name, count in batch.bars.items())

    # Passing on -----------------------------------------------------------------------------------------------------

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """A GET asks and shows the counts; a POST takes the file, or the list of who stays."""
        if not self.has_add_permission(request) or not request.user.has_perm("contacts.view_contact"):
            raise PermissionDenied
        form = self._form(request)
        if not form.is_valid():
            return self._page(request, form)
        try:
            people = self._people(request, form)
        except IncorrectLookupParameters:
            form.add_error(None, _("The list of contacts cannot be read any more. Begin again at the list."))
            return self._page(request, form)
        if request.method != "POST":
            return self._page(request, form, sharing.preview(form.proposal, people, now()))
        if (asked := ask_again(request, back=as_asked(request))) is not None:
            return asked
        return (
            self._left_out(request, form, people) if "left_out" in request.POST else self._take(request, form, people)
        )

    def _form(self, request: HttpRequest) -> Form:
        """The form, empty until somebody has chosen; what it is about is known before."""
        given = request.POST if request.method == "POST" else request.GET
        kind: type[Form] = ExceptionShareForm if given.get("exception") else ShareForm
        asked = request.method == "POST" or "file_format" in given
        return kind(given if asked else None, initial=given.dict())

    def _people(self, request: HttpRequest, form: Form) -> Contacts:
        """Whom the proposal is about: one contact, a list as it was filtered, or those of the exception."""
        if isinstance(form, ExceptionShareForm):
            return form.people()
        if contact := form.cleaned_data["contact"]:
            return Contact.objects.filter(pk=contact)
        looked_at = copy(request)
        looked_at.GET = QueryDict(form.cleaned_data["contacts"])
        found = self.admin_site.get_model_admin(Contact).get_changelist_instance(looked_at)
        return Contact.objects.filter(pk__in=found.get_queryset(looked_at).order_by().values("pk"))

    def _left_out(self, request: HttpRequest, form: Form, people: Contacts) -> HttpResponse:
        at = now()
        AuditEvent.record(Actor.person(request.user), gettext_noop("listed who is not shared"), DisclosureBatch)
        note_file(request, people.values_list("pk", flat=True))
        answer: Any = StreamingHttpResponse(
            sharing.left_out(form.proposal, people, at), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="not-shared-{local_date(at)}.csv"'
        return answer  # type: ignore[no-any-return]

    def _take(self, request: HttpRequest, form: Form, people: Contacts) -> Any:
        at, kind = now(), form.cleaned_data["file_format"]
        try:
            batch, file = sharing.share(
                form.proposal, people, at, title=form.title, actor=Actor.person(request.user), form=sharing.Format(kind)
            )
        except ValueError as problem:
            form.add_error(None, str(problem))
            return self._page(request, form, sharing.preview(form.proposal, people, at))
        except IntegrityError:
            form.add_error(None, _("Nothing was shared, because a contact was erased meanwhile. Please try again."))
            return self._page(request, form)
        note_file(request, batch.rows.values_list("contact", flat=True))
        name = f"shared-{local_date(at)}-{str(batch.pk)[-6:]}.{kind}"
        mime = "application/json" if kind == sharing.Format.JSON else "text/csv; charset=utf-8"
        return FileResponse(file, as_attachment=True, filename=name, content_type=mime)

    def _page(self, request: HttpRequest, form: Form, counts: Counts | None = None) -> HttpResponse:
        if form.is_empty:
            self.message_user(request, _("Choose a contact, or filter the list of contacts, first."), messages.WARNING)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Share with ..."),
            "form": form,
            "media": self.media + form.media,
            "counts": counts,
            "about": form.about,
            "bars": reasons(counts) if counts else [],
            "proposal": form.proposal if counts else None,
            "passed": labels(form.proposal.fields) if counts else "",
        }
        return TemplateResponse(request, "consent/share.html", context)
