"""One file on its way through the airlock: received, previewed, confirmed, run; an abandoned one leaves nothing.

The preview decides with the same code as the run and writes nothing. Each chunk of a run is one transaction together
with the number of rows done, so a crash resumes where it was, and a row is never decided twice.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import take_turns
from consent.intake import uploads
from consent.intake.agreements import AgreementChunk
from consent.intake.carried import Carried
from consent.intake.contacts import ContactChunk
from consent.intake.engagements import EngagementChunk
from consent.intake.outcome import Context, RowOutcome
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportKind, ImportState
from contacts.formats.agreements import read_agreements
from contacts.formats.contacts import read_contacts
from contacts.formats.engagements import read_engagements
from contacts.formats.problems import UnreadableFile
from contacts.formats.rows import ContactRow, Rejection
from contacts.formats.table import Table
from contacts.formats.tables import open_table
from contacts.formats.vendors import Format, recognise
from contacts.signals import contacts_changed

CHUNK = 3_000
"""Rows decided together: fewer cost more statements, more cost more memory."""
INLINE_ROWS = 2_000
"""A longer file runs as a task, with a progress bar."""
SAMPLE = 5

Report = Callable[[RowOutcome], None]
Progress = Callable[[int, int], None]


class Chunk(Protocol):
    """What decides about some rows and writes what it decided."""

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order."""

    def write(self) -> list[Any]:
        """Store what was decided; returns the ids of the contacts whose due dates may have moved."""

    def keep(self) -> None:
        """Hand what would be stored on to the next chunks of a preview."""


CHUNKS: dict[str, Callable[[list[Any], Context], Chunk]] = {
    ImportKind.CONTACTS: ContactChunk,
    ImportKind.AGREEMENTS: AgreementChunk,
    ImportKind.ENGAGEMENTS: EngagementChunk,
}


def outcomes(batch: ImportBatch, at: datetime) -> Iterator[RowOutcome]:
    """Decide about every row as the run would and leave nothing behind: what the preview counts and the report lists.

    Each chunk is decided in a short transaction that is rolled back: others write while a long file is read, or while
    somebody slow downloads the report.

    Raises UnreadableFile.
    """
    _table, rows = _open(batch, at)
    carried = Carried()
    for chunk in _chunks(rows):
        with transaction.atomic(), _collector_paused():
            decided, writer = _decide(batch, chunk, at, carried)
            if writer is not None and len(chunk) == CHUNK:
                writer.keep()
            transaction.set_rollback(True)
        yield from decided


def preview(batch: ImportBatch, at: datetime, *, report: Report | None = None) -> ImportBatch:
    """Keep the counts and the first rows of each decision, for the person who confirms.

    A file that cannot be read fails here, with the reason on the batch. Whatever has happened to the batch meanwhile
    (confirmed, abandoned) stands.
    """
    with _failing(batch):
        found = tried(batch, at, report=report)
        ImportBatch.objects.filter(pk=batch.pk, state__in=uploads.WAITING).update(state=ImportState.PREVIEWED, **found)
    batch.refresh_from_db()
    return batch


def tried(batch: ImportBatch, at: datetime, *, report: Report | None = None) -> dict[str, Any]:
    """What a run would come to, by the batch's fields; writes nothing, and the batch itself need not be stored.

    Raises UnreadableFile.
    """
    counts: Counter[str] = Counter()
    sample: dict[str, list[dict[str, Any]]] = {}
    rows_total = _open(batch, at)[0].check()
    for outcome in outcomes(batch, at):
        counts[outcome.decision] += 1
        first = sample.setdefault(outcome.decision, [])
        if len(first) < SAMPLE:
            first.append(asdict(outcome))
        if report:
            report(outcome)
    return {"counts": dict(counts), "sample": sample, "rows_total": rows_total, "format": batch.format}


def run(
    batch: ImportBatch,
    actor: Actor,
    at: datetime,
    *,
    report: Report | None = None,
    progress: Progress | None = None,
) -> ImportBatch:
    """Decide about every row and write the decisions, chunk by chunk; goes on where a crash left off.

    The moment `at` is the one future dates are measured against. A second worker on the same file stops without a
    trace.
    """
    with _failing(batch), suppress(TakenOver):
        table, rows = _open(batch, at)
        total = table.check()
        ImportBatch.objects.filter(pk=batch.pk, state__in=(*uploads.WAITING, ImportState.RUNNING)).update(
            state=ImportState.RUNNING, rows_total=total, format=batch.format
        )
        for chunk in _chunks(islice(rows, batch.rows_done, None)):
            for outcome in _write_or_again(batch, chunk, at):
                if report:
                    report(outcome)
            if progress:
                progress(batch.rows_done, total)
        _finish(batch, actor, at)
    batch.refresh_from_db()
    return batch


