"""The operators' pages of the import airlock: upload, look at what would happen, confirm; what became of it.

Every act is a POST that first claims the import by its state, so that a second click, another officer or the hourly
tidying finds it decided and does nothing. Long files are handled by a worker, whom a message tells only which import.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from celery import current_app
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from config.admin_site.bases import Audited
from config.admin_site.filters import choice_filter
from config.dates import now
from config.models import Actor, AuditEvent, User
from config.policy.periods import UPLOAD_HOURS
from config.read_log import note_file
from consent import report
from consent.decisions import decided, writes
from consent.forms import COLUMNS, FORMAT_NAMES, SizeLimit, UploadForm
from consent.intake import batches, uploads
from consent.models import ImportBatch
from consent.models.airlock import ImportKind, ImportState
from contacts.formats.problems import UnreadableFile
from contacts.formats.tables import open_table

STALE = timedelta(minutes=2)
"""A file that a worker has not looked at by then may be sent to one again."""
LOOK, RUN = "consent.tasks.look", "consent.tasks.run"
TITLES = {
    ImportState.UPLOADED: gettext_lazy("The file is being read"),
    ImportState.PREVIEWED: gettext_lazy("Check before importing"),
    ImportState.RUNNING: gettext_lazy("The import is running"),
    ImportState.DONE: gettext_lazy("Imported"),
    ImportState.FAILED: gettext_lazy("The file could not be read"),
    ImportState.ABANDONED: gettext_lazy("Abandoned"),
}


def send(task: str, batch: ImportBatch) -> None:
    """Ask a worker to look at an import once the transaction is through; a message that is lost is sent again later."""

    def message() -> None:
        current_app.send_task(task, [str(batch.pk)])

    transaction.on_commit(message, robust=True)


def is_long(batch: ImportBatch) -> bool:
    """Whether a file has more rows than a request may take; one that cannot be read is short."""
    try:
        table = open_table(uploads.path_of(batch), batch.file_name)
        return sum(1 for _row in islice(table.rows(), batches.INLINE_ROWS + 1)) > batches.INLINE_ROWS
    except (UnreadableFile, FileNotFoundError):
        return False


class ImportAdmin(Audited):
    """Imports: a history that cannot be edited, and the way of one file into the register."""

    change_list_template = "consent/list.html"
    list_display = ("created_at", "file_shown", "kind", "format_shown", "account", "state", "rows_total", "outcome")
    list_display_links = ("created_at", "file_shown")
    list_filter = (
        choice_filter("kind", ImportKind.choices, gettext_lazy("content")),
        choice_filter("state", ImportState.choices, gettext_lazy("state")),
    )
    search_fields = ("file_name__icontains",)
    search_help_text = gettext_lazy("A part of the file's name.")
    sortable_by = ()
    ordering = ("-id",)

    # The list -------------------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportBatch]:
        """Imports with the name of the account that uploaded them."""
        names = User.objects.filter(pk=OuterRef("uploaded_by")).values("username")
        imports: QuerySet[ImportBatch] = super().get_queryset(request).annotate(username=Subquery(names))
        return imports

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list under its own name, with one button."""
        own = {"title": _("Imports"), "add_label": _("Import a file")}
        return super().changelist_view(request, {**own, **(extra_context or {})})

    @admin.display(description=gettext_lazy("file"))
    def file_shown(self, batch: ImportBatch) -> str:
        """The file's name, as a second way in."""
        return batch.file_name or _("without a name")

    @admin.display(description=gettext_lazy("format"))
    def format_shown(self, batch: ImportBatch) -> str:
        """How people call the system a file came from; nothing while it is not recognised."""
        return str(FORMAT_NAMES.get(batch.format, "")) if batch.kind == ImportKind.CONTACTS else ""

    @admin.display(description=gettext_lazy("by"))
    def account(self, batch: Any) -> str:
        """Who uploaded it, or where it came from without anybody."""
        return batch.username or (_("a former account") if batch.uploaded_by else _("command line"))

    @admin.display(description=gettext_lazy("result"))
    def outcome(self, batch: ImportBatch) -> str:
        """The counts of an import that has run."""
        if batch.state != ImportState.DONE:
            return ""
        return ", ".join(f"{one.count} {one.decision.label}" for one in decided(batch))

    def get_urls(self) -> list[URLPattern]:
        """The acts of one import, besides its page."""
        acts: dict[str, Callable[..., HttpResponseBase]] = {
            "confirm/": self.confirm_view,
            "abandon/": self.abandon_view,
            "look/": self.look_view,
            "report.csv": self.report_view,
        }
        own = [
            path(
                f"<uuid:key>/{route}",
                self.admin_site.admin_view(view),
                name=f"consent_importbatch_{route.partition('.')[0].rstrip('/')}",
            )
            for route, view in acts.items()
        ]
        return [*own, *super().get_urls()]

    # Upload ---------------------------------------------------------------------------------------------------------

    @method_decorator(csrf_exempt)
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Take a file in. The token is checked below: checking reads the body, and the size limit must stand before."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        limit = SizeLimit(request)
        request.upload_handlers.insert(0, limit)
        answer: HttpResponse = csrf_protect(self._upload)(request, limit)
        return answer

    def _upload(self, request: HttpRequest, limit: SizeLimit) -> HttpResponse:
        if request.method != "POST":
            return self._upload_page(request, UploadForm())
        form = UploadForm(request.POST, request.FILES, oversized=limit.exceeded)
        if not form.is_valid():
            return self._upload_page(request, form)
        file = form.cleaned_data["file"]
        batch = uploads.receive(
            file.chunks(),
            kind=ImportKind(form.cleaned_data["kind"]),
            file_name=file.name,
            format_name=form.cleaned_data["format"],
            source_code=form.cleaned_data["source"],
            uploaded_by=request.user.pk,
        )
        AuditEvent.record(Actor.person(request.user), gettext_noop("uploaded"), batch, batch=batch.pk)
        self._look(batch)
        return self._to(batch)

    def _upload_page(self, request: HttpRequest, form: UploadForm) -> HttpResponse:
        return self._page(
            request, "import_upload", _("Import a file"), form=form, columns=COLUMNS.items(), hours=UPLOAD_HOURS
        )

    def _look(self, batch: ImportBatch) -> None:
        """Preview a short file now, and let a worker preview a long one."""
        if is_long(batch):
            send(LOOK, batch)
        else:
            batches.preview(batch, now())

    # The page of one import -----------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """How far the file has come, and what can be done about it; nothing is edited here."""
        batch = self._batch(request, object_id)
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        return self._page(
            request,
            f"import_{batch.state}",
            str(TITLES[ImportState(batch.state)]),
            batch=batch,
            format=self.format_shown(batch),
            account=self.account(batch),
            decided=decided(batch),
            writes=writes(batch),
            vanishes_at=self._vanishes_at(batch),
            stale=now() - batch.created_at > STALE,
            before=self._same_file(batch),
            may_act=self.has_change_permission(request, batch),
        )

    def _vanishes_at(self, batch: ImportBatch) -> Any:
        return batch.created_at + timedelta(hours=UPLOAD_HOURS)

    def _same_file(self, batch: ImportBatch) -> ImportBatch | None:
        """The latest import of the very same file, if there was one."""
        done = ImportBatch.objects.filter(digest=batch.digest, kind=batch.kind, state=ImportState.DONE)
        return done.exclude(digest="").exclude(pk=batch.pk).first()

    # Acts -----------------------------------------------------------------------------------------------------------

    def confirm_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Import what was previewed: at once when it is short, else by a worker."""
        batch, may_act = self._to_act_on(request, key)
        if not may_act:
            return self._to(batch)
        actor = Actor.person(request.user)
        with transaction.atomic():
            if not self._claim(batch):
                return self._too_late(request, batch)
            AuditEvent.record(actor, gettext_noop("confirmed"), batch, batch=batch.pk, counts=batch.counts)
        batch.refresh_from_db()
        if batch.rows_total > batches.INLINE_ROWS:
            send(RUN, batch)
        else:
            batches.run(batch, actor, now())
        return self._to(batch)

    def abandon_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Throw an unconfirmed upload away."""
        batch, may_act = self._to_act_on(request, key)
        if not may_act:
            return self._to(batch)
        with transaction.atomic():
            if not uploads.abandon(batch):
                return self._too_late(request, batch)
            AuditEvent.record(Actor.person(request.user), gettext_noop("abandoned"), batch, batch=batch.pk)
        self.message_user(request, _("The upload was deleted. Nothing of it was imported."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:consent_importbatch_changelist"))

    def look_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Have a file looked at again whose preview has not come."""
        batch, may_act = self._to_act_on(request, key)
        if may_act and batch.state == ImportState.UPLOADED:
            self._look(batch)
        return self._to(batch)

    def report_view(self, request: HttpRequest, key: UUID) -> HttpResponseBase:
        """What would become of every row, as CSV; computed while it is sent, and kept nowhere."""
        batch = self._batch(request, str(key))
        if not self.has_view_permission(request, batch):
            raise PermissionDenied
        if batch.state != ImportState.PREVIEWED:
            return self._too_late(request, batch)
        note_file(request, ())  # the report speaks of lines of the file, and shows nobody
        lines = report.lines(batches.outcomes(batch, now()), get_language() or "en")
        answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="import-{batch.created_at:%Y-%m-%d}-{batch.pk}.csv"'
        return answer

    def _claim(self, batch: ImportBatch) -> bool:
        """Start an import, once: whoever comes second, or after the upload's day is over, finds nothing to start."""
        alive = ImportBatch.objects.filter(created_at__gt=now() - timedelta(hours=UPLOAD_HOURS))
        ready = alive.filter(pk=batch.pk, state=ImportState.PREVIEWED)
        return bool(ready.update(state=ImportState.RUNNING, rows_done=0))

    def _to_act_on(self, request: HttpRequest, key: UUID) -> tuple[ImportBatch, bool]:
        """The import, and whether this request may act on it: a GET, from a login or the history, only looks."""
        batch = self._batch(request, str(key))
        if not self.has_change_permission(request, batch):
            raise PermissionDenied
        return batch, request.method == "POST"

    def _batch(self, request: HttpRequest, key: str) -> ImportBatch:
        batch = self.get_object(request, key)
        if not isinstance(batch, ImportBatch):
            raise Http404
        return batch

    def _too_late(self, request: HttpRequest, batch: ImportBatch) -> HttpResponse:
        text = _("Nothing was done: this import had been decided already, or its upload has vanished.")
        self.message_user(request, text, messages.WARNING)
        return self._to(batch)

    def _to(self, batch: ImportBatch) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:consent_importbatch_change", args=[batch.pk]))

    def _page(self, request: HttpRequest, name: str, title: str, **context: Any) -> HttpResponse:
        everywhere = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
        return TemplateResponse(request, f"consent/{name}.html", {**everywhere, **context})
