"""The airlock under test: a file in, decisions and rows out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db.models import Model
from pytest_django import Settings

from config.models import AccessEvent, Actor, AuditEvent
from config.models.audit import ActorKind
from consent import suppression
from consent.intake import batches, uploads
from consent.intake.outcome import RowOutcome
from consent.models import Consent, ImportBatch, Objection, Restriction, SuppressionEntry
from consent.models.airlock import Decision, ImportKind, ImportState
from consent.models.suppression import Authority, FormerAddress, FormerReason, SuppressionReason
from contacts.identity import email_key
from contacts.models import Affiliation, Agreement, Contact, Organisation
from contacts.models.organisations import AgreementKind, Party
from retention import purge
from retention.models.runs import RunState, RunTrigger

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""When files arrive in these tests, unless a test says otherwise."""
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
STAYS = {Decision.UNCHANGED, Decision.SUPPRESSED, Decision.QUARANTINED, Decision.REJECTED}
"""What may be decided about a row that is imported again."""

Cells = Mapping[str, str]
Snapshot = dict[str, dict[str, tuple[Any, ...]]]


def on(day: str) -> date:
    """A day, written as in a file."""
    return date.fromisoformat(day)


def midday(day: date) -> datetime:
    """A moment that is that day in Helsinki."""
    return datetime.combine(day, time(10), UTC)


@pytest.fixture(autouse=True)
def _the_day_is_fixed() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


# Files ----------------------------------------------------------------------------------------------------------------


def csv_text(rows: Sequence[Cells], delimiter: str = ",") -> str:
    """A CSV file whose columns are all that any of the rows has."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue()


def person(email: str = "anna@example.org", **cells: str) -> dict[str, str]:
    """A row of our own format."""
    return {"email": email, "first_name": "Anna", "last_name": "Virtanen"} | cells


# Imports --------------------------------------------------------------------------------------------------------------


class Imported:
    """What an import answered."""

    def __init__(self, batch: ImportBatch, outcomes: list[RowOutcome]) -> None:
        self.batch = batch
        self.outcomes = outcomes

    @property
    def decisions(self) -> list[str]:
        """The decision about each row, in the order of the file."""
        return [str(outcome.decision) for outcome in self.outcomes]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows were decided how."""
        return dict(Counter(self.decisions))


def received(
    content: str | bytes | Sequence[Cells], *, kind: ImportKind = ImportKind.CONTACTS, name: str = "", **options: str
) -> ImportBatch:
    """A file that has arrived and waits."""
    if not isinstance(content, str | bytes):
        content = csv_text(content)
    pieces = [content.encode() if isinstance(content, str) else content]
    return uploads.receive(
        pieces,
        kind=kind,
        file_name=name,
        format_name=options.get("fmt", "auto"),
        source_code=options.get("source", ""),
    )


def run(batch: ImportBatch, at: datetime = NOW) -> Imported:
    """Take a received file through the airlock."""
    outcomes: list[RowOutcome] = []
    batches.run(batch, Actor(ActorKind.IMPORT), at, report=outcomes.append)
    return Imported(batch, outcomes)


def bring(content: str | bytes | Sequence[Cells], at: datetime = NOW, **options: Any) -> Imported:
    """Import a file from beginning to end."""
    imported = run(received(content, **options), at)
    assert imported.batch.state == ImportState.DONE, imported.batch.problem
    return imported


def look(content: str | bytes | Sequence[Cells], at: datetime = NOW, **options: Any) -> Imported:
    """Preview a file."""
    outcomes: list[RowOutcome] = []
    batch = batches.preview(received(content, **options), at, report=outcomes.append)
    return Imported(batch, outcomes)


def bring_agreements(content: Sequence[Cells], at: datetime = NOW) -> Imported:
    """Import agreements."""
    return bring(content, at, kind=ImportKind.AGREEMENTS)


def bring_engagements(content: Sequence[Cells], at: datetime = NOW) -> Imported:
    """Import engagements."""
    return bring(content, at, kind=ImportKind.ENGAGEMENTS)


def assert_changes_nothing(content: str | bytes | Sequence[Cells], at: datetime = NOW, **options: Any) -> Imported:
    """The file, imported again, decides nothing anew and leaves every row of every table as it is."""
    before = snapshot()
    again = bring(content, at, **options)
    assert differences(before, snapshot()) == {}
    assert set(again.decisions) <= STAYS
    return again


# What is there --------------------------------------------------------------------------------------------------------

_OWN_TRACES: set[type[Model]] = {ImportBatch, AuditEvent, AccessEvent}


