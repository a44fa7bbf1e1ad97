"""What retention shows on the home page and on a contact's page. Panels read; the rules are elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Count, F, Q
from django.forms import DateField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date, now
from config.figures import figure
from config.panels import Panel, panel, record_panel
from config.policy.periods import LATE_ALARM_HOURS, MISSED_RUN_HOURS
from contacts.models import Contact
from contacts.visibility import sees_all
from retention import attention, due, purge, schedule
from retention.charts import columns
from retention.explain import explain
from retention.models import DueDate, RetentionRun
from retention.models.due import RegisterChoice
from retention.models.runs import RunState, RunTrigger

SEE_RUNS = "retention.view_retentionrun"
SEE_CONTACTS = "contacts.view_contact"
NEWEST_RUNS = 7

# The home page ------------------------------------------------------------------------------------------------------


@panel(order=10)
def missed_night(request: HttpRequest) -> Panel | None:
    """A warning while no run over both rules has ended in the last 26 hours (S95, E38)."""
    if not request.user.has_perm(SEE_RUNS) or not schedule.missed(now()):
        return None
    context = {"last": purge.last_completed(), "hours": MISSED_RUN_HOURS}
    return Panel(gettext_lazy("A night was missed"), "panels/missed_night.html", context, wide=True, alert=True)


@panel(order=30)
def waiting_runs(request: HttpRequest) -> Panel | None:
    """Runs that a person must approve before they go on (E39)."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    runs = list(RetentionRun.objects.filter(state=RunState.WAITING))
    context = {"runs": runs, "may_approve": request.user.has_perm("retention.change_retentionrun")}
    return Panel(gettext_lazy("Waiting for approval"), "panels/waiting_runs.html", context, alert=bool(runs))


@figure
def count_late(on: date) -> int:
    """How many have been due for two days, unprotected."""
    return attention.late(on).count()


@panel(order=15)
def overdue(request: HttpRequest) -> Panel | None:
    """The alarm of E26: somebody has been due for two days, unprotected, and is still here."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    late = count_late(local_date(now()))
    context = {"late": late, "hours": LATE_ALARM_HOURS}
    if not late:
        return None
    return Panel(gettext_lazy("Due and still here"), "panels/overdue.html", context, wide=True, alert=True)


@figure
def count_silent_agreements(on: date) -> int:
    """How many open-ended agreements nobody has been heard of for 36 months."""
    return attention.silent_agreements(on).count()


@panel(order=35)
def to_check(request: HttpRequest) -> Panel | None:
    """What the rules leave to people: how many, and the list of them; nothing while nothing is open."""
    on = local_date(now())
    found: list[tuple[Callable[[], int], str, str, Any]] = [
        (attention.open_gaps().count, "retention.datagap", "", gettext_lazy("Relationships without an agreement")),
        (
            partial(count_silent_agreements, on),
            "contacts.agreement",
            "review=due",
            gettext_lazy("Open-ended agreements, silent for 36 months"),
        ),
        (
            attention.ending_holds(on).count,
            "retention.hold",
            "in_force=ending",
            gettext_lazy("Legal holds that end within 30 days"),
        ),
        (
            attention.standing_restrictions(on).count,
            "consent.restriction",
            "review=due",
            gettext_lazy("Restrictions nobody has looked at for 90 days"),
        ),
    ]
    rows = [
        {"label": label, "count": count, "url": _list_url(model, asked)}
        for counted, model, asked, label in found
        if _may_view(request, model) and (count := counted())
    ]
    rows += _doubtful_dates() if request.user.has_perm(SEE_CONTACTS) else []
    return Panel(gettext_lazy("To be checked"), "panels/to_check.html", {"rows": rows}) if rows else None


def _doubtful_dates() -> list[dict[str, Any]]:
    """What the last run reported about contacts (E4, E8): counting a million of them anew would keep the page."""
    run = RetentionRun.objects.exclude(trigger=RunTrigger.REQUEST).first()
    reported = run.planned if run else {}
    labels = {
        "estimated": gettext_lazy("Contacts whose day of collection is estimated"),
        "ahead": gettext_lazy("Contacts with a date in the future"),
    }
    return [
        {"label": label, "count": reported[name], "url": _list_url("contacts.contact", f"doubtful={name}")}
        for name, label in labels.items()
        if reported.get(name)
    ]


def _may_view(request: HttpRequest, model: str) -> bool:
    app, name = model.split(".")
    return bool(request.user.has_perm(f"{app}.view_{name}"))


def _list_url(model: str, asked: str) -> str:
    page = reverse(f"admin:{model.replace('.', '_')}_changelist")
    return f"{page}?{asked}"


@panel(order=20)
def next_run(request: HttpRequest) -> Panel | None:
    """When the next run starts, and what it will remove by the state table."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    at = now()
    starts_at = next_start(at)
    on = local_date(starts_at)
    context = {
        "starts_at": starts_at,
        "at_once": starts_at <= at,
        "on": on,
        "counts": count_expected(on),
        "running": RetentionRun.objects.filter(state=RunState.RUNNING).first(),
    }
    return Panel(gettext_lazy("Next run"), "panels/next_run.html", context, tall=True)


