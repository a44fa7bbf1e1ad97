"""The one way in which the read log is written: what staff are about to see is noted first, or not shown (R14, R15).

No page has to remember it. `ReadLog` stands between every page and whoever is signed in, reads the answer that is
about to leave, and notes each contact it finds there by id or reference. A page whose persons cannot be recognised
that way says whom it shows (`shows`), and a file, which is not read, is noted by whoever makes it (`note_file`): one
that was not noted does not leave. If the log cannot be written, the answer is a calm 503 with nothing in it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import SEARCH_VAR
from django.db import Error
from django.db.models import Count, Q, QuerySet, Value
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_noop

from config.aggregates import IdList
from config.dates import now
from config.models import AccessEvent, AccessKind, ReadingPurpose
from config.roles import AUDITOR, SALES
from config.sql import insert_from

logger = logging.getLogger(__name__)

IDENTIFIER = re.compile(rb"(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])")
REFERENCE = re.compile(rb"(?<![0-9A-Z])C-[0-9A-HJKMNP-TV-Z]{6}(?![0-9A-Z])")
BREAK_GLASS: Final = gettext_noop("break-glass")
NO_ROLE: Final = gettext_noop("without a role")
USUALLY: Final = {SALES: ReadingPurpose.CUSTOMER, AUDITOR: ReadingPurpose.AUDIT, BREAK_GLASS: ReadingPurpose.SUPPORT}
"""What a role looks at data for unless it says otherwise; the others keep the register."""
KINDS: Final = {
    "autocomplete": AccessKind.CHOICES,
    "changelist": AccessKind.LIST,
    "history": AccessKind.HISTORY,
    "change": AccessKind.RECORD,
    "list": AccessKind.LIST,
    "page": AccessKind.RECORD,
    "reveal": AccessKind.RECORD,
}
"""By the last word of a page's name."""
PER_EVENT: Final = 5_000
"""A file of a million people takes many rows of the log, so that none of them is too long to read."""
SAFE: Final = ("GET", "HEAD", "OPTIONS", "TRACE")


class NotLoggedError(Exception):
    """The read log could not be written, so nothing may be shown."""


# What pages say themselves --------------------------------------------------------------------------------------------


def shows(request: HttpRequest, ids: Iterable[UUID]) -> None:
    """Say whom the page is about to show, where neither an id nor a reference in it would."""
    _of(request)["ids"].update(str(one) for one in ids)


def note_file(request: HttpRequest, ids: Iterable[UUID]) -> None:
    """Write whom a file is about to show; call it in the transaction that makes the file, as often as it has parts.

    Raises NotLoggedError when the log cannot be written.
    """
    _of(request)["noted"] = True
    _write(request, AccessKind.EXPORT, [str(one) for one in ids])


def _of(request: HttpRequest) -> dict[str, Any]:
    """What is known so far about this request's reading."""
    if not hasattr(request, "reading"):
        request.reading = {"ids": set(), "noted": False}  # type: ignore[attr-defined]
    found: dict[str, Any] = request.reading  # type: ignore[attr-defined]
    return found


# For what purpose, in which role --------------------------------------------------------------------------------------


def role_of(request: HttpRequest) -> str:
    """The role in which the account of a request acts."""
    return BREAK_GLASS if request.user.is_superuser else getattr(request.user, "role", None) or NO_ROLE


def purpose_of(request: HttpRequest) -> ReadingPurpose:
    """What the account has said it works for in this session, or what its role usually does."""
    chosen = request.session.get("purpose")
    if chosen in ReadingPurpose.values:
        return ReadingPurpose(chosen)
    return USUALLY.get(role_of(request), ReadingPurpose.REGISTER)


# The log itself -------------------------------------------------------------------------------------------------------


class ReadLog:
    """The innermost middleware: what a signed-in account is about to see is written down first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the page be made, note whom it shows, and only then let it go."""
        answer = self.get_response(request)
        try:
            note(request, answer)
        except NotLoggedError:
            return unavailable(request)
        return answer

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """A form about a record is noted before anything is done with it."""
        if request.method in SAFE or not request.user.is_authenticated:
            return None
        try:
            _write(request, AccessKind.SENT, _named(request))
        except NotLoggedError:
            return unavailable(request)
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """A file that could not be noted; the transaction that made it is undone by now."""
        return unavailable(request) if isinstance(problem, NotLoggedError) else None


