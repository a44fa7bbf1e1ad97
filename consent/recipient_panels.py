"""What pages show about passing on: who has a contact's data, and what needs somebody's attention."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce, Least
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.dates import local_date, now
from config.figures import figure_of_rows, for_page
from config.panels import Panel, once, panel, record_panel
from consent import disclosure, exceptions, ledger, transfers
from consent.models import AdequacyDecision, ExceptionalDisclosure, Recipient, Safeguard
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


@figure_of_rows(always_live=True)
def count_owed(_on: date) -> QuerySet[Recipient, Any]:
    """Recipients that are owed a notice."""
    return ledger.waiting_by_recipient()


@figure_of_rows(always_live=True)
def count_unapproved(_on: date) -> QuerySet[ExceptionalDisclosure, ExceptionalDisclosure]:
    """Exceptions that wait for approval."""
    return exceptions.waiting()


@figure_of_rows(always_live=True)
def count_ending(on: date) -> QuerySet[Safeguard, Any]:
    """Transfer tools that end soon."""
    return transfers.ending(on)


@figure_of_rows(always_live=True)
def count_decisions(on: date) -> QuerySet[AdequacyDecision, AdequacyDecision]:
    """Adequacy decisions that end soon."""
    return transfers.decisions_ending(on)


@figure_of_rows(always_live=True)
def count_unusable(on: date) -> QuerySet[Recipient, Recipient]:
    """Recipients that nothing may be given to."""
    return disclosure.unusable(on)


@panel(order=46)
def recipients(request: HttpRequest) -> Panel | None:
    """Notices owed to recipients, approvals that wait, transfer tools that end soon, recipients nobody can use.

    What there is nothing of is not read.
    """
    if not request.user.has_perm("consent.view_recipient"):
        return None
    on = local_date(now())
    known = once(request, for_page, on)
    last = Least("review_on", Coalesce("valid_until", "review_on"))
    ending = transfers.ending(on).annotate(last=last).select_related("recipient")
    context: dict[str, Any] = {
        "owed": list(ledger.waiting_by_recipient()[:NEWEST]) if count_owed(on, known) else [],
        "waiting": list(exceptions.waiting()[:NEWEST]) if count_unapproved(on, known) else [],
        "ending": list(ending[:NEWEST]) if count_ending(on, known) else [],
        "decisions": list(transfers.decisions_ending(on)[:NEWEST]) if count_decisions(on, known) else [],
        "unusable": count_unusable(on, known),
    }
    return Panel(_("Recipients"), "panels/recipients.html", context, alert=bool(context["owed"]))
