"""From plain objects into the database as the program's own writers would, and back again for comparison."""

from __future__ import annotations

import datetime as dt
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
from tests.retention.people import COUNTING, REQUEST_PAUSE_DAYS, Agreement, Organisation, Person, Register, helsinki

FIVE_YEARS, TRIALS = ("licence", "subscription", "order", "partner"), ("trial", "beta")
FORMS = ("Oy", "GmbH", "Ltd", "AB", "SE")


@dataclass(frozen=True)
class Stored:
    """Which rows the persons, links and organisations of a register became."""

    persons: dict[str, UUID]
    links: dict[str, UUID]
    organisations: dict[str, UUID]


def store(register: Register) -> Stored:
    """Write a register as the program's own writers would: keys derived, dates completed, last engagement noted."""
    firms = list(register.organisations)
    firms += [link.organisation for person in register.persons for link in person.links]
    organisations = store_organisations({firm.key: firm for firm in firms}.values())
    contacts = store_contacts(register.persons)
    links = {
        link.key: Affiliation(
            contact_id=contacts[person.key],
            organisation_id=organisations[link.organisation.key],
            ended_on=link.ended_on,
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
        row.__dict__.update(derived_keys(row.email, row.first_name, row.last_name, row.phone))
    Contact.objects.bulk_create(rows)
    return {person.key: row.pk for person, row in zip(persons, rows, strict=True)}


def _store_rows(persons: Sequence[Person], stored: Stored) -> None:
    """Write what hangs on the contacts: engagements, bars, first listings."""
    ids = stored.persons
    EngagementRow.objects.bulk_create(
        EngagementRow(
            contact_id=ids[one.key],
            kind=event.kind,
            occurred_at=event.at,
            automated=event.automated,
            external_id=str(number),
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
    """Legal holds, and the hold the rights desk places for a request: it blocks until 30 days after its end."""
    legal = [
        HoldRow(
            contact_id=contact,
            scope=hold.part,
            matter="matter 7",
            until_on=hold.until_on,
            placed_at=BEFORE,
            released_at=BEFORE if hold.released else None,
        )
        for hold in person.holds
    ]
    last_day = dt.timedelta(days=REQUEST_PAUSE_DAYS - 1)
    desk = [
        HoldRow(
            contact_id=contact,
            kind="request",
            matter="request",
            placed_at=BEFORE,
            until_on=request.closed_on + last_day if request.closed_on else None,
        )
        for request in person.requests
    ]
    return [*legal, *desk]


def restriction_rows(person: Person, contact: UUID) -> list[RestrictionRow]:
    """Restrictions of all four grounds in turn; one that was lifted was announced before."""
    return [
        RestrictionRow(
            contact_id=contact,
            ground="abcd"[number % 4],
            since_at=BEFORE,
            notice_before_lift_at=BEFORE if one.lifted else None,
            lifted_at=BEFORE if one.lifted else None,
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
            contact_id=one,
            digest="d",
            digest_version=1,
            purpose="news",
            channel="email",
            state="ConsentGiven",
            occurred_at=BEFORE,
            recorded_at=BEFORE,
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
