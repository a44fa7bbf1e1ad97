"""Recipients and people for the tests of the gate: everything somebody passing needs, so each bar can be tried alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from config.models import Subsidiary
from consent.disclosure import Bar, Proposal, judged, passing, why_not
from consent.models import (
    Disclosure,
    DisclosureBatch,
    ExceptionalDisclosure,
    ExceptionalScope,
    Negotiation,
    Purpose,
    Recipient,
    RecipientPurpose,
)
from consent.models.recipients import PROCESSING_FOR_US, RecipientKind, Role
from consent.models.safeguards import Safeguard
from contacts.models import Affiliation, Contact, Organisation
from tests.consent.reasons import told, weigh_everything
from tests.staff import DAY, NOW, TODAY, contact, customer

ORDERS, RELATIONSHIP, REQUESTED = "orders", "relationship", "requested_services"
NAMES = ("first_name", "last_name", "email")


def purpose(code: str = ORDERS) -> Purpose:
    """A purpose of the catalogue."""
    return Purpose.objects.get(code=code)


def recipient(kind: str = "channel_partner", *needs: str, **fields: Any) -> Recipient:
    """A recipient in Finland with a contract, which sells there and needs data for the purposes (orders, unless said)."""
    processes = kind in PROCESSING_FOR_US
    known: dict[str, Any] = {
        "name": f"{kind} {Recipient.objects.count()}",
        "role": Role.PROCESSOR if processes else Role.CONTROLLER,
        "country": "FI",
        "serves": ["FI", "SE"],
        "contract": "C-2024/7",
    }
    if kind == RecipientKind.SUBSIDIARY and "subsidiary" not in fields:
        fields["subsidiary"] = Subsidiary.objects.create(name=known["name"], country="FI")
    if kind == RecipientKind.SUB_PROCESSOR and "parent" not in fields:
        fields["parent"] = recipient("processor", *needs)
    one = Recipient.objects.create(kind=kind, **known | fields)
    for code in needs or (ORDERS,):
        RecipientPurpose.objects.create(recipient=one, purpose=purpose(code), reason="sells our licences")
    return one


def safeguard(one: Recipient, tool: str = "clauses", **fields: Any) -> Safeguard:
    """A tool in force since a year and for another one; the module fits the role."""
    known: dict[str, Any] = {"valid_from": TODAY - 365 * DAY, "review_on": TODAY + 365 * DAY, "reference": "SCC-7"}
    if tool == "clauses":
        known["module"] = 3 if one.kind == "sub_processor" else 2 if one.role == Role.PROCESSOR else 1
    if tool in ("clauses", "corporate_rules"):
        known["assessed_on"] = TODAY - 365 * DAY
    if tool == "derogation":
        known["note"] = "Art. 49(1)(e): needed for a claim."
    return Safeguard.objects.create(recipient=one, tool=tool, **known | fields)


def buyer(firm: Organisation | None = None, *, informed: bool = True, **fields: Any) -> Contact:
    """Somebody informed, unless said, who works for a customer; every interest has been weighed."""
    if not Contact.objects.exists():
        weigh_everything(NOW - 90 * DAY)
    number = Contact.objects.count()
    known = {"email": f"buyer{number}@example.org", "job_function": "IT", "topics": ["Training"]} | fields
    one = contact("Aino", f"Buyer{number}", at=firm or customer(f"Firm {number}"), **known)
    if informed:
        told(one, at=NOW - 30 * DAY)
    return one


def negotiates(one: Contact, **fields: Any) -> Negotiation:
    """Negotiations with the contact's employer began a month ago."""
    firm = Affiliation.objects.filter(contact=one).latest("pk").organisation
    known = {"opened_on": TODAY - 30 * DAY, "subject": "Managed detection"} | fields
    return Negotiation.objects.create(organisation=firm, **known)


def exception(one: Recipient, *people: Contact, **fields: Any) -> ExceptionalDisclosure:
    """An exceptional disclosure of these people, approved yesterday."""
    known: dict[str, Any] = {
        "ground": "court_order",
        "reference": "4 O 12/26",
        "title": "Order in a civil case",
        "assessment": "The court orders it.",
        "fields": list(NAMES),
        "until_on": TODAY + 30 * DAY,
        "written_at": NOW - 2 * DAY,
        "approved_at": NOW - DAY,
    }
    case = ExceptionalDisclosure.objects.create(recipient=one, **known | fields)
    for person in people:
        ExceptionalScope.objects.create(exception=case, contact=person, added_at=NOW - 2 * DAY)
    return case


def proposal(one: Recipient, fields: tuple[str, ...] = NAMES, code: str = ORDERS) -> Proposal:
    """Passing on these fields for a purpose."""
    return Proposal(one, fields, purpose=purpose(code))


def by_exception(case: ExceptionalDisclosure, fields: tuple[str, ...] = NAMES) -> Proposal:
    """Passing on exceptionally."""
    return Proposal(case.recipient, fields, exception=case)


def bars(one: Contact, plan: Proposal, at: Any = NOW) -> set[Bar]:
    """The bars of one contact, which must be the same from all three forms."""
    single = why_not(one.pk, plan, at)
    row = judged(plan, at).get(pk=one.pk)
    assert single == tuple(bar for bar in Bar if getattr(row, f"stop_{bar}"))
    assert passing(plan, at).filter(pk=one.pk).exists() is (not single)
    return set(single)


def given_to(
    one: Recipient,
    *people: Contact,
    times: int = 1,
    exceptional: bool = False,
    at: datetime = NOW - 9 * DAY,
    by: UUID | None = None,
) -> None:
    """The ledger's rows of data of these people, passed on so many times."""
    reason = {"exception": exception(one, ground="fraud")} if exceptional else {"purpose": purpose()}
    for _number in range(times):
        batch = DisclosureBatch.objects.create(
            recipient=one, title="Orders", country="FI", disclosed_at=at, digest="0" * 64, actor_id=by, **reason
        )
        Disclosure.objects.bulk_create(
            Disclosure(batch=batch, contact=person, digest="d" * 64, ground="contract", disclosed_at=at)
            for person in people
        )


def day(text: str) -> date:
    """A day as ISO 8601 writes it."""
    return date.fromisoformat(text)
