"""What the register already knows about the people of one chunk of rows: looked up set-wise, under lock."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from config import keys
from config.sql import array
from consent import former
from consent.intake.outcome import Context
from consent.models import Consent, Objection, Restriction
from consent.models.consents import ConsentState
from consent.suppression import find
from contacts import merged
from contacts.formats.rows import ContactRow
from contacts.formats.vendors import Format
from contacts.models import Affiliation, Collection, Contact, Source
from contacts.models.provenance import SourceKind
from contacts.provenance import VALUES

STATE = (
    "email",
    "email_key",
    "in_marketing",
    "marketing_frozen",
    "left_marketing_on",
    "returned_on",
    "collected_on",
    "collected_estimated",
    "last_engaged_on",
    "purged_before_on",
)


@dataclass(slots=True)
class Rank:
    """How much a value weighs: given by the person, and collected when; and which import brought it from where."""

    by_subject: bool
    collected_on: date
    source_id: UUID | None = None
    batch: UUID | None = None

    @property
    def weight(self) -> tuple[bool, date]:
        """The person's own word outweighs an import, then the newer one the older."""
        return self.by_subject, self.collected_on

    def equals(self, other: Rank) -> bool:
        """Whether the same source says both with the same weight."""
        return self.weight == other.weight and self.source_id == other.source_id


@dataclass(slots=True, eq=False)
class Link:
    """A dated link between a contact and an organisation."""

    id: UUID
    contact_id: UUID
    organisation_id: UUID
    started_on: date | None = None
    ended_on: date | None = None
    is_new: bool = False


@dataclass(slots=True, eq=False)
class Person:
    """A contact as this chunk sees it, with what the rows before have already changed."""

    id: UUID
    values: dict[str, Any]
    is_new: bool = False
    changed: set[str] = field(default_factory=set)
    ranks: dict[str, Rank] = field(default_factory=dict)
    collections: list[tuple[UUID | None, date, bool, frozenset[str]]] = field(default_factory=list)
    affiliations: dict[UUID, Link] = field(default_factory=dict)
    consents: dict[Any, str] = field(default_factory=dict)
    consented_at: datetime | None = None
    objections: set[str] = field(default_factory=set)
    restricted: bool = False
    former: list[str] = field(default_factory=list)
    """The addresses of records merged into this contact."""

    @property
    def addresses(self) -> list[str]:
        """Every address that leads to this contact, its own first."""
        return [*filter(None, [self.values["email_key"]]), *self.former]

    def object_(self, channel: str, at: datetime) -> None:
        """An objection stands unless the person, and nobody else, has consented since (domain section 9)."""
        if self.consented_at is None or self.consented_at <= at:
            self.objections.add(channel)