def snapshot() -> Snapshot:
    """Every row of every table but the import's own batch and audit event and the read log, by table and key."""
    found: Snapshot = {}
    for model in apps.get_models(include_auto_created=True):
        if model in _OWN_TRACES or model._meta.proxy:
            continue
        names = [one.attname for one in model._meta.concrete_fields]
        rows = model._base_manager.order_by().values_list("pk", *names)
        found[model._meta.label] = {str(pk): tuple(map(repr, values)) for pk, *values in rows}
    return found


def differences(before: Snapshot, after: Snapshot) -> dict[str, list[tuple[Any, Any]]]:
    """Which rows of which tables are not what they were."""
    changed = {
        label: [
            (before[label].get(key), after[label].get(key))
            for key in sorted(before[label].keys() | after[label].keys())
            if before[label].get(key) != after[label].get(key)
        ]
        for label in before
    }
    return {label: rows for label, rows in changed.items() if rows}


def the(email: str = "anna@example.org") -> Contact:
    """The contact with this address."""
    return Contact.objects.get(email_key=email_key(email))


def is_there(email: str = "anna@example.org") -> bool:
    """Whether somebody with this address is stored."""
    return Contact.objects.filter(email_key=email_key(email)).exists()


def suppress(email: str, since: datetime = NOW) -> SuppressionEntry:
    """Put an address on the suppression list, on the person's own word."""
    return suppression.add(email_key(email), SuppressionReason.OBJECTION, Authority.PERSON, since)


def restrict(contact: Contact) -> Restriction:
    """Restrict the processing of a contact."""
    return Restriction.objects.create(contact=contact, ground="a")


def former(email: str, reason: FormerReason, erased_on: date) -> None:
    """What the erasure of somebody with this address has left behind."""
    from config import keys

    key = email_key(email)
    FormerAddress.objects.create(
        digest=keys.digest(key), digest_version=keys.newest_version(), reason=reason, erased_on=erased_on
    )


def customer(name: str = "Acme Oy", *, ends_on: date | None = None, domain: str = "", **values: Any) -> Organisation:
    """An organisation with one licence, open-ended unless it has an end."""
    organisation = Organisation.objects.create(name=name, domain=domain)
    Agreement.objects.create(
        organisation=organisation,
        party=Party.CUSTOMER,
        kind=AgreementKind.LICENCE,
        starts_on=values.get("starts_on", date(2015, 1, 1)),
        ends_on=ends_on,
    )
    return organisation


def night(day: date) -> None:
    """One night's run over both rules, approved whatever its volume."""
    actor = Actor.task()
    at = datetime.combine(day, time(2, 30), UTC)
    planned = purge.begin(day, RunTrigger.COMMAND, actor, at, approve=True)
    assert planned.state == RunState.RUNNING
    assert purge.work(planned, actor, at)


def employers(contact: Contact) -> set[str]:
    """The organisations a contact is linked to."""
    return set(Affiliation.objects.filter(contact=contact).values_list("organisation__name", flat=True))


def objections(contact: Contact | None = None) -> list[Objection]:
    """All objections, or those of one contact."""
    found = Objection.objects.order_by("recorded_at", "pk")
    return list(found if contact is None else found.filter(contact=contact))


def consents(contact: Contact) -> list[str]:
    """The states of a contact's consents, oldest first."""
    return list(Consent.objects.filter(contact=contact).order_by("occurred_at").values_list("state", flat=True))


@pytest.fixture
def chunk_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Lower how many rows make a chunk."""

    def lower(rows: int) -> None:
        monkeypatch.setattr(batches, "CHUNK", rows)

    return lower


@contextmanager
def crashing_in_chunk(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine dies while the chunk of that number (from 1) has been written but not committed."""
    real, seen = batches._decide, [0]

    def decide(*args: Any) -> Any:
        outcomes, chunk = real(*args)
        seen[0] += 1
        if chunk is not None and seen[0] == number:
            chunk.write()
            raise MachineDiesError
        return outcomes, chunk

    with monkeypatch.context() as patch:
        patch.setattr(batches, "_decide", decide)
        yield


class MachineDiesError(Exception):
    """Stands for a power cut."""


@pytest.fixture
def rotate(settings: Settings) -> Callable[[], None]:
    """Rotate the digest key: a second version writes from now on, the first still recognises."""

    def rotated() -> None:
        settings.HMAC_KEYS = {**settings.HMAC_KEYS, 2: b"a-second-digest-key-0123456789-abcdefghij"}

    return rotated


def agreement_row(**cells: str) -> dict[str, str]:
    """A row of our own agreements format."""
    return {"organisation": "Acme Oy", "party": "customer", "kind": "licence", "starts_on": "2020-01-01"} | cells


def engagement_row(email: str = "anna@example.org", **cells: str) -> dict[str, str]:
    """A row of our own engagements format."""
    return {"email": email, "kind": "click", "occurred_at": "2026-03-02T12:00:00+02:00"} | cells
