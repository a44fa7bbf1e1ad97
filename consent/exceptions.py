"""Exceptional disclosures (S83-S90, S93): written by one person, approved by another, and then unchangeable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.dates import local_date
from config.models import Actor
from consent.assessments import sign
from consent.models import ExceptionalDisclosure, ExceptionalScope
from consent.models.exceptions import ExceptionGround

Exceptions = QuerySet[ExceptionalDisclosure, ExceptionalDisclosure]


def waiting() -> Exceptions:
    """Those that somebody wrote and nobody approved yet, the oldest first."""
    return ExceptionalDisclosure.objects.filter(approved_at=None).order_by("written_at")


def usable(at: datetime) -> Exceptions:
    """Those that are approved at `at` (aware), and whose time is not over."""
    return ExceptionalDisclosure.objects.filter(approved_at__lte=at, until_on__gte=local_date(at))


def set_scope(exception: ExceptionalDisclosure, contacts: Iterable[UUID], at: datetime) -> None:
    """Make exactly these contacts the scope of a draft. Raises ValueError once it is approved."""
    wanted = set(contacts)
    with transaction.atomic():
        _draft(exception)
        exception.scope.exclude(contact__in=wanted).delete()
        known = set(exception.scope.values_list("contact", flat=True))
        ExceptionalScope.objects.bulk_create(
            ExceptionalScope(exception=exception, contact_id=contact, added_at=at) for contact in wanted - known
        )


def approve(exception: ExceptionalDisclosure, actor: Actor, at: datetime) -> ExceptionalDisclosure:
    """Open the gate at `at` for exactly what is written there.

    Raises ValueError when it is approved already, when its time is over, when it says nothing about why, what or whom,
    and when the writer asks although another privacy officer could.
    """
    with transaction.atomic():
        locked = _draft(exception)
        if problem := why_incomplete(locked, at):
            raise ValueError(problem)
        sign(locked, actor, at)
    return locked


def why_incomplete(exception: ExceptionalDisclosure, at: datetime) -> str:
    """What an exceptional disclosure lacks for its approval at `at`; "" when nothing."""
    if exception.until_on < local_date(at):
        return _("Its time is over. Write a new one.")
    if not exception.assessment.strip():
        return _("The assessment is empty (S93).")
    if not exception.fields:
        return _("It names no fields (S85).")
    if exception.ground != ExceptionGround.TRANSACTION and not exception.scope.exists():
        return _("It names no contact (S85).")
    return ""


def _draft(exception: ExceptionalDisclosure) -> ExceptionalDisclosure:
    """The record under lock, while it may still be changed."""
    locked = ExceptionalDisclosure.objects.select_for_update(of=("self",)).get(pk=exception.pk)
    if locked.approved_at is not None:
        raise ValueError(_("This exceptional disclosure has been approved already."))
    return locked
