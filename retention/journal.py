"""The journal outside the database: one hash-chained line per erased person, ids and keyed digests only.

It outlives a restored backup and shows tampering on either side. Lines are written after the commit, under a lock, from
the erasure records of chunks that are not journaled yet, and resume at the file's tail, so a crash between the two
leaves neither a gap nor a double. Segments are monthly and expire whole; each begins with the hash it continues.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from io import SEEK_END
from itertools import islice
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast

from config.dates import add_months, local_date
from contacts.models import Contact
from retention.models import ErasureRecord, RunChunk
from retention.models.evidence import RECORD_MONTHS
from retention.models.runs import ChunkState

GENESIS = "0" * 64
LONGEST_LINE = 4096
LENGTH_OF_ID = 36
BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain: the last line's number and hash, and which run, chunk and contact it was about."""

    number: int = 0
    hash: str = GENESIS
    run: str = ""
    chunk: int = 0
    contact: str = ""


def segments() -> list[Path]:
    """The journal's files, oldest first."""
    return sorted(settings.JOURNAL_PATH.glob("journal-????-??.jsonl"))


@contextmanager
def _lock() -> Iterator[None]:
    """One writer at a time, whichever process it is in; the operating system frees the lock of a killed one."""
    settings.JOURNAL_PATH.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.JOURNAL_PATH / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def write(at: datetime | None = None) -> int:
    """Append the erasures of every chunk that is not in the journal yet; returns the number of new lines."""
    if not _outbox().exists():
        return 0
    with _lock():
        head = _repair_tail()
        first = head.number
        # The chunk the tail belongs to comes first: a crash may have left it half written.
        for chunk in sorted(_outbox(), key=lambda chunk: (not _is_about(head, chunk), chunk.pk)):
            head = _append(chunk, head, at or datetime.now(UTC))
            RunChunk.objects.filter(pk=chunk.pk).update(journal_to=head.number)
    return head.number - first


def _outbox() -> QuerySet[RunChunk, RunChunk]:
    return RunChunk.objects.filter(state=ChunkState.DONE, erased__gt=0, journal_to__isnull=True)


def _is_about(head: Head, chunk: RunChunk) -> bool:
    """Whether the last line is about this chunk; after a restored backup a number alone may come back."""
    return (head.run, head.chunk) == (str(chunk.run_id), chunk.pk)


def _append(chunk: RunChunk, head: Head, at: datetime) -> Head:
    """Write the chunk's lines after the tail, in the order of the contacts' ids, and flush them to the disk."""
    records = ErasureRecord.objects.filter(chunk=chunk).order_by("contact_id")
    if _is_about(head, chunk):
        records = records.filter(contact_id__gt=UUID(head.contact))
    number, last_hash, contact = head.number, head.hash, head.contact
    path, lines = _segment(at), []
    about = f'"run":"{chunk.run_id}","chunk":{chunk.pk},"erased_at":"{_moment(chunk)}"'
    for written, *record in records.values_list(Cast("contact_id", CharField()), *FIELDS[1:]):
        number += 1
        contact = _dashed(written)
        line = _line(number, contact, record, about, last_hash)
        last_hash = sha256(line.encode("ascii")).hexdigest()
        lines.append(f'{line[:-1]},"hash":"{last_hash}"}}\n')
    with path.open("a", encoding="ascii", newline="") as handle:
        path.chmod(0o600)
        handle.write("".join(lines))
        handle.flush()
        os.fsync(handle.fileno())
    return Head(number, last_hash, str(chunk.run_id), chunk.pk, contact)


def _moment(chunk: RunChunk) -> str:
    """When the persons of one chunk were erased: all in one transaction, at the time at which the chunk was done."""
    return chunk.finished_at.isoformat() if chunk.finished_at else ""


def _segment(at: datetime) -> Path:
    """The file of the month; a clock that was set back does not reopen an earlier one."""
    path: Path = settings.JOURNAL_PATH / f"journal-{at:%Y-%m}.jsonl"
    return max([*segments()[-1:], path])


FIELDS = ("contact_id", "digest", "digest_version", "rule")


def _dashed(contact: str) -> str:
    """An id as PostgreSQL writes it; SQLite leaves the dashes out."""
    if len(contact) == LENGTH_OF_ID:
        return contact
    return f"{contact[:8]}-{contact[8:12]}-{contact[12:16]}-{contact[16:20]}-{contact[20:]}"


def _line(number: int, contact: str, record: Sequence[Any], about: str, before: str) -> str:
    """The canonical JSON of one line without its own hash. Every value is ours and needs no escaping."""
    digest, version, rule = record
    return (
        f'{{"number":{number},"contact":"{contact}","digest":"{digest}","key":{version},"rule":"{rule}",'
        f'{about},"before":"{before}"}}'
    )


