"""The pages on which the person fetches a package (Art. 12(3), 32): no account, no cookie, no script.

The link carries a token; after the first press of a button no address does: token and pass travel in the form. A GET
shows a page and changes nothing, because mail scanners fetch every link.
"""

from __future__ import annotations

import io

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from config.dates import now
from config.models import Actor
from consent.public import page, public, speaking
from dsar import delivery
from dsar.models import Delivery

NO_MATCH, TOO_MANY = 404, 429


@public
def package(request: HttpRequest, token: str) -> HttpResponse:
    """What the link opens: which request the package answers, and a button that mails a code."""
    found = delivery.find(token, now()) if request.method != "POST" else None
    return _page(request, found, "package.html", token=token) if found else _nothing(request)


@public
def code(request: HttpRequest) -> HttpResponse:
    """Mail the code, and ask for it."""
    at = now()
    token = request.POST.get("token", "")
    found = delivery.find(token, at) if request.method == "POST" else None
    if found is None:
        return _nothing(request)
    sent = delivery.send_code(found, at)
    return _page(request, found, "code.html", token=token, too_many=not sent, status=200 if sent else TOO_MANY)


@public
def proof(request: HttpRequest) -> HttpResponse:
    """Check the code; the right one shows the button that fetches the file."""
    at = now()
    token = request.POST.get("token", "")
    found = delivery.find(token, at) if request.method == "POST" else None
    if found is None:
        return _nothing(request)
    earned = delivery.check(found, request.POST.get("code", ""), at)
    if not earned:
        return _page(request, found, "code.html", token=token, wrong=True, status=403)
    return _page(request, found, "fetch.html", token=token, proof=earned)


@public
def file(request: HttpRequest) -> HttpResponseBase:
    """The package itself, for whoever holds a pass."""
    at = now()
    found = delivery.find(request.POST.get("token", ""), at) if request.method == "POST" else None
    if found is None or not delivery.passed(found, request.POST.get("proof", "")):
        return _nothing(request)
    try:
        content = delivery.fetch(found, at, Actor.subject())
    except ValueError:
        return _nothing(request)
    answer = FileResponse(io.BytesIO(content), as_attachment=True, filename=found.attachment.name)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _page(
    request: HttpRequest, found: Delivery, template: str, *, status: int = 200, **context: object
) -> HttpResponse:
    with speaking(found.language):
        known = {"case": found.request, "until": delivery.until(found), "size": found.attachment.size, **context}
        return page(request, f"dsar/public/{template}", {"title": _("Your data"), **known}, status=status)


def _nothing(request: HttpRequest) -> HttpResponse:
    """The page for every link that opens nothing: unknown, too early, over, destroyed, or without its pass."""
    context = {"may_refuse": False, "failed": request.method == "POST"}
    return page(request, "consent/public/no_match.html", context, status=NO_MATCH)
