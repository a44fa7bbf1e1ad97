"""Organisations in the directory: what they are to us, the agreements, and the people whom the account may see."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse

from config.dates import local_date, now
from contacts import directory
from contacts.directory import PER_PAGE, after, agreements_of, card, shown, standing, standings
from contacts.views.page import directory_page, page
from contacts.visibility import organisations_visible_to, visible_to


@directory_page("GET", "HEAD")
def organisation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One organisation; for sales it exists only while they may see somebody there."""
    at = now()
    on = local_date(at)
    found = organisations_visible_to(request.user, at).annotate(**standings(on)).filter(pk=pk).first()
    if found is None:
        raise Http404
    people = directory.of_organisations(visible_to(request.user, at), [found.pk], on)
    marker = request.GET.get("after", "")
    try:
        some = list(after(shown(people, on), marker)[: PER_PAGE + 1])
    except ValueError:
        raise Http404 from None
    context = {
        "title": found.name,
        "organisation": found,
        "standing": standing(found),
        "agreements": agreements_of(found, on),
        "people": [card(one) for one in some[:PER_PAGE]],
        "following": str(some[PER_PAGE - 1].pk) if len(some) > PER_PAGE else "",
        "after": marker,
    }
    return page(request, "organisation.html", context)
