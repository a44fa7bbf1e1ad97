"""The nightly run: claim a chunk, re-check under lock, erase, write the evidence, commit; then the journal.

Safe to kill at any moment, to start twice and to run on several workers at once. A chunk is one transaction: until it
commits nothing has happened, afterwards it is done. Only the claim skips locked rows; the contacts themselves are
waited for, so that nobody due is silently left out.
"""

from __future__ import annotations

import gc
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import CharField, F, Max, Sum, Window
from django.db.models.functions import Cast, RowNumber
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent
from config.sql import Array, array, bound
from contacts.models import Contact
from contacts.models.organisations import share_agreements
from contacts.personal_data import Register
from retention import attention, breaker, due, expiry, journal
from retention.bars import NO_BARS, Outcome, Verdict, bars_of, decide
from retention.erasure import drop_links, erase, freeze_marketing, leave_marketing
from retention.models import DueDate, RetentionRun, RunChunk
from retention.models.runs import COMPLETED, UNFINISHED, ChunkState, RunState, RunTrigger
from retention.rules import clocks

CHUNK = 4_000
ATTEMPTS = 3
SLICE = timedelta(minutes=5)
"""A worker stops after this long and lets the next tick go on: far below the broker's redelivery time."""

logger = logging.getLogger(__name__)


def begin(
    on: date,
    trigger: RunTrigger,
    actor: Actor,
    at: datetime,
    *,
    rule: Register | None = None,
    approve: bool = False,
) -> RetentionRun:
    """Plan a run for the day `on` at the moment `at`, or return the unfinished one to go on with.

    Refreshes the due dates, lists relationships without agreement, cuts the due contacts into chunks, and asks the
    circuit breaker (`retention/breaker.py`). `approve` overrules the breaker and is recorded as break-glass.

    Raises IntegrityError when the schedule has already started a run for that day, or somebody was erased while the due
    dates were refreshed; the next tick tries again.
    """
    with transaction.atomic():
        running = RetentionRun.objects.filter(state__in=UNFINISHED).select_for_update().first()
        if running is not None and running.state == RunState.RUNNING:
            return running
        if running is not None:
            RetentionRun.objects.filter(pk=running.pk).update(state=RunState.SUPERSEDED, finished_at=at)
        due.refresh(on)
        planned = {
            "due": due.actionable(on).count(),
            "contacts": DueDate.objects.count(),
            **attention.report(local_date(at)),
        }
        concern = breaker.concern(on, local_date(at), planned["due"], planned["contacts"])
        run = RetentionRun.objects.create(
            on_date=on,
            rule=rule or "",
            trigger=trigger,
            state=RunState.WAITING if concern and not approve else RunState.RUNNING,
            policy_version=breaker.policy_version(on),
            planned=planned,
            concern=concern,
            approved_at=at if concern and approve else None,
            break_glass=bool(concern and approve),
            started_at=at,
        )
        if run.state == RunState.RUNNING:
            due.list_gaps(on, local_date(at))
        _cut_into_chunks(run)
        if run.state == RunState.WAITING:
            due.refresh(local_date(at))  # lists show today's dates, whatever day was asked for
        AuditEvent.record(actor, gettext_noop("started"), run, batch=run.pk, counts=planned)
    return run


def _cut_into_chunks(run: RetentionRun) -> None:
    """Ranges of due contacts, by the state table; each chunk asks the live rule again."""
    numbered = due.due(run.on_date).annotate(number=Window(RowNumber(), order_by="contact_id"))
    firsts = list(
        numbered.annotate(rest=F("number") % CHUNK).filter(rest=1).order_by("contact_id").values_list("pk", flat=True)
    )
    bounds = zip(firsts, [*firsts[1:], None][: len(firsts)], strict=True)
    RunChunk.objects.bulk_create(
        RunChunk(run=run, first_id=first, last_id=UUID(int=(after.int - 1)) if after else UUID(int=2**128 - 1))
        for first, after in bounds
    )


