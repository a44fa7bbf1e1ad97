"""The public pages: preference centre, unsubscribing, confirming a consent (S28, S128, S129; RFC 8058).

No account, no cookie, no script. A GET changes nothing, because mail scanners fetch every link; a POST acts, and the
token is its authority. A token that opens nothing, for whatever reason, gets one page that does not say why, with
status 404 on every path.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.dates import BEGINNING, FOREVER, local_date, now
from config.models import Controller
from consent import opt_in, wording
from consent import preferences as centre
from consent.links import Page, read
from consent.models import PolicyVersion, Purpose
from consent.wording import spoken
from contacts.models import Contact
from retention.rules import clocks

View = Callable[[HttpRequest, str], HttpResponse]
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address is a key: no other site may learn it
    "X-Robots-Tag": "noindex, nofollow",
}
NO_MATCH = 404


def public(view: View) -> View:
    """A page for whoever has the link. Exempt from the CSRF check, which needs a cookie: the token is the authority."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, token: str) -> HttpResponse:
        answer = view(request, token)
        for name, value in HEADERS.items():
            answer[name] = value
        return answer

    return page


@public
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What the person receives, and the form to change it.

    The button for nothing at all works for everybody with a signed link, also after an erasure, with the same answer.
    """
    link = read(token, Page.PREFERENCES)
    person = centre.person_of(link) if link else None
    with speaking(person.language if person else link.language if link else ""):
        if link and request.method == "POST" and "nothing" in request.POST:
            centre.nothing_at_all(link, now())
            return page(request, "nothing.html")
        if person is None:
            return no_match(request, may_refuse=True)
        return _centre(request, person)


def _centre(request: HttpRequest, person: Contact) -> HttpResponse:
    """The form, after saving it when it was sent."""
    saved, at = request.method == "POST", now()
    wishes = dict(_wishes(request))
    if saved:
        offered, ticked = request.POST.getlist("offered"), set(request.POST.getlist("topic"))
        try:
            centre.change(person.pk, wishes, at, source_ip=shortened(address_of(request)))
            centre.save_topics(person.pk, {topic: topic in ticked for topic in offered}, at)
            person.refresh_from_db()
        except Contact.DoesNotExist:  # erased since we looked
            return no_match(request, may_refuse=True)
    rows = centre.rows(person, at)
    on = {(row.purpose.code, choice.channel): choice.on for row in rows for choice in row.choices}
    context = {
        "saved": saved,
        "stopped": any(yes and not on.get(box) for box, yes in wishes.items()),
        "rows": rows,
        "pointers": centre.pointers(),
        "agreement": wording.agreement(),
        "topics": [(topic, gettext(topic), topic in person.topics) for topic in centre.topics_of(person)],
        "person": person,
        "address": masked(person.email),
        "held": list(_held(person)),
        "clock": next(clocks(local_date(at), [person.pk])),
        "beginning": BEGINNING,
        "forever": FOREVER,
    }
    return page(request, "preferences.html", context)


def _wishes(request: HttpRequest) -> Iterator[tuple[tuple[str, str], bool]]:
    """The boxes that are not as the page showed them; it says so itself, so an old page brings no old state back."""
    wanted = set(request.POST.getlist("want"))
    for one in request.POST.getlist("seen"):
        box, _colon, was = one.rpartition(":")
        purpose, _colon, channel = box.partition(":")
        if (box in wanted) != (was == "on"):
            yield (purpose, channel), box in wanted


@public
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Opt out of what a message was about: a page with one button, or a mail program's one click (RFC 8058).

    The answers are the same whether the person is known, erased, or has unsubscribed before.
    """
    link = read(token, Page.UNSUBSCRIBE)
    if link is None:
        return no_match(request)
    with speaking(link.language):
        everything = "everything" in request.POST
        done = everything or request.POST.get("List-Unsubscribe") == "One-Click"
        purpose, channel = ("", "") if everything else (link.purpose, link.channel)
        if done:
            centre.opt_out(link, now(), method=centre.UNSUBSCRIBED, purpose=purpose, channel=channel)
        known = Purpose.objects.filter(code=purpose).first() if purpose else None
        context = {"done": done, "purpose": known, "channel": wording.CHANNELS[channel] if channel else ""}
        return page(request, "unsubscribe.html", context)


@public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a consent that was asked for: a page with one button, whose press counts once."""
    at = now()
    if request.method == "POST":
        asked = opt_in.confirm(token, at, source_ip=shortened(address_of(request)))
    else:
        asked = opt_in.find(token, at)
    if asked is None:
        return no_match(request)
    with speaking(asked.language):
        return page(request, "confirm.html", {"asked": asked, "confirmed": opt_in.is_confirmed(asked, at)})


# What pages are made of ---------------------------------------------------------------------------------------------


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
    answer = render(request, f"consent/public/{template}", {**known, **(context or {})}, status=status)
    answer["Content-Language"] = language
    return answer


def no_match(request: HttpRequest, *, may_refuse: bool = False) -> HttpResponse:
    """The page for every link that opens nothing: unknown, incomplete, too old, or of somebody who is not here."""
    context = {"may_refuse": may_refuse, "failed": request.method == "POST"}
    return page(request, "no_match.html", context, status=NO_MATCH)


def masked(email: str) -> str:
    """Enough of an address for its owner to recognise, too little for whoever got a forwarded mail."""
    local, _at, domain = email.partition("@")
    return f"{local[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}" if domain else ""


def _held(person: Contact) -> Iterator[str]:
    """The categories of data we hold about the person, never a value."""
    if person.first_name or person.last_name or person.salutation or person.academic_title:
        yield gettext("Name and form of address")
    if person.email or person.phone or person.street or person.city:
        yield gettext("Contact details")
    if person.job_title or person.job_function or person.linkedin_url or person.affiliations.exists():
        yield gettext("Position and employer")
    if person.topics:
        yield gettext("Topics of interest")
    if person.engagements.exists():
        yield gettext("Responses to our messages and visits to our websites")
    if hasattr(person, "interest_profile"):
        yield gettext("Interest profile")
    if person.system_accounts.exists():
        yield gettext("User accounts in our systems")
    if person.consents.exists() or person.objections.exists():
        yield gettext("Your consents and objections")


def address_of(request: HttpRequest) -> str:
    """Where the request came from: what the proxy in front saw where there is one, which appends to the header."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def shortened(address: str) -> str | None:
    """The network an address belongs to, which is enough as evidence: /24, or /48 in IPv6; None for what is none."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    found = getattr(found, "ipv4_mapped", None) or found
    network = ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False)
    return str(network.network_address)
