"""Registers for the tests of the retention rule: random ones crowded around the boundaries, and their way into the database.

A register is made of the oracle's plain objects. `store` writes it as the program's own writers would; `stored` reads back
what is left, in the oracle's keys, so that the two can be compared.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Collection as AnyCollection
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from consent.models import Consent, Objection
from consent.models import Restriction as RestrictionRow
from contacts.identity import organisation_key
from contacts.models import Affiliation, Collection, Contact, Source, SystemAccount
from contacts.models import Agreement as AgreementRow
from contacts.models import Engagement as EngagementRow
from contacts.models import Organisation as OrganisationRow
from contacts.models.people import derived_keys
from contacts.references import take
from retention.models import DataGap
from retention.models import Hold as HoldRow
from tests.retention.oracle import (
    COUNTING,
    HELSINKI,
    REQUEST_PAUSE_DAYS,
    Agreement,
    Engagement,
    Hold,
    Link,
    Organisation,
    Person,
    Register,
    Request,
    Restriction,
    add_months,
    helsinki,
)

BOUNDARY_DAYS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        "2026-02-28", "2026-03-01", "2028-02-28", "2028-02-29", "2028-03-01", "2029-02-28", "2029-03-01",
        "2026-11-22", "2026-11-23", "2026-03-29", "2026-10-25", "2026-12-31", "2027-01-01", "2026-04-30", "2026-08-31",
    )
)
"""Days of a run: leap days and the days before and after them, month and year ends, the nights of the clock change."""

NOT_COUNTING = ("open", "delivery", "bounce")
FIVE_YEARS, TRIALS = ("licence", "subscription", "order", "partner"), ("trial", "beta")
FORMS = ("Oy", "GmbH", "Ltd", "AB", "SE")
AT_MIDNIGHT = (dt.time(0), dt.time(0, 0, 1), dt.time(1, 59), dt.time(2), dt.time(12), dt.time(23, 59, 59, 999999))


# Random registers ---------------------------------------------------------------------------------------------------


def random_day(rng: random.Random, day: dt.date) -> dt.date:
    """A day within two days of where something changes for a run on `day`."""
    months = rng.choice((-120, -61, -60, -60, -60, -36, -25, -24, -24, -24, -1, 0, 0, 0, 1, 12))
    return add_months(day, months) + dt.timedelta(days=rng.randint(-2, 2))


def random_moment(rng: random.Random, day: dt.date) -> dt.datetime:
    """A moment on or beside such a day, most often close to midnight in Helsinki."""
    moment = dt.datetime.combine(random_day(rng, day), rng.choice(AT_MIDNIGHT), HELSINKI)
    return moment.astimezone(dt.UTC)


def random_agreement(rng: random.Random, day: dt.date) -> Agreement:
    """An agreement of any shape: open-ended, ending that day, terminated early or before its start, signed in the future."""
    first, second = sorted((random_day(rng, day), random_day(rng, day)))
    signed, starts = rng.choice(((first, second), (second, first), (first, first), (None, first), (first, None)))
    begins = starts or signed or first
    ends = rng.choice((None, max(begins, random_day(rng, day)), max(begins, random_day(rng, day))))
    terminated = rng.choice((None, None, random_day(rng, day), begins - dt.timedelta(days=1)))
    return Agreement(signed, starts, ends, terminated, rng.choice(("customer", "partner")), rng.random() < 0.7)


def random_person(rng: random.Random, day: dt.date, key: str, organisations: Sequence[Organisation]) -> Person:
    """A person with events, links and bars around the boundaries of a run on `day`."""
    engagements = tuple(
        Engagement(
            random_moment(rng, day),
            rng.choice((*sorted(COUNTING), *NOT_COUNTING)),
            automated=rng.random() < 0.15,
        )
        for _number in range(rng.choice((0, 0, 1, 1, 2, 3)))
    )
    chosen = rng.sample(list(organisations), k=rng.randint(0, len(organisations)))
    links = tuple(Link(f"{key}@{firm.key}", firm, rng.choice((None, None, random_day(rng, day)))) for firm in chosen)
    holds, restrictions, requests = _random_bars(rng, day)
    return Person(
        key, random_day(rng, add_months(day, -24)), rng.random() < 0.6, engagements, links, holds, restrictions, requests
    )


def _random_bars(
    rng: random.Random, day: dt.date
) -> tuple[tuple[Hold, ...], tuple[Restriction, ...], tuple[Request, ...]]:
    """Mostly nothing; else legal holds of each scope, restrictions and requests, in force or just over."""
    if rng.random() < 0.6:
        return (), (), ()
    near = day + dt.timedelta(days=rng.randint(-2, 2))
    hold = Hold(near, rng.choice(("all", "marketing", "customer")), released=rng.random() < 0.3)
    closed = rng.choice((None, day - dt.timedelta(days=REQUEST_PAUSE_DAYS + rng.randint(-2, 2))))
    kind = rng.choice(("hold", "hold", "restriction", "request", "both"))
    return (
        (hold,) if kind in ("hold", "both") else (),
        (Restriction(lifted=rng.random() < 0.4),) if kind in ("restriction", "both") else (),
        (Request(closed),) if kind == "request" else (),
    )


def random_register(rng: random.Random, day: dt.date, persons: int = 4, organisations: int = 3) -> Register:
    """Persons and organisations around the boundaries of a run on `day`; some organisations are namesakes (E25)."""
    firms = tuple(
        Organisation(
            f"firm{number}",
            f"virma {rng.randint(0, max(1, organisations // 2))}",
            tuple(random_agreement(rng, day) for _number in range(rng.choice((0, 0, 1, 1, 2, 3)))),
        )
        for number in range(organisations)
    )
    few = [rng.sample(firms, k=min(len(firms), 3)) for _number in range(persons)]
    return Register(tuple(random_person(rng, day, f"person{one}", few[one]) for one in range(persons)), firms)


# Into the database --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """Which rows the persons, links and organisations of a register became."""

    persons: dict[str, UUID]
    links: dict[str, UUID]
    organisations: dict[str, UUID]


def store(register: Register) -> Stored:
    """Write a register as the program's own writers would: keys derived, dates completed, last engagements on the contact."""
    firms = list(register.organisations)
    firms += [link.organisation for person in register.persons for link in person.links]
    organisations = store_organisations({firm.key: firm for firm in firms}.values())
    contacts = store_contacts(register.persons)
    links = {
        link.key: Affiliation(
            contact_id=contacts[person.key], organisation_id=organisations[link.organisation.key], ended_on=link.ended_on
        )
        for person in register.persons
        for link in person.links
    }
    Affiliation.objects.bulk_create(links.values())
    stored = Stored(contacts, {key: link.pk for key, link in links.items()}, organisations)
    _store_rows(register.persons, stored)
    return stored


