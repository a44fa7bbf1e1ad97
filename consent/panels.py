"""What the airlock and the legal bases show on the home page and on a contact's page."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.dates import local_date, now
from config.figures import figure
from config.panels import Panel, panel, record_panel
from consent import assessments, contact_panels, notices, recipient_panels
from consent.breaches import panels as breaches
from consent.models import ImportBatch, InterestProfile, PolicyNotification, QuarantinedRow
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


@figure
def count_owed(on: date) -> dict[str, int]:
    """How many people have yet to be informed; how many of them too late, and how many within a week of the day."""
    late, soon = Q(notice_due_on__lt=on), Q(notice_due_on__range=(on, on + notices.SOON))
    return notices.owed().aggregate(total=Count("pk"), overdue=Count("pk", filter=late), soon=Count("pk", filter=soon))


@panel(order=42)
def owed_notices(request: HttpRequest) -> Panel | None:
    """How many people have yet to be informed, and how many of them late or soon (Art. 13, 14)."""
    if not request.user.has_perm("consent.view_owednotice"):
        return None
    running = list(PolicyNotification.objects.filter(finished_at=None))
    context = {**count_owed(local_date(now())), "running": running}
    return Panel(_("Notices owed"), "panels/notices_owed.html", context, alert=bool(context["overdue"]))


@panel(order=44)
def reasons(request: HttpRequest) -> Panel | None:
    """Assessments that wait or must be renewed, and purposes that may not be used (S26, S49)."""
    if not request.user.has_perm("consent.view_assessment"):
        return None
    at = now()
    context = {
        "waiting": list(assessments.waiting().select_related("basis__purpose")[:NEWEST]),
        "due": list(assessments.due_for_review(at).select_related("basis__purpose")[:NEWEST]),
        "unusable": len(assessments.purposes_not_usable(at)),
    }
    return Panel(_("Why we may"), "panels/reasons.html", context)


@record_panel("contacts.contact", order=25)
def told(request: HttpRequest, contact: Contact) -> Panel | None:
    """What the person was told, and what is still owed, with what can be done about it."""
    if not request.user.has_perm("consent.view_notice"):
        return None
    owed = notices.owed().filter(pk=contact.pk).first()
    context = {
        "owed": owed,
        "late": owed is not None and owed.notice_due_on < local_date(now()),
        "rows": list(contact.notices.select_related("policy")[:NEWEST]),
        "may_record": request.user.has_perm("consent.add_notice"),
    }
    return Panel(_("Privacy notices"), "panels/notices.html", context, alert=bool(context["late"]))


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


@record_panel("contacts.contact", order=45)
def interest(request: HttpRequest, contact: Contact) -> Panel | None:
    """How interested the person seems, and what makes it so (S53-S56); nothing without consent to profiling."""
    profile = InterestProfile.objects.filter(contact=contact).first()
    if profile is None or not request.user.has_perm("consent.view_interestprofile"):
        return None
    context = {"profile": profile, "may_remove": request.user.has_perm("consent.add_objection")}
    return Panel(_("Interest profile"), "panels/interest.html", context)


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
    may_record = request.user.has_perm("consent.add_consent")
    context = {"rows": rows, "contact": contact, "may_record": may_record}
    return Panel(_("Consents"), "panels/consents.html", context)


__all__ = ["airlock", "breaches", "consents", "contact_panels", "objections", "recipient_panels", "restrictions"]
