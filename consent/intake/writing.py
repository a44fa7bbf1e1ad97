"""Writes what was decided about a chunk of contact rows, set-wise and inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid

from config.sql import insert_rows, update_rows
from consent import notices
from consent.intake.known import STATE, Known, Link, Person, Rank
from consent.intake.outcome import Context
from contacts.formats.rows import ContactRow
from contacts.models import Affiliation, Collection, Contact
from contacts.models.people import keys_from
from contacts.provenance import VALUES
from contacts.references import take

DERIVED = ("email_digest", "domain_digest", "phone_digest", "digest_version", "name_key")
CONTACT_COLUMNS = ("id", "reference", *VALUES, *STATE, *DERIVED, "created_at", "updated_at")
COLLECTION_COLUMNS = (
    "contact",
    "source",
    "batch",
    "external_id",
    "collected_on",
    "supplied_by_subject",
    "fields",
)
AFFILIATION_COLUMNS = ("id", "contact", "organisation", "role", "started_on", "ended_on")


class Writing:
    """Collects the rows to write while a chunk is decided."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.touched: dict[Person, None] = {}
        self.confirmed: dict[Person, None] = {}
        self.created: list[Person] = []
        self.collections: list[tuple[Any, ...]] = []
        self.supplied: dict[UUID, tuple[str, date]] = {}
        self.affiliations: list[Link] = []
        self.reaffiliated: dict[UUID, Link] = {}

    def create(self, row: ContactRow, context: Context, known: Known, *, marketing: bool) -> Person:
        """A new contact, known to the rows that follow."""
        former = known.former_of(row)
        values: dict[str, Any] = dict.fromkeys(VALUES, "")
        values |= {
            "topics": (),
            "email": row.email,
            "email_key": row.email_key or None,
            "in_marketing": marketing,
            "marketing_frozen": False,
            "left_marketing_on": None,
            "returned_on": None,
            "collected_on": row.collected_on or row.seen_on or context.today,
            "collected_estimated": row.collected_on is None,
            "last_engaged_on": None,
            "purged_before_on": former[1] if former else None,
        }
        person = Person(uuid.uuid7(), values, is_new=True)
        self.created.append(person)
        self.touched[person] = None
        if row.email_key:
            known.by_key[row.email_key] = person
        return person

    def set_value(self, person: Person, name: str, value: Any) -> None:
        """Give a field a new value; `collect` adds its provenance."""
        person.values[name] = value
        person.changed.add(name)
        self.touched[person] = None

    def set_state(self, person: Person, **state: Any) -> None:
        """Change membership, address or day of collection."""
        person.values.update(state)
        person.changed.update(state)
        self.touched[person] = None

    def affiliate(self, person: Person, link: Link) -> None:
        """Add a link to an organisation."""
        self.affiliations.append(link)
        self.touched[person] = None

    def reaffiliate(self, person: Person, link: Link) -> None:
        """Change the dates of a link; one of this chunk's own is written with them anyway."""
        if not link.is_new:
            self.reaffiliated[link.id] = link
        self.touched[person] = None

    def collect(self, person: Person, row: ContactRow, rank: Rank, names: frozenset[str], system: UUID | None) -> None:
        """Add provenance, and let the fields weigh as much as they will when they are looked up again.

        The row's id is one of `system`; where the data came from elsewhere, it is kept beside.
        Whoever gave us the data was informed at that moment (Art. 13).
        """
        self.confirmed[person] = None
        if rank.by_subject:
            self.supplied.setdefault(person.id, (person.values["language"], rank.collected_on))
        for name in names:
            old = person.ranks.get(name)
            if old is None or rank.weight >= old.weight:
                person.ranks[name] = rank
        person.collections.append((rank.source_id, rank.collected_on, rank.by_subject, names))
        ids = {rank.source_id: "", system: row.external_id} if row.external_id else {rank.source_id: ""}
        self.collections += [
            (
                person.id,
                source,
                self.context.batch,
                external_id,
                rank.collected_on,
                rank.by_subject,
                _listed(names if source == rank.source_id else frozenset()),
            )
            for source, external_id in ids.items()
        ]

    def write(self) -> None:
        """Store everything, parents first."""
        at = self.context.at
        references = take(len(self.created)) if self.created else []
        insert_rows(
            Contact,
            CONTACT_COLUMNS,
            (
                (person.id, reference, *_values(person), *_derived(person), at, at)
                for person, reference in zip(self.created, references, strict=True)
            ),
        )
        self._update()
        insert_rows(
            Affiliation,
            AFFILIATION_COLUMNS,
            (
                (link.id, link.contact_id, link.organisation_id, "", link.started_on, link.ended_on)
                for link in self.affiliations
            ),
        )
        update_rows(
            Affiliation,
            ("started_on", "ended_on"),
            [(link.id, link.started_on, link.ended_on) for link in self.reaffiliated.values()],
        )
        insert_rows(Collection, COLLECTION_COLUMNS, self.collections)
        notices.at_collection(self.supplied, self.context.at, self.context.batch)

    def _update(self) -> None:
        """Store what has changed of contacts that were there: only the columns in which any of them has changed."""
        changed = [person for person in self.touched if person.changed and not person.is_new]
        names = set[str]().union(*(person.changed for person in changed))
        columns = [name for name in (*VALUES, *STATE) if name in names]
        derived = DERIVED if names & {"email", "first_name", "last_name", "phone"} else ()
        update_rows(
            Contact,
            (*columns, *derived, "updated_at"),
            [
                (person.id, *_values(person, columns), *(_derived(person) if derived else ()), self.context.at)
                for person in changed
            ],
        )


@lru_cache(maxsize=1024)
def _listed(names: frozenset[str]) -> str:
    """Names of fields as JSON; few sets of them occur, again and again."""
    return json.dumps(sorted(names))


def _values(person: Person, columns: Iterable[str] = (*VALUES, *STATE)) -> list[Any]:
    """The columns an import writes, ready for the database."""
    values = person.values
    return [json.dumps(values[name], ensure_ascii=False) if name == "topics" else values[name] for name in columns]


def _derived(person: Person) -> list[Any]:
    """What follows from the address, the name and the number."""
    values = person.values
    found = keys_from(values["email_key"], values["first_name"], values["last_name"], values["phone"])
    return [found[name] for name in DERIVED]
