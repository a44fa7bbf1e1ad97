"""What retention shows on a contact's page; its part of the home page is next door. Panels read only."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import DateField
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date, now
from config.panels import Panel, record_panel
from contacts.models import Contact
from retention import home_panels
from retention.explain import explain


@record_panel("contacts.contact", order=10)
def why_still_here(request: HttpRequest, contact: Contact) -> Panel:
    """The rule in sentences, for today or for the day asked for (`?on=`). Reads only."""
    on, problem = _day(request)
    context: dict[str, Any] = {
        "explanation": explain(contact, on),
        "on": on,
        "problem": problem,
        "asked": request.GET.get("on", ""),
    }
    return Panel(gettext_lazy("Why still here?"), "panels/why.html", context)


def _day(request: HttpRequest) -> tuple[date, str]:
    """The day asked for, or today with what is wrong with what was asked."""
    today, text = local_date(now()), request.GET.get("on", "").strip()
    try:
        day = DateField(required=False, localize=True).clean(text)
    except (ValidationError, ValueError):
        example = {"day": today.isoformat(), "same": date_format(today, "SHORT_DATE_FORMAT")}
        return today, _("This is no day. Enter one such as %(day)s or %(same)s.") % example
    return day or today, ""


@record_panel("contacts.contact", order=20)
def holds(request: HttpRequest, contact: Contact) -> Panel | None:
    """Holds on the contact, those in force first, and the way to place one."""
    if not request.user.has_perm("retention.view_hold"):
        return None
    today = local_date(now())
    rows = [
        {"hold": hold, "active": hold.released_at is None and (hold.until_on is None or hold.until_on >= today)}
        for hold in contact.holds.all()
    ]
    context = {
        "rows": sorted(rows, key=lambda row: not row["active"]),
        "contact": contact,
        "may_place": request.user.has_perm("retention.add_hold"),
        "may_release": request.user.has_perm("retention.change_hold"),
    }
    return Panel(gettext_lazy("Holds"), "panels/holds.html", context)


__all__ = ["holds", "home_panels", "why_still_here"]