class Known:
    """The people, suppression entries, former addresses and sources that a chunk of contact rows touches."""

    def __init__(self, rows: Sequence[ContactRow], context: Context) -> None:
        self.context = context
        self.sources = _sources(rows, context)
        self.by_key: dict[str, Person] = {}
        self.by_external: dict[tuple[UUID, str], list[Person]] = defaultdict(list)
        self.people: dict[UUID, Person] = {}
        address_keys = {row.email_key for row in rows if row.email_key}
        pairs = {self.at_source(row) for row in rows if row.external_id}
        self._load(address_keys, pairs, context)
        address_keys |= set(self.by_key)
        self.digests = keys.digests_of(address_keys)
        """Of every address, the newest key's digest first."""
        self.objected = self._objections_by_digest()
        self.suppressed_by = {key: entry.authority for key, entry in find(address_keys).items()}
        self.suppressed_by |= context.recall("suppressed", address_keys)
        self.suppressed = set(self.suppressed_by)
        nameless = {external_key(*self.at_source(row)) for row in rows if not row.email_key}
        self.former = former.find({*address_keys, *nameless})

    def keep(self, people: Iterable[Person]) -> None:
        """Hand these people on to the next chunks of a preview, with the keys by which rows will find them."""
        self.context.keep("person", {person.id: person for person in people})
        self.context.keep("address", {key: person.id for key, person in self.by_key.items()})
        self.context.keep("at source", {pair: [one.id for one in many] for pair, many in self.by_external.items()})

    def _load(self, address_keys: set[str], pairs: set[tuple[UUID, str]], context: Context) -> None:
        """The contacts with these addresses, or with these keys at their source, locked in the order of their ids."""
        collected = Collection.objects.filter(
            source__in={source for source, _external in pairs}, external_id__among=array(key for _source, key in pairs)
        )
        at_source = set(collected.values_list("contact_id", "source_id", "external_id")) if pairs else set()
        ids = {contact for contact, *pair in at_source if tuple(pair) in pairs}
        ids |= set(Contact.objects.filter(email_key__among=array(address_keys)).values_list("pk", flat=True))
        ids |= set(merged.by_address(address_keys).values())
        earlier = context.recall("at source", pairs)
        at_source |= {(contact, *pair) for pair, many in earlier.items() for contact in many}
        ids |= {contact for many in earlier.values() for contact in many}
        ids |= set(context.recall("address", address_keys).values())
        locked = Contact.objects.filter(pk__among=array(ids)).order_by("pk").select_for_update()
        for pk, *values in locked.values_list("pk", *VALUES, *STATE):
            person = Person(pk, dict(zip((*VALUES, *STATE), values, strict=True)))
            person.values["topics"] = tuple(person.values["topics"])
            self.people[pk] = person
        self._load_children()
        self.people |= context.recall("person", ids)
        self.by_key = {key: person for person in self.people.values() for key in person.former}
        self.by_key |= {str(key): person for person in self.people.values() if (key := person.values["email_key"])}
        for contact, source, external in at_source:
            if (source, external) in pairs and contact in self.people:
                self.by_external[source, external].append(self.people[contact])

    def _load_children(self) -> None:
        """What decides about these people: provenance, affiliations, consents, objections, restrictions."""
        ids = array(self.people)
        collections = Collection.objects.filter(contact__among=ids).order_by(
            "supplied_by_subject", "collected_on", "id"
        )
        said = Cast("fields", TextField())
        columns = ("contact_id", "source_id", "batch", "collected_on", "supplied_by_subject", said)
        for contact, source, batch, on, by_subject, text in collections.values_list(*columns):
            person, names = self.people[contact], _names(text)
            person.ranks.update(dict.fromkeys(names, Rank(by_subject, on, source, batch)))
            person.collections.append((source, on, by_subject, names))
        for contact, key in merged.addresses_of(self.people):
            self.people[contact].former.append(key)
        links = Affiliation.objects.filter(contact__among=ids)
        for held in links.values_list("pk", "contact_id", "organisation_id", "started_on", "ended_on"):
            link = Link(*held)
            self.people[link.contact_id].affiliations[link.organisation_id] = link
        consents = Consent.objects.filter(contact__among=ids).order_by("occurred_at", "recorded_at")
        for contact, state, at, method in consents.values_list("contact_id", "state", "occurred_at", "method"):
            self.people[contact].consents[at] = state
            if state == ConsentState.GIVEN and method != "import":
                self.people[contact].consented_at = at
        objections = Objection.objects.filter(contact__among=ids, ground="marketing")
        for contact, channel, at in objections.values_list("contact_id", "channel", "raised_at"):
            self.people[contact].object_(channel, at)
        restricted = Restriction.objects.filter(contact__among=ids, lifted_at__isnull=True)
        for contact in restricted.values_list("contact_id", flat=True):
            self.people[contact].restricted = True

    def _objections_by_digest(self) -> dict[str, set[str]]:
        """By address the channels objected to before we held the person: known by the digest only."""
        found: dict[str, set[str]] = defaultdict(set)
        by_digest = _by_digest(self.digests)
        orphans = Objection.objects.filter(contact=None, ground="marketing", digest__among=array(by_digest))
        for digest, channel, at in orphans.values_list("digest", "channel", "raised_at"):
            key = by_digest[digest]
            found[key].add(channel)
            if key in self.by_key:
                self.by_key[key].object_(channel, at)
        return found

    def source_of(self, row: ContactRow, context: Context) -> Source:
        """Where the row says it comes from: its own source, the import's, or the format's name."""
        return self.sources[row.source or context.source_code or context.format]

    def at_source(self, row: ContactRow) -> tuple[UUID, str]:
        """The row's key at its source: the system whose id it is, and the id."""
        return self.sources[system_code(row, self.context.source_code, self.context.format)].pk, row.external_id

    def find(self, row: ContactRow) -> list[Person]:
        """The contact a row is about: by address; without one by its key at the source, where several may claim it.

        A row with an address also finds the contact that was stored without one under the same key at the source.
        """
        if row.email_key in self.by_key:
            return [self.by_key[row.email_key]]
        at_source = self.by_external.get(self.at_source(row), [])
        if not row.email_key:
            return at_source
        return [person for person in at_source if not person.values["email_key"]]

    def claim(self, row: ContactRow, person: Person) -> None:
        """Rows that follow find this contact by the row's key at its source, too."""
        if row.external_id:
            at_source = self.by_external[self.at_source(row)]
            if person not in at_source:
                at_source.append(person)

    def employers(self) -> set[UUID]:
        """The organisations the known people are affiliated with."""
        return {organisation for person in self.people.values() for organisation in person.affiliations}

    def former_of(self, row: ContactRow) -> tuple[str, date] | None:
        """Why and when the person of a row was erased, if so."""
        return self.former.get(row.email_key or external_key(*self.at_source(row)))


@lru_cache(maxsize=1024)
def _names(text: str) -> frozenset[str]:
    """The names of fields that a collection speaks of; few lists of them occur, again and again."""
    return frozenset(json.loads(text))


def system_code(row: ContactRow, source_code: str, format_name: str) -> str:
    """The code of the system whose ids a file has: the row's own source in our format, never a vendor's Lead Source."""
    own = row.source if format_name == Format.OBHUT else ""
    return own or source_code or format_name


def external_key(source_id: UUID, external_id: str) -> str:
    """What is remembered of somebody without an address: the key at the source."""
    return f"{source_id}:{external_id}"


def _by_digest(digests: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {digest: key for key, known in digests.items() for digest in known}


def _sources(rows: Sequence[ContactRow], context: Context) -> dict[str, Source]:
    """The sources these rows name, created where new: a supplier's list is a third party until staff decide."""
    supplied = {row.source: (row.source_supplier, not row.supplied_by_subject) for row in rows if row.source}
    codes = set(supplied) | {context.source_code or context.format}
    found = {source.code: source for source in Source.objects.filter(code__in=codes)}
    found |= context.recall("source", codes)
    for code in codes - set(found):
        supplier, by_others = supplied.get(code, ("", False))
        kind = SourceKind.THIRD_PARTY if supplier and by_others else SourceKind.SYSTEM
        found[code], _created = Source.objects.get_or_create(code=code, defaults={"supplier": supplier, "kind": kind})
    context.keep("source", found)
    return found