def store_organisations(firms: Iterable[Organisation]) -> dict[str, UUID]:
    """Write organisations with their agreements; the name carries a legal form that matching must strip."""
    rows = {}
    for number, firm in enumerate(firms):
        name = f"{firm.stripped_name or firm.key} {FORMS[number % len(FORMS)]}"
        rows[firm.key] = firm, OrganisationRow(name=name, name_key=organisation_key(name))
    OrganisationRow.objects.bulk_create(row for _firm, row in rows.values())
    AgreementRow.objects.bulk_create(
        agreement_row(one, row.pk) for firm, row in rows.values() for one in firm.agreements
    )
    return {key: row.pk for key, (_firm, row) in rows.items()}


def agreement_row(one: Agreement, organisation: UUID) -> AgreementRow:
    """An agreement as a row, its missing date completed as saving does."""
    kinds = FIVE_YEARS if one.starts_five_years else TRIALS
    return AgreementRow(
        organisation_id=organisation,
        party=one.party,
        kind=kinds[one.starts.day % len(kinds)],
        signed_on=one.signed,
        starts_on=one.starts,
        ends_on=one.ends_on,
        terminated_on=one.terminated_on,
    )


def last_engaged_on(person: Person) -> dt.date | None:
    """The day writers keep on the contact: of the last engagement that counts."""
    days = [helsinki(one.at) for one in person.engagements if one.kind in COUNTING and not one.automated]
    return max(days, default=None)


def store_contacts(persons: AnyCollection[Person]) -> dict[str, UUID]:
    """Write the contacts themselves."""
    rows = [
        Contact(
            reference=reference,
            first_name="Test",
            last_name=person.key.title(),
            email=f"{person.key}.{reference}@example.org",
            country="FI",
            in_marketing=person.in_marketing,
            collected_on=person.collected_on,
            last_engaged_on=last_engaged_on(person),
            topics=["backup"],
            notification_preferences="monthly",
        )
        for reference, person in zip(take(len(persons)), persons, strict=True)
    ]
    for row in rows:
        row.__dict__.update(derived_keys(row.email, row.first_name, row.last_name))
    Contact.objects.bulk_create(rows)
    return {person.key: row.pk for person, row in zip(persons, rows, strict=True)}


