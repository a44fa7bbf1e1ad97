"""What the nightly run keeps (S8, S95-S97), by the state table; the live rule judges whoever looks overdue in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse, reverse_lazy
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.policy.controls import State, Verdict, keeps
from config.policy.periods import LATE_ALARM_HOURS, MISSED_RUN_HOURS
from consent.models import PolicyVersion
from contacts.models import Affiliation, Agreement, Contact
from contacts.personal_data import Register
from contacts.relationship import live
from retention.bars import Outcome
from retention.models import DueDate, RetentionRun
from retention.models.due import RegisterChoice
from retention.purge import judge, last_completed

DAY: Final = timedelta(days=1)
LATE_ALARM: Final = timedelta(hours=LATE_ALARM_HOURS)
MISSED_RUN: Final = timedelta(hours=MISSED_RUN_HOURS)
# S95 says once a month; the longest month is the latest anybody may wait (E2).
LONGEST_WAIT: Final = timedelta(days=31)
RUNS: Final = reverse_lazy("admin:retention_retentionrun_changelist")
ACTS: Final = (Outcome.ERASE, Outcome.LEAVE, Outcome.FREEZE)
"""What a run does with somebody due whom no bar protects."""
CUSTOMER_REGISTER: Final = (RegisterChoice.CUSTOMER, RegisterChoice.BOTH)


@keeps("S95", title=gettext_lazy("Nobody stays in the marketing register a month past the 24 months"))
def marketing_is_purged(at: datetime) -> Verdict:
    """Broken when somebody unprotected waits for more than 31 days; at risk after 48 hours, or without a recent run."""
    return _purged(at, Register.MARKETING)


@keeps("S97", title=gettext_lazy("Nobody stays in the customer register past the five years"))
def customers_are_purged(at: datetime) -> Verdict:
    """Broken when somebody unprotected waits for more than 31 days; at risk after 48 hours, or without a recent run."""
    return _purged(at, Register.CUSTOMER)


def _purged(at: datetime, register: Register) -> Verdict:
    waits, last = overdue(local_date(at), register), last_completed()
    missed = last is None or at - last > MISSED_RUN
    state = State.AT_RISK if waits or missed else State.KEPT
    if waits and max(waits) > LONGEST_WAIT:
        state = State.BROKEN
    numbers = {"late": len(waits), "contacts": Contact.objects.count(), "hours": LATE_ALARM_HOURS}
    text = _("%(late)s of %(contacts)s contacts have been due for %(hours)s hours or more, and nothing protects them")
    url = f"{reverse('admin:contacts_contact_changelist')}?due=now" if waits else RUNS
    return Verdict(state, "; ".join(filter(None, [text % numbers, _longest(waits), _last_run(last)])), str(url))


def _longest(waits: list[timedelta]) -> str:
    return _("the longest wait is %(days)s days") % {"days": max(waits).days} if waits else ""


def _last_run(last: datetime | None) -> str:
    if last is None:
        return _("no run has been completed yet")
    return _("the last run was completed on %(day)s") % {"day": date_format(local_date(last), "SHORT_DATE_FORMAT")}


def overdue(today: date, register: Register) -> list[timedelta]:
    """How long each contact has waited, by the live rule, that has been due in this register for 48 hours or more.

    Whoever a bar protects is left out. Contacts missing in the state table are judged by the live rule alone.
    """
    column = {Register.MARKETING: "marketing_on", Register.CUSTOMER: "customer_on"}[register]
    listed = DueDate.objects.filter(**{f"{column}__lt": today - LATE_ALARM})
    unlisted = Contact.objects.filter(~Exists(DueDate.objects.filter(pk=OuterRef("pk"))))
    ids = [*listed.values_list("pk", flat=True), *unlisted.values_list("pk", flat=True)]
    acted_on = [verdict.clock for verdict in judge(today, ids, register) if verdict.outcome in ACTS]
    last_days = [clock.marketing_on if register is Register.MARKETING else clock.link_on for clock in acted_on]
    # Kept through its last day, a contact is due from the day after.
    waits = [today - (last_day + DAY) for last_day in last_days]
    return [wait for wait in waits if wait >= LATE_ALARM]


def _links(agreements: Q) -> QuerySet[Affiliation, Affiliation]:
    """The links of the contact of a row of the state table, through which such an agreement reaches it."""
    found = Agreement.objects.filter(agreements, organisation=OuterRef("organisation"))
    return Affiliation.objects.filter(Exists(found), contact=OuterRef("pk"))


def _tied(today: date) -> Exists:
    """Works for a customer or partner, who was one yesterday too: what began at midnight waits for the next run."""
    current = Q(ended_on__isnull=True) | Q(ended_on__gte=today)
    return Exists(_links(live(today) & live(today - DAY)).filter(current))


@keeps("S96", title=gettext_lazy("Nobody is listed for deletion while the relationship lasts"))
def relationships_are_respected(at: datetime) -> Verdict:
    """Broken when the state table lists somebody as due who works for a present customer or partner."""
    today = local_date(at)
    tied = DueDate.objects.filter(_tied(today))
    listed = tied.filter(Q(erase_on__lt=today) | Q(marketing_on__lt=today)).count()
    return Verdict(
        State.BROKEN if listed else State.KEPT,
        _("%(listed)s of %(tied)s contacts who work for a customer or partner are listed as due")
        % {"listed": listed, "tied": tied.count()},
        f"{reverse('admin:contacts_contact_changelist')}?due=now" if listed else "",
    )


@keeps("S8", title=gettext_lazy("The register follows from the agreements with the employer"))
def registers_follow_agreements(at: datetime) -> Verdict:
    """Broken when a customer's contact is not listed as one, or somebody is listed as one without any agreement."""
    today = local_date(at)
    missing = DueDate.objects.filter(_tied(today)).exclude(register__in=CUSTOMER_REGISTER).count()
    customers = DueDate.objects.filter(register__in=CUSTOMER_REGISTER)
    groundless = customers.filter(~Exists(_links(Q()))).count()
    return Verdict(
        State.BROKEN if missing or groundless else State.KEPT,
        _(
            "%(customers)s contacts are in the customer register, %(groundless)s of them without an agreement; "
            "%(missing)s are missing there"
        )
        % {"customers": customers.count(), "groundless": groundless, "missing": missing},
    )


@keeps("S169", title=gettext_lazy("Every run applied the version of the policy in force on its day"))
def runs_name_their_version(at: datetime) -> Verdict:
    """Broken when a run names another version than the one in force on the day it was for."""
    published = PolicyVersion.objects.filter(published_on__lte=OuterRef("on_date")).order_by("-published_on")
    runs = RetentionRun.objects.annotate(in_force=Coalesce(Subquery(published.values("version")[:1]), Value("")))
    wrong = runs.exclude(policy_version=F("in_force")).count()
    text = _("%(wrong)s of %(runs)s runs name another version than the one in force")
    return Verdict(State.BROKEN if wrong else State.KEPT, text % {"wrong": wrong, "runs": runs.count()}, str(RUNS))
