"""Who receives data in the demo, what lets it leave the EEA, and what was passed on, by the gate itself."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from config.dates import add_months, local_date
from config.models import Actor, Subsidiary, User
from consent import sharing
from consent.disclosure import Proposal
from consent.models import (
    ExceptionalDisclosure,
    ExceptionalScope,
    Negotiation,
    Purpose,
    Recipient,
    RecipientPurpose,
    Safeguard,
)
from consent.models.exceptions import ExceptionGround
from consent.models.recipients import RecipientKind, Role
from consent.models.safeguards import Module, Tool
from consent.shared_fields import smallest
from contacts.models import Contact, Organisation


class Known(NamedTuple):
    """A recipient of the demo; `fields` are those that not every kind has, `needs` the purposes it needs data for."""

    name: str
    kind: RecipientKind
    country: str
    role: Role = Role.CONTROLLER
    needs: tuple[str, ...] = ()
    fields: dict[str, Any] = {}


RESELLS: Final = ("orders", "requested_services", "renewals")
OUTSIDERS: Final = (
    Known("Example Distribution Oy", RecipientKind.CHANNEL_PARTNER, "FI", needs=RESELLS,
          fields={"serves": ["FI", "SE", "NO", "DK"]}),
    Known("Beispiel Systemhaus GmbH", RecipientKind.CHANNEL_PARTNER, "DE", needs=RESELLS,
          fields={"serves": ["DE", "AT", "CH"]}),
    Known("Sample Resellers Pvt Ltd", RecipientKind.CHANNEL_PARTNER, "IN", needs=RESELLS, fields={"serves": ["IN"]}),
    Known("Example Mailing AB", RecipientKind.PROCESSOR, "SE", Role.PROCESSOR, ("service_information", "know_how")),
    Known("Example Cloud Inc.", RecipientKind.PROCESSOR, "US", Role.PROCESSOR, ("support", "accounts")),
    Known("Example Payments Ltd", RecipientKind.PAYMENT, "GB", needs=("payments",)),
    Known("District Court of Helsinki", RecipientKind.AUTHORITY, "FI"),
    Known("Example Insurance plc", RecipientKind.INSURER, "IE"),
)  # fmt: skip


def pass_on(at: datetime) -> None:
    """Write the recipients with their safeguards, and pass some data on, an hour before `at` (aware)."""
    today = local_date(at)
    known = _recipients(today)
    hand = Actor.person(User.objects.get(username="clerk"))
    earlier = at - timedelta(hours=1)
    for name, code, title in (
        ("Example Mailing AB", "service_information", "Autumn newsletter"),
        ("Example Distribution Oy", "orders", "Orders of the quarter"),
        ("F-Secure GmbH", "relationship", "Account plan"),
    ):
        purpose = Purpose.objects.get(code=code)
        plan = Proposal(known[name], smallest(purpose), purpose=purpose)
        try:
            _batch, file = sharing.share(plan, Contact.objects.all(), earlier, title=title, actor=hand)
        except ValueError:  # in a very small demo there may be nobody it fits
            continue
        file.close()
    _exceptions(known, today, at)
    for firm in Organisation.objects.filter(country__in=("FI", "DE"), agreements=None).order_by("name")[:2]:
        Negotiation.objects.create(organisation=firm, opened_on=today - timedelta(days=20), subject="Managed detection")


def _recipients(today: date) -> dict[str, Recipient]:
    group = [
        Known(one.name, RecipientKind.SUBSIDIARY, one.country.code, Role.JOINT, ("relationship",), {"subsidiary": one})
        for one in Subsidiary.objects.all()
    ]
    known = {one.name: _write(one) for one in (*group, *OUTSIDERS)}
    helper = {"parent": known["Example Cloud Inc."]}
    helpdesk = Known("Example Helpdesk Ltd", RecipientKind.SUB_PROCESSOR, "IN", Role.PROCESSOR, fields=helper)
    known[helpdesk.name] = _write(helpdesk)
    _safeguards(known, today)
    return known


def _write(known: Known) -> Recipient:
    one = Recipient.objects.create(
        name=known.name,
        kind=known.kind,
        role=known.role,
        country=known.country,
        contract=f"C-2024-{len(known.name)}" if known.role is Role.PROCESSOR else "",
        notice_address="privacy@recipient.example.com",
        **known.fields,
    )
    RecipientPurpose.objects.bulk_create(
        RecipientPurpose(recipient=one, purpose=purpose, reason="Cannot do its part without it")
        for purpose in Purpose.objects.filter(code__in=known.needs)
    )
    return one


def _safeguards(known: dict[str, Recipient], today: date) -> None:
    """One in force for long, one to be renewed soon, one over: the reseller in India cannot be used."""
    signed, long, soon = add_months(today, -20), add_months(today, 14), today + timedelta(days=30)
    clauses = {"tool": Tool.CLAUSES, "valid_from": signed, "assessed_on": signed, "reference": "Contracts/SCC"}
    rows: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Example Cloud Inc.", {"tool": Tool.LISTED, "valid_from": signed, "review_on": soon, "reference": "DPF list"}),
        ("Example Helpdesk Ltd", {**clauses, "module": Module.PROCESSOR_TO_PROCESSOR, "review_on": long}),
        ("F-Secure Inc.", {**clauses, "module": Module.CONTROLLER_TO_CONTROLLER, "review_on": long}),
        (
            "Sample Resellers Pvt Ltd",
            {
                **clauses,
                "module": Module.CONTROLLER_TO_CONTROLLER,
                "review_on": long,
                "valid_until": today - timedelta(days=12),
            },
        ),
    )
    for name, fields in rows:
        if name in known:
            Safeguard.objects.create(recipient=known[name], **fields)


def _exceptions(known: dict[str, Recipient], today: date, at: datetime) -> None:
    """A court's order that waits for approval."""
    person = Contact.objects.order_by("-pk").first()
    case = ExceptionalDisclosure.objects.create(
        ground=ExceptionGround.COURT_ORDER,
        recipient=known["District Court of Helsinki"],
        title="Order to name the buyer of a licence",
        reference="L 26/4711",
        assessment="The order is final and names one licence. Name and address at work suffice; nothing else is given.",
        fields=["first_name", "last_name", "email"],
        until_on=today + timedelta(days=21),
        written_at=at,
        written_by=User.objects.get(username="clerk").pk,
    )
    if person is not None:
        ExceptionalScope.objects.create(exception=case, contact=person, added_at=at)
