"""What the home page and a breach's own page show: the hours left, the history, and whom it concerns."""

from __future__ import annotations

from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.dates import now
from config.models import User
from config.panels import Panel, panel, record_panel
from consent.breaches import handling
from consent.models import Breach

NEWEST = 50


@panel(order=5, rows=handling.running)
def breach_clocks(request: HttpRequest) -> Panel | None:
    """Breaches whose 72 hours run, with the hours left; nothing while there is none (Art. 33(1))."""
    if not request.user.has_perm("consent.view_breach"):
        return None
    at = now()
    rows = [(one, handling.hours_left(one, at)) for one in handling.running()[:NEWEST]]
    return Panel(_("Data breaches: the clock runs"), "panels/breach_clocks.html", {"rows": rows}, alert=True)


@record_panel("consent.breach", order=10)
def clock(request: HttpRequest, breach: Breach) -> Panel:
    """What is decided, and what is still to be done by when."""
    runs = handling.running().filter(pk=breach.pk).exists()
    context = {"breach": breach, "runs": runs, "hours": handling.hours_left(breach, now())}
    return Panel(_("Decisions"), "panels/breach_decisions.html", context, alert=runs)


@record_panel("consent.breach", order=20)
def people(request: HttpRequest, breach: Breach) -> Panel:
    """How many people it concerns, and the first of them."""
    counts = breach.people.aggregate(total=Count("pk"), told=Count("pk", filter=Q(told_at__isnull=False)))
    rows = breach.people.select_related("contact")[:NEWEST]
    may_open = request.user.has_perm("contacts.view_contact")
    context = {"breach": breach, "rows": rows, "may_open": may_open, "newest": NEWEST, **counts}
    return Panel(_("People concerned"), "panels/breach_people.html", context)


@record_panel("consent.breach", order=30)
def history(request: HttpRequest, breach: Breach) -> Panel:
    """Every step, with the account that took it."""
    names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
    rows = breach.events.annotate(account=Subquery(names))
    return Panel(_("History"), "panels/breach_history.html", {"rows": rows})
