"""What the rights desk shows on the home page and on a contact's page."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from config.dates import local_date, now
from config.panels import Panel, panel, record_panel
from contacts.models import Contact
from dsar import case_panels, deadlines, reports
from dsar.deadlines import Light
from dsar.models import RightsRequest

SEE = "dsar.view_rightsrequest"
SHOWN = 5


@panel(order=18)
def requests_due(request: HttpRequest) -> Panel | None:
    """The open cases by urgency, the nearest first."""
    if not request.user.has_perm(SEE):
        return None
    open_cases: Any = deadlines.by_urgency(RightsRequest.objects.filter(closed_at__isnull=True), local_date(now()))
    rows = list(open_cases.only("reference", "status"))
    counts = reports.by_light(one.light for one in rows)
    context = {"counts": counts, "nearest": rows[:SHOWN], "total": len(rows)}
    return Panel(
        gettext_lazy("Rights requests"), "panels/requests.html", context, alert=bool(counts[Light.OVERDUE]), tall=True
    )


def _of_contact(contact: Contact) -> QuerySet[RightsRequest, RightsRequest]:
    return RightsRequest.objects.filter(matches__contact=contact).exclude(matches__state="rejected")


@record_panel("contacts.contact", order=15, rows=_of_contact)
def requests_of_contact(request: HttpRequest, contact: Contact) -> Panel | None:
    """The requests that are, or may be, of this person."""
    if not request.user.has_perm(SEE):
        return None
    rows = list(deadlines.by_urgency(_of_contact(contact).prefetch_related("asked"), local_date(now())))
    return Panel(gettext_lazy("Rights requests"), "panels/requests_of_contact.html", {"rows": rows})


__all__ = ["case_panels", "requests_due", "requests_of_contact"]
