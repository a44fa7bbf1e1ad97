"""What a change of agreements means for the people there: shown before it is saved, by saving it and rolling back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.admin_site.bases import Audited
from config.dates import BEGINNING, FOREVER, now
from config.models import Actor
from contacts import conversions
from contacts.filters import today
from contacts.manual import people_of, refresh
from contacts.models import Contact

CONFIRMED = "dates-seen"
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Move:
    """A contact whose last day moves: FOREVER is no end in sight, BEGINNING no register at all."""

    contact: UUID
    before: date
    after: date


class DatesMovedError(Exception):
    """Saving would move these dates, and nobody has seen that yet: rolls the save back."""

    def __init__(self, moves: list[Move]) -> None:
        super().__init__(len(moves))
        self.moves = moves


class AgreementsPreviewed(Audited):
    """Pages that change agreements: the first POST shows whose dates move, the second one saves."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, or between form and saving the preview."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except DatesMovedError as preview:
            return self._show(request, object_id, preview.moves)

    def follow(self, request: HttpRequest, organisations: set[UUID]) -> None:
        """Compute the due dates of everybody with a link to these organisations anew, in the transaction of the save.

        Raises DatesMovedError when one moves and the account has not seen that yet.
        """
        conversions.record(now(), Actor.person(request.user), organisations)
        people = people_of(organisations)
        before = last_days(people)
        refresh(people)
        after = last_days(people)
        moves = moves_between(before, after)
        if moves and CONFIRMED not in request.POST:
            raise DatesMovedError(moves)
        if moves:
            text = ngettext(
                "The due date of %(count)d contact has changed.",
                "The due dates of %(count)d contacts have changed.",
                len(moves),
            )
            self.message_user(request, text % {"count": len(moves)}, messages.SUCCESS)

    def _show(self, request: HttpRequest, object_id: str | None, moves: list[Move]) -> HttpResponse:
        """The preview, with everything that was entered kept for the second POST."""
        original = self.get_object(request, object_id) if object_id else None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check before saving"),
            "subtitle": _("Nothing has been saved yet."),
            "opts": self.opts,
            "original": original or self.opts.verbose_name,
            "back": request.get_full_path(),
            "kept": [pair for pair in _pairs(request) if pair[0] != "csrfmiddlewaretoken"],
            "confirmed": CONFIRMED,
            **summary(moves),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/contacts/agreement_preview.html", context)


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, str(value)) for name, values in request.POST.lists() for value in values]


def last_days(people: Iterable[UUID]) -> dict[UUID, date]:
    """The last day each contact is kept, by the table of due dates."""
    rows = Contact.objects.filter(pk__among=list(people)).values_list("pk", "due__erase_on")
    return {pk: day or FOREVER for pk, day in rows}


def moves_between(before: dict[UUID, date], after: dict[UUID, date]) -> list[Move]:
    """Whose last day differs."""
    return [Move(one, before[one], after[one]) for one in before if before[one] != after[one]]


def summary(moves: list[Move]) -> dict[str, Any]:
    """Counts, and the contacts whose time would be over first."""
    on = today()
    first = sorted(moves, key=lambda move: move.after)[:MOST_SHOWN]
    contacts = Contact.objects.in_bulk([move.contact for move in first])
    return {
        "total": len(moves),
        "longer": sum(move.after > move.before for move in moves),
        "shorter": sum(move.after < move.before for move in moves),
        "due": sum(move.after <= on < move.before for move in moves),
        "rows": [(contacts[one.contact], _named(one.before), _named(one.after), one.after <= on) for one in first],
    }


def _named(day: date) -> str:
    if day == FOREVER:
        return _("no end in sight")
    return _("in no register") if day == BEGINNING else date_format(day, "SHORT_DATE_FORMAT")
