"""The public pages: preference centre, unsubscribing, confirming a consent (S28, S128, S129; RFC 8058).

No account, no cookie, no script. A GET changes nothing, because mail scanners fetch every link; a POST acts, and the
token is its authority. A token that opens nothing, for whatever reason, gets one page that does not say why, with
status 404 on every path.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from config.dates import BEGINNING, FOREVER, local_date, now
from config.network import address_of
from consent import opt_in, restrictions, wording
from consent import preferences as centre
from consent.links import Page, read
from consent.models import Purpose
from consent.public import page, public, shortened, speaking
from contacts.models import Contact
from retention.rules import clocks

NO_MATCH = 404


@public
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What the person receives, and the form to change it.

    The button for nothing at all works for everybody with a signed link, also after an erasure, with the same answer.
    For a link that we never signed it could do nothing, so it is not shown.
    """
    link = read(token, Page.PREFERENCES)
    person = centre.person_of(link) if link else None
    with speaking(person.language if person else link.language if link else ""):
        if link and request.method == "POST" and "nothing" in request.POST:
            centre.nothing_at_all(link, now())
            return page(request, "consent/public/nothing.html")
        if person is None:
            return no_match(request, may_refuse=link is not None)
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
        "paused": restrictions.in_force(at).filter(contact=person).exists(),
        "today": local_date(at),
        "clock": next(clocks(local_date(at), [person.pk])),
        "beginning": BEGINNING,
        "forever": FOREVER,
    }
    return page(request, "consent/public/preferences.html", context)


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
        return page(request, "consent/public/unsubscribe.html", context)


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
        context = {"asked": asked, "confirmed": opt_in.is_confirmed(asked, at)}
        return page(request, "consent/public/confirm.html", context)


# What pages are made of ---------------------------------------------------------------------------------------------


def no_match(request: HttpRequest, *, may_refuse: bool = False) -> HttpResponse:
    """The page for every link that opens nothing: unknown, incomplete, too old, or of somebody who is not here.

    `may_refuse`: the link is signed, so advertising to its address can be refused by a button.
    """
    context = {"may_refuse": may_refuse, "failed": request.method == "POST"}
    return page(request, "consent/public/no_match.html", context, status=NO_MATCH)


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
