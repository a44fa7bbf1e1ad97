"""What every public page shares: no account, no cookie, no script; headers, language, and whom to write to at the end.

A GET changes nothing, because mail scanners fetch every link; a POST acts, and what the page was opened with is its
authority.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.dates import local_date, now
from config.models import Controller
from consent.models import PolicyVersion
from consent.wording import spoken

View = Callable[..., HttpResponseBase]
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is a key: no other site may learn it
    "X-Robots-Tag": "noindex, nofollow",
}


def public(view: View) -> View:
    """A page for whoever opens it. Exempt from the CSRF check, which needs a cookie: there is no session to protect."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, **opened_with: str) -> HttpResponseBase:
        answer = view(request, **opened_with)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer

    return page


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """In the person's language where we speak it, else in the browser's."""
    with translation.override(spoken(language)):
        yield


def page(request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    """A public page, with whom to write to at its end."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    policy = PolicyVersion.in_force(local_date(now()), language)
    places = [place for place in (policy.places if policy else ()) if str(place).startswith("https://")]
    known = {"controller": Controller.objects.first(), "policy_url": places[0] if places else ""}
    answer = render(request, template, {**known, **(context or {})}, status=status)
    answer["Content-Language"] = language
    return answer


def shortened(address: str) -> str | None:
    """The network an address belongs to, which is enough as evidence: /24, or /48 in IPv6; None for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    found = getattr(found, "ipv4_mapped", None) or found
    network = ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False)
    return str(network.network_address)
