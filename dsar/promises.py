"""The controls of the clauses about using one's rights (S108 to S151): what the desk can see about itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.dates import add_working_days, local_date
from config.models import Controller
from config.policy.controls import State, Verdict, keeps
from config.policy.periods import ASK_WORKING_DAYS, REQUEST_LAST_DAYS
from dsar import deadlines, promises_of_rights  # noqa: F401  (whose controls are the other half)
from dsar.forms import WISHES
from dsar.guards import REFUSING_PARTS
from dsar.models import AskedRight, AuthorityMatter, CaseEvent, Match, Message, Outcome, RightsRequest
from dsar.models.correspondence import MessageKind, MessageState
from dsar.models.decisions import Decision
from dsar.models.matches import MatchState
from dsar.models.requests import FAST_LANE, MISDIRECTED, Right, Status

LATELY = timedelta(days=366)
"""How far back a control looks where what is done cannot be undone."""
AT_ONCE = timedelta(days=1)


def queue(query: str = "") -> str:
    """The page that shows the cases."""
    return reverse("admin:dsar_rightsrequest_changelist") + (f"?{query}" if query else "")


def _verdict(wrong: int, of: int, *, state: State = State.BROKEN, url: str = "") -> Verdict:
    text = ngettext("%(wrong)s of %(of)s is not so", "%(wrong)s of %(of)s are not so", wrong) % {
        "wrong": wrong,
        "of": of,
    }
    return Verdict(state if wrong else State.KEPT, text, url or queue())


@keeps("S108", title=gettext_lazy("Every right can be asked for by the public form"))
def every_right_is_offered(at: datetime) -> Verdict:
    """Broken while the form lacks a right."""
    missing = set(Right) - {right for right, _words in WISHES}
    return _verdict(len(missing), len(Right), url=reverse("dsar:ask"))


@keeps("S108", "S137", title=gettext_lazy("No request is overdue"))
def nobody_waits_too_long(at: datetime) -> Verdict:
    """Broken while a request is overdue, at risk while one is due within two days."""
    rows: Any = deadlines.with_clock(RightsRequest.objects.filter(closed_at__isnull=True), local_date(at))
    total = rows.count()
    if late := rows.filter(days_left__lt=0).count():
        return _verdict(late, total, url=queue("cases=overdue"))
    near = rows.filter(days_left__lte=REQUEST_LAST_DAYS, paused_since_on__isnull=True).count()
    return _verdict(near, total, state=State.AT_RISK, url=queue("cases=soon"))


@keeps("S119", title=gettext_lazy("An objection on own grounds is weighed with what the person says about them"))
def grounds_are_on_file(at: datetime) -> Verdict:
    """At risk while such an objection is being carried out, or was, without a word of the person in the case."""
    decided = Q(request__status__in=(Status.IN_PROGRESS, Status.AWAITING_APPROVAL, Status.REFUSED))
    asked = AskedRight.objects.filter(decided, right=Right.OBJECTION, request__requester__isnull=False)
    said = Message.objects.filter(request=OuterRef("request"), direction="in").exclude(body="")
    return _verdict(asked.filter(~Exists(said)).count(), asked.count(), state=State.AT_RISK)


@keeps("S127", title=gettext_lazy("A withdrawal by a rights request is carried out at once"))
def withdrawals_are_heeded(at: datetime) -> Verdict:
    """Broken while one waits although it is clear who the person is."""
    return _heeded(Right.WITHDRAWAL, at)


@keeps("S129", title=gettext_lazy("An objection to marketing by a rights request is carried out at once"))
def objections_are_heeded(at: datetime) -> Verdict:
    """Broken while one waits although it is clear who the person is."""
    return _heeded(Right.MARKETING_OBJECTION, at)


def _heeded(right: Right, at: datetime) -> Verdict:
    known = Match.objects.filter(
        request=OuterRef("request"), state=MatchState.CONFIRMED, decided_at__lt=at - AT_ONCE, contact__isnull=False
    )
    asked = AskedRight.objects.filter(right=right)
    return _verdict(asked.filter(Exists(known), done_at__isnull=True).count(), asked.count())


@keeps("S132", title=gettext_lazy("Every request is looked at within five working days"))
def requests_are_looked_at(at: datetime) -> Verdict:
    """Broken while a request that is older has not been touched by anybody of the staff."""
    touched = CaseEvent.objects.filter(request=OuterRef("pk"), actor_kind="person").exclude(kind="logged")
    fresh = RightsRequest.objects.filter(status=Status.RECEIVED)
    days = fresh.filter(~Exists(touched)).values_list("clock_on", flat=True)
    late = sum(local_date(at) > add_working_days(day, ASK_WORKING_DAYS) for day in days)
    return _verdict(late, fresh.count(), url=queue("status=received"))


@keeps("S133", title=gettext_lazy("The public pages lead to the form and to every other way"))
def ways_are_linked(at: datetime) -> Verdict:
    """Broken while the controller record lacks an address that the public pages link to."""
    names = ("business_support_url", "consumer_support_url", "privacy_email")
    controller = Controller.objects.first()
    missing = sum(not getattr(controller, name, "") for name in names)
    return _verdict(missing, len(names), url=reverse("dsar:ask"))


@keeps(
    "S134", "S135", "S138", title=gettext_lazy("Every refusal was told with its reason, the authority and the court")
)
def refusals_are_explained(at: datetime) -> Verdict:
    """Broken when a case was refused, wholly or in part, without such a letter (Art. 12(4))."""
    refused = RightsRequest.objects.filter(status__in=(Status.REFUSED, Status.PARTLY_FULFILLED))
    letters = Message.objects.filter(request=OuterRef("pk"), kind=MessageKind.ANSWER, state=MessageState.SENT)
    for part in REFUSING_PARTS:
        letters = letters.filter(parts__contains=part)
    return _verdict(refused.filter(~Exists(letters)).count(), refused.count(), url=queue("cases=all"))


@keeps("S136", title=gettext_lazy("Every answer was decided by category of data"))
def answers_were_decided(at: datetime) -> Verdict:
    """Broken when a case was fulfilled without any outcome, although something in it had to be assessed."""
    closed = RightsRequest.objects.filter(status__in=(Status.FULFILLED, Status.PARTLY_FULFILLED), nothing_held=False)
    to_assess = AskedRight.objects.filter(request=OuterRef("pk")).exclude(right__in=FAST_LANE)
    closed = closed.filter(Exists(to_assess))
    outcomes = Outcome.objects.filter(asked__request=OuterRef("pk"), decision__in=Decision.values)
    return _verdict(closed.filter(~Exists(outcomes)).count(), closed.count(), url=queue("cases=all"))


@keeps("S138", title=gettext_lazy("What a supervisory authority wants is answered in time"))
def authorities_are_answered(at: datetime) -> Verdict:
    """Broken while the day that an authority set has gone by."""
    matters = AuthorityMatter.objects.filter(closed_at__isnull=True)
    return _verdict(matters.filter(answer_by_on__lt=local_date(at)).count(), matters.count())


@keeps("S139", title=gettext_lazy("Letters name the authority that the policy names"))
def authority_is_named(at: datetime) -> Verdict:
    """Broken while the controller record names none, at risk while it names another address than the policy."""
    controller = Controller.objects.first()
    if controller is None or not (controller.authority_name and controller.authority_url):
        return Verdict(State.BROKEN, _("The controller record names no authority"))
    if "tietosuoja.fi" not in controller.authority_url:
        return Verdict(State.AT_RISK, _("The controller record names another address than the policy"))
    return Verdict(State.KEPT, _("Letters and public pages name it"))


@keeps("S151", title=gettext_lazy("A request that went astray reaches the desk within five working days"))
def astray_is_found(at: datetime) -> Verdict:
    """At risk when one of the last year was logged later than that; the clock ran from its true receipt."""
    astray = RightsRequest.objects.filter(received_by__in=MISDIRECTED, logged_at__gte=at - LATELY)
    rows = list(astray.values_list("clock_on", "logged_at"))
    late = sum(local_date(logged) > add_working_days(day, ASK_WORKING_DAYS) for day, logged in rows)
    return _verdict(late, len(rows), state=State.AT_RISK, url=queue("cases=all"))