def _repair_tail() -> Head:
    """The end of the chain, after cutting off a line that a crash left unfinished."""
    for path in reversed(segments()):
        with path.open("r+b") as handle:
            size = handle.seek(0, SEEK_END)
            tail = _tail(handle, size)
            end = tail.rfind(b"\n") + 1
            if end < len(tail):
                handle.truncate(size - len(tail) + end)
        if lines := tail[:end].splitlines():
            last = json.loads(lines[-1])
            return Head(*(last[name] for name in HEAD))
    return _expired_head()


HEAD = ("number", "hash", "run", "chunk", "contact")


def _tail(handle: IO[bytes], size: int) -> bytes:
    handle.seek(max(0, size - 2 * LONGEST_LINE))
    return handle.read()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with the journal: where, and what."""

    place: str
    what: str


def verify(today: date) -> Iterator[Problem]:
    """Check the chain link by link and against the database; yields what is wrong, the first bad place first.

    Erasure records older than their own period are gone by the day `today`, and their lines are not looked up.
    """
    head, known = _expired_head(), 0
    for path in segments():
        with path.open(encoding="ascii", errors="replace", newline="\n") as handle:
            numbered = enumerate(handle, start=1)
            while batch := list(islice(numbered, BATCH)):
                for position, text in batch:
                    problem, head = _check_line(text, head)
                    if problem:
                        yield Problem(f"{path.name}:{position}", problem)
                        return
                    known += 1
                yield from _contradictions(path, batch, today)
    yield from _missing(head, known)


def _contradictions(path: Path, batch: list[tuple[int, str]], today: date) -> Iterator[Problem]:
    """Lines that no erasure record bears out."""
    entries = [(position, json.loads(text)) for position, text in batch]
    ids = [UUID(entry["contact"]) for _position, entry in entries]
    records = {
        row[0]: row for row in ErasureRecord.objects.filter(pk__among=ids).values_list(*FIELDS, "erased_at", "chunk_id")
    }
    returned = set(Contact.objects.filter(pk__among=ids).values_list("pk", flat=True))
    for position, entry in entries:
        erased_at = datetime.fromisoformat(entry["erased_at"])
        said = (UUID(entry["contact"]), entry["digest"], entry["key"], entry["rule"], erased_at, entry["chunk"])
        kept = add_months(local_date(erased_at), RECORD_MONTHS) >= today
        if kept and records.get(said[0]) != said:
            back = said[0] in returned
            what = "the contact was erased and is in the database again" if back else "no erasure record says the same"
            yield Problem(f"{path.name}:{position}", f"{what}: {said[0]}" if back else what)


LINE = re.compile(
    r'(\{"number":(\d+),"contact":"([0-9a-f-]{36})","digest":"[0-9a-f]*","key":\d+,"rule":"\w+","run":"([0-9a-f-]{36})",'
    r'"chunk":(\d+),"erased_at":"[0-9T:.+-]+","before":"([0-9a-f]{64})"),"hash":"([0-9a-f]{64})"\}\n'
)
"""Exactly what `_line` writes: nothing can be hidden beside it."""


def _check_line(text: str, head: Head) -> tuple[str, Head]:
    """What is wrong with one line after `head`, and the new head."""
    found = LINE.fullmatch(text)
    if found is None:
        return "the line cannot be read", head
    body, number, contact, run, chunk, before, said = found.groups()
    if before != head.hash or int(number) != head.number + 1:
        return "the line does not continue the one before", head
    if sha256(f"{body}}}".encode("ascii")).hexdigest() != said:
        return "the line was changed", head
    return "", Head(int(number), said, run, int(chunk), contact)


def _missing(head: Head, lines: int) -> Iterator[Problem]:
    """What the database knows to be in the journal but the journal does not reach."""
    last = (
        RunChunk.objects.exclude(journal_to=None).order_by("-journal_to").values_list("journal_to", flat=True).first()
    )
    if last is not None and last > head.number:
        yield Problem("tail", f"ends at line {head.number}, but {last} lines were written")
    if last is not None and last < head.number and not _outbox().exists():
        yield Problem("tail", f"has {head.number} lines, but only {last} were written")
    records = ErasureRecord.objects.exclude(chunk__in=_outbox()).count()
    if records > lines:
        yield Problem("database", f"{records} erasure records, but {lines} lines")


def expire(today: date) -> int:
    """Delete segments older than the oldest backup plus 36 months; the chain's last hash of them stays behind."""
    removed = 0
    with _lock():
        for path in segments()[:-1]:
            year, month = int(path.stem[8:12]), int(path.stem[13:15])
            if add_months(date(year, month, 1), 1 + RECORD_MONTHS) > today:
                break
            if lines := path.read_text(encoding="ascii").splitlines():
                last = json.loads(lines[-1])
                _heads().write_text(json.dumps({name: last[name] for name in HEAD}))
            path.unlink()
            removed += 1
    return removed


def _heads() -> Path:
    path: Path = settings.JOURNAL_PATH / "expired.json"
    return path


def _expired_head() -> Head:
    """Where the chain of the oldest kept segment begins."""
    return Head(**json.loads(_heads().read_text())) if _heads().exists() else Head()
