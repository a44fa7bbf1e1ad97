"""A person whose every value can be recognised wherever it turns up, and the search for it in every column and file.

A canary's values all contain one made-up word. `plant` walks the declared models, so a new table or column is filled
without a change here; a field it does not know how to fill makes it fail.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile, is_zipfile

from django.contrib.sessions.models import Session
from django.db import connection, models
from django.db.models import Model
from django.db.models.fields.related import ForeignKey, OneToOneField

from config import keys
from consent.models import Breach, DisclosureBatch, ExceptionalDisclosure
from contacts.models import Affiliation, Contact
from contacts.personal_data import OnErasure, PersonalData, declaration, linked_models
from tests.consent.disclosure_cast import exception, purpose, recipient

LONG_AGO = datetime(2023, 5, 2, 9, 0, tzinfo=UTC)
"""When everything about a canary happened that is due in November 2026."""
ROOM = 20
"""A column shorter than this holds a code (a language, a state, a reference) and no text about a person."""
DERIVED = {"email_key", "email_digest", "digest_version", "name_key", "reference"}
"""What saving a contact or an organisation fills."""
Place = tuple[str, str]
"""A table and a column."""


@dataclass
class Canary:
    """One made-up word, a phone number and an IP address that belong to nobody else.

    `at` is when everything about this person happened, `customer_until` the end of the employer's agreement, `texts` how
    many texts have been given out.
    """

    word: str
    number: int
    at: datetime = LONG_AGO
    customer_until: date | None = date(2015, 1, 1)
    texts: int = 0

    @property
    def states(self) -> dict[str, dict[str, Any]]:
        """By model, what must not keep a canary from being erased, and what follows no general rule."""
        return {
            "contacts.Contact": {"in_marketing": True, "country": "FI", "language": "fi"},
            "contacts.Agreement": {"starts_on": date(2012, 1, 1), "ends_on": self.customer_until},
            "consent.BreachPerson": {"found_by": "read log"},
            "consent.Consent": {"purpose": "marketing", "state": "ConsentGiven"},
            "consent.Disclosure": {"ground": "contract"},
            "consent.Notice": {"given_at": self.at},
            "consent.Restriction": {"notice_before_lift_at": self.at, "lifted_at": self.at},
            "contacts.MergeUndo": {"merged_at": datetime(2026, 11, 20, 9, 0, tzinfo=UTC)},  # has 30 days
            "dsar.RightsRequest": {"reference": f"R-{self.number:06}"},
            "retention.Hold": {"until_on": self.at.date(), "released_at": self.at},
        }

    @property
    def email(self) -> str:
        """The address on the contact."""
        return f"{self.word}@example.org"

    @property
    def phone(self) -> str:
        """A phone number in E.164."""
        return f"+358455551{self.number:03}"

    @property
    def ip_address(self) -> str:
        """An address from the range for documentation."""
        return f"203.0.113.{self.number}"

    def text(self) -> str:
        """A text like no other; short enough for every column that has room for a text."""
        self.texts += 1
        return f"{self.word.title()} {self.texts:03}"

    @property
    def needles(self) -> dict[str, bytes]:
        """What to look for, by the name of its spelling. The word is plain ASCII: escaping leaves it as it is."""
        spellings = [self.word, self.word.title(), self.word.upper()]
        found = {f"base64 of {text}": _base64(text.encode(), shift) for text in spellings for shift in range(3)}
        found |= {f"utf-16 of {text}": text.encode("utf-16-le") for text in spellings}
        return {"phone": self.phone[4:].encode(), "ip address": self.ip_address.encode(), **found}

    def seen_in(self, data: bytes) -> list[str]:
        """Where this canary shows in some bytes: the texts, and the names of other spellings."""
        texts = re.findall(rb"[\w. ]*%s[\w@. ]*" % self.word.encode(), data, re.IGNORECASE)
        return [text.decode(errors="replace") for text in texts] + [
            name for name, needle in self.needles.items() if needle in data
        ]


def _base64(text: bytes, shift: int) -> bytes:
    """The middle of what base64 makes of a text that begins at that place of a group of three bytes."""
    coded = base64.b64encode(b"\0" * shift + text)
    return coded[(0, 2, 3)[shift] : (shift + len(text)) * 8 // 6]


# Planting -------------------------------------------------------------------------------------------------------------


def plant(canary: Canary, contact: Contact, **given: Model) -> None:
    """Fill what is empty on the contact, and add a row in every table that is about a person: every text the canary's.

    `given` are the rows that others need to point to: organisation, source, batch, user.
    """
    for name in sorted(planted_fields(Contact)):
        if not getattr(contact, name):
            found: Any = contact._meta.get_field(name)
            setattr(contact, name, _planted(found, canary))
    contact.save()
    links = {**given, "contact": contact, "exception": passed_on(), "breach": breached()}
    for model, data in sorted(linked_models(), key=lambda pair: pair[0] is not Affiliation):
        key = model._meta.pk
        if isinstance(key, OneToOneField) and model._base_manager.filter(pk=links[key.name].pk).exists():
            continue
        # A row about two contacts is about this one twice: nobody else's is to go with the person.
        row = fill(model, canary, **links, **dict.fromkeys(data.also, contact))
        if isinstance(row, Affiliation):
            links["affiliation"] = row


def passed_on() -> ExceptionalDisclosure:
    """That something was passed on once to a partner, exceptionally too; the rows about people point here."""
    if found := ExceptionalDisclosure.objects.first():
        return found
    partner = recipient()
    DisclosureBatch.objects.create(
        recipient=partner, purpose=purpose(), title="Orders", country="FI", disclosed_at=LONG_AGO, digest="0" * 64
    )
    return exception(partner, ground="fraud")


def breached() -> Breach:
    """A breach that people can be concerned by."""
    return Breach.objects.first() or Breach.objects.create(title="A lost laptop", aware_at=LONG_AGO)


def fill(model: type[Model], canary: Canary, **links: Model) -> Model:
    """One row, full of the canary."""
    values = dict(canary.states.get(model._meta.label, {}))
    filled = planted_fields(model)
    for one in model._meta.local_concrete_fields:
        if one.name in values:
            continue
        if isinstance(one, ForeignKey):
            if isinstance(links.get(one.name), one.related_model):
                values[one.name] = links[one.name]
            elif not one.null:
                parent = one.related_model
                values[one.name] = parent._base_manager.first() or fill(parent, canary)
        elif one.name in filled:
            values[one.name] = _planted(one, canary)
        elif not (one.generated or one.has_default() or one.blank or one.null or one.name in {*DERIVED, "digest"}):
            values[one.name] = _required(one, canary)
    names = {one.name for one in model._meta.local_concrete_fields}
    if "digest" in names:
        values |= {"digest": keys.digest(canary.email), "digest_version": keys.newest_version()}
    if "contact" in links and (name := _declared(model).id_as_text):
        values[name] = str(links["contact"].pk)
    return model._base_manager.create(**{name: value for name, value in values.items() if name in names})


def _declared(model: type[Model]) -> PersonalData:
    data = declaration(model)
    assert data is not None, f"{model} is not declared"
    return data


def planted_fields(model: type[Model]) -> set[str]:
    """The fields of a model that take a text about a person: all that have room, or of evidence the personal ones."""
    data = _declared(model)
    names = {one.name for one in model._meta.local_concrete_fields if _has_room(one)} - {data.id_as_text}
    return names & set(data.personal) if data.on_erasure is OnErasure.DETACH else names


def _has_room(one: models.Field[Any, Any]) -> bool:
    """Whether somebody could write something about a person here."""
    if one.generated or one.choices or one.primary_key or one.name in DERIVED or "digest" in one.name:
        return False
    if isinstance(one, models.CharField):
        return one.max_length is None or one.max_length >= ROOM
    return isinstance(one, models.TextField | models.JSONField | models.GenericIPAddressField)


def _planted(one: models.Field[Any, Any], canary: Canary) -> Any:
    """The canary's value for a field."""
    if isinstance(one, models.GenericIPAddressField):
        return canary.ip_address
    if isinstance(one, models.JSONField):
        return [canary.text()] if one.default is list else {canary.text(): [canary.text(), canary.email]}
    return {"email": canary.email, "phone": canary.phone}.get(one.name) or canary.text()


