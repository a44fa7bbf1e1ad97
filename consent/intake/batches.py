"""One file on its way through the airlock: received, previewed, confirmed, run; an abandoned one leaves nothing.

The preview decides with the same code as the run and writes nothing. Each chunk of a run is one transaction together
with the number of rows done, so a crash resumes where it was, and a row is never decided twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.policy.periods import UPLOAD_HOURS
from config.sql import take_turns
from consent.intake.agreements import AgreementChunk
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

CHUNK = 5_000
INLINE_ROWS = 2_000
"""A longer file runs as a task, with a progress bar."""
SAMPLE = 5
WAITING = (ImportState.UPLOADED, ImportState.PREVIEWED)

Report = Callable[[RowOutcome], None]
Progress = Callable[[int, int], None]


class Chunk(Protocol):
    """What decides about some rows and writes what it decided."""

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order."""

    def write(self) -> list[Any]:
        """Store what was decided; returns the ids of the contacts whose due dates may have moved."""


CHUNKS: dict[str, Callable[[list[Any], Context], Chunk]] = {
    ImportKind.CONTACTS: ContactChunk,
    ImportKind.AGREEMENTS: AgreementChunk,
    ImportKind.ENGAGEMENTS: EngagementChunk,
}


def receive(
    pieces: Iterable[bytes],
    *,
    kind: ImportKind,
    file_name: str = "",
    format_name: str = "auto",
    source_code: str = "",
    uploaded_by: UUID | None = None,
) -> ImportBatch:
    """Store an uploaded file until it is decided; nobody else may read it."""
    settings.UPLOAD_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    batch = ImportBatch(
        kind=kind,
        format=format_name,
        source_code=source_code,
        file_name=_harmless(file_name),
        uploaded_by=uploaded_by,
    )
    batch.stored_as = batch.pk.hex
    digest = hashlib.sha256()
    with path_of(batch).open("xb") as handle:
        path_of(batch).chmod(0o600)
        for piece in pieces:
            digest.update(piece)
            handle.write(piece)
    batch.digest = digest.hexdigest()
    batch.save()
    return batch


def _harmless(file_name: str) -> str:
    """The name of a file as we may keep it: some people name files after a person's address."""
    name = Path(file_name).name.encode("utf-8", "replace").decode()[:200]
    return name if "@" not in name else Path(name).suffix


def path_of(batch: ImportBatch) -> Path:
    """Where the uploaded file lies."""
    path: Path = settings.UPLOAD_DIR / batch.stored_as
    return path


def outcomes(batch: ImportBatch, at: datetime) -> Iterator[RowOutcome]:
    """Decide about every row as the run would and leave nothing behind: what the preview counts and the report lists.

    Each chunk is written, so that the next one sees it, and everything is rolled back at the end.

    Raises UnreadableFile.
    """
    _table, rows = _open(batch, at)
    with transaction.atomic():
        try:
            take_turns("airlock")
            for chunk in _chunks(rows):
                decided, writer = _decide(batch, chunk, at)
                if writer is not None and len(chunk) == CHUNK:
                    writer.write()
                yield from decided
        finally:
            transaction.set_rollback(True)


def preview(batch: ImportBatch, at: datetime, *, report: Report | None = None) -> ImportBatch:
    """Keep the counts and the first rows of each decision, for the person who confirms.

    A file that cannot be read fails here, with the reason on the batch. Whatever has happened to the batch meanwhile
    (confirmed, abandoned) stands.
    """
    counts: Counter[str] = Counter()
    sample: dict[str, list[dict[str, Any]]] = {}
    with _failing(batch):
        rows_total = _open(batch, at)[0].check()
        for outcome in outcomes(batch, at):
            counts[outcome.decision] += 1
            first = sample.setdefault(outcome.decision, [])
            if len(first) < SAMPLE:
                first.append(asdict(outcome))
            if report:
                report(outcome)
        ImportBatch.objects.filter(pk=batch.pk, state__in=WAITING).update(
            state=ImportState.PREVIEWED, counts=dict(counts), sample=sample, rows_total=rows_total, format=batch.format
        )
    batch.refresh_from_db()
    return batch


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
        ImportBatch.objects.filter(pk=batch.pk, state__in=(*WAITING, ImportState.RUNNING)).update(
            state=ImportState.RUNNING, rows_total=total, format=batch.format
        )
        for chunk in _chunks(islice(rows, batch.rows_done, None)):
            for outcome in _write_chunk(batch, chunk, at):
                if report:
                    report(outcome)
            if progress:
                progress(batch.rows_done, total)
        _finish(batch, actor, at)
    batch.refresh_from_db()
    return batch


