"""What retention shows on the home page. Panels read; the rules are elsewhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from config.dates import local_date, now
from config.figures import figure, figure_of_rows, for_page
from config.panels import Panel, once, panel
from config.policy.periods import LATE_ALARM_HOURS, MISSED_RUN_HOURS
from consent.models import Restriction
from contacts.models import Agreement
from contacts.visibility import sees_all
from retention import attention, due, schedule
from retention.charts import columns
from retention.models import DataGap, DueDate, Hold, RetentionRun
from retention.models.due import RegisterChoice
from retention.models.runs import COMPLETED, UNFINISHED, RunState, RunTrigger

SEE_RUNS = "retention.view_retentionrun"
SEE_CONTACTS = "contacts.view_contact"
NEWEST_RUNS = 7


class Runs(NamedTuple):
    """The runs that the page shows: the newest, those that have not ended, and when the last over both rules ended."""

    newest: list[RetentionRun]
    running: RetentionRun | None
    waiting: list[RetentionRun]
    completed_at: datetime | None
    done_today: bool


def runs_of(today: date) -> Runs:
    """All of them in one statement."""
    newest = RetentionRun.objects.exclude(trigger=RunTrigger.REQUEST)[:NEWEST_RUNS]
    last = RetentionRun.objects.filter(COMPLETED).order_by(F("finished_at").desc(nulls_last=True))[:1]
    scheduled = Q(on_date=today, trigger=RunTrigger.SCHEDULE)
    wanted = Q(pk__in=newest.values("pk")) | Q(pk__in=last.values("pk")) | Q(state__in=UNFINISHED) | scheduled
    rows: list[Any] = list(RetentionRun.objects.filter(wanted).annotate(completed=COMPLETED))
    return Runs(
        newest=[one for one in rows if one.trigger != RunTrigger.REQUEST][:NEWEST_RUNS],
        running=next((one for one in rows if one.state == RunState.RUNNING), None),
        waiting=[one for one in rows if one.state == RunState.WAITING],
        completed_at=max((one.finished_at for one in rows if one.completed and one.finished_at), default=None),
        done_today=any(one.on_date == today and one.trigger == RunTrigger.SCHEDULE for one in rows),
    )


def _runs(request: HttpRequest) -> Runs:
    return once(request, runs_of, local_date(now()))


@panel(order=10)
def missed_night(request: HttpRequest) -> Panel | None:
    """A warning while no run over both rules has ended in the last 26 hours (S95, E38)."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    last = _runs(request).completed_at
    if not schedule.was_missed(last, now()):
        return None
    context = {"last": last, "hours": MISSED_RUN_HOURS}
    return Panel(gettext_lazy("A night was missed"), "panels/missed_night.html", context, wide=True, alert=True)


@panel(order=30)
def waiting_runs(request: HttpRequest) -> Panel | None:
    """Runs that a person must approve before they go on (E39)."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    runs = _runs(request).waiting
    context = {"runs": runs, "may_approve": request.user.has_perm("retention.change_retentionrun")}
    return Panel(gettext_lazy("Waiting for approval"), "panels/waiting_runs.html", context, alert=bool(runs))


@figure_of_rows()
def count_late(on: date) -> QuerySet[DueDate, DueDate]:
    """Who has been due for two days, unprotected."""
    return attention.late(on)


@panel(order=15)
def overdue(request: HttpRequest) -> Panel | None:
    """The alarm of E26: somebody has been due for two days, unprotected, and is still here."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    on = local_date(now())
    late = count_late(on, once(request, for_page, on))
    context = {"late": late, "hours": LATE_ALARM_HOURS}
    if not late:
        return None
    return Panel(gettext_lazy("Due and still here"), "panels/overdue.html", context, wide=True, alert=True)


@figure_of_rows()
def count_silent_agreements(on: date) -> QuerySet[Agreement, Agreement]:
    """Open-ended agreements that nobody has been heard of for 36 months."""
    return attention.silent_agreements(on)


@figure_of_rows(always_live=True)
def count_gaps(_on: date) -> QuerySet[DataGap, DataGap]:
    """Listed relationships without an agreement."""
    return attention.open_gaps()


@figure_of_rows(always_live=True)
def count_ending_holds(on: date) -> QuerySet[Hold, Hold]:
    """Legal holds that end soon."""
    return attention.ending_holds(on)


@figure_of_rows(always_live=True)
def count_restrictions(on: date) -> QuerySet[Restriction, Restriction]:
    """Restrictions that nobody has looked at."""
    return attention.standing_restrictions(on)


TO_CHECK: Final = (
    (count_gaps, "retention.datagap", "", gettext_lazy("Relationships without an agreement")),
    (
        count_silent_agreements,
        "contacts.agreement",
        "review=due",
        gettext_lazy("Open-ended agreements, silent for 36 months"),
    ),
    (count_ending_holds, "retention.hold", "in_force=ending", gettext_lazy("Legal holds that end within 30 days")),
    (
        count_restrictions,
        "consent.restriction",
        "review=due",
        gettext_lazy("Restrictions nobody has looked at for 90 days"),
    ),
)


@panel(order=35)
def to_check(request: HttpRequest) -> Panel | None:
    """What the rules leave to people: how many, and the list of them; nothing while nothing is open."""
    on = local_date(now())
    rows = [
        {"label": label, "count": number, "url": _list_url(model, asked)}
        for count, model, asked, label in TO_CHECK
        if _may_view(request, model) and (number := count(on, once(request, for_page, on)))
    ]
    rows += _doubtful_dates(_runs(request).newest) if request.user.has_perm(SEE_CONTACTS) else []
    return Panel(gettext_lazy("To be checked"), "panels/to_check.html", {"rows": rows}) if rows else None


def _doubtful_dates(runs: list[RetentionRun]) -> list[dict[str, Any]]:
    """What the last run reported about contacts (E4, E8): counting a million of them anew would keep the page."""
    reported = runs[0].planned if runs else {}
    return [
        {"label": label, "count": reported[name], "url": _list_url("contacts.contact", f"doubtful={name}")}
        for name, label in attention.REPORTED.items()
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
    at, runs = now(), _runs(request)
    starts_at = next_start(at, runs)
    on = local_date(starts_at)
    context = {
        "starts_at": starts_at,
        "at_once": starts_at <= at,
        "on": on,
        "counts": count_expected(on, once(request, for_page, local_date(at))),
        "running": runs.running,
    }
    return Panel(gettext_lazy("Next run"), "panels/next_run.html", context, tall=True)


def next_start(at: datetime, runs: Runs) -> datetime:
    """From when the schedule starts the next run: at once after a missed night, else in the night window."""
    opens, closes = (datetime.combine(at.astimezone(UTC).date(), one, UTC) for one in schedule.WINDOW)
    if not runs.done_today and (opens <= at < closes or schedule.was_missed(runs.completed_at, at)):
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
    on = local_date(now())
    counts = count_by_register(on, once(request, for_page, on))
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
    on = local_date(now())
    counted = count_by_month(on, once(request, for_page, on))
    months = [(date.fromisoformat(month), count) for month, count in counted]
    context = {"chart": columns(months), "months": months, "total": sum(count for _month, count in months)}
    return Panel(gettext_lazy("Erasures in the next 24 months"), "panels/forecast.html", context, wide=True)


@panel(order=70)
def last_runs(request: HttpRequest) -> Panel | None:
    """The newest runs with what they did."""
    if not request.user.has_perm(SEE_RUNS):
        return None
    runs = _runs(request).newest
    return Panel(gettext_lazy("Last runs"), "panels/last_runs.html", {"runs": runs}, wide=True)