def _required(one: models.Field[Any, Any], canary: Canary) -> Any:
    """Something allowed in a field that must not be empty."""
    if one.choices:
        return next(value for value, _label in one.flatchoices if value)
    if isinstance(one, models.DateTimeField):
        return canary.at
    if isinstance(one, models.DateField):
        return canary.at.date()
    if isinstance(one, models.IntegerField):
        return 1
    if isinstance(one, models.UUIDField):
        return uuid4()
    raise NotImplementedError(f"How is {one} filled?")


def planted_places(*others: type[Model]) -> set[Place]:
    """The table and column of every field that `plant` fills, and `fill` in the other models."""
    tables_: list[type[Model]] = [Contact, *(model for model, _data in linked_models()), *others]
    return {(model._meta.db_table, name) for model in tables_ for name in planted_fields(model)}


# Searching ------------------------------------------------------------------------------------------------------------


def database_rows() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Every row of every table the database has, past the models: (table, column -> bytes)."""
    with connection.cursor() as cursor:
        for table in sorted(tables()):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                yield table, dict(zip(names, map(as_bytes, row), strict=True))


def tables() -> set[str]:
    """The names of all tables, by the database's own catalogue."""
    catalogue = (
        "SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'table'"
    )
    with connection.cursor() as cursor:
        cursor.execute(catalogue)
        return {name for (name,) in cursor.fetchall()}


def as_bytes(value: Any) -> bytes:
    """A column's value as it would be read from the disk."""
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return value.encode() if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).encode()


def seen_in_database(canary: Canary) -> dict[Place, list[str]]:
    """The columns in which the canary shows, with how."""
    found: dict[Place, list[str]] = {}
    for table, row in database_rows():
        for column, data in row.items():
            if traces := canary.seen_in(data):
                found.setdefault((table, column), []).extend(traces)
    for session in Session.objects.all():
        if traces := canary.seen_in(json.dumps(session.get_decoded()).encode()):
            found.setdefault(("django_session", "decoded"), []).extend(traces)
    return found


def seen_in_files(canary: Canary, *folders: Path) -> dict[str, list[str]]:
    """The files in which the canary shows, by name or content; what is packed is unpacked."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*"))]
    found = {str(path): canary.seen_in(path.name.encode() + b"\n" + contents(path)) for path in paths}
    return {place: traces for place, traces in found.items() if traces}


def contents(path: Path) -> bytes:
    """Everything in a file, and in the members of an archive."""
    if not path.is_file():
        return b""
    data = path.read_bytes()
    if is_zipfile(path):
        with ZipFile(path) as archive:
            data += b"\n".join(archive.read(name) for name in archive.namelist())
    return data


def rows_about(canary: Canary, contact: Contact) -> list[tuple[str, dict[str, bytes]]]:
    """Every row that names the canary or its id, byte for byte."""
    ids = (str(contact.pk).encode(), contact.pk.hex.encode(), contact.reference.encode())
    return sorted(
        (
            (table, row)
            for table, row in database_rows()
            if any(canary.seen_in(data) or any(one in data for one in ids) for data in row.values())
        ),
        key=repr,
    )
