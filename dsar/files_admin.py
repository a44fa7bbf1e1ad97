"""Files of a case in the admin: adding one, and opening one, which is noted in the history."""

from __future__ import annotations

import io
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.admin_site.bases import ReadOnlyAdmin
from config.dates import now
from config.models import Actor
from config.read_log import note_file
from dsar import attachments, delivery
from dsar.history import note
from dsar.models import Attachment, Delivery, Match, RightsRequest
from dsar.models.history import EventKind
from dsar.models.matches import MatchState

CHANGE = "dsar.change_rightsrequest"


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """No list of its own: files are seen with their case."""

    fields = ("request", "name", "content_type", "size", "added_at", "destroyed_at")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Not on the home page."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Adding to a case, and opening."""
        site = self.admin_site
        add, opened = require_POST(self.add_to_case), require_POST(self.open_file)
        return [
            path("case/<uuid:key>/", site.admin_view(add), name="dsar_attachment_add_to_case"),
            path("<uuid:key>/open/", site.admin_view(opened), name="dsar_attachment_open"),
            *super().get_urls(),
        ]

    def add_to_case(self, request: HttpRequest, key: UUID) -> HttpResponseBase:
        """Keep an uploaded file."""
        case = RightsRequest.objects.filter(pk=key).first() if request.user.has_perm(CHANGE) else None
        if case is None:
            raise PermissionDenied
        sent = request.FILES.get("file")
        try:
            # One byte more than is allowed says enough: nothing larger is read into memory.
            content = sent.read(attachments.MAX_BYTES + 1) if sent else b""
            attachments.add(case, sent.name or "" if sent else "", content, now(), Actor.person(request.user))
        except ValueError as reason:
            self.message_user(request, str(reason), messages.ERROR)
        else:
            self.message_user(request, _("The file is kept, encrypted."), messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:dsar_rightsrequest_change", args=[case.pk]))

    def open_file(self, request: HttpRequest, key: UUID) -> HttpResponseBase:
        """Hand out a file to privacy staff."""
        if not request.user.has_perm(CHANGE):
            raise PermissionDenied
        found = Attachment.objects.select_related("request").filter(pk=key).first()
        if found is None:
            raise Http404
        actor, at = Actor.person(request.user), now()
        package = Delivery.objects.select_related("request", "attachment").filter(attachment=found).first()
        try:
            content = delivery.look(package, at, actor) if package else attachments.read(found)
        except ValueError as reason:
            self.message_user(request, str(reason), messages.ERROR)
            return HttpResponseRedirect(reverse("admin:dsar_rightsrequest_change", args=[found.request_id]))
        if package is None:
            note(found.request, EventKind.FILE, at, actor, subject="opened")
        people = Match.objects.filter(request=found.request_id, state=MatchState.CONFIRMED, contact__isnull=False)
        note_file(request, people.values_list("contact", flat=True))
        answer = FileResponse(io.BytesIO(content), as_attachment=True, filename=found.name)
        answer["Cache-Control"] = "no-store"
        answer["X-Content-Type-Options"] = "nosniff"
        return answer