def carry_out(
    run: RetentionRun,
    actor: Actor,
    at: datetime,
    *,
    until: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """`work`, and after a finished run the rows with a clock of their own go as well (`retention/expiry.py`)."""
    finished = work(run, actor, at, until=until, progress=progress)
    if finished:
        expiry.expire(at)
    return finished


def work(
    run: RetentionRun,
    actor: Actor,
    at: datetime,
    *,
    until: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> bool:
    """Handle pending chunks until none is left or the moment `until` has come; returns whether the run is finished.

    `at` is the moment written into the evidence; `progress` is told how many of how many chunks are done.
    """
    with _little_to_collect():
        _work(run, actor, at, until, progress)
    journal.write()
    return _finish(run)


@contextmanager
def _little_to_collect() -> Iterator[None]:
    """Spare Python's collector all that is there already: it would look through the program with every other chunk."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _work(
    run: RetentionRun,
    actor: Actor,
    at: datetime,
    until: datetime | None,
    progress: Callable[[int, int], None] | None,
) -> None:
    while until is None or datetime.now(UTC) < until:
        chunk = None
        try:
            with transaction.atomic():
                chunk = _claim(run)
                if chunk is None:
                    break
                _handle(chunk, run, actor, at)
        except Exception as problem:
            if chunk is None:
                raise
            logger.error("retention chunk %s failed: %s", chunk.pk, type(problem).__name__)  # its text may hold values
            _note_failure(chunk, problem)
        else:
            journal.write()
            if progress:
                progress(run.chunks.exclude(state=ChunkState.PENDING).count(), run.chunks.count())


def _claim(run: RetentionRun) -> RunChunk | None:
    """The next chunk nobody works on. Its lock lasts as long as the transaction, so a crash gives it back."""
    pending = RunChunk.objects.filter(run=run, run__state=RunState.RUNNING, state=ChunkState.PENDING).order_by(
        "first_id"
    )
    return pending.select_for_update(
        skip_locked=connection.features.has_select_for_update_skip_locked, of=("self",)
    ).first()


def _handle(chunk: RunChunk, run: RetentionRun, actor: Actor, at: datetime) -> None:
    """Lock, judge again, act, prove: one chunk, inside the caller's transaction."""
    verdicts = judge(run.on_date, _lock(chunk, run.on_date), Register(run.rule) if run.rule else None)
    counts: Counter[str] = Counter()
    doomed = [verdict for verdict in verdicts if verdict.outcome is Outcome.ERASE]
    if doomed:
        causes = {verdict.clock.contact_id: (verdict.rule, verdict.due_on) for verdict in doomed}
        counts += erase(causes, chunk=chunk, at=at, actor=actor)
    staying = [verdict for verdict in verdicts if verdict.outcome in (Outcome.LEAVE, Outcome.FREEZE)]
    counts += _leave(staying, run, actor, at)
    chunk.erased, chunk.left_register = len(doomed), len(staying)
    chunk.blocked = sum(bool(verdict.bars) and verdict.outcome is not Outcome.TIED for verdict in verdicts)
    chunk.counts, chunk.state, chunk.finished_at = dict(counts), ChunkState.DONE, at
    chunk.save()


def _lock(chunk: RunChunk, on: date) -> Array:
    """Lock the chunk's due contacts, then agreements against change: whoever writes either waits, or makes us wait.

    The ids go back to the server as they came; to make objects of them takes as long as to judge them.
    """
    ids = due.due(on).filter(contact_id__gte=chunk.first_id, contact_id__lte=chunk.last_id).values("contact_id")
    locked = Contact.objects.filter(pk__in=ids).order_by("pk").select_for_update()
    people: Array = array(locked.values_list(Cast("pk", CharField()), flat=True))
    share_agreements()
    return people


def judge(on: date, people: Iterable[UUID] | Array, rule: Register | None = None) -> list[Verdict]:
    """The live rule for locked contacts, in statements of its own.

    Under READ COMMITTED the locking statement may judge by an older snapshot, and has been seen to overlook a fresh
    engagement; a statement that begins after the lock cannot.
    """
    ids = array(people)
    with bound():
        found = list(clocks(on, ids))
        bars = bars_of(on, ids, [clock.contact_id for clock in found if not clock.in_marketing])
    return [decide(clock, bars.get(clock.contact_id, NO_BARS), on, rule) for clock in found]


def _leave(staying: list[Verdict], run: RetentionRun, actor: Actor, at: datetime) -> Counter[str]:
    """End registers for those who stay for another reason, and bring their due dates up to date."""
    counts: Counter[str] = Counter()
    if silent := [verdict.clock.contact_id for verdict in staying if verdict.leaves_marketing and not verdict.frozen]:
        counts += leave_marketing(silent, run.on_date, at, actor, run.pk)
    if ended := [verdict.clock.contact_id for verdict in staying if verdict.drops_links]:
        counts += drop_links(ended, run.on_date, at, actor, run.pk)
    if held := [verdict.clock.contact_id for verdict in staying if verdict.frozen]:
        freeze_marketing(held, run.on_date, at, actor, run.pk)
    if staying:
        changed = [verdict.clock.contact_id for verdict in staying]
        due.refresh(run.on_date, changed)
    return counts


def _note_failure(chunk: RunChunk, problem: Exception) -> None:
    """Count the failure; the third one splits the chunk, so that one bad contact ends alone and is shown."""
    with transaction.atomic():
        chunk = RunChunk.objects.select_for_update().get(pk=chunk.pk)
        chunk.attempts += 1
        chunk.problem = type(problem).__name__
        if chunk.attempts >= ATTEMPTS:
            ids = due.due(chunk.run.on_date).filter(contact_id__gte=chunk.first_id, contact_id__lte=chunk.last_id)
            keys = list(ids.order_by("contact_id").values_list("contact_id", flat=True))
            chunk.state = ChunkState.SPLIT if len(keys) > 1 else ChunkState.FAILED
            if len(keys) > 1:
                middle = keys[len(keys) // 2]
                RunChunk.objects.create(run=chunk.run, first_id=chunk.first_id, last_id=UUID(int=middle.int - 1))
                RunChunk.objects.create(run=chunk.run, first_id=middle, last_id=chunk.last_id)
        chunk.save()


def _finish(run: RetentionRun) -> bool:
    """Close the run when no chunk is pending any more, by whichever worker comes last; sums up the chunks."""
    with transaction.atomic():
        locked = RetentionRun.objects.select_for_update().get(pk=run.pk)
        if locked.state == RunState.RUNNING and not locked.chunks.filter(state=ChunkState.PENDING).exists():
            totals = locked.chunks.aggregate(
                erased=Sum("erased", default=0), left=Sum("left_register", default=0), blocked=Sum("blocked", default=0)
            )
            locked.erased, locked.left_register, locked.blocked = totals["erased"], totals["left"], totals["blocked"]
            locked.failed = locked.chunks.filter(state=ChunkState.FAILED).count()
            locked.state, locked.finished_at = RunState.DONE, datetime.now(UTC)
            locked.save()
    run.refresh_from_db()
    return run.state == RunState.DONE


def last_completed() -> datetime | None:
    """When the last run over both rules ended; None when there was none."""
    found: datetime | None = RetentionRun.objects.filter(COMPLETED).aggregate(latest=Max("finished_at"))["latest"]
    return found


__all__ = ["begin", "carry_out", "judge", "last_completed", "work"]