def _store_rows(persons: Sequence[Person], stored: Stored) -> None:
    """Write what hangs on the contacts: engagements, bars, first listings."""
    ids = stored.persons
    EngagementRow.objects.bulk_create(
        EngagementRow(
            contact_id=ids[one.key], kind=event.kind, occurred_at=event.at, automated=event.automated, external_id=str(number)
        )
        for one in persons
        for number, event in enumerate(one.engagements)
    )
    HoldRow.objects.bulk_create(chain.from_iterable(hold_rows(one, ids[one.key]) for one in persons))
    RestrictionRow.objects.bulk_create(chain.from_iterable(restriction_rows(one, ids[one.key]) for one in persons))
    DataGap.objects.bulk_create(
        DataGap(affiliation_id=stored.links[link.key], contact_id=ids[one.key], first_listed_on=link.gap_listed_on)
        for one in persons
        for link in one.links
        if link.gap_listed_on
    )


BEFORE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def hold_rows(person: Person, contact: UUID) -> list[HoldRow]:
    """Legal holds, and the hold the rights desk places for a request: it blocks until the 30th day after the closing."""
    legal = [
        HoldRow(
            contact_id=contact, scope=hold.part, matter="matter 7", until_on=hold.until_on, placed_at=BEFORE,
            released_at=BEFORE if hold.released else None,
        )
        for hold in person.holds
    ]
    last_day = dt.timedelta(days=REQUEST_PAUSE_DAYS - 1)
    desk = [
        HoldRow(
            contact_id=contact, kind="request", matter="request", placed_at=BEFORE,
            until_on=request.closed_on + last_day if request.closed_on else None,
        )
        for request in person.requests
    ]
    return [*legal, *desk]


def restriction_rows(person: Person, contact: UUID) -> list[RestrictionRow]:
    """Restrictions of all four grounds in turn; one that was lifted was announced before."""
    return [
        RestrictionRow(
            contact_id=contact, ground="abcd"[number % 4], since_at=BEFORE,
            notice_before_lift_at=BEFORE if one.lifted else None, lifted_at=BEFORE if one.lifted else None,
        )
        for number, one in enumerate(person.restrictions)
    ]


def furnish(stored: Stored) -> None:
    """Give every stored contact a row in each other table that knows persons."""
    source = Source.objects.get_or_create(code="fair", kind="webinar")[0]
    day = BEFORE.date()
    ids = list(stored.persons.values())
    Collection.objects.bulk_create(Collection(contact_id=one, source=source, collected_on=day) for one in ids)
    Consent.objects.bulk_create(
        Consent(
            contact_id=one, digest="d", digest_version=1, purpose="news", channel="email", state="ConsentGiven",
            occurred_at=BEFORE, recorded_at=BEFORE,
        )
        for one in ids
    )
    Objection.objects.bulk_create(
        Objection(contact_id=one, ground="marketing", statement="Stop.", raised_at=BEFORE, recorded_at=BEFORE)
        for one in ids
    )
    pairs = Affiliation.objects.filter(contact__in=ids).values_list("contact_id", "organisation_id")
    SystemAccount.objects.bulk_create(
        SystemAccount(contact_id=contact, organisation_id=firm, system="portal", login=f"{contact}-{firm}")
        for contact, firm in pairs
    )


# And back -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Left:
    """What is left of a register: persons, those of them in marketing, and links."""

    persons: frozenset[str]
    in_marketing: frozenset[str]
    links: frozenset[str]


def stored_left(stored: Stored) -> Left:
    """What the database still holds of a stored register."""
    contacts = dict(Contact.objects.values_list("pk", "in_marketing"))
    links = set(Affiliation.objects.values_list("pk", flat=True))
    return Left(
        frozenset(key for key, pk in stored.persons.items() if pk in contacts),
        frozenset(key for key, pk in stored.persons.items() if contacts.get(pk)),
        frozenset(key for key, pk in stored.links.items() if pk in links),
    )


def oracle_left(register: Register) -> Left:
    """What the oracle's register holds, in the same shape."""
    return Left(
        frozenset(one.key for one in register.persons),
        frozenset(one.key for one in register.persons if one.in_marketing),
        frozenset(link.key for one in register.persons for link in one.links),
    )
