"""What exceptional disclosures keep (S83-S90, S93): weighed, approved by another, and never beyond their scope."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import User
from config.policy.controls import State, Verdict, keeps
from config.roles import PRIVACY_OFFICER
from consent.disclosure import BY_EXCEPTION
from consent.models import Disclosure, DisclosureBatch, ExceptionalDisclosure, ExceptionalScope, Notice
from consent.models.exceptions import COMPELLED, ExceptionGround
from consent.promises.passing_on import NEWEST, verdict


def _page() -> str:
    return reverse("admin:consent_exceptionaldisclosure_changelist")


@keeps("S83", title=gettext_lazy("What the catalogue does not cover is passed on by approved exception only"))
def exceptions_were_approved(at: datetime) -> Verdict:
    """Broken when something went by an exception before its approval, or to an authority or insurer without one."""
    by_exception = DisclosureBatch.objects.filter(exception__isnull=False)
    early = by_exception.filter(
        Q(exception__approved_at__isnull=True) | Q(exception__approved_at__gt=F("disclosed_at"))
    ).count()
    without = DisclosureBatch.objects.filter(recipient__kind__in=BY_EXCEPTION, exception=None).count()
    text = _("%(early)s of %(all)s exceptional files went out without approval; %(without)s without an exception")
    return verdict(early + without, text % {"early": early, "all": by_exception.count(), "without": without})


@keeps("S84", title=gettext_lazy("Every order that was followed is named"))
def orders_are_named(at: datetime) -> Verdict:
    """Broken when a court's or authority's order has no number; nobody could say what was obeyed."""
    orders = ExceptionalDisclosure.objects.filter(ground__in=COMPELLED)
    bare = orders.filter(reference="").count()
    text = _("%(bare)s of %(all)s orders have no number") % {"bare": bare, "all": orders.count()}
    return Verdict(State.BROKEN if bare else State.KEPT, text, _page() if bare else "")


@keeps("S85", "S86", title=gettext_lazy("Exceptional disclosures stay within what was approved"))
def exceptions_stay_in_scope(at: datetime) -> Verdict:
    """Broken when a file had more fields, another recipient or other people than the exception it rests on."""
    resting = DisclosureBatch.objects.filter(exception__isnull=False).select_related("exception")
    found = list(resting.order_by("-disclosed_at")[:NEWEST])
    wide = sum(_wider(batch) for batch in found)
    named = ExceptionalScope.objects.filter(
        exception=OuterRef("batch__exception"),
        contact=OuterRef("contact"),
        added_at__lte=OuterRef("batch__exception__approved_at"),
    )
    people = Disclosure.objects.filter(batch__exception__isnull=False, contact__isnull=False)
    others = people.exclude(batch__exception__ground=ExceptionGround.TRANSACTION).exclude(Exists(named)).count()
    text = _("of the newest %(all)s exceptional files %(wide)s went beyond their scope; %(others)s people too many")
    return verdict(wide + others, text % {"all": len(found), "wide": wide, "others": others})


def _wider(batch: DisclosureBatch) -> bool:
    case = batch.exception
    return case is not None and (not set(batch.fields) <= set(case.fields) or batch.recipient_id != case.recipient_id)


@keeps("S88", "S89", "S90", title=gettext_lazy("A sale of the business reaches only people who were told"))
def transactions_were_announced(at: datetime) -> Verdict:
    """Broken when data of somebody went to an acquirer before the person was told."""
    told = Notice.objects.filter(
        contact=OuterRef("contact"),
        policy__version=OuterRef("batch__exception__announced_in__version"),
        given_at__lte=OuterRef("disclosed_at"),
    )
    people = Disclosure.objects.filter(batch__exception__ground=ExceptionGround.TRANSACTION, contact__isnull=False)
    untold = people.exclude(Exists(told)).count()
    text = _("data of %(untold)s of %(all)s people went with a sale of the business before they were told")
    return verdict(untold, text % {"untold": untold, "all": people.count()})


@keeps("S93", title=gettext_lazy("Every exceptional disclosure was weighed, and approved by a second person"))
def exceptions_were_weighed(at: datetime) -> Verdict:
    """Broken when one was approved without an assessment, or by its writer while another officer was there."""
    approved = ExceptionalDisclosure.objects.filter(approved_at__isnull=False)
    bare = approved.filter(assessment="").count()
    alone = approved.filter(Q(approved_by=F("written_by")) | Q(approved_by=None)).count()
    officers = User.objects.filter(groups__name=PRIVACY_OFFICER, is_active=True).count()
    text = _("%(bare)s of %(all)s approved exceptions have no assessment; %(alone)s were approved by their writer")
    evidence = text % {"bare": bare, "all": approved.count(), "alone": alone}
    if bare or (alone and officers > 1):
        return Verdict(State.BROKEN, evidence, _page())
    return Verdict(State.AT_RISK, evidence, _page()) if alone else Verdict(State.KEPT, evidence)
