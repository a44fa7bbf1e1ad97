"""A crash between chunks: the next worker goes on where the file stood, and nothing is done twice or by halves."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from config.models import Actor, AuditEvent
from config.models.audit import ActorKind
from consent import tasks
from consent.intake import batches, uploads
from consent.models import ImportBatch
from consent.models.airlock import ImportKind, ImportState
from contacts.models import Collection, Contact
from tests.consent.conftest import (
    DAY,
    NOW,
    MachineDiesError,
    agreement_row,
    assert_changes_nothing,
    bring,
    crashing_in_chunk,
    customer,
    differences,
    engagement_row,
    look,
    person,
    received,
    run,
    snapshot,
    suppress,
)

pytestmark = pytest.mark.django_db

ROWS = [
    person("a@example.org", organisation="Acme Oy", collected_on="2025-01-01"),
    person("b@example.org", unsubscribed="yes"),
    person("a@example.org", city="Oulu", collected_on="2025-01-01"),
    person("b@example.org"),
    person("nonsense"),
    person("c@example.org", organisation="Acme Oy", topics="backup"),
    person("a@example.org", first_name="Heinrich", last_name="Schmidt"),
    person("d@example.org"),
    person("gone@example.org", organisation="Customer Oy"),
]


def crashed(
    rows: list[dict[str, str]], chunk: int, monkeypatch: pytest.MonkeyPatch, **options: ImportKind
) -> ImportBatch:
    """An import whose machine died in that chunk."""
    batch = received(rows, **options)
    with crashing_in_chunk(chunk, monkeypatch), pytest.raises(MachineDiesError):
        run(batch)
    return ImportBatch.objects.get(pk=batch.pk)


def contents() -> str:
    """The register without ids and times, which no two imports share."""
    columns = (
        "email", "city", "topics", "in_marketing", "collected_on", "affiliations__organisation__name",
        "collections__source__code", "collections__fields",
    )  # fmt: skip
    return repr(sorted(map(repr, Contact.objects.values_list(*columns))))


@pytest.mark.parametrize("rows_in_a_chunk", [1, 2, 4])
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_an_import_goes_on_where_the_crash_left_it(
    chunk: int, rows_in_a_chunk: int, chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer("Customer Oy")
    suppress("gone@example.org")
    chunk_of(rows_in_a_chunk)
    batch = crashed(ROWS, chunk, monkeypatch)
    assert (batch.state, batch.rows_done) == (ImportState.RUNNING, (chunk - 1) * rows_in_a_chunk)
    rest = run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.rows_total) == (ImportState.DONE, 9, 9)
    assert batch.counts == {"created": 3, "suppressed": 3, "updated": 1, "rejected": 1, "quarantined": 1}
    assert len(rest.outcomes) == 9 - (chunk - 1) * rows_in_a_chunk
    assert AuditEvent.objects.filter(action="imported").count() == 1
    assert Collection.objects.count() == 5
    assert_changes_nothing(ROWS)


def test_a_crashed_import_ends_with_the_register_of_one_that_never_crashed(
    chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import transaction

    chunk_of(2)
    with transaction.atomic():
        bring(ROWS)
        undisturbed = contents()
        transaction.set_rollback(True)
    assert not Contact.objects.exists()
    batch = crashed(ROWS, 2, monkeypatch)
    with crashing_in_chunk(3, monkeypatch), pytest.raises(MachineDiesError):
        run(batch)
    run(ImportBatch.objects.get(pk=batch.pk))
    assert contents() == undisturbed


def test_what_a_crashed_chunk_had_written_is_gone(
    chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk_of(5)
    before = snapshot()
    crashed(ROWS, 1, monkeypatch)
    assert differences(before, snapshot()) == {}


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (
            ImportKind.AGREEMENTS,
            [agreement_row(reference=str(number), organisation=f"Org {number}") for number in range(6)],
        ),
        (ImportKind.ENGAGEMENTS, [engagement_row(external_id=str(number)) for number in range(6)]),
    ],
)
def test_agreements_and_engagements_go_on_too(
    kind: ImportKind, rows: list[dict[str, str]], chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bring([person()])
    chunk_of(2)
    batch = crashed(rows, 2, monkeypatch, kind=kind)
    run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.counts) == (ImportState.DONE, {"created": 6})
    assert_changes_nothing(rows, kind=kind)


def test_the_same_command_after_a_crash_imports_the_rest_and_the_crashed_batch_then_changes_nothing(
    chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    chunk_of(2)
    batch = crashed(ROWS, 3, monkeypatch)
    bring(ROWS)
    before = snapshot()
    run(batch)
    assert differences(before, snapshot()) == {}
    assert ImportBatch.objects.filter(state=ImportState.DONE).count() == 2


def test_the_hourly_task_takes_a_crashed_import_up(
    chunk_of: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    chunk_of(2)
    batch = crashed(ROWS, 2, monkeypatch)
    assert uploads.tidy(NOW + 3 * DAY) == 0
    assert uploads.path_of(batch).exists()
    tasks.run(str(batch.pk))
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert list(Path(settings.UPLOAD_DIR).iterdir()) == []


def test_a_finished_import_is_not_run_again_by_a_late_message() -> None:
    batch = bring(ROWS).batch
    before = snapshot()
    tasks.run(str(batch.pk))
    run(ImportBatch.objects.get(pk=batch.pk))
    assert differences(before, snapshot()) == {}
    assert AuditEvent.objects.filter(action="imported").count() == 1
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done) == (ImportState.DONE, 9)


def test_no_import_is_done_without_its_audit_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_audit(*_args: object, **_more: object) -> None:
        raise MachineDiesError

    batch = received(ROWS)
    with monkeypatch.context() as patch:
        patch.setattr(AuditEvent, "record", no_audit)
        with pytest.raises(MachineDiesError):
            run(batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.RUNNING
    run(batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert batch.rows_done == sum(batch.counts.values()) == 9
    assert AuditEvent.objects.filter(action="imported").count() == 1


# Two workers on one file ----------------------------------------------------------------------------------------------


def test_a_second_worker_leaves_the_first_ones_import_alone(chunk_of: Callable[[int], None]) -> None:
    chunk_of(2)
    batch = received(ROWS)
    late = ImportBatch.objects.get(pk=batch.pk)

    def second_worker(done: int, _total: int) -> None:
        if done == 2:
            batches.run(late, Actor(ActorKind.IMPORT), NOW)

    batches.run(batch, Actor(ActorKind.IMPORT), NOW, progress=second_worker)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.problem) == (ImportState.DONE, 9, "")
    assert sum(batch.counts.values()) == 9
    assert AuditEvent.objects.filter(action="imported").count() == 1


def test_a_worker_whose_import_was_taken_over_stops_without_a_trace(chunk_of: Callable[[int], None]) -> None:
    chunk_of(2)
    batch = received(ROWS)

    def second_worker(done: int, _total: int) -> None:
        if done == 2:
            batches.run(ImportBatch.objects.get(pk=batch.pk), Actor(ActorKind.IMPORT), NOW)

    batches.run(batch, Actor(ActorKind.IMPORT), NOW, progress=second_worker)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.problem) == (ImportState.DONE, 9, "")
    assert sum(batch.counts.values()) == 9
    assert AuditEvent.objects.filter(action="imported").count() == 1


# Files that cannot be read --------------------------------------------------------------------------------------------

UNREADABLE = {
    "empty": b"",
    "no address": b"city,country\nOulu,FI\n",
    "open quote": b'email,city\n"anna@example.org,Oulu\nbob@example.org,Turku\n',
    "damaged": "email,city\nanna@example.org,Orléans\n".encode() + b"bob@example.org,Orl\xe9ans\n" * 3,
    "no table": b"%PDF-1.7 whatever",
    "a list": b'[{"email": "anna@example.org"}]',
    "half a workbook": b"PK\x03\x04 and then nothing",
    "engagements": b"email,kind,occurred_at\nanna@example.org,click,2026-01-01T10:00:00Z\n",
    "the same column twice": b"email,email\nanna@example.org,bob@example.org\n",
    "an opt-out by another name": b"email,abgemeldet\nanna@example.org,ja\n",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_writes_nothing_and_is_deleted(
    content: bytes, chunk_of: Callable[[int], None], settings: Settings
) -> None:
    chunk_of(1)
    before = snapshot()
    batch = run(received(content)).batch
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.counts) == (ImportState.FAILED, 0, {})
    assert batch.problem
    assert differences(before, snapshot()) == {}
    assert not AuditEvent.objects.filter(action="imported").exists()
    assert list(Path(settings.UPLOAD_DIR).iterdir()) == []


def test_a_quote_left_open_in_the_last_chunk_writes_nothing_of_the_first(chunk_of: Callable[[int], None]) -> None:
    chunk_of(1)
    good = "".join(f"p{number}@example.org,Oulu\n" for number in range(20))
    batch = run(received(f'email,city\n{good}"q@example.org,Oulu\n')).batch
    batch.refresh_from_db()
    assert batch.state == ImportState.FAILED
    assert not Contact.objects.exists()


# Uploads --------------------------------------------------------------------------------------------------------------


def test_a_received_file_is_stored_for_us_alone_and_gone_when_it_is_done(settings: Settings) -> None:
    batch = received(ROWS)
    path = uploads.path_of(batch)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Path(settings.UPLOAD_DIR).stat().st_mode & 0o777 == 0o700
    assert "example" not in path.name
    run(batch)
    assert not path.exists()


def test_an_upload_nobody_confirms_vanishes_after_a_day(settings: Settings) -> None:
    batch = look(ROWS).batch
    created = batch.created_at
    assert uploads.tidy(created + DAY) == 0
    assert uploads.path_of(batch).exists()
    assert uploads.tidy(created + DAY + DAY / 86400) == 1
    batch.refresh_from_db()
    assert (batch.state, batch.sample) == (ImportState.ABANDONED, {})
    assert list(Path(settings.UPLOAD_DIR).iterdir()) == []


def test_a_file_without_a_batch_vanishes_too(settings: Settings) -> None:
    batch = received(ROWS)
    stray = Path(settings.UPLOAD_DIR) / "stray"
    stray.write_bytes(b"left by a crash in the middle of an upload")
    os.utime(stray, (NOW.timestamp(),) * 2)  # the disk has a clock of its own
    uploads.tidy(NOW + DAY / 2)
    assert stray.exists()
    uploads.tidy(batch.created_at + 2 * DAY)
    assert not stray.exists()
