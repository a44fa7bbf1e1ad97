"""What a contact's page says about permission: whom we may reach and why not, and how it came to that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import now
from config.panels import Panel, record_panel
from consent.models import AudienceExport, Consent, Notice, Objection, Purpose, Restriction
from consent.models.consents import Channel
from consent.models.profiling import PROFILING
from consent.permission_rows import consents_of, notices_of, objections_of, restrictions_of
from consent.profiling import consented_activity, host_of, own_hosts, page_of
from consent.reach import answers, lines_of, reach
from consent.words import purpose_name
from contacts.models import Contact
from contacts.models.engagement import EngagementKind

NEWEST = 50
NEWEST_VISITS = 20


# May we? -----------------------------------------------------------------------------------------------------------


@record_panel("contacts.contact", "directory.contact", order=20)
def may_we(request: HttpRequest, contact: Contact) -> Panel:
    """For every purpose in use and each of its channels: will reach, or will not, because ...

    For everybody who may see the contact: sales, above all, must know.
    """
    said = reach(contact.pk, now())
    rows = []
    for purpose in Purpose.objects.filter(is_active=True):
        own = [(channel, answer) for code, channel, answer in said if code == purpose.code]
        rows.append({"purpose": purpose, "lines": lines_of(own)})
    context = {
        "marketing": [row for row in rows if row["purpose"].is_marketing],  # type: ignore[attr-defined]
        "other": [row for row in rows if not row["purpose"].is_marketing],  # type: ignore[attr-defined]
    }
    return Panel(gettext_lazy("May we contact this person?"), "panels/may_we.html", context)


# What the person looked at ---------------------------------------------------------------------------------------


@record_panel("directory.contact", order=60)
def on_our_websites(request: HttpRequest, contact: Contact) -> Panel:
    """Visits and clicks that the person's consent to profiling covers (S53-S55); without one, that there is none."""
    at = now()
    said = answers([contact.pk], at, PROFILING, ("",))[contact.pk]
    allowed = any(answer.allowed for _purpose, _channel, answer in said)
    rows: list[tuple[datetime, str, str]] = []
    if allowed:
        hosts = own_hosts()
        acts = consented_activity([contact.pk], at).exclude(kind=EngagementKind.FORM).order_by("-occurred_at")
        newest = [one for one in acts[:NEWEST] if hosts.own(host_of(one.url))]
        rows = [(one.occurred_at, one.get_kind_display(), page_of(one.url)) for one in newest[:NEWEST_VISITS]]
    return Panel(gettext_lazy("On our websites"), "panels/on_our_websites.html", {"allowed": allowed, "rows": rows})


# How it came to that -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that changed what we may do."""

    at: datetime
    what: str
    detail: str = ""
    page: str = ""
    key: UUID | None = None


@record_panel("contacts.contact", order=45)
def history(request: HttpRequest, contact: Contact) -> Panel | None:
    """Consents, objections and their weighing, restrictions, notices and the audiences that carried them, by time."""
    if not request.user.has_perm("consent.view_consent"):
        return None
    moments = [
        *_consents(consents_of(request, contact)),
        *_objections(objections_of(request, contact)),
        *_restrictions(restrictions_of(request, contact)),
        *_notices(notices_of(request, contact)),
    ]
    newest = sorted(moments, key=lambda one: one.at, reverse=True)
    context = {"rows": newest[:NEWEST], "more": len(newest) > NEWEST, "newest": NEWEST}
    return Panel(gettext_lazy("History of permissions"), "panels/history.html", context)


def _scope(purpose: str, channel: str) -> str:
    return ", ".join(filter(None, (purpose_name(purpose), str(Channel(channel).label) if channel else "")))


def _consents(rows: list[Consent]) -> Iterator[Moment]:
    for event in rows:
        what = _("Consent: %(state)s") % {"state": event.get_state_display()}
        page = "admin:consent_consent_change"
        yield Moment(event.occurred_at, what, _scope(event.purpose, event.channel), page, event.pk)


def _objections(rows: list[Objection]) -> Iterator[Moment]:
    page = "admin:consent_objection_change"
    for one in rows:
        what = _("Objection: %(ground)s") % {"ground": one.get_ground_display()}
        yield Moment(one.raised_at, what, _scope(one.purpose, one.channel), page, one.pk)
        if found := getattr(one, "balancing", None):
            yield Moment(found.decided_at, _("Weighed"), found.get_result_display(), page, one.pk)


def _restrictions(rows: list[Restriction]) -> Iterator[Moment]:
    page = "admin:consent_restriction_change"
    for one in rows:
        yield Moment(one.since_at, _("Processing restricted"), one.get_ground_display(), page, one.pk)
        if one.notice_before_lift_at:
            yield Moment(one.notice_before_lift_at, _("Told that the restriction will end"), "", page, one.pk)
        if one.lifted_at:
            yield Moment(one.lifted_at, _("Restriction lifted"), "", page, one.pk)


def _notices(rows: list[Notice]) -> Iterator[Moment]:
    batches = {one.batch for one in rows if one.batch}
    titles = AudienceExport.objects.filter(Q(pk__in=batches)).values_list("pk", "title")
    exports: dict[UUID | None, str] = dict(titles) if batches else {}
    for one in rows:
        if one.exemption or one.given_at is None:
            yield Moment(one.recorded_at, _("No notice needed"), one.get_exemption_display())
            continue
        page, key = ("admin:consent_audienceexport_change", one.batch) if one.batch in exports else ("", None)
        yield Moment(one.given_at, _("Informed"), exports.get(one.batch, one.get_kind_display()), page, key)


__all__ = ["history", "may_we"]
