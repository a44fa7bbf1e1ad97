"""What the airlock and the legal bases show on the home page and on a contact's page."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.dates import local_date, now
from config.figures import figure, figure_of_rows, for_page
from config.panels import Panel, once, panel, record_panel
from consent import assessments, contact_panels, notices, recipient_panels
from consent.breaches import panels as breaches
from consent.models import Assessment, ImportBatch, InterestProfile, PolicyNotification, Purpose, QuarantinedRow
from consent.models.airlock import ImportState
from consent.permission_rows import consents_of, notices_of, objections_of, restrictions_of
from contacts.models import Contact

NEWEST = 50


def _waiting_imports(_on: date) -> QuerySet[ImportBatch, ImportBatch]:
    """Imports that nobody has confirmed yet."""
    return ImportBatch.objects.filter(state__in=(ImportState.UPLOADED, ImportState.PREVIEWED))


count_waiting_imports = figure_of_rows(always_live=True)(_waiting_imports)


@figure_of_rows(always_live=True)
def count_running_imports(_on: date) -> QuerySet[ImportBatch, ImportBatch]:
    """Imports at work."""
    return ImportBatch.objects.filter(state=ImportState.RUNNING)


@figure_of_rows(always_live=True)
def count_quarantined(_on: date) -> QuerySet[QuarantinedRow, QuarantinedRow]:
    """Rows that wait for a decision."""
    return QuarantinedRow.objects.all()


@panel(order=50)
def airlock(request: HttpRequest) -> Panel | None:
    """Imports that wait for confirmation and rows that wait for a decision."""
    if not request.user.has_perm("consent.view_importbatch"):
        return None
    on = local_date(now())
    known = once(request, for_page, on)
    rows = count_quarantined(on, known)
    context = {
        "batches": list(_waiting_imports(on)[:NEWEST]) if count_waiting_imports(on, known) else [],
        "running": count_running_imports(on, known),
        "rows": rows,
        "oldest": QuarantinedRow.objects.order_by("received_at").first() if rows else None,
    }
    return Panel(_("Imports"), "panels/airlock.html", context)


@figure
def count_owed(on: date) -> dict[str, int]:
    """How many people have yet to be informed; how many of them too late, and how many within a week of the day."""
    late, soon = Q(notice_due_on__lt=on), Q(notice_due_on__range=(on, on + notices.SOON))
    return notices.owed().aggregate(total=Count("pk"), overdue=Count("pk", filter=late), soon=Count("pk", filter=soon))


def _running_notifications(_on: date) -> QuerySet[PolicyNotification, PolicyNotification]:
    """Messages about a new version of the policy that are on their way."""
    return PolicyNotification.objects.filter(finished_at=None)


count_running_notifications = figure_of_rows(always_live=True)(_running_notifications)


@panel(order=42)
def owed_notices(request: HttpRequest) -> Panel | None:
    """How many people have yet to be informed, and how many of them late or soon (Art. 13, 14)."""
    if not request.user.has_perm("consent.view_owednotice"):
        return None
    on = local_date(now())
    known = once(request, for_page, on)
    running = list(_running_notifications(on)) if count_running_notifications(on, known) else []
    context = {**count_owed(on, known), "running": running}
    return Panel(_("Notices owed"), "panels/notices_owed.html", context, alert=bool(context["overdue"]))


@figure_of_rows(always_live=True)
def count_unapproved(_on: date) -> QuerySet[Assessment, Assessment]:
    """Assessments that wait for approval."""
    return assessments.waiting()


@figure_of_rows(always_live=True)
def count_unusable(_on: date) -> QuerySet[Purpose, Purpose]:
    """Purposes in use that may not be relied on at this moment."""
    return Purpose.objects.filter(pk__in=assessments.lacking(now()).values("purpose"))


@panel(order=44)
def reasons(request: HttpRequest) -> Panel | None:
    """Assessments that wait or must be renewed, and purposes that may not be used (S26, S49)."""
    if not request.user.has_perm("consent.view_assessment"):
        return None
    at = now()
    on = local_date(at)
    known = once(request, for_page, on)
    waiting, due = assessments.waiting(), assessments.due_for_review(at)
    context = {
        "waiting": list(waiting.select_related("basis__purpose")[:NEWEST]) if count_unapproved(on, known) else [],
        "due": list(due.select_related("basis__purpose")[:NEWEST]),
        "unusable": count_unusable(on, known),
    }
    return Panel(_("Why we may"), "panels/reasons.html", context)


@record_panel("contacts.contact", order=25)
def told(request: HttpRequest, contact: Contact) -> Panel | None:
    """What the person was told, and what is still owed, with what can be done about it."""
    if not request.user.has_perm("consent.view_notice"):
        return None
    at = now()
    due_on = notices.due_on(contact.pk, at)
    context = {
        "contact": contact,
        "due_on": due_on,
        "late": due_on is not None and due_on < local_date(at),
        "rows": notices_of(request, contact),
        "may_record": request.user.has_perm("consent.add_notice"),
    }
    return Panel(_("Privacy notices"), "panels/notices.html", context, alert=bool(context["late"]))


@record_panel("contacts.contact", order=5)
def restrictions(request: HttpRequest, contact: Contact) -> Panel | None:
    """A banner while processing is restricted (Art. 18): stored only, edited only as far as the dispute goes."""
    rows = [one for one in restrictions_of(request, contact) if one.lifted_at is None]
    if not rows:
        return None
    return Panel(_("Processing is restricted"), "panels/restrictions.html", {"rows": rows}, alert=True)


@record_panel("contacts.contact", order=30)
def objections(request: HttpRequest, contact: Contact) -> Panel | None:
    """Objections (Art. 21), which nothing but the person lifts."""
    if not request.user.has_perm("consent.view_objection"):
        return None
    context = {
        "rows": objections_of(request, contact),
        "contact": contact,
        "may_record": request.user.has_perm("consent.add_objection"),
        "may_restrict": request.user.has_perm("consent.add_restriction"),
    }
    return Panel(_("Objections"), "panels/objections.html", context)


def _profile(contact: Contact) -> QuerySet[InterestProfile, InterestProfile]:
    return InterestProfile.objects.filter(contact=contact)


@record_panel("contacts.contact", order=45, rows=_profile)
def interest(request: HttpRequest, contact: Contact) -> Panel | None:
    """How interested the person seems, and what makes it so (S53-S56); nothing without consent to profiling."""
    if not request.user.has_perm("consent.view_interestprofile") or (profile := _profile(contact).first()) is None:
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
    for event in consents_of(request, contact):
        rows.append({"event": event, "current": (event.purpose, event.channel) not in seen})
        seen.add((event.purpose, event.channel))
    may_record = request.user.has_perm("consent.add_consent")
    context = {"rows": rows, "contact": contact, "may_record": may_record}
    return Panel(_("Consents"), "panels/consents.html", context)


__all__ = ["airlock", "breaches", "consents", "contact_panels", "objections", "recipient_panels", "restrictions"]
