"""The run as a machine: started once, stopped by the circuit breaker, cut into chunks, stopped by nobody poisonous."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from config.models import Actor
from contacts.models import Contact
from retention import journal, purge
from retention.models import DueDate, ErasureRecord, RetentionRun, RunChunk
from retention.models.runs import RunState, RunTrigger
from tests.retention.nights import DAY, begin, moment, put, run_night, there, work
from tests.retention.people import Person
from tests.retention.store import Stored

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)


def crowd(due: int, others: int = 0) -> Stored:
    """Persons of whom `due` are due on ON."""
    silent = [Person(f"silent{number}", LONG_AGO) for number in range(due)]
    fresh = [Person(f"fresh{number}", ON - DAY) for number in range(others)]
    return put(*silent, *fresh)


# Started once (R5) ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_second_scheduled_start_for_the_day_is_refused() -> None:
    run_night(ON)
    with pytest.raises(IntegrityError), transaction.atomic():
        begin(ON)
    assert RetentionRun.objects.count() == 1


@pytest.mark.django_db
def test_a_second_start_by_hand_on_the_same_day_is_lawful() -> None:
    run_night(ON)
    second = purge.begin(ON, RunTrigger.COMMAND, Actor.command(), moment(ON))
    assert second.state == RunState.RUNNING
    assert RetentionRun.objects.count() == 2


@pytest.mark.django_db
def test_a_run_that_is_not_finished_is_gone_on_with_and_no_other_begins() -> None:
    crowd(3)
    first = begin(ON)
    assert first.chunks.count() == 1
    assert begin(ON) == first
    assert purge.begin(ON + DAY, RunTrigger.COMMAND, Actor.command(), moment(ON + DAY)) == first
    assert RetentionRun.objects.count() == 1
    assert first.chunks.count() == 1


@pytest.mark.django_db
def test_a_second_scheduled_start_leaves_a_waiting_run_waiting() -> None:
    waiting = begin_in_the_future()
    assert waiting.state == RunState.WAITING
    with pytest.raises(IntegrityError), transaction.atomic():
        begin_in_the_future()
    waiting.refresh_from_db()
    assert waiting.state == RunState.WAITING


@pytest.mark.django_db
def test_a_later_run_supersedes_one_that_waits() -> None:
    stored = crowd(1)
    waiting = begin_in_the_future()
    run_night(ON)
    waiting.refresh_from_db()
    assert waiting.state == RunState.SUPERSEDED
    assert not there(stored, "silent0")


@pytest.mark.django_db
def test_a_finished_run_erases_nobody_twice() -> None:
    crowd(4)
    run = run_night(ON)
    assert run.erased == 4
    assert work(run)
    run.refresh_from_db()
    assert (run.erased, ErasureRecord.objects.count()) == (4, 4)


def begin_in_the_future() -> RetentionRun:
    return purge.begin(ON + DAY, RunTrigger.SCHEDULE, Actor.task(), moment(ON))


# Cut into chunks ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("due", [0, 1, 4, 5, 6, 11])
def test_the_chunks_cover_everybody_due_whatever_their_size(due: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "CHUNK", 5)
    crowd(due, 3)
    run = begin(ON)
    assert run.chunks.count() == -(-due // 5)
    assert work(run)
    run.refresh_from_db()
    assert (run.erased, Contact.objects.count(), ErasureRecord.objects.count()) == (due, 3, due)


@pytest.mark.django_db
def test_a_worker_stops_when_its_time_is_up_and_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "CHUNK", 2)
    crowd(6)
    run = begin(ON)
    assert not purge.work(run, Actor.task(), moment(ON), until=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    assert Contact.objects.count() == 6
    assert work(run)
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_somebody_saved_after_the_planning_is_not_touched() -> None:
    stored = crowd(2)
    run = begin(ON)
    assert DueDate.objects.filter(marketing_on__lt=ON).count() == 2
    Contact.objects.filter(pk=stored.persons["silent0"]).update(last_engaged_on=ON - DAY)
    assert work(run)
    assert there(stored, "silent0")
    assert not there(stored, "silent1")


# Stopped by nobody poisonous ------------------------------------------------------------------------------------------


@pytest.fixture
def forgotten_table(transactional_db: None) -> Iterator[str]:
    """A table with a link to contacts that nobody declared: the database refuses to delete whoever it names."""
    kind = Contact._meta.pk.db_type(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE forgotten (contact_id {kind} REFERENCES contacts_contact (id) DEFERRABLE INITIALLY DEFERRED)"
        )
    yield "forgotten"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE forgotten")


def test_a_contact_the_database_refuses_to_delete_ends_alone_and_the_others_go(
    forgotten_table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "CHUNK", 8)
    stored = crowd(20, 2)
    poisonous = stored.persons["silent11"]
    with connection.cursor() as cursor:
        value = poisonous if connection.vendor == "postgresql" else poisonous.hex
        cursor.execute(f"INSERT INTO {forgotten_table} VALUES (%s)", [value])
    run = run_night(ON)
    run.refresh_from_db()
    assert (run.state, run.erased, run.failed) == (RunState.DONE, 19, 1)
    failed = RunChunk.objects.get(state="failed")
    assert failed.first_id <= poisonous <= failed.last_id
    assert failed.problem == "IntegrityError"
    assert set(Contact.objects.values_list("pk", flat=True)) == {
        poisonous,
        stored.persons["fresh0"],
        stored.persons["fresh1"],
    }
    assert ErasureRecord.objects.count() == 19
    assert list(journal.verify(ON)) == []
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {forgotten_table}")
    run_night(ON + DAY)
    assert not there(stored, "silent11")


@pytest.mark.django_db(transaction=True)
def test_a_contact_the_code_fails_on_ends_alone_and_the_others_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "CHUNK", 8)
    stored = crowd(20)
    poisonous, real = stored.persons["silent5"], purge.judge

    def failing(on: date, people: str, *args: object) -> object:
        if poisonous.hex in people.replace("-", ""):
            raise ZeroDivisionError("a name that must not be kept")
        return real(on, people, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(purge, "judge", failing)
    run = run_night(ON)
    run.refresh_from_db()
    assert (run.erased, run.failed, Contact.objects.get().pk) == (19, 1, poisonous)
    assert RunChunk.objects.get(state="failed").problem == "ZeroDivisionError"


# Gone for good --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_saving_an_old_copy_does_not_bring_an_erased_contact_back() -> None:
    """Somebody has the contact's page open while the run erases it; Django's save would insert the row again."""
    stored = crowd(1)
    old_copy = Contact.objects.get(pk=stored.persons["silent0"])
    run_night(ON)
    with pytest.raises(DatabaseError), transaction.atomic():
        old_copy.save()
    assert not there(stored, "silent0")
