"""The retention rule once more, written from the policy's predicates alone and without any code of the program.

Plain objects and plain loops, one person at a time: what may stay in the register after the night of day D. It
exists to disagree with `retention` whenever one of the two is wrong; so it imports nothing from the apps, does its
own month arithmetic (dateutil) and its own Helsinki dates (zoneinfo), and never becomes fast.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

HELSINKI = ZoneInfo("Europe/Helsinki")
MARKETING_MONTHS = 24
CUSTOMER_MONTHS = 60
REQUEST_PAUSE_DAYS = 30
GAP_DAYS = 30
COUNTING = frozenset({"reply", "click", "form", "event", "survey", "contest", "visit", "login", "call_in", "consent"})


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months on, clamped to the month's end (E6)."""
    return day + relativedelta(months=months)


def helsinki(moment: dt.datetime) -> dt.date:
    """The date on the wall in Helsinki at this moment (E7)."""
    return moment.astimezone(HELSINKI).date()


@dataclass(frozen=True)
class Agreement:
    """One agreement; of a missing signature or start the other date serves. Both ends are the last valid day."""

    signed_on: dt.date | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    terminated_on: dt.date | None = None
    party: str = "customer"
    starts_five_years: bool = True

    @property
    def signed(self) -> dt.date:
        return self.signed_on or self.starts_on  # type: ignore[return-value]

    @property
    def starts(self) -> dt.date:
        return self.starts_on or self.signed_on  # type: ignore[return-value]

    @property
    def end(self) -> dt.date | None:
        return min((day for day in (self.ends_on, self.terminated_on) if day), default=None)

    @property
    def cancelled_before_start(self) -> bool:
        return self.terminated_on is not None and self.terminated_on < self.starts

    def live(self, day: dt.date) -> bool:
        return not self.cancelled_before_start and self.signed <= day and (self.end is None or self.end >= day)

    def began(self, day: dt.date) -> bool:
        return not self.cancelled_before_start and self.starts <= day and self.signed <= day


@dataclass(frozen=True)
class Organisation:
    """An organisation: its name without the legal form, and every agreement with it."""

    key: str
    stripped_name: str = ""
    agreements: tuple[Agreement, ...] = ()

    def live(self, day: dt.date) -> bool:
        return any(agreement.live(day) for agreement in self.agreements)

    def five_years_began(self, day: dt.date) -> list[Agreement]:
        return [one for one in self.agreements if one.starts_five_years and one.began(day)]

    def ended(self, day: dt.date) -> bool:
        ahead = [one for one in self.agreements if one.live(day) and one.starts > day]
        return bool(self.five_years_began(day)) and not self.live(day) and not ahead

    def last_end(self, day: dt.date) -> dt.date:
        ends = [one.end for one in self.five_years_began(day)]
        assert all(ends), "only of an organisation that has ended"
        return max(end for end in ends if end)


@dataclass(frozen=True)
class Link:
    """A person's place in an organisation; `gap_listed_on` is the first listing of a "relationship without agreement"."""

    key: str
    organisation: Organisation
    ended_on: dt.date | None = None
    gap_listed_on: dt.date | None = None

    def current(self, day: dt.date) -> bool:
        return self.ended_on is None or self.ended_on >= day


@dataclass(frozen=True)
class Engagement:
    """Something that happened between the person and us."""

    at: dt.datetime
    kind: str = "click"
    automated: bool = False

    def counts(self, day: dt.date) -> bool:
        return self.kind in COUNTING and not self.automated and helsinki(self.at) <= day


@dataclass(frozen=True)
class Hold:
    """A legal hold over a part of the data (all, marketing, customer), through its last day or until it is released."""

    until_on: dt.date
    part: str = "all"
    released: bool = False

    def active(self, day: dt.date) -> bool:
        return not self.released and day <= self.until_on

    def freezes(self, part: str, day: dt.date) -> bool:
        return self.active(day) and self.part in ("all", part)


@dataclass(frozen=True)
class Restriction:
    """A restriction of processing under Art. 18, until it is lifted (E29)."""

    lifted: bool = False


@dataclass(frozen=True)
class Request:
    """A rights request that pauses retention while it is open and for 30 days after (E30)."""

    closed_on: dt.date | None = None

    def pauses(self, day: dt.date) -> bool:
        return self.closed_on is None or (day - self.closed_on).days < REQUEST_PAUSE_DAYS


@dataclass(frozen=True)
class Person:
    """Everything retention may look at about one person."""

    key: str
    collected_on: dt.date
    in_marketing: bool = True
    engagements: tuple[Engagement, ...] = ()
    links: tuple[Link, ...] = ()
    holds: tuple[Hold, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    requests: tuple[Request, ...] = ()
    frozen: bool = False

    @property
    def marketing_record(self) -> bool:
        """In the register, or out of it with data that a legal hold has frozen (E28)."""
        return self.in_marketing or self.frozen

    def anchor(self, day: dt.date) -> dt.date:
        return max([self.collected_on, *(helsinki(one.at) for one in self.engagements if one.counts(day))])

    def linked(self, day: dt.date) -> bool:
        return any(link.current(day) and link.organisation.live(day) for link in self.links)

    def paused(self, day: dt.date) -> bool:
        """Restricted (E29), or a pausing request is open or fresh (E30): nothing at all moves."""
        return any(not one.lifted for one in self.restrictions) or any(one.pauses(day) for one in self.requests)

    def held(self, part: str, day: dt.date) -> bool:
        return any(hold.freezes(part, day) for hold in self.holds)

    def blocked(self, part: str, day: dt.date) -> bool:
        return self.paused(day) or self.held(part, day)

    def blocked_somewhere(self, day: dt.date) -> bool:
        """The person as a whole cannot go while any part of her is held."""
        return self.paused(day) or any(hold.active(day) for hold in self.holds)


def marketing_due(person: Person, day: dt.date) -> bool:
    """MKT24 before the question whether anything stands in its way."""
    return (
        person.marketing_record
        and not person.linked(day)
        and day > add_months(person.anchor(day), MARKETING_MONTHS)
    )


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
    return not customer_due(link, day) and (
        (link.current(day) and firm.live(day)) or bool(firm.five_years_began(day))
    )


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
        is_gap(person, link, day, firms)
        and (link.gap_listed_on is None or (day - link.gap_listed_on).days <= GAP_DAYS)
        for link in person.links
    )


def eligible_none(person: Person, day: dt.date) -> bool:
    """E45: no register has a reason left, and nothing is blocked; whether E25 holds the person back is asked apart."""
    return (
        not person.marketing_record
        and not any(keeps_customer(link, day) for link in person.links)
        and not person.blocked_somewhere(day)
    )


@dataclass(frozen=True)
class Register:
    """A whole register: the persons and every organisation, linked or not."""

    persons: tuple[Person, ...] = ()
    organisations: tuple[Organisation, ...] = ()


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