class TakenOver(Exception):  # noqa: N818
    """Another worker is further with this file, or somebody gave it up."""


def _write_chunk(batch: ImportBatch, chunk: list[Any], at: datetime) -> list[RowOutcome]:
    """One transaction: decide, write, move due dates, remember how far the file has come.

    Raises TakenOver when the batch is no longer where this worker left it.
    """
    with transaction.atomic():
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


def _decide(batch: ImportBatch, rows: list[Any], at: datetime) -> tuple[list[RowOutcome], Chunk | None]:
    """The outcomes of some rows in the order of the file, and what would write them."""
    refused = {row.line: _refusal(row) for row in rows if isinstance(row, Rejection)}
    readable = [_objecting(row) if isinstance(row, Rejection) else row for row in rows]
    readable = [row for row in readable if row is not None]
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
    )
    decided = CHUNKS[batch.kind](readable, context)
    found = {outcome.line: outcome for outcome in decided.decide()}
    return [refused.get(row.line) or found[row.line] for row in rows], decided


def _objecting(row: Rejection) -> ContactRow | None:
    """Whatever is wrong with a row, an objection in it counts: all that is taken from it is the opt-out."""
    if not row.objector:
        return None
    return ContactRow(row.line, email=row.objector, email_key=row.objector, unsubscribed=True)


def _refusal(row: Rejection) -> RowOutcome:
    return RowOutcome(row.line, Decision.REJECTED, str(row.reason), str(row.remedy), row.column)


def _open(batch: ImportBatch, at: datetime) -> tuple[Table, Iterator[Any]]:
    """The table and its canonical rows; settles the format of a contacts file.

    Raises UnreadableFile.
    """
    try:
        table = open_table(path_of(batch), batch.file_name)
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
        open_states = (*WAITING, ImportState.RUNNING)
        ImportBatch.objects.filter(pk=batch.pk, state__in=open_states).update(
            state=ImportState.FAILED, problem=str(problem)
        )
        discard(batch)


def _finish(batch: ImportBatch, actor: Actor, at: datetime) -> None:
    """Close the batch once, with its audit event; the file goes after the commit."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ImportState.RUNNING:
            raise TakenOver
        locked.state, locked.finished_at = ImportState.DONE, at
        locked.save()
        AuditEvent.record(actor, "imported", locked, batch=locked.pk, counts=locked.counts)
    discard(batch)


def discard(batch: ImportBatch) -> None:
    """Delete the uploaded file; the batch keeps counts, line numbers and reasons only."""
    if batch.stored_as:
        path_of(batch).unlink(missing_ok=True)


def abandon(batch: ImportBatch) -> bool:
    """Give an unconfirmed upload up; returns False when it was confirmed or ended meanwhile."""
    waiting = ImportBatch.objects.filter(pk=batch.pk, state__in=WAITING)
    won = bool(waiting.update(state=ImportState.ABANDONED, sample={}))
    if won:
        discard(batch)
    batch.refresh_from_db()
    return won


def tidy(at: datetime) -> int:
    """Uploads that nobody confirmed within a day vanish, and so do files no batch knows; returns how many."""
    old = ImportBatch.objects.filter(state__in=WAITING, created_at__lt=at - timedelta(hours=UPLOAD_HOURS))
    for batch in old:
        abandon(batch)
    limit = (at - timedelta(hours=UPLOAD_HOURS)).timestamp()
    alive = ImportBatch.objects.filter(state__in=(*WAITING, ImportState.RUNNING)).values_list("stored_as", flat=True)
    for path in settings.UPLOAD_DIR.glob("*"):
        if path.name not in set(alive) and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
    return len(old)
