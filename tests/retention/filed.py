"""A random register as the three files of our own format, imported by the commands."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from django.core.management import call_command

from consent.models import Restriction as RestrictionRow
from contacts.models import Affiliation, Contact
from contacts.models import Organisation as OrganisationRow
from retention.models import Hold as HoldRow
from tests.retention.people import HELSINKI, Organisation, Person, Register
from tests.retention.store import FIVE_YEARS, FORMS, TRIALS, Stored, hold_rows, restriction_rows

TOLERANCE = dt.timedelta(minutes=5)


def evening(day: dt.date) -> dt.datetime:
    """Five minutes before midnight in Helsinki: the files know the whole day, and the first instant of the next."""
    return dt.datetime.combine(day, dt.time(23, 55), HELSINKI)


def fit_for_files(register: Register, day: dt.date) -> Register:
    """The register as files of that day can say it: nobody has left tomorrow, and no file claims a consent."""
    return replace(register, persons=tuple(_person(one, day) for one in register.persons))


def _person(person: Person, day: dt.date) -> Person:
    return replace(
        person,
        links=tuple(
            replace(link, ended_on=min(link.ended_on, day)) if link.ended_on else link for link in person.links
        ),
        engagements=tuple(
            replace(event, kind="login") if event.kind == "consent" else event for event in person.engagements
        ),
    )


def without_refused(register: Register, day: dt.date) -> Register:
    """The register without the engagements that the airlock refuses that evening, because they lie ahead (E8)."""
    latest = evening(day) + TOLERANCE
    return replace(
        register,
        persons=tuple(
            replace(one, engagements=tuple(event for event in one.engagements if event.at <= latest))
            for one in register.persons
        ),
    )


def firms_of(register: Register) -> dict[str, dict[str, str]]:
    """How the files name each organisation; namesakes differ by legal form and domain."""
    return {
        firm.key: {
            "organisation": f"{firm.stripped_name} {FORMS[number % len(FORMS)]}",
            "organisation_domain": f"{firm.key}.example",
        }
        for number, firm in enumerate(register.organisations)
    }


def contact_rows(register: Register) -> list[dict[str, str]]:
    """One row for each employer of a person, one for whoever has none."""
    firms = firms_of(register)
    rows = []
    for person in register.persons:
        one = {
            "email": email_of(person),
            "last_name": person.key.title(),
            "topics": "backup",
            "collected_on": person.collected_on.isoformat(),
            "in_marketing": "yes" if person.in_marketing else "no",
        }
        rows += [
            one | firms[link.organisation.key] | {"affiliated_until": _day(link.ended_on)} for link in person.links
        ] or [one]
    return rows


def agreement_rows(register: Register) -> list[dict[str, str]]:
    """Every agreement of every organisation, with a reference of its own."""
    firms = firms_of(register)
    return [
        firms[firm.key]
        | {
            "party": one.party,
            "kind": kinds[one.starts.day % len(kinds)],
            "reference": f"{firm.key}-{number}",
            "signed_on": _day(one.signed_on),
            "starts_on": _day(one.starts_on),
            "ends_on": _day(one.ends_on),
            "terminated_on": _day(one.terminated_on),
        }
        for firm in register.organisations
        for number, one in enumerate(firm.agreements)
        for kinds in [FIVE_YEARS if one.starts_five_years else TRIALS]
    ]


def engagement_rows(register: Register) -> list[dict[str, str]]:
    """Every engagement of every person."""
    return [
        {
            "email": email_of(person),
            "kind": event.kind,
            "occurred_at": event.at.isoformat(),
            "automated": "yes" if event.automated else "no",
            "external_id": str(number),
        }
        for person in register.persons
        for number, event in enumerate(person.engagements)
    ]


def email_of(person: Person) -> str:
    return f"{person.key}@example.org"


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def bring(what: str, rows: Iterable[Mapping[str, str]], folder: Path) -> dict[str, int]:
    """Write the rows as a file, import it by its command and return how many rows were decided how."""
    written = list(rows)
    columns = list(dict.fromkeys(name for row in written for name in row))
    path = folder / f"{what}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(written)
    out = io.StringIO()
    call_command(f"import_{what}", str(path), stdout=out)
    counts = {name: int(number) for name, number in re.findall(r"^([a-z]+) +([0-9]+)$", out.getvalue(), re.MULTILINE)}
    assert sum(counts.values()) == len(written)
    return counts


def find(register: Register) -> Stored:
    """Which rows the imported register became; holds, restrictions and requests, which no file brings, are added."""
    contacts = dict(Contact.objects.values_list("email", "pk"))
    firms = dict(OrganisationRow.objects.values_list("domain", "pk"))
    links = {
        (contact, firm): pk for pk, contact, firm in Affiliation.objects.values_list("pk", "contact", "organisation")
    }
    persons = {one.key: contacts[email_of(one)] for one in register.persons}
    stored = Stored(
        persons,
        {
            link.key: links[persons[one.key], firms[_domain(link.organisation)]]
            for one in register.persons
            for link in one.links
        },
        {firm.key: firms[_domain(firm)] for firm in register.organisations if _domain(firm) in firms},
    )
    for one in register.persons:
        HoldRow.objects.bulk_create(hold_rows(one, persons[one.key]))
        RestrictionRow.objects.bulk_create(restriction_rows(one, persons[one.key]))
    return stored


def _domain(firm: Organisation) -> str:
    return f"{firm.key}.example"