def _write_or_again(batch: ImportBatch, chunk: list[Any], at: datetime) -> list[RowOutcome]:
    """A contact entered by hand between look-up and insert makes the database refuse; the chunk is decided anew."""
    try:
        return _write_chunk(batch, chunk, at)
    except IntegrityError:
        try:
            return _write_chunk(batch, chunk, at)
        except IntegrityError as problem:
            # What the database says quotes the row; the next hour tries again.
            raise RuntimeError(f"import {batch.pk}: {type(problem).__name__}") from None


class TakenOver(Exception):  # noqa: N818
    """Another worker is further with this file, or somebody gave it up."""


def _write_chunk(batch: ImportBatch, chunk: list[Any], at: datetime) -> list[RowOutcome]:
    """One transaction: decide, write, move due dates, remember how far the file has come.

    Raises TakenOver when the batch is no longer where this worker left it.
    """
    with transaction.atomic(), _collector_paused():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if (locked.state, locked.rows_done) != (ImportState.RUNNING, batch.rows_done):
            raise TakenOver
        take_turns("airlock")  # two files may name the same new person, and opt-out and opt-in must see each other
        decided, writer = _decide(batch, chunk, at)
        if writer is not None:
            contacts_changed.send(ImportBatch, ids=writer.write())
        before = locked.counts if locked.rows_done else {}
        counts = Counter(before) + Counter(str(outcome.decision) for outcome in decided)
        done = batch.rows_done + len(chunk)
        ImportBatch.objects.filter(pk=batch.pk).update(counts=dict(counts), rows_done=done)
    batch.rows_done = done
    return decided


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A chunk's many objects hold no cycles; walking them again and again costs the collector a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _decide(
    batch: ImportBatch, rows: list[Any], at: datetime, carried: Carried | None = None
) -> tuple[list[RowOutcome], Chunk | None]:
    """The outcomes of some rows in the order of the file, and what would write them."""
    refused = {row.line: _refusal(row) for row in rows if isinstance(row, Rejection)}
    readable = [one for row in rows for one in (_objecting(row) if isinstance(row, Rejection) else (row,))]
    if not readable:
        return [refused[row.line] for row in rows], None
    same_file = ImportBatch.objects.filter(
        digest=batch.digest, kind=batch.kind, format=batch.format, source_code=batch.source_code, state=ImportState.DONE
    )
    context = Context(
        batch=batch.pk,
        at=at,
        today=local_date(at),
        source_code=batch.source_code,
        format=batch.format,
        same_file=bool(batch.digest) and same_file.exists(),
        carried=carried,
    )
    decided = CHUNKS[batch.kind](readable, context)
    found = {outcome.line: outcome for outcome in decided.decide()}
    return [refused.get(row.line) or found[row.line] for row in rows], decided


def _objecting(row: Rejection) -> list[ContactRow]:
    """Whatever is wrong with a row, an objection in it counts: all that is taken from it is the opt-out."""
    said = partial(ContactRow, row.line, unsubscribed=row.unsubscribed, phone_opt_out=row.phone_opt_out)
    return [said(email=key, email_key=key) for key in row.objectors]


def _refusal(row: Rejection) -> RowOutcome:
    return RowOutcome(row.line, Decision.REJECTED, str(row.reason), str(row.remedy), row.column)


def _open(batch: ImportBatch, at: datetime) -> tuple[Table, Iterator[Any]]:
    """The table and its canonical rows; settles the format of a contacts file.

    Raises UnreadableFile.
    """
    try:
        table = open_table(uploads.path_of(batch), batch.file_name)
    except FileNotFoundError:
        raise UnreadableFile(_("The uploaded file is gone. Send it again.")) from None
    if batch.kind == ImportKind.AGREEMENTS:
        batch.format = Format.OBHUT
        return table, read_agreements(table, at)
    if batch.kind == ImportKind.ENGAGEMENTS:
        batch.format = Format.OBHUT
        return table, read_engagements(table, at)
    found = recognise(table.headers) if batch.format == "auto" else Format(batch.format)
    batch.format = found
    return table, read_contacts(table, found, at)


def _chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


@contextmanager
def _failing(batch: ImportBatch) -> Iterator[None]:
    """A file that cannot be read ends here: the batch says why, and the file goes."""
    try:
        yield
    except UnreadableFile as problem:
        open_states = (*uploads.WAITING, ImportState.RUNNING)
        ImportBatch.objects.filter(pk=batch.pk, state__in=open_states).update(
            state=ImportState.FAILED, problem=str(problem)
        )
        uploads.discard(batch)


def _finish(batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Close the batch once, with its audit event; the file goes after the commit."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ImportState.RUNNING:
            raise TakenOver
        locked.state, locked.finished_at = ImportState.DONE, at
        locked.save()
        AuditEvent.record(actor, gettext_noop("imported"), locked, batch=locked.pk, counts=locked.counts)
    uploads.discard(batch)
