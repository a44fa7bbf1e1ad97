"""Assessments of interests (S24-S26, S44, S49; Art. 6(1)(f)): what each basis stands on, and who may approve one.

Whoever wrote an assessment last does not approve it while another privacy officer could: two people look at it. The
only officer of a small house may, and the audit trail says so.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import add_months, local_date
from config.models import Actor, AuditEvent, User
from config.policy.periods import REVIEW_MAX_MONTHS, REVIEW_SOON_DAYS
from config.roles import PRIVACY_OFFICER
from consent.models import Assessment, ExceptionalDisclosure, LegalBasis, Purpose
from consent.models.purposes import Basis, in_force

Assessments = QuerySet[Assessment, Assessment]


def latest_review(on: date) -> date:
    """The last day on which an assessment written or approved on the day `on` may be due for review."""
    return add_months(on, REVIEW_MAX_MONTHS)


def bases(at: datetime) -> QuerySet[LegalBasis, Any]:
    """The bases with what each stands on at `at` (aware).

    `assessed_until` is the last day of the approved assessment that lasts longest, past or not, `drafted` says that one
    waits for approval; both are empty for bases other than legitimate interests.
    """
    own = Assessment.objects.filter(basis=OuterRef("pk"))
    approved = own.filter(approved_at__lte=at).order_by().values("basis").annotate(last=Max("review_on"))
    return LegalBasis.objects.annotate(
        assessed_until=Subquery(approved.values("last")), drafted=Exists(own.filter(approved_at=None))
    )


def why_unusable(basis: Any, on: date) -> str:
    """Why a row of `bases` may not be relied on, the day `on`; "" when it may."""
    if basis.basis != Basis.LEGITIMATE_INTERESTS or (basis.assessed_until and basis.assessed_until >= on):
        return ""
    if basis.drafted:
        return _("its assessment waits for approval")
    if basis.assessed_until:
        return _("its assessment was due for review on %(day)s") % {"day": date_format(basis.assessed_until)}
    return _("its assessment of interests is missing")


def lacking(at: datetime) -> QuerySet[LegalBasis, Any]:
    """Bases of purposes in use that rest on interests nobody has weighed, or not lately enough (S26, S49)."""
    weighed = Assessment.objects.filter(in_force(at), basis=OuterRef("pk"))
    resting = bases(at).filter(basis=Basis.LEGITIMATE_INTERESTS, purpose__is_active=True)
    return resting.filter(~Exists(weighed)).select_related("purpose")


def due_for_review(at: datetime) -> Assessments:
    """Assessments in force that must be renewed within 60 days, unless a later one is in force; oldest first."""
    soon = local_date(at) + timedelta(days=REVIEW_SOON_DAYS)
    later = Assessment.objects.filter(in_force(at), basis=OuterRef("basis"), review_on__gt=soon)
    ending = Assessment.objects.filter(in_force(at), Q(review_on__lte=soon), ~Exists(later))
    return ending.filter(basis__purpose__is_active=True).order_by("review_on")


def waiting() -> Assessments:
    """Assessments that somebody wrote and nobody approved yet, the oldest first."""
    return Assessment.objects.filter(approved_at=None).order_by("written_at")


def may_approve(draft: Assessment | ExceptionalDisclosure, account: UUID | None) -> bool:
    """Whether the account is another person than the writer, or no other privacy officer is there."""
    if account is not None and draft.written_by != account:
        return True
    return not _other_officers(account)


def _other_officers(account: UUID | None) -> bool:
    officers = User.objects.filter(groups__name=PRIVACY_OFFICER, is_active=True)
    return (officers.exclude(pk=account) if account else officers).exists()


def sign(draft: Assessment | ExceptionalDisclosure, actor: Actor, at: datetime) -> None:
    """Write down the approval of a draft that is locked and found complete, at `at` (aware).

    Raises ValueError when the writer asks although another privacy officer could.
    """
    if not may_approve(draft, actor.user_id):
        raise ValueError(_("Another privacy officer must approve what you wrote yourself."))
    draft.approved_at, draft.approved_by = at, actor.user_id
    draft.save(update_fields=["approved_at", "approved_by"])
    alone = ["only_officer"] if draft.written_by == actor.user_id else []
    AuditEvent.record(actor, gettext_noop("approved"), draft, fields=["approved_at", *alone])


def approve(assessment: Assessment, actor: Actor, at: datetime) -> Assessment:
    """Put an assessment in force at `at`; from then on nobody changes it, and a renewal is a new one.

    Raises ValueError when it is in force already, when its review is past or too far ahead, and when the writer asks
    although another privacy officer could.
    """
    with transaction.atomic():
        locked = (
            Assessment.objects.select_for_update(of=("self",)).select_related("basis__purpose").get(pk=assessment.pk)
        )
        today = local_date(at)
        if locked.approved_at is not None:
            raise ValueError(_("This assessment has been approved already."))
        if not today <= locked.review_on <= latest_review(today):
            raise ValueError(_("Its review must lie between today and %(day)s.") % {"day": latest_review(today)})
        sign(locked, actor, at)
    return locked


def purposes_not_usable(at: datetime) -> list[tuple[Purpose, list[str]]]:
    """Purposes in use with at least one basis that may not be relied on, and the reasons, in the catalogue's order."""
    found: dict[Purpose, list[str]] = {}
    for basis in lacking(at).order_by("purpose", "register"):
        reason = f"{basis.get_register_display()}: {why_unusable(basis, local_date(at))}"
        found.setdefault(basis.purpose, []).append(reason)
    return list(found.items())
