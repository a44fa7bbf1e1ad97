"""What the airlock and the legal bases show on the home page and on a contact's page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.panels import Panel, panel, record_panel
from consent import contact_panels
from consent.models import ImportBatch, QuarantinedRow
from consent.models.airlock import ImportState
from contacts.models import Contact

NEWEST = 50


@panel(order=50)
def airlock(request: HttpRequest) -> Panel | None:
    """Imports that wait for confirmation and rows that wait for a decision."""
    if not request.user.has_perm("consent.view_importbatch"):
        return None
    waiting = ImportBatch.objects.filter(state__in=(ImportState.UPLOADED, ImportState.PREVIEWED))[:NEWEST]
    oldest = QuarantinedRow.objects.order_by("received_at").first()
    context = {
        "batches": list(waiting),
        "running": ImportBatch.objects.filter(state=ImportState.RUNNING).count(),
        "rows": QuarantinedRow.objects.count(),
        "oldest": oldest,
    }
    return Panel(_("Imports"), "panels/airlock.html", context)


@record_panel("contacts.contact", order=5)
def restrictions(request: HttpRequest, contact: Contact) -> Panel | None:
    """A banner while processing is restricted (Art. 18): stored only, edited only as far as the dispute goes."""
    rows = list(contact.restrictions.filter(lifted_at__isnull=True))
    if not rows:
        return None
    return Panel(_("Processing is restricted"), "panels/restrictions.html", {"rows": rows}, alert=True)


@record_panel("contacts.contact", order=30)
def objections(request: HttpRequest, contact: Contact) -> Panel | None:
    """Objections (Art. 21), which nothing but the person lifts."""
    if not request.user.has_perm("consent.view_objection"):
        return None
    context = {
        "rows": list(contact.objections.select_related("balancing")[:NEWEST]),
        "contact": contact,
        "may_record": request.user.has_perm("consent.add_objection"),
        "may_restrict": request.user.has_perm("consent.add_restriction"),
    }
    return Panel(_("Objections"), "panels/objections.html", context)


@record_panel("contacts.contact", order=40)
def consents(request: HttpRequest, contact: Contact) -> Panel | None:
    """The consent events of the person, newest first: the newest of a purpose and channel is in force (Art. 7)."""
    if not request.user.has_perm("consent.view_consent"):
        return None
    seen: set[tuple[str, str]] = set()
    rows = []
    for event in contact.consents.all()[:NEWEST]:
        rows.append({"event": event, "current": (event.purpose, event.channel) not in seen})
        seen.add((event.purpose, event.channel))
    return Panel(_("Consents"), "panels/consents.html", {"rows": rows})


__all__ = ["airlock", "consents", "contact_panels", "objections", "restrictions"]
