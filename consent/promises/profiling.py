"""What profiling keeps (S53-S60): by consent, on our own websites, explained, ended in one step, given to nobody."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy.clauses import BY_ID
from config.policy.controls import State, Verdict, keeps
from consent import audience, preferences, wording
from consent.models import Consent, InterestProfile, Objection, OwnHost
from consent.models.consents import USABLE, Channel
from consent.models.objections import ObjectionGround
from consent.models.profiling import PROFILING
from consent.models.purposes import RegisterChoice
from consent.permission import Bar, weighed
from consent.profiling import host_of, own_hosts
from contacts.models import Contact, Engagement
from contacts.models.engagement import VISITS

NEWEST_VISITS: Final = 10_000
NEWEST_PROFILES: Final = 1_000
PUBLISHED_WEBSITE: Final = re.compile(r"www\.[\w.-]*\w")
EXPLAINED_BY: Final = {"kind", "host", "count", "last_on", "points"}
"""What every input of a score says."""


def _list_of_profiles() -> str:
    return reverse("admin:consent_interestprofile_changelist")


@keeps("S53", "S54", title=gettext_lazy("Nobody is profiled whom the permission rule does not allow"))
def profiles_are_permitted(at: datetime) -> Verdict:
    """Broken when there is a profile without consent; at risk while one of somebody barred waits for the next night."""
    profiled = weighed(PROFILING, "", at, Contact.objects.filter(interest_profile__isnull=False))
    barred = Q(*((f"bar_{bar}", True) for bar in Bar), _connector=Q.OR)
    counts = profiled.aggregate(
        all=Count("pk"), barred=Count("pk", filter=barred), unasked=Count("pk", filter=Q(bar_no_ground=True))
    )
    text = _(
        "%(barred)s of %(all)s profiles are of people who may not be profiled, %(unasked)s of them without consent"
    )
    if not counts["barred"]:
        return Verdict(State.KEPT, text % counts)
    return Verdict(State.BROKEN if counts["unasked"] else State.AT_RISK, text % counts, _list_of_profiles())


@keeps("S55", title=gettext_lazy("No activity outside our own websites is recorded"))
def visits_are_on_our_websites(at: datetime) -> Verdict:
    """Broken when one of the newest visits and logins happened on a host that is not ours."""
    visits = Engagement.objects.filter(kind__in=VISITS).exclude(url="").order_by("-pk")
    hosts = own_hosts()
    urls = list(visits.values_list("url", flat=True)[:NEWEST_VISITS])
    outside = sum(not hosts.own(host_of(url)) for url in urls)
    text = _("%(outside)s of the newest %(all)s visits and logins were outside our own websites")
    url = reverse("admin:consent_ownhost_changelist") if outside else ""
    return Verdict(State.BROKEN if outside else State.KEPT, text % {"outside": outside, "all": len(urls)}, url)


@keeps("S163", title=gettext_lazy("The published website is on the list of our own"))
def websites_are_listed(at: datetime) -> Verdict:
    """Broken when the website that the policy names is not on the list, so that visits to it would be turned away."""
    published = PUBLISHED_WEBSITE.search(BY_ID["S163"].quote)
    host = published.group().lower() if published else ""
    url = reverse("admin:consent_ownhost_changelist")
    if not own_hosts().own(host):
        return Verdict(State.BROKEN, _("%(host)s is not on the list of our own websites") % {"host": host}, url)
    count = OwnHost.objects.count()
    text = _("%(host)s is on the list; websites on it: %(count)s")
    return Verdict(State.KEPT, text % {"host": host, "count": count}, url)


@keeps("S56", title=gettext_lazy("Every profile explains its score"))
def scores_are_explained(at: datetime) -> Verdict:
    """Broken when the points of the inputs of one of the newest profiles do not add up to its score."""
    newest = InterestProfile.objects.order_by("-computed_at").values_list("score", "inputs")
    found = list(newest[:NEWEST_PROFILES])
    unexplained = sum(not _explains(inputs, score) for score, inputs in found)
    text = _("%(unexplained)s of the newest %(all)s profiles do not explain their score")
    numbers = {"unexplained": unexplained, "all": len(found)}
    url = _list_of_profiles() if unexplained else ""
    return Verdict(State.BROKEN if unexplained else State.KEPT, text % numbers, url)


def _explains(inputs: list[dict[str, Any]], score: int) -> bool:
    return all(one.keys() >= EXPLAINED_BY for one in inputs) and sum(one["points"] for one in inputs) == score


@keeps("S58", "S59", title=gettext_lazy("Whoever wants no profile has none, and knows what that means"))
def removal_is_one_step(at: datetime) -> Verdict:
    """Broken when somebody who objected to profiling has a profile; at risk when nobody is offered the step."""
    objected = InterestProfile.objects.filter(Exists(standing(at, ("", PROFILING), (PROFILING,))))
    left = objected.count()
    text = _("%(left)s people have an interest profile although they objected to profiling") % {"left": left}
    if left:
        return Verdict(State.BROKEN, text, _list_of_profiles())
    offered = preferences.offers(list(RegisterChoice)).filter(code=PROFILING).first()
    if offered is None or not wording.meaning(offered):
        return Verdict(State.AT_RISK, _("The preference centre does not offer to end profiling, or not what it means"))
    return Verdict(State.KEPT, text)


def standing(at: datetime, scopes: tuple[str, ...], purposes: Any) -> QuerySet[Objection, Objection]:
    """The marketing objections, over every channel and to one of the `scopes`, of the contact of the outer row.

    Those that no consent by the person to one of the `purposes` followed: read from the events themselves, not by the
    rule under control.
    """
    consented = Consent.objects.filter(
        contact=OuterRef("contact"),
        purpose__in=purposes,
        state__in=USABLE,
        by_subject=True,
        occurred_at__gt=OuterRef("raised_at"),
        occurred_at__lte=at,
    )
    raised = Objection.objects.filter(
        ground=ObjectionGround.MARKETING, purpose__in=scopes, channel="", raised_at__lte=at, contact=OuterRef("pk")
    )
    return raised.filter(~Exists(consented))


@keeps("S60", title=gettext_lazy("No file for others has anything of a profile in it"))
def profiles_are_given_to_nobody(at: datetime) -> Verdict:
    """Broken when a column of an audience export or of the list of who was left out is one of a profile."""
    files = [*(audience.columns(channel) for channel in Channel), audience.LEFT_OUT]
    columns = {column for file in files for column in file}
    profile = {"profile", "interest_profile", *(field.name for field in InterestProfile._meta.fields)}
    if wrong := sorted(columns & profile):
        return Verdict(State.BROKEN, _("Columns of a profile: %(columns)s") % {"columns": ", ".join(wrong)})
    return Verdict(State.KEPT, _("None of %(count)s columns is one of a profile") % {"count": len(columns)})