def next_start(at: datetime) -> datetime:
    """From when the schedule starts the next run: at once after a missed night, else in the night window."""
    opens, closes = (datetime.combine(at.astimezone(UTC).date(), one, UTC) for one in schedule.WINDOW)
    done_today = RetentionRun.objects.filter(on_date=local_date(at), trigger=RunTrigger.SCHEDULE).exists()
    if not done_today and (opens <= at < closes or schedule.missed(at)):
        return at
    return opens if at < opens else opens + timedelta(days=1)


def expected(on: date) -> dict[str, int]:
    """What a run on the day `on` does by the state table: persons to erase by rule, registers to end, blocked ones."""
    due_now = due.due(on).count()
    gone = Q(erase_on__lt=on)
    by_marketing = Q(register=RegisterChoice.MARKETING) | Q(register=RegisterChoice.BOTH, marketing_on=F("erase_on"))
    nowhere = Q(register=RegisterChoice.NONE)
    counts = due.actionable(on).aggregate(
        erase=Count("pk", filter=gone),
        marketing=Count("pk", filter=gone & by_marketing),
        customer=Count("pk", filter=gone & ~by_marketing & ~nowhere),
        none=Count("pk", filter=gone & nowhere),
        leave=Count("pk", filter=~gone | Q(erase_on__isnull=True)),
    )
    return {**counts, "due": due_now, "blocked": due_now - counts["erase"] - counts["leave"]}


count_expected = figure(expected)


@figure
def count_by_register(_on: date) -> dict[str, int]:
    """How many contacts each register has."""
    return dict(DueDate.objects.order_by().values_list("register").annotate(number=Count("pk")))


@panel(order=40)
def registers(request: HttpRequest) -> Panel | None:
    """How many contacts each register has."""
    if not sees_all(request.user):
        return None
    counts = count_by_register(local_date(now()))
    rows = [{"value": value, "label": label, "count": counts.get(value, 0)} for value, label in RegisterChoice.choices]
    context = {"rows": rows, "total": sum(counts.values())}
    return Panel(gettext_lazy("Contacts by register"), "panels/registers.html", context, tall=True)


@figure
def count_by_month(on: date) -> list[tuple[str, int]]:
    """How many contacts will be erased in each of the next 24 months, by the first day of the month."""
    return [(month.isoformat(), count) for month, count in due.forecast(on)]


@panel(order=60)
def forecast(request: HttpRequest) -> Panel | None:
    """How many contacts will be erased in each of the next 24 months if nobody does anything."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    counted = count_by_month(local_date(now()))
    months = [(date.fromisoformat(month), count) for month, count in counted]
    context = {"chart": columns(months), "months": months, "total": sum(count for _month, count in months)}
    return Panel(gettext_lazy("Erasures in the next 24 months"), "panels/forecast.html", context, wide=True)


@panel(order=70)
def last_runs(request: HttpRequest) -> Panel | None:
    """The newest runs with what they did."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    runs = list(RetentionRun.objects.exclude(trigger=RunTrigger.REQUEST)[:NEWEST_RUNS])
    return Panel(gettext_lazy("Last runs"), "panels/last_runs.html", {"runs": runs}, wide=True)


# A contact's page -----------------------------------------------------------------------------------------------------


@record_panel("contacts.contact", order=10)
def why_still_here(request: HttpRequest, contact: Contact) -> Panel:
    """The rule in sentences, for today or for the day asked for (`?on=`). Reads only."""
    on, problem = _day(request)
    context: dict[str, Any] = {
        "explanation": explain(contact, on),
        "on": on,
        "problem": problem,
        "asked": request.GET.get("on", ""),
    }
    return Panel(gettext_lazy("Why still here?"), "panels/why.html", context)


def _day(request: HttpRequest) -> tuple[date, str]:
    """The day asked for, or today with what is wrong with what was asked."""
    today, text = local_date(now()), request.GET.get("on", "").strip()
    try:
        day = DateField(required=False, localize=True).clean(text)
    except (ValidationError, ValueError):
        example = {"day": today.isoformat(), "same": date_format(today, "SHORT_DATE_FORMAT")}
        return today, _("This is no day. Enter one such as %(day)s or %(same)s.") % example
    return day or today, ""


@record_panel("contacts.contact", order=20)
def holds(request: HttpRequest, contact: Contact) -> Panel | None:
    """Holds on the contact, those in force first, and the way to place one."""
    if not request.user.has_perm("retention.view_hold"):
        return None
    today = local_date(now())
    rows = [
        {"hold": hold, "active": hold.released_at is None and (hold.until_on is None or hold.until_on >= today)}
        for hold in contact.holds.all()
    ]
    context = {
        "rows": sorted(rows, key=lambda row: not row["active"]),
        "contact": contact,
        "may_place": request.user.has_perm("retention.add_hold"),
        "may_release": request.user.has_perm("retention.change_hold"),
    }
    return Panel(gettext_lazy("Holds"), "panels/holds.html", context)
