"""The residue scan: whether anything still points to somebody who was erased.

It reads every text and JSON column of every installed table and every upload, and looks for e-mail addresses (by keyed
digest), record ids and references of erased persons. Names cannot be recognised; the tests prove those.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db.models import CharField, JSONField, Model, Q, TextField

from config import keys
from config.models import AccessEvent
from consent.models import RecipientNotice
from contacts.formats.problems import UnreadableFile
from contacts.formats.tables import open_table
from contacts.identity import email_key
from contacts.models import Contact, MergedRecord
from contacts.personal_data import declaration
from retention.models import ErasureRecord

AROUND = re.compile(r"([\w.!#$%&'*+/=?^`{|}~-]+)@([^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+)")
"""What stands around an @: perhaps more than the address on the left, never more than the domain on the right."""
IDENTIFIER = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}(?![0-9a-f])")
REFERENCE = re.compile(r"(?<![0-9A-Z])C-[0-9A-HJKMNP-TV-Z]{6}(?![0-9A-Z])")
BATCH = 2_000
POINTS_ON_PURPOSE = (RecipientNotice, "reference")
"""Whom a recipient must still be told about (Art. 19); the database empties it with the telling."""
KEEP_IDS = (ErasureRecord, AccessEvent)
"""Evidence that lawfully knows an erased person's id, and holds no text in which anything else could stand."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A place that still points to an erased person, by the erased contact's reference."""

    place: str
    reference: str


@dataclass(frozen=True, slots=True)
class Hints:
    """What a text contains that could point to a person; each address as its digests under every key."""

    addresses: frozenset[frozenset[str]]
    ids: frozenset[UUID]
    references: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.addresses or self.ids or self.references)


def scan() -> Iterator[Trace]:
    """Every trace in the database and in the files Obhut wrote."""
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and model not in KEEP_IDS:
            yield from _scan_table(model)
    for path in sorted(settings.UPLOAD_DIR.rglob("*")) if settings.UPLOAD_DIR.exists() else ():
        if path.is_file():
            yield from _scan_file(path)


def _scan_table(model: type[Model]) -> Iterator[Trace]:
    """The text and JSON columns of one table, streamed."""
    names = [
        field.name
        for field in model._meta.local_concrete_fields
        if isinstance(field, CharField | TextField | JSONField)
        and not field.generated
        and (model, field.name) != POINTS_ON_PURPOSE
    ]
    if not names:
        return
    rows = model._base_manager.order_by().values_list("pk", *names)
    found: list[tuple[str, Hints]] = []
    for key, *values in rows.iterator(chunk_size=BATCH):
        for name, value in zip(names, values, strict=True):
            if hints := _hints(value):
                found.append((f"{model._meta.db_table}.{name} {key}", hints))
        if len(found) >= BATCH:
            yield from _confirm(model, found)
            found = []
    yield from _confirm(model, found)


def _scan_file(path: Path) -> Iterator[Trace]:
    """Whatever the airlock can read is read as it reads it, also a workbook; anything else as text."""
    found = []
    for line, text in _texts(path):
        if hints := _hints(text):
            found.append((f"{path.name}:{line}", hints))
    yield from _confirm(None, found)


def _texts(path: Path) -> Iterator[tuple[int, str]]:
    try:
        table = open_table(path)
        yield 1, " ".join(table.headers)
        for line, cells in table.rows():
            if isinstance(cells, list):
                yield line, " ".join(cells)
    except UnreadableFile:
        with path.open(encoding="utf-8", errors="replace") as handle:
            yield from enumerate(handle, start=1)


def _hints(value: Any) -> Hints:
    """Addresses, ids and references in a text or a JSON value, also where an address is percent-encoded."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""
    if "%40" in text:
        text += " " + unquote(text)
    return Hints(
        frozenset(_digests(one) for local, domain in AROUND.findall(text) for one in _readings(local, domain)),
        frozenset(UUID(found) for found in IDENTIFIER.findall(text.lower())),
        frozenset(REFERENCE.findall(text.upper())),
    )


def _readings(local: str, domain: str) -> Iterator[str]:
    """The addresses that may be meant: all before the @, or what follows a sign in it ("?email=a@example.org")."""
    starts = {0, *(match.end() for match in re.finditer(r"\W", local))}
    for start in sorted(starts):
        if local[start:]:
            yield f"{local[start:]}@{domain}"


def _digests(address: str) -> frozenset[str]:
    try:
        key = email_key(address)
    except ValueError:
        return frozenset()
    return frozenset(digest for _version, digest in keys.all_digests(key))


def _led_on() -> set[str]:
    """The addresses of merged records, which still lead to a contact."""
    merged = MergedRecord.objects.exclude(email_key=None).values_list("email_key", flat=True)
    return {digest for key in merged for _version, digest in keys.all_digests(str(key))}


def _confirm(model: type[Model] | None, found: list[tuple[str, Hints]]) -> Iterator[Trace]:
    """Which of the hints belong to somebody erased who has not lawfully come back since."""
    digests = {digest for _place, hints in found for address in hints.addresses for digest in address}
    ids = {one for _place, hints in found for one in hints.ids}
    references = {one for _place, hints in found for one in hints.references}
    alive = set(Contact.objects.filter(email_digest__among=list(digests)).values_list("email_digest", flat=True))
    alive |= _led_on() if digests else set()
    data = declaration(model) if model is not None else None
    if data is not None and data.may_name_erased:
        alive = digests
    gone = ErasureRecord.objects.filter(
        Q(digest__among=list(digests)) | Q(contact_id__among=list(ids)) | Q(reference__among=list(references))
    )
    by_digest: dict[str, str] = {}
    by_id: dict[UUID, str] = {}
    for contact_id, digest, reference in gone.values_list("contact_id", "digest", "reference"):
        by_id[contact_id] = reference
        by_digest[digest] = reference
    known = set(by_id.values())
    for place, hints in found:
        theirs = {digest for address in hints.addresses if not address & alive for digest in address}
        hits = {by_digest[one] for one in theirs if one in by_digest}
        hits |= {by_id[one] for one in hints.ids if one in by_id} | (hints.references & known)
        yield from (Trace(place, reference) for reference in sorted(hits))
