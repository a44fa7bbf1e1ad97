"""What the published policy keeps (S165-S169): one version in force, where it stood before, told when it matters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import TruncDate
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.policy.clauses import CLAUSES
from config.policy.controls import State, Verdict, keeps
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS
from consent import notifications
from consent.models import Notice, PolicyNotification, PolicyVersion
from consent.models.notifications import texts

PATIENCE: Final = timedelta(days=30)
"""A material change that nobody has been told of for so long is a broken promise, and no delay."""


def _page(policy: PolicyVersion) -> str:
    return reverse("admin:consent_policyversion_change", args=[policy.pk])


def _squeezed(text: str) -> str:
    """Without spaces and line ends, and with one kind of hyphen: how a text is set says nothing."""
    return "".join(text.replace("\u2011", "-").split())


@keeps("S165", title=gettext_lazy("One version of the policy is in force, and replaces the one before"))
def one_version_is_in_force(at: datetime) -> Verdict:
    """Broken when no version is published, or two on the same day."""
    current = PolicyVersion.in_force(local_date(at))
    if current is None:
        return Verdict(State.BROKEN, _("No version of the policy has been published"))
    same_day = PolicyVersion.objects.filter(published_on=current.published_on).exclude(version=current.version)
    if same_day.exists():
        return Verdict(State.BROKEN, _("Two versions were published on the same day"), _page(current))
    numbers = {"version": current.version, "day": current.published_on.isoformat()}
    return Verdict(State.KEPT, _("Version %(version)s is in force since %(day)s") % numbers)


@keeps("S165", "S166", title=gettext_lazy("The program works by the words of the version in force"))
def clauses_are_in_force(at: datetime) -> Verdict:
    """Broken without a version, at risk when a clause the program works by is not in the German text in force."""
    current = PolicyVersion.in_force(local_date(at), "de")
    if current is None:
        return Verdict(State.BROKEN, _("No version of the policy has been published"))
    if current.language != "de":
        return Verdict(State.AT_RISK, _("The version in force has no German text to compare with"), _page(current))
    text = _squeezed(current.text)
    if other := [clause.id for clause in CLAUSES if _squeezed(clause.quote) not in text]:
        words = _("Not in the text in force: %(clauses)s") % {"clauses": ", ".join(other)}
        return Verdict(State.AT_RISK, words, _page(current))
    return Verdict(State.KEPT, _("All %(count)s clauses are in the text in force") % {"count": len(CLAUSES)})


@keeps("S167", title=gettext_lazy("Every version is published where the one before stood"))
def published_where_it_stood(at: datetime) -> Verdict:
    """Broken when the version in force names no place, or leaves out one of the version before."""
    current = PolicyVersion.in_force(local_date(at))
    if current is None:
        return Verdict(State.BROKEN, _("No version of the policy has been published"))
    places = _places(current.version)
    before = PolicyVersion.in_force(current.published_on - timedelta(days=1))
    left_out = _places(before.version) - places if before else set()
    if not places:
        return Verdict(State.BROKEN, _("Nobody noted where the version in force is published"), _page(current))
    if left_out:
        words = _("No longer published at: %(places)s") % {"places": ", ".join(sorted(left_out))}
        return Verdict(State.BROKEN, words, _page(current))
    return Verdict(State.KEPT, _("Published at: %(places)s") % {"places": ", ".join(sorted(places))})


def _places(version: str) -> set[str]:
    return {place for places in texts(version).values_list("places", flat=True) for place in places}


@keeps("S168", title=gettext_lazy("People are told of a material change"))
def material_changes_are_told(at: datetime) -> Verdict:
    """At risk while people are still to be told of the version in force, broken when nobody began within 30 days."""
    today = local_date(at)
    current = PolicyVersion.in_force(today)
    if current is None:
        return Verdict(State.BROKEN, _("No version of the policy has been published"))
    batch = PolicyNotification.objects.filter(version=current.version).first()
    if batch is None:
        if notifications.why_not(current.version, at):
            return Verdict(State.KEPT, _("The version in force needs no announcement"))
        late = today - current.published_on > PATIENCE
        words = _("Nobody has been told of version %(version)s yet") % {"version": current.version}
        return Verdict(State.BROKEN if late else State.AT_RISK, words, _page(current))
    counts = notifications.progress(batch, at)
    words = _("%(told)s people were told, %(waiting)s wait, %(unclear)s are unclear, %(refused)s refused") % counts
    left = counts["waiting"] + counts["unclear"] + counts["refused"]
    url = reverse("admin:consent_policynotification_change", args=[batch.pk])
    return Verdict(State.AT_RISK if left else State.KEPT, words, url)


@keeps("S169", title=gettext_lazy("Notices and periods follow the version of their day"))
def the_day_decides(at: datetime) -> Verdict:
    """Broken when a notice names a version that was not in force on its day, or a period begins on no day of one."""
    given = Notice.objects.filter(given_at__isnull=False).annotate(given_on=TruncDate("given_at"))
    newer = PolicyVersion.objects.filter(
        published_on__gt=OuterRef("policy__published_on"), published_on__lte=OuterRef("given_on")
    )
    wrong = given.filter(Q(policy__published_on__gt=F("given_on")) | Exists(newer)).count()
    if wrong:
        return Verdict(State.BROKEN, _("%(wrong)s notices name a version of another day") % {"wrong": wrong})
    if astray := _periods_of_no_version():
        words = _("No version was published on the first day of a period: %(days)s")
        return Verdict(State.BROKEN, words % {"days": ", ".join(day.isoformat() for day in astray)})
    return Verdict(State.KEPT, _("%(count)s notices name the version of their day") % {"count": given.count()})


def _periods_of_no_version() -> list[date]:
    days = {period.valid_from for period in (*MARKETING_PERIODS, *CUSTOMER_PERIODS)}
    return sorted(
        days - set(PolicyVersion.objects.filter(published_on__in=days).values_list("published_on", flat=True))
    )
