"""A second opinion on permission: domain sections 4, 7, 9 and 10 in plain Python, and random people to disagree about."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from tests.consent.conftest import DAY, NOW

MOMENTS = [NOW + days * DAY for days in (-40, -9, -3, -1, 0, 1)] + [NOW - timedelta(seconds=1)]
DAYS = [date(2026, 11, day) for day in (1, 20, 22, 23, 24)]
YES = {"ConsentGiven", "RenewedConsentGiven"}
STATES = [*sorted(YES), *sorted(YES), "ConsentWithdrawn", "ConsentRefused", "ConsentUnknown", "ConsentExpired"]
MARKETING_CODES = {"marketing", "know_how", "offers", "profiling"}
SIMILAR = {"marketing", "offers"}
MESSAGES = {"email", "phone", "post"}
CHANNELS = {
    "marketing": MESSAGES, "know_how": MESSAGES, "offers": MESSAGES, "profiling": set(), "support": MESSAGES,
    "payments": {"email", "post"}, "beta_programme": {"email", "post"}, "market_research": set(),
}  # fmt: skip
REGISTERS = {code: {"marketing", "customer"} for code in CHANNELS} | {
    code: {"customer"} for code in ("offers", "support", "payments")
}
BASES = dict.fromkeys(CHANNELS, "interests") | {
    "profiling": "consent", "beta_programme": "contract", "payments": "law",
}  # fmt: skip
QUESTIONS = [
    ("marketing", "email"), ("marketing", "phone"), ("marketing", "post"), ("know_how", "email"), ("offers", "email"),
    ("profiling", ""), ("support", "email"), ("payments", "post"), ("payments", "phone"), ("beta_programme", "email"),
    ("market_research", ""), ("unknown", "email"),
]  # fmt: skip


@dataclass
class Event:
    """A consent event."""

    purpose: str
    channel: str
    state: str
    occurred: datetime
    recorded: datetime
    own: bool


@dataclass
class Wish:
    """An objection or an entry of the suppression list; `about` says on whose word or on which ground."""

    purpose: str
    channel: str
    since: datetime
    about: str
    balanced: tuple[str, datetime] | None = None


@dataclass
class Deal:
    """An agreement with the person's employer, and when the person left."""

    party: str
    kind: str
    signed: date
    ends: date | None
    left: date | None

    def ties(self, on: date) -> bool:
        """E13, E17, E22: from the signature through the last day, while the person works there."""
        return self.signed <= on and (not self.ends or on <= self.ends) and (not self.left or on <= self.left)


@dataclass
class Person:
    """Everything about one person that decides."""

    email: bool
    phone: bool
    street: bool
    country: str
    function: bool
    in_marketing: bool
    checked: bool
    informed: datetime | None
    sales: list[tuple[str, bool, bool, date]] = field(default_factory=list)
    deal: Deal | None = None
    events: list[Event] = field(default_factory=list)
    objections: list[Wish] = field(default_factory=list)
    listed: list[Wish] = field(default_factory=list)
    restricted: list[tuple[datetime, datetime | None]] = field(default_factory=list)


@dataclass
class World:
    """What holds for everybody: purposes out of use, and assessments by purpose and register."""

    retired: set[str]
    assessed: dict[tuple[str, str], tuple[datetime | None, date]]

    def may_rest_on_interests(self, purpose: str, register: str, at: datetime) -> bool:
        """S26: approved, and not past the review."""
        approved, review = self.assessed.get((purpose, register), (None, date.max))
        return approved is not None and approved <= at and local(at) <= review


def local(at: datetime) -> date:
    """The day in Helsinki, two hours ahead in winter."""
    return (at + timedelta(hours=2)).date()


def covers(wish: Wish | Event, purpose: str, channel: str) -> bool:
    """An empty purpose or channel means all of them."""
    return wish.purpose in ("", purpose) and wish.channel in ("", channel)


