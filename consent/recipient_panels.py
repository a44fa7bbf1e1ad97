"""What pages show about passing on: who has a contact's data, and what needs somebody's attention."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models.functions import Coalesce, Least
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.dates import local_date, now
from config.panels import Panel, panel, record_panel
from consent import disclosure, exceptions, ledger, transfers
from consent.shared_fields import labels
from contacts.models import Contact

NEWEST = 20


@record_panel("contacts.contact", order=27)
def who_has_it(request: HttpRequest, contact: Contact) -> Panel | None:
    """Every recipient of the contact's data by name, with date, fields and what protects it abroad (Art. 15(1)(c))."""
    if not request.user.has_perm("consent.view_disclosure"):
        return None
    found = ledger.given(contact.pk, NEWEST + 1)
    rows = [{**asdict(one), "recipient": one.recipient, "labels": labels(one.fields)} for one in found[:NEWEST]]
    context = {
        "contact": contact,
        "rows": rows,
        "more": len(found) > NEWEST,
        "newest": NEWEST,
        "may_share": request.user.has_perm("consent.add_disclosurebatch"),
    }
    return Panel(_("Who else has it"), "panels/who_has_it.html", context)


@panel(order=46)
def recipients(request: HttpRequest) -> Panel | None:
    """Notices owed to recipients, approvals that wait, transfer tools that end soon, recipients nobody can use."""
    if not request.user.has_perm("consent.view_recipient"):
        return None
    on = local_date(now())
    last = Least("review_on", Coalesce("valid_until", "review_on"))
    context: dict[str, Any] = {
        "owed": list(ledger.waiting_by_recipient()[:NEWEST]),
        "waiting": list(exceptions.waiting()[:NEWEST]),
        "ending": list(transfers.ending(on).annotate(last=last).select_related("recipient")[:NEWEST]),
        "decisions": list(transfers.decisions_ending(on)[:NEWEST]),
        "unusable": disclosure.unusable(on).count(),
    }
    return Panel(_("Recipients"), "panels/recipients.html", context, alert=bool(context["owed"]))
