"""The operators' pages of audiences: choose, look at the counts, take the file once; what was taken before."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import IO, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop
from django.views.decorators.cache import never_cache
from django_countries import countries

from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.filters import choice_filter
from config.admin_site.widgets import SearchSelect
from config.dates import local_date, now
from config.models import Actor, AuditEvent, User
from config.read_log import note_file
from config.sign_in.again import as_asked, ask_again
from consent import audience
from consent.audience import Counts, Selection
from consent.grounds import Ground
from consent.models import AudienceExport, PolicyVersion, Purpose
from consent.models.consents import Channel
from consent.permission import SENTENCES, Bar
from contacts.formats.rows import LIMITS
from contacts.models import Affiliation, Organisation


class AudienceForm(forms.Form):
    """What the message is for, over which channel, and to whom at most."""

    title = forms.CharField(
        label=gettext_lazy("What for"),
        max_length=200,
        help_text=gettext_lazy("The campaign or message, for the record. No names of persons."),
    )
    purpose = forms.ModelChoiceField(Purpose.objects.filter(is_active=True), label=gettext_lazy("Purpose"))
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel)
    carries_notice = forms.BooleanField(
        label=gettext_lazy("The message carries the privacy notice"),
        required=False,
        help_text=gettext_lazy("It then also goes to whoever has not been informed yet, and counts as the notice."),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Only in this country"), choices=[("", "–"), *countries], required=False
    )
    topic = forms.CharField(
        label=gettext_lazy("Only with this topic of interest"), max_length=LIMITS["topic"], required=False
    )
    organisation = forms.ModelChoiceField(
        Organisation.objects.all(),
        label=gettext_lazy("Only of this organisation"),
        required=False,
        widget=SearchSelect(Affiliation._meta.get_field("organisation"), admin.site),
    )

    def clean(self) -> dict[str, Any]:
        """A message takes a channel of its purpose, and can carry only a policy that is published."""
        cleaned = super().clean() or self.cleaned_data
        purpose = cleaned.get("purpose")
        if purpose and cleaned.get("channel") not in purpose.channels:
            self.add_error("channel", _("Messages of this purpose do not take this channel."))
        if cleaned.get("carries_notice") and PolicyVersion.in_force(local_date(now())) is None:
            self.add_error("carries_notice", _("There is no published policy that the message could carry."))
        return cleaned

    @property
    def selection(self) -> Selection:
        """What was chosen, once the form is valid."""
        chosen = self.cleaned_data
        return Selection(
            purpose=chosen["purpose"],
            channel=Channel(chosen["channel"]),
            title=chosen["title"],
            carries_notice=chosen["carries_notice"],
            country=chosen["country"],
            topic=chosen["topic"],
            organisation=chosen["organisation"].pk if chosen["organisation"] else None,
        )


def reasons(counts: Counts) -> dict[str, list[tuple[Any, str, int]]]:
    """The counts with their words: (name, clause, number) by ground and by bar, the weightiest first."""
    return {
        "grounds": [(one.label, "", counts.grounds[one]) for one in Ground if counts.grounds[one]],
        "bars": [(SENTENCES[bar][1], SENTENCES[bar][0], counts.bars[bar]) for bar in Bar if counts.bars[bar]],
    }


def spooled(blocks: Iterable[str]) -> IO[bytes]:
    """The whole of a text in a nameless file: whatever goes wrong goes wrong before anything is sent."""
    file = audience.nameless_file()
    try:
        for block in blocks:
            file.write(block.encode())
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def csv_file(file: IO[bytes], name: str) -> FileResponse:
    """A finished file as a download."""
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


class AudienceAdmin(ReadOnlyAdmin):
    """Audiences: a history that cannot be edited, and the way to a new file."""

    change_list_template = "consent/list.html"
    list_display = ("decided_at", "title", "purpose", "channel", "included", "excluded", "account")
    list_display_links = ("decided_at", "title")
    list_filter = (choice_filter("channel", Channel.choices, gettext_lazy("channel")),)
    list_select_related = ("purpose",)
    sortable_by = ()
    fields = (
        "title",
        "purpose",
        "channel",
        "decided_at",
        "account",
        "policy",
        "carries_notice",
        "included",
        "grounds_shown",
        "excluded",
        "bars_shown",
        "digest",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AudienceExport]:
        """Exports with the name of the account that took them."""
        names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
        exports: QuerySet[AudienceExport] = super().get_queryset(request).annotate(username=Subquery(names))
        return exports

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever works with contacts; sales never."""
        return request.user.has_perm("consent.add_audienceexport")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, with one button."""
        return super().changelist_view(request, {"add_label": _("Take an audience"), **(extra_context or {})})

    @admin.display(description=gettext_lazy("exported by"))
    def account(self, export: Any) -> str:
        """Who took the file."""
        return export.username or _("a former account")

    @admin.display(description=gettext_lazy("grounds"))
    def grounds_shown(self, export: AudienceExport) -> str:
        """How many on which ground."""
        return "; ".join(f"{Ground(name).label}: {count}" for name, count in export.grounds.items())

    @admin.display(description=gettext_lazy("left out because"))
    def bars_shown(self, export: AudienceExport) -> str:
        """How many for which reason; one person may have several."""
        return "; ".join(f"{SENTENCES[Bar(name)][1]}: {count}" for name, count in export.bars.items())

    @method_decorator(never_cache)
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """A GET asks and shows the counts; a POST takes the file, or the list of who is left out."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        sent = request.method == "POST"
        form = AudienceForm(request.POST if sent else request.GET or None)
        if not form.is_valid():
            return self._page(request, form)
        at, actor, seen = now(), Actor.person(request.user), partial(note_file, request)
        if not sent:
            return self._page(request, form, audience.preview(form.selection, at))
        if (asked := ask_again(request, back=as_asked(request))) is not None:
            return asked
        if "left_out" in request.POST:
            with transaction.atomic():
                AuditEvent.record(actor, gettext_noop("listed who is left out"), AudienceExport)
                listed = spooled(audience.left_out(form.selection, at, seen))
            return csv_file(listed, f"left-out-{local_date(at)}.csv")
        try:
            record, file = audience.export(form.selection, at, actor=actor, seen=seen)
        except IntegrityError:
            form.add_error(None, _("Nothing was taken, because a contact was erased meanwhile. Please try again."))
            return self._page(request, form)
        name = f"audience-{record.purpose.code}-{record.channel}-{local_date(at)}-{str(record.pk)[-6:]}.csv"
        return csv_file(file, name)

    def _page(self, request: HttpRequest, form: AudienceForm, counts: Counts | None = None) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Take an audience"),
            "form": form,
            "media": self.media + form.media,
            "counts": counts,
            **(reasons(counts) if counts else {}),
        }
        return TemplateResponse(request, "consent/audience.html", context)
