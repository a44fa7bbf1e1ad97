"""What a contact's page shows beside the form: where the data came from, and what the person did."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.panels import Panel, record_panel
from contacts.models import Collection, Contact
from contacts.models.engagement import COUNTING

NEWEST = 50


@record_panel("contacts.contact", order=60)
def provenance(request: HttpRequest, contact: Contact) -> Panel:
    """Which fields came from where, when, and whether the person gave them (Art. 14(2)(f))."""
    rows = contact.collections.select_related("source")[:NEWEST]
    return Panel(_("Where the data came from"), "panels/provenance.html", {"rows": [_row(row) for row in rows]})


def _row(collection: Collection) -> dict[str, object]:
    labels = {field.name: str(field.verbose_name) for field in Contact._meta.fields}
    return {"collection": collection, "fields": ", ".join(labels.get(name, name) for name in collection.fields)}


@record_panel("contacts.contact", order=70)
def engagements(request: HttpRequest, contact: Contact) -> Panel:
    """The newest engagements; those that count move the 24 months of S95."""
    rows = list(contact.engagements.all()[: NEWEST + 1])
    for row in rows:
        row.counts = not row.automated and row.kind in COUNTING  # type: ignore[attr-defined]
    context = {"rows": rows[:NEWEST], "more": len(rows) > NEWEST, "newest": NEWEST}
    return Panel(_("Responses and visits"), "panels/engagements.html", context)


@record_panel("contacts.contact", order=80)
def accounts(request: HttpRequest, contact: Contact) -> Panel | None:
    """Accounts in our systems, by reference (S31); nothing for somebody without one."""
    rows = list(contact.system_accounts.select_related("organisation")[:NEWEST])
    if not rows:
        return None
    return Panel(_("Accounts in our systems"), "panels/accounts.html", {"rows": rows})
