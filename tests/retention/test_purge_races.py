"""Workers beside each other and beside writers, on PostgreSQL: nobody is erased who was saved in time (R3, R4, R5)."""

from __future__ import annotations

import fcntl
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from pytest_django import Settings

from config.models import Actor
from contacts.models import Agreement as AgreementRow
from contacts.models import Contact
from retention import journal, purge
from retention.models import ErasureRecord, RetentionRun, RunChunk
from retention.models.runs import RunState, RunTrigger
from tests.retention.nights import begin, moment, put, there, work
from tests.retention.people import Agreement, Link, Organisation, Person
from tests.retention.store import Stored, furnish
from tests.retention.threads import PATIENCE, Thread, until_blocked_or_over, until_open, wait_for
from tests.retention.traces import journal_entries, orphans
from tests.retention.writers import (
    LONG_AGO,
    ON,
    TooLateError,
    engage,
    insert_hold,
    join,
    place_hold,
    rejoin,
    restrict,
    sign_agreement,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


WRITERS: tuple[Callable[[UUID], None], ...] = (place_hold, insert_hold, restrict, sign_agreement, engage, join, rejoin)
writers = pytest.mark.parametrize("save", WRITERS, ids=lambda save: save.__name__)


def colony(count: int) -> Stored:
    """Persons who are due: each works at a former trial customer of her own, and has left a customer years ago."""
    haven = Organisation("haven", "", (Agreement(LONG_AGO, LONG_AGO),))
    people = [
        Person(
            f"anna{number}",
            LONG_AGO,
            links=(
                Link(
                    f"job{number}",
                    Organisation(
                        f"firm{number}", "", (Agreement(LONG_AGO, LONG_AGO, LONG_AGO, starts_five_years=False),)
                    ),
                ),
                Link(
                    f"left{number}",
                    Organisation(f"left{number}", "", (Agreement(LONG_AGO, LONG_AGO),)),
                    date(2015, 1, 1),
                ),
            ),
        )
        for number in range(count)
    ]
    stored = put(*people, others=(haven,))
    AgreementRow.objects.filter(organisation=stored.organisations["haven"]).update(reference="haven")
    furnish(stored)
    return stored


@contextmanager
def paused_after_judging(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Stop the worker while it holds its locks and has judged; yields (has judged, may go on)."""
    judged, go_on, real = threading.Event(), threading.Event(), purge.judge

    def judge(*args: object) -> object:
        verdicts = real(*args)  # type: ignore[arg-type]
        judged.set()
        wait_for(go_on)
        return verdicts

    monkeypatch.setattr(purge, "judge", judge)
    try:
        yield judged, go_on
    finally:
        go_on.set()


# One contact, one writer ----------------------------------------------------------------------------------------------


@writers
def test_somebody_saved_between_the_plan_and_the_work_stays(save: Callable[[UUID], None]) -> None:
    stored = colony(2)
    run = begin(ON)
    save(stored.persons["anna0"])
    assert work(run)
    assert there(stored, "anna0")
    assert not there(stored, "anna1")


@writers
def test_somebody_saved_by_a_transaction_that_is_still_open_stays(save: Callable[[UUID], None]) -> None:
    """Told saved means saved. A row inserted without a look at the contact may be refused at its commit instead."""
    stored = colony(2)
    run = begin(ON)
    written, commit = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            save(stored.persons["anna0"])
            written.set()
            wait_for(commit)

    writer = Thread(write)
    wait_for(written)
    worker = Thread(lambda: work(run))
    until_blocked_or_over(worker)
    commit.set()
    refusal = writer.finish()
    assert worker.finish() is None
    assert refusal is None or (isinstance(refusal, IntegrityError) and save in (insert_hold, restrict, join))
    assert there(stored, "anna0") == (refusal is None), "told saved, and erased"
    assert not there(stored, "anna1")
    assert orphans() == {}


@writers
def test_a_writer_who_comes_after_the_judgement_is_told_that_it_is_too_late(
    save: Callable[[UUID], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = colony(2)
    run = begin(ON)
    outcome: list[str] = []

    def write() -> None:
        try:
            with transaction.atomic():
                save(stored.persons["anna0"])
            outcome.append("saved")
        except (TooLateError, DatabaseError, Contact.DoesNotExist):
            outcome.append("too late")

    with paused_after_judging(monkeypatch) as (judged, go_on):
        worker = Thread(lambda: work(run))
        wait_for(judged)
        writer = Thread(write)
        until_blocked_or_over(writer)
        go_on.set()
        assert worker.finish() is None
        assert writer.finish() is None
    assert outcome == ["too late"]
    assert not there(stored, "anna0")
    assert not there(stored, "anna1")
    assert orphans() == {}


# Many contacts, many writers ------------------------------------------------------------------------------------------


def test_no_writer_of_a_thousand_is_told_saved_while_the_contact_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    """R3: a thousand interleavings of two workers with two writers."""
    monkeypatch.setattr(purge, "CHUNK", 10)
    stored = colony(1_000)
    run = begin(ON, approve=True)
    saved: list[UUID] = []
    refused: list[UUID] = []

    def write(ids: list[UUID], seed: int) -> None:
        dice = random.Random(seed)
        for contact in ids:
            save = dice.choice(WRITERS)
            try:
                with transaction.atomic():
                    save(contact)
                    time.sleep(dice.choice((0, 0, 0.001)))
                saved.append(contact)
            except (TooLateError, DatabaseError, Contact.DoesNotExist):
                refused.append(contact)

    ids = sorted(stored.persons.values(), reverse=True)
    threads = [Thread(lambda: work(run)), Thread(lambda: work(run))]
    threads += [Thread(lambda part=part: write(ids[part::2], part)) for part in (0, 1)]  # type: ignore[misc]
    assert [problem for thread in threads if (problem := thread.finish())] == []
    run.refresh_from_db()
    assert (run.state, run.failed) == (RunState.DONE, 0)
    alive = set(Contact.objects.values_list("pk", flat=True))
    assert len(saved) + len(refused) == 1_000
    assert len(saved) > 20
    assert len(refused) > 20
    assert [one for one in saved if one not in alive] == []
    assert [one for one in refused if one in alive] == []
    assert set(ErasureRecord.objects.values_list("contact_id", flat=True)) == set(refused)
    assert orphans() == {}


# Several workers, several starts --------------------------------------------------------------------------------------


def test_three_workers_erase_everybody_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "CHUNK", 7)
    stored = colony(210)
    run = begin(ON, approve=True)
    assert run.chunks.count() == 30
    threads = [Thread(lambda: work(run)) for _worker in range(3)]
    assert [problem for thread in threads if (problem := thread.finish())] == []
    run.refresh_from_db()
    assert (run.state, run.erased, run.failed) == (RunState.DONE, 210, 0)
    assert not Contact.objects.exists()
    assert ErasureRecord.objects.count() == 210
    assert orphans() == {}
    assert Counter(entry["contact"] for entry in journal_entries()) == Counter(map(str, stored.persons.values()))
    assert list(journal.verify(ON)) == []


def test_workers_who_write_the_journal_at_the_same_moment_write_every_line_once(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """All have seen the same chunks that wait for the journal, and stand before its lock."""
    monkeypatch.setattr(purge, "CHUNK", 4)
    stored = colony(30)
    assert work(begin(ON, approve=True))
    whole = journal_entries()
    journal.segments()[0].unlink()
    RunChunk.objects.update(journal_to=None)
    with (settings.JOURNAL_PATH / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        writers = [Thread(lambda: journal.write(moment(ON))) for _writer in range(3)]
        until_open(settings.JOURNAL_PATH / "lock", 1 + len(writers))
    assert [problem for writer in writers if (problem := writer.finish())] == []
    assert [entry["contact"] for entry in journal_entries()] == [entry["contact"] for entry in whole]
    assert {entry["contact"] for entry in whole} == set(map(str, stored.persons.values()))
    assert set(RunChunk.objects.values_list("journal_to", flat=True)) == {4, 8, 12, 16, 20, 24, 28, 30}
    assert list(journal.verify(ON)) == []


@pytest.mark.parametrize("trigger", [RunTrigger.SCHEDULE, RunTrigger.COMMAND])
def test_starting_twice_at_the_same_moment_makes_one_run(trigger: RunTrigger) -> None:
    colony(5)
    starts = 4
    barrier = threading.Barrier(starts)

    def start() -> None:
        connection.ensure_connection()
        barrier.wait(PATIENCE)
        purge.begin(ON, trigger, Actor.task(), moment(ON))

    problems = [thread.finish() for thread in [Thread(start) for _start in range(starts)]]
    assert {type(problem) for problem in problems} <= {type(None), IntegrityError}
    assert None in problems
    run = RetentionRun.objects.get()
    assert run.chunks.count() == 1
    assert work(run)
    assert not Contact.objects.exists()


def test_a_worker_waits_for_a_contact_somebody_else_has_locked() -> None:
    """Nobody who is due is silently left out because a row was busy."""
    stored = colony(3)
    run = begin(ON)
    locked, let_go = threading.Event(), threading.Event()

    def hold_the_row() -> None:
        with transaction.atomic():
            Contact.objects.select_for_update().get(pk=stored.persons["anna1"])
            locked.set()
            wait_for(let_go)

    holder = Thread(hold_the_row)
    wait_for(locked)
    worker = Thread(lambda: work(run))
    until_blocked_or_over(worker)
    assert Contact.objects.count() == 3
    let_go.set()
    assert [problem for thread in (worker, holder) if (problem := thread.finish())] == []
    assert not Contact.objects.exists()