def history(person: Person, purpose: str, channel: str, at: datetime) -> list[Event]:
    """What we knew of one consent, the event in force last; on a tie a refusal stands."""
    known = [e for e in person.events if (e.purpose, e.channel) == (purpose, channel)]
    known = [e for e in known if e.occurred <= at and e.recorded <= at]
    return sorted(known, key=lambda e: (e.occurred, e.recorded, e.state not in YES))


def lifted_until(person: Person, purpose: str, channel: str, at: datetime) -> datetime | None:
    """When the person consented in own words, if that still stands; others' consents are looked through."""
    told = [e for e in history(person, purpose, channel, at) if e.own or e.state not in YES]
    return told[-1].occurred if told and told[-1].state in YES else None


def registers(person: Person, on: date) -> set[str]:
    """S8."""
    tied = person.deal is not None and person.deal.ties(on)
    return {name for name, member in (("marketing", person.in_marketing), ("customer", tied)) if member}


def ground(world: World, person: Person, purpose: str, channel: str, at: datetime) -> str:
    """Domain 7, from the strongest ground to the weakest."""
    on = local(at)
    known = history(person, purpose, channel, at)
    if known and known[-1].state in YES:
        return "consent"
    if purpose not in BASES:
        return ""
    inside = registers(person, on) & REGISTERS[purpose] if purpose not in world.retired else set()
    advert, basis = purpose in MARKETING_CODES, BASES[purpose]
    interests = basis == "interests" and any(world.may_rest_on_interests(purpose, one, at) for one in inside)
    interests = interests and (person.function or not advert)
    deal = person.deal if person.deal and person.deal.ties(on) else None
    bought = deal is not None and deal.party == "customer" and deal.kind not in ("trial", "beta")
    address = any(kind == "sales" and out and with_mail and day <= on for kind, out, with_mail, day in person.sales)
    by_mail = advert and channel == "email"
    grounds = {
        "soft_opt_in": by_mail and purpose in SIMILAR and bought and address,
        "work_address": by_mail and person.country == "FI" and interests,
        "contract": not by_mail and basis == "contract" and bool(inside) and deal is not None and deal.kind == "beta",
        "legal_obligation": not by_mail and basis == "law" and bool(inside),
        "legitimate_interest": not by_mail and interests,
    }
    return next((name for name, holds in grounds.items() if holds), "")


def bars(
    world: World, person: Person, purpose: str, channel: str, at: datetime, *, carries_notice: bool = False
) -> set[str]:
    """Everything that stands in the way."""
    advert = purpose in MARKETING_CODES
    own = lifted_until(person, purpose, channel, at)
    on = ground(world, person, purpose, channel, at)

    def stands(wish: Wish, *, liftable: bool = True) -> bool:
        return covers(wish, purpose, channel) and wish.since <= at and not (liftable and own and own > wish.since)

    bounced = [wish for wish in person.listed if wish.about == "bounce"]
    entries = [wish for wish in person.listed if wish not in bounced]
    found = {
        "restricted": any(since <= at and (until is None or at < until) for since, until in person.restricted),
        "suppressed": advert and any(stands(one, liftable=one.about != "domain") for one in entries),
        "objected": (advert and any(stands(one) for one in person.objections if one.about == "marketing"))
        or (on in ("legitimate_interest", "work_address", "soft_opt_in") and any(
            covers(one, purpose, channel) and one.since <= at
            and not (one.balanced and one.balanced[0] == "overridden" and one.balanced[1] <= at)
            for one in person.objections if one.about == "own_situation"
        )),
        "unchecked": advert and not person.checked and (person.email or person.phone),
        "inactive": purpose not in CHANNELS or purpose in world.retired
        or bool(channel and channel not in CHANNELS[purpose]),
        "not_in_register": not registers(person, local(at)) & REGISTERS.get(purpose, set()),
        "notice_owed": advert and not carries_notice and not (person.informed and person.informed <= at),
        "no_ground": on == "",
        "unreachable": {
            "email": not person.email or any(one.since <= at and not (own and own > one.since) for one in bounced),
            "phone": not person.phone, "post": not person.street, "": False,
        }[channel],
    }  # fmt: skip
    return {name for name, holds in found.items() if holds}


