"""People in the directory: the list, the page of one, and revealing what is masked of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date, now
from config.panels import record_panels
from consent.reach import REACHING, Line, answers, askable, lines_of
from contacts import directory
from contacts.directory import MOST_COLLEAGUES, PER_PAGE, Card, after, card, shown
from contacts.models import Contact
from contacts.revealing import MOST_PER_HOUR, Reason, TooManyError, reveal
from contacts.views.filters import PeopleFilter
from contacts.views.page import directory_page, page
from contacts.visibility import sees_all, visible_to

LOOKED_AT = 20_000
"""How many people a page looks through, at most, for what no index finds."""
JUDGED = 2_000
"""How many people a page asks the permission rule about, at most, to find those who will be reached."""


@dataclass(slots=True)
class Found:
    """One page of people: each with the channels that will reach them, and where the next page begins."""

    people: list[tuple[Card, list[Line]]]
    following: str = ""
    looked_at: int = 0


@directory_page("GET", "HEAD")
def people(request: HttpRequest) -> HttpResponse:
    """The list: people by name, filtered, each with "will reach" or "will not, because" for one purpose."""
    at = now()
    purposes = askable()
    chosen = request.GET.copy()
    if not chosen.get("purpose") and purposes:
        chosen["purpose"] = purposes[0].code
    visible, on = visible_to(request.user, at), local_date(at)
    asked = PeopleFilter(chosen, visible, purposes, on)
    marker = request.GET.get("after", "")
    found = find(asked, marker, at)
    if not found.people and asked.asked("q"):
        asked.anywhere = True
        found = find(asked, marker, at)
    kept = request.GET.copy()
    kept.pop("after", None)
    context = {
        "title": _("Directory"),
        "filter": asked,
        "asked_about": next((one for one in purposes if one.code == asked.asked("purpose")), ""),
        "found": found,
        "after": marker,
        "query": kept.urlencode(),
        "no_subsidiary": not sees_all(request.user) and not getattr(request.user, "subsidiary_id", None),
    }
    return page(request, "directory.html", context)


def find(asked: PeopleFilter, marker: str, at: datetime) -> Found:
    """One page of those asked for, from a marker on. Raises Http404 for a marker that is none.

    What has no index, and the permission rule, are asked about a bounded number of people; the next page goes on there.
    """
    purpose, channel = asked.asked("purpose"), asked.asked("channel")
    try:
        people = directory.after(asked.people, marker)
    except ValueError:
        raise Http404 from None
    most = JUDGED if channel else LOOKED_AT if asked.is_slow else 0
    last = directory.at_distance(people, most) if asked.is_slow else None
    end: UUID | None = last.pk if last else None
    fitting = asked.narrowed(directory.until(people, last))
    if channel:
        keys = list(fitting.values_list("pk", flat=True)[:most])
        end = end or (keys[-1] if len(keys) == most else None)
        fitting = _reached(keys, purpose, channel, at)
    some = list(shown(fitting, local_date(at))[: PER_PAGE + 1])
    if len(some) > PER_PAGE:
        end = some[PER_PAGE - 1].pk
    return Found(_rows(some[:PER_PAGE], purpose, at), str(end or ""), most if end else 0)


def _rows(some: list[Contact], purpose: str, at: datetime) -> list[tuple[Card, list[Line]]]:
    """The cards, with what the permission rule says about each person."""
    said = answers([person.pk for person in some], at, purpose, REACHING) if purpose and some else {}
    return [
        (card(person), lines_of([(channel, answer) for _purpose, channel, answer in said.get(person.pk, [])]))
        for person in some
    ]


def _reached(keys: list[UUID], purpose: str, channel: str, at: datetime) -> directory.People:
    """Those of the people, enough for a page, whom the channel will reach, by the rule that says so in their rows."""
    said = answers(keys, at, purpose, (channel,)) if keys else {}
    reached = [key for key in keys if any(one.allowed for _purpose, _channel, one in said.get(key, []))]
    if not reached:
        return Contact.objects.none()
    return Contact.objects.filter(pk__among=reached[: PER_PAGE + 1]).order_by("name_key", "pk")


# One person -----------------------------------------------------------------------------------------------------------


class RevealForm(forms.Form):
    """What the address or number is needed for."""

    reason = forms.ChoiceField(label=gettext_lazy("What do you need it for?"), choices=[("", "–"), *Reason.choices])


@directory_page("GET", "HEAD")
def person(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything the account may know about one person; what is masked stays masked."""
    at = now()
    return _page(request, _visible(request, pk, at), at, RevealForm())


@directory_page("GET", "HEAD", "POST")
def revealed(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The same page with what is masked, once, after a POST that says what for; the look is on record before it."""
    at = now()
    found = _visible(request, pk, at)
    if request.method != "POST" or sees_all(request.user):
        return HttpResponseRedirect(reverse("directory:contacts_contact_page", args=[pk]))
    account: Any = request.user.pk
    form = RevealForm(request.POST)
    if not form.is_valid():
        return _page(request, found, at, form, status=400)
    try:
        reveal(account, found, Reason(form.cleaned_data["reason"]), at)
    except TooManyError as refusal:
        context = {"again_at": refusal.again_at, "most": MOST_PER_HOUR}
        return _page(request, found, at, form, status=429, **context)
    return _page(request, found, at, form, revealed=True)


def _visible(request: HttpRequest, pk: UUID, at: datetime) -> Contact:
    """The contact, when the account may see it; Http404 as for one that does not exist."""
    found: Contact | None = shown(visible_to(request.user, at), local_date(at)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, found: Contact, at: datetime, form: RevealForm, status: int = 200, **more: Any
) -> HttpResponse:
    on = local_date(at)
    work = directory.employers(found, on)
    present = [link.organisation_id for link in work if not link.is_over]  # type: ignore[attr-defined]
    others = visible_to(request.user, at).exclude(pk=found.pk)
    there = directory.of_organisations(others, present, on)
    colleagues = list(after(shown(there, on), "")[: MOST_COLLEAGUES + 1])
    masked = not sees_all(request.user)
    known = card(found)
    context = {
        "title": known.name,
        "card": known,
        "facts": _facts(found),
        "details": directory.details(found, masked=masked and not more.get("revealed")),
        "work": work,
        "colleagues": [card(one) for one in colleagues[:MOST_COLLEAGUES]],
        "more_colleagues": len(colleagues) > MOST_COLLEAGUES,
        "form": form,
        "panels": record_panels(request, found, "directory.contact"),
    }
    return page(request, "person.html", {**context, **more}, status)


def _facts(person: Contact) -> list[tuple[str, str]]:
    """What else may be known, by label."""
    topics = ", ".join(_(topic) for topic in person.topics if topic)
    known = (
        (_("Salutation"), person.salutation),
        (_("Job title"), person.job_title),
        (_("Job function"), person.job_function),
        (_("Language"), directory.language_name(person.language)),
        (_("Country"), str(person.country.name)),
        (_("City"), person.city),
        (_("Topics of interest"), topics),
        (_("Notification preferences"), person.notification_preferences),
    )
    return [(label, value) for label, value in known if value]
