"""What the rights show beside a case: corrections, packages with their deliveries, restrictions, files."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from config.dates import now
from config.panels import Panel, once, record_panel
from consent.restrictions import STORED_ASIDE
from contacts.models import Contact
from dsar import attachments, delivery
from dsar.case import Case
from dsar.models import RightsRequest
from dsar.models.correspondence import MessageKind
from dsar.models.requests import Right
from dsar.rights import rectification

WORK = "dsar.change_rightsrequest"
CASE = "dsar.rightsrequest"


def case_of(request: HttpRequest, record: RightsRequest) -> Case:
    """The case as the whole page shows it."""
    return once(request, _case, record)


def _case(record: RightsRequest) -> Case:
    return Case(record, now())


@record_panel(CASE, order=50)
def corrections(request: HttpRequest, case: RightsRequest) -> Panel | None:
    """Field by field what is corrected, with a form to note more."""
    known = case_of(request, case)
    asked = next((one for one in known.asked if one.right == Right.RECTIFICATION), None)
    if asked is None or not request.user.has_perm(WORK):
        return None
    names = {one.name: str(one.verbose_name) for one in Contact._meta.local_concrete_fields}
    begun = any(one.asked_id == asked.pk for one in known.tasks)
    context = {
        "case": case,
        "rows": [
            (
                one,
                names.get(one.field, one.field),
                rectification.named(one.field, one.before),
                rectification.named(one.field, one.after),
            )
            for one in asked.corrections.all()
        ],
        "fields": [(name, names[name]) for name in rectification.CORRECTABLE],
        "matches": [one for one in known.confirmed if one.contact],
        "open": case.is_open and not begun,
    }
    return Panel(gettext_lazy("Corrections"), "panels/case_corrections.html", context)


@record_panel(CASE, order=51)
def packages(request: HttpRequest, case: RightsRequest) -> Panel | None:
    """The packages: what is blacked out, whether they are built, sent, fetched, destroyed."""
    known = case_of(request, case)
    asked = [one for one in known.asked if one.right in (Right.ACCESS, Right.PORTABILITY)]
    if not asked or not request.user.has_perm(WORK):
        return None
    rights = {one.right: one for one in asked}
    context = {
        "case": case,
        "deliveries": [(one, delivery.until(one)) for one in known.deliveries],
        "redactions": [one for one in known.redactions if one.asked_id in {right.pk for right in asked}],
        "access": rights.get(Right.ACCESS),
        "portability": rights.get(Right.PORTABILITY),
        "tasks": [one for one in known.tasks if one.kind == "package" and one.asked in asked],
        "open": case.is_open and case.answered_at is None and case.approved_by is None,
    }
    return Panel(gettext_lazy("Packages"), "panels/case_packages.html", context)


@record_panel(CASE, order=52)
def restrictions(request: HttpRequest, case: RightsRequest) -> Panel | None:
    """The person's restrictions, each with what must come before it is lifted."""
    standing = case_of(request, case).restrictions
    if not standing or not request.user.has_perm(WORK):
        return None
    told = case.messages.filter(kind=MessageKind.LIFTING, sent_at__isnull=False).last()
    told_at = told.sent_at if told else None
    rows = [(one, one.objection_id is not None, told_at is not None and told_at >= one.since_at) for one in standing]
    return Panel(
        gettext_lazy("Restrictions"),
        "panels/case_restrictions.html",
        {"case": case, "rows": rows, "stored_aside": STORED_ASIDE},
    )


@record_panel(CASE, order=53)
def files(request: HttpRequest, case: RightsRequest) -> Panel | None:
    """The files of the case, encrypted; opening one is noted."""
    if not request.user.has_perm(WORK):
        return None
    known = case_of(request, case).files
    packed = [one for one in known if one.is_package]
    context = {
        "case": case,
        "rows": [one for one in known if not one.is_package],
        "packed": packed,
        "all_destroyed": all(one.destroyed_at for one in packed),
        "endings": ",".join(sorted(attachments.TYPES)),
        "most": attachments.MAX_BYTES // 1024 // 1024,
        "now": now(),
    }
    return Panel(gettext_lazy("Files"), "panels/case_files.html", context)
