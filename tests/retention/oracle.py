"""The retention rule once more, written from the policy's predicates alone and without any code of the program.

Plain objects and plain loops, one person at a time: what may stay in the register after the night of day D. It exists
to disagree with `retention` whenever one of the two is wrong; so it imports nothing from the apps and is never fast.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tests.retention.people import Link, Organisation, Person, Register, add_months

MARKETING_MONTHS = 24
CUSTOMER_MONTHS = 60
GAP_DAYS = 30


def marketing_due(person: Person, day: dt.date) -> bool:
    """MKT24 before the question whether anything stands in its way."""
    return person.marketing_record and not person.linked(day) and day > add_months(person.anchor(day), MARKETING_MONTHS)


def eligible_mkt(person: Person, day: dt.date) -> bool:
    """Rule MKT24: the marketing data of this person go."""
    return marketing_due(person, day) and not person.blocked("marketing", day)


def customer_due(link: Link, day: dt.date) -> bool:
    """CUST5 before the question whether anything stands in its way."""
    firm = link.organisation
    by_firm = firm.ended(day) and day > add_months(firm.last_end(day), CUSTOMER_MONTHS)
    by_leaving = link.ended_on is not None and day > add_months(link.ended_on, CUSTOMER_MONTHS)
    return by_firm or by_leaving


def eligible_cust(person: Person, link: Link, day: dt.date) -> bool:
    """Rule CUST5: the customer data held through this link go."""
    return customer_due(link, day) and not person.blocked("customer", day)


def keeps_customer(link: Link, day: dt.date) -> bool:
    """Whether this link is live or inside its period, so that the customer register has a reason (E45)."""
    firm = link.organisation
    return not customer_due(link, day) and (firm.live(day) or bool(firm.five_years_began(day)))


def is_gap(person: Person, link: Link, day: dt.date, organisations: Iterable[Organisation]) -> bool:
    """E25: no agreement at all, but an organisation of the same stripped name has a live one; not in marketing."""
    firm = link.organisation
    return (
        not person.in_marketing
        and not firm.agreements
        and not customer_due(link, day)
        and any(
            other.key != firm.key and other.stripped_name == firm.stripped_name and other.live(day)
            for other in organisations
        )
    )


def held_back(person: Person, day: dt.date, organisations: Iterable[Organisation]) -> bool:
    """E25: such a link holds its person back for 30 days from its first listing."""
    firms = list(organisations)
    return any(
        is_gap(person, link, day, firms) and (link.gap_listed_on is None or (day - link.gap_listed_on).days <= GAP_DAYS)
        for link in person.links
    )


def eligible_none(person: Person, day: dt.date) -> bool:
    """E45: no register has a reason left, and nothing is blocked; whether E25 holds the person back is asked apart."""
    return (
        not person.marketing_record
        and not any(keeps_customer(link, day) for link in person.links)
        and not person.blocked_somewhere(day)
    )


@dataclass
class Morning:
    """What a night left, and what became of whom; links are (person, link) pairs."""

    register: Register
    erased: set[str] = field(default_factory=set)
    left_marketing: set[str] = field(default_factory=set)
    frozen: set[str] = field(default_factory=set)
    dropped: set[tuple[str, str]] = field(default_factory=set)


def _partly(person: Person, day: dt.date, morning: Morning) -> Person:
    """Rules MKT24 and CUST5 and the freezing of E28, without the question whether the person stays."""
    due, held, frozen = marketing_due(person, day), person.held("marketing", day), person.frozen
    if due and person.in_marketing and held:
        morning.frozen.add(person.key)  # E28: leaves marketing at once, the data stay as they are
        frozen = True
    leaves = due and (person.in_marketing if held else not person.paused(day))
    if leaves:
        morning.left_marketing.add(person.key)
        frozen = held
    dropped = {link.key for link in person.links if eligible_cust(person, link, day)}
    morning.dropped |= {(person.key, key) for key in dropped}
    return replace(
        person,
        in_marketing=person.in_marketing and not leaves,
        frozen=frozen,
        links=tuple(link for link in person.links if link.key not in dropped),
    )


def night(register: Register, day: dt.date) -> Morning:
    """One run with day `day` over the whole register: first the two rules, then who has no reason left (E45).

    E25 protects the links of who is not in the marketing register when the night begins (11.2 does not ask for it).
    """
    morning = Morning(register)
    stay = []
    for person in register.persons:
        after = _partly(person, day, morning)
        if eligible_none(after, day) and not held_back(person, day, register.organisations):
            morning.erased.add(person.key)
        else:
            stay.append(replace(after, links=tuple(_listed(person, link, day, register) for link in after.links)))
    morning.register = Register(tuple(stay), register.organisations)
    return morning


def _listed(person: Person, link: Link, day: dt.date, register: Register) -> Link:
    """The link with its first listing as a "relationship without agreement", where it is one."""
    if link.gap_listed_on is None and is_gap(person, link, day, register.organisations):
        return replace(link, gap_listed_on=day)
    return link