# Chance -------------------------------------------------------------------------------------------------------------


def random_world(random: Random) -> World:
    """Most purposes in use and assessed."""
    assessed: dict[tuple[str, str], tuple[datetime | None, date]] = {}
    for code, names in REGISTERS.items():
        for register in names:
            if BASES[code] == "interests" and random.random() < 0.8:
                approved = random.choice([*MOMENTS[:4], NOW, None, NOW + DAY])
                assessed[code, register] = (approved, random.choice([*DAYS, date(2027, 1, 1), date(2027, 1, 1)]))
    return World({code for code in CHANNELS if random.random() < 0.1}, assessed)


def random_person(random: Random) -> Person:
    """Somebody about whom each fact is as likely as not, crowded around the moment of the question."""

    def often(chance: float) -> bool:
        return random.random() < chance

    def when() -> datetime:
        return random.choice(MOMENTS)

    def scope() -> tuple[str, str]:
        return random.choice(["", "", *CHANNELS]), random.choice(["", "", "email", "phone"])

    person = Person(
        email=often(0.85), phone=often(0.7), street=often(0.7), country=random.choice(["FI", "FI", "DE", "SE", ""]),
        function=often(0.7), in_marketing=often(0.7), checked=often(0.9),
        informed=when() if often(0.8) else None, deal=random_deal(random) if often(0.6) else None,
    )  # fmt: skip
    for _one in range(random.choice([0, 0, 1, 2])):
        person.sales.append((random.choice(["sales", "sales", "form"]), often(0.7), often(0.7), random.choice(DAYS)))
    for _one in range(random.choice([0, 1, 1, 2, 3])):
        occurred = when()
        recorded = max(occurred, when()) if often(0.3) else occurred
        purpose, channel = random.choice(QUESTIONS)
        person.events.append(Event(purpose, channel, random.choice(STATES), occurred, recorded, often(0.6)))
    for _one in range(random.choice([0, 0, 0, 1, 1, 2])):
        about = random.choice(["marketing", "own_situation"])
        balanced = (random.choice(["upheld", "overridden"]), when()) if about != "marketing" and often(0.6) else None
        person.objections.append(Wish(*scope(), when(), about, balanced))
    if often(0.15):
        since = when()
        person.restricted.append((since, random.choice([None, *[one for one in MOMENTS if one >= since]])))
    person.listed = random_entries(random, person)
    return person


def random_deal(random: Random) -> Deal:
    """An agreement around the day of the question, which does not end before it is signed."""
    signed, ends, left = (random.choice([None, *DAYS]) for _one in range(3))
    party = random.choice(["customer", "customer", "partner"])
    kind = random.choice(["licence", "order", "trial", "beta"])
    signed = signed or DAYS[0]
    return Deal(party, kind, signed, max(ends, signed) if ends else None, left)


def random_entries(random: Random, person: Person) -> list[Wish]:
    """Entries of the suppression list for what the person has, each scope once."""
    found: dict[tuple[str, str, str], Wish] = {}
    for _one in range(random.choice([0, 0, 0, 0, 1, 1, 2])):
        about = random.choice(["email", "email", "phone", "domain", "bounce"])
        purpose, channel = random.choice(["", "", *CHANNELS]), random.choice(["", "", "email", "phone"])
        if about == "bounce":
            purpose, channel = "", "email"
        if person.phone if about == "phone" else person.email:
            scope = ("email" if about == "bounce" else about, purpose, channel)
            found.setdefault(scope, Wish(purpose, channel, random.choice(MOMENTS), about))
    return list(found.values())
