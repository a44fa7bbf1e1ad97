"""What the rights desk shows on the home page and on a contact's page."""

from __future__ import annotations

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
    on = local_date(now())
    counts = reports.open_cases(on)
    nearest = deadlines.by_urgency(RightsRequest.objects.filter(closed_at__isnull=True), on)[:SHOWN]
    context = {"counts": counts, "nearest": list(nearest), "total": sum(counts.values())}
    return Panel(
        gettext_lazy("Rights requests"), "panels/requests.html", context, alert=bool(counts[Light.OVERDUE]), tall=True
    )


@record_panel("contacts.contact", order=15)
def requests_of_contact(request: HttpRequest, contact: Contact) -> Panel | None:
    """The requests that are, or may be, of this person."""
    if not request.user.has_perm(SEE):
        return None
    mine = RightsRequest.objects.filter(matches__contact=contact).exclude(matches__state="rejected")
    rows = list(deadlines.by_urgency(mine.prefetch_related("asked"), local_date(now())))
    return Panel(gettext_lazy("Rights requests"), "panels/requests_of_contact.html", {"rows": rows}) if rows else None


__all__ = ["case_panels", "requests_due", "requests_of_contact"]
