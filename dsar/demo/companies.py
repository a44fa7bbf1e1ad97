"""The demo's organisations and the agreements that make them customers, partners, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final

from config.dates import add_months
from contacts.identity import organisation_key
from contacts.models import Agreement, Organisation
from contacts.models.organisations import AgreementKind, Party
from dsar.demo.people import Inventor
from dsar.demo.scenes import CUSTOMER_MONTHS, Role, event

PEOPLE: Final = {
    Role.CUSTOMER: (0.38, 5),
    Role.PROSPECT: (0.34, 3),
    Role.FORMER: (0.14, 4),
    Role.PARTNER: (0.07, 5),
    Role.TRIED: (0.04, 3),
    Role.TRIAL: (0.03, 3),
}
"""For each role the share of all contacts, and how many people work at one such organisation."""
SINGLE: Final = (Role.FORMER_PAST, Role.FORMER_TONIGHT, Role.FORMER_SOON)


@dataclass(slots=True)
class Companies:
    """The organisations by role, and all their agreements."""

    by_role: dict[Role, list[Organisation]]
    agreements: list[Agreement]

    @property
    def organisations(self) -> list[Organisation]:
        """Every organisation."""
        return [one for some in self.by_role.values() for one in some]


def companies(inventor: Inventor, today: date, contacts: int) -> Companies:
    """Enough organisations for so many contacts."""
    numbers = {role: max(2, round(contacts * share / people)) for role, (share, people) in PEOPLE.items()}
    numbers |= dict.fromkeys(SINGLE, 1)
    by_role = {
        role: [Organisation(**inventor.company(role)) for _number in range(count)] for role, count in numbers.items()
    }
    by_role[Role.NAMESAKE] = [_namesake(by_role[Role.CUSTOMER][0])]
    agreements = [
        Agreement(organisation=organisation, reference=f"{role.name[:2]}-{number:04d}-{term}", **fields)
        for role, some in by_role.items()
        for number, organisation in enumerate(some, start=1)
        for term, fields in enumerate(_agreements(inventor.random, today, role), start=1)
    ]
    partners = by_role[Role.PARTNER]
    for agreement in agreements[::3]:
        if agreement.party == Party.CUSTOMER:
            agreement.via_partner = inventor.random.choice(partners).name
    return Companies(by_role, agreements)


def _namesake(customer: Organisation) -> Organisation:
    """The same company recorded a second time, under another legal form: nobody entered an agreement here."""
    name = f"{customer.name_key.title()} AB"
    return Organisation(
        name=name, name_key=organisation_key(name), domain=customer.domain, country=customer.country, city=customer.city
    )


def _agreements(random: Random, today: date, role: Role) -> Iterator[dict[str, Any]]:
    """The agreements of one organisation. No live one ends within the next month."""
    if role is Role.CUSTOMER and random.random() < 0.25:
        yield _agreement(AgreementKind.SUBSCRIPTION, today - timedelta(days=random.randint(200, 2500)), None)
    elif role is Role.CUSTOMER:
        days = random.choice((1, 2, 3)) * 365
        yield from _chain(random, today + timedelta(days=random.randint(45, days - 30)), days)
    elif role is Role.PARTNER:
        start = today - timedelta(days=random.randint(400, 3000))
        yield _agreement(AgreementKind.PARTNER, start, None, party=Party.PARTNER)
    elif role is Role.TRIAL:
        start = today - timedelta(days=random.randint(1, 25))
        yield _agreement(random.choice((AgreementKind.TRIAL, AgreementKind.BETA)), start, start + timedelta(days=60))
    elif role is Role.TRIED:
        start = today - timedelta(days=random.randint(100, 600))
        yield _agreement(AgreementKind.TRIAL, start, start + timedelta(days=30))
    elif (due_on := _due_on(random, today, role)) is not None:
        yield from _chain(random, event(due_on, CUSTOMER_MONTHS), random.choice((1, 2, 3)) * 365)


def _due_on(random: Random, today: date, role: Role) -> date | None:
    """The day on which a former customer's five years end; None for whoever never was one."""
    yesterday = today - timedelta(days=1)
    chosen = {
        Role.FORMER_PAST: yesterday - timedelta(days=3),
        Role.FORMER_TONIGHT: yesterday,
        Role.FORMER_SOON: today + timedelta(days=12),
    }
    if role is Role.FORMER:
        return add_months(today, int(random.triangular(1, 57, 9))) + timedelta(days=random.randint(4, 30))
    return chosen.get(role)


def _chain(random: Random, last_day: date, days: int) -> Iterator[dict[str, Any]]:
    """One to three agreements of so many days, each renewing the one before; some end early by termination."""
    kind = random.choice((AgreementKind.LICENCE, AgreementKind.SUBSCRIPTION, AgreementKind.ORDER))
    for number in reversed(range(random.randint(1, 3))):
        end = last_day - timedelta(days=number * days)
        early = end - timedelta(days=40) if number and random.random() < 0.1 else None
        yield _agreement(kind, end - timedelta(days=days - 1), end, terminated_on=early)


def _agreement(
    kind: AgreementKind,
    starts_on: date,
    ends_on: date | None,
    *,
    party: Party = Party.CUSTOMER,
    terminated_on: date | None = None,
) -> dict[str, Any]:
    return {
        "party": party,
        "kind": kind,
        "signed_on": starts_on - timedelta(days=14),
        "starts_on": starts_on,
        "ends_on": ends_on,
        "terminated_on": terminated_on,
    }