def note(request: HttpRequest, answer: HttpResponseBase) -> None:
    """Write whom an answer shows. Raises NotLoggedError when that fails, and for a file that nobody noted."""
    if getattr(request, "resolver_match", None) is None or not request.user.is_authenticated:
        return
    if is_refusal(request, answer):
        _write(request, AccessKind.REFUSED, _named(request))
    elif answer.streaming:
        if not _of(request)["noted"]:
            logger.error("A file of %s was not noted in the read log.", _view(request))
            raise NotLoggedError
    elif isinstance(answer, HttpResponse) and not answer.has_header("Location"):
        kind = AccessKind.EXPORT if answer.has_header("Content-Disposition") else kind_of(request)
        _write(request, kind, sorted(_of(request)["ids"]))
        _write_named(request, kind, answer.content)


def is_refusal(request: HttpRequest, answer: HttpResponseBase) -> bool:
    """Whether somebody asked for a page and may not see it, or there is nothing; the admin then sends them home."""
    sent_home = request.method in SAFE and answer.headers.get("Location") == reverse("admin:index")
    return answer.status_code in (403, 404) or sent_home


def kind_of(request: HttpRequest) -> AccessKind:
    """How a page shows a record, by the name of the page and what it was asked."""
    if IS_POPUP_VAR in request.GET:
        return AccessKind.POPUP
    kind = KINDS.get(_view(request).rpartition(":")[2].rpartition("_")[2], AccessKind.PAGE)
    return AccessKind.SEARCH if kind is AccessKind.LIST and request.GET.get(SEARCH_VAR) else kind


def people_in(content: bytes) -> QuerySet[Any] | None:
    """The contacts that a page names by id or by reference; None for a page without either."""
    ids = {UUID(one.decode()) for one in IDENTIFIER.findall(content)}
    references = {one.decode() for one in REFERENCE.findall(content)}
    named = Q(pk__among=list(ids)) | Q(reference__among=list(references))
    return apps.get_model("contacts.Contact")._base_manager.filter(named) if ids or references else None


def _view(request: HttpRequest) -> str:
    """The name of the page, which says nothing of what was typed into its address."""
    return request.resolver_match.view_name if request.resolver_match else ""


def _named(request: HttpRequest) -> list[str]:
    """The records that the address itself names."""
    return sorted({one.decode() for one in IDENTIFIER.findall(request.path.lower().encode())})


def _particulars(request: HttpRequest, kind: AccessKind) -> dict[str, Any]:
    """What a row of the log says besides whom it is about."""
    return {
        "at": now(),
        "actor_id": request.user.pk,
        "role": role_of(request),
        "purpose": purpose_of(request),
        "kind": kind,
        "view": _view(request)[:100],
    }


def _write(request: HttpRequest, kind: AccessKind, ids: list[str]) -> None:
    """One row of the log, or several for a long file; none when there is nobody to name."""
    with _refusing():
        for start in range(0, len(ids), PER_EVENT):
            AccessEvent.objects.create(object_ids=ids[start : start + PER_EVENT], **_particulars(request, kind))


def _write_named(request: HttpRequest, kind: AccessKind, content: bytes) -> None:
    """One row with every contact that a page names, whatever their number: looked up and written in one statement."""
    if (people := people_in(content)) is None:
        return
    said = _particulars(request, kind)
    fields: dict[str, Any] = {field.name: field for field in AccessEvent._meta.local_concrete_fields}
    values = [Value(value, fields[name]) for name, value in said.items()]
    rows = people.order_by().values(number=Count("pk")).filter(number__gt=0).values_list(IdList("pk"), *values)
    with _refusing():
        insert_from(AccessEvent, ("object_ids", *said), rows)


@contextmanager
def _refusing() -> Iterator[None]:
    """A log that cannot be written means that nothing may be shown."""
    try:
        yield
    except Error as problem:
        logger.error("The read log could not be written: %s.", type(problem).__name__)
        raise NotLoggedError from problem


def unavailable(request: HttpRequest) -> HttpResponse:
    """The page for when nothing may be shown."""
    return render(request, "503.html", status=503)
