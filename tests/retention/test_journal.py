"""The journal outside the database: every crash is mended, months come and go (R11)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
import time_machine

from config.models import Actor
from retention import expiry, journal, purge
from retention.models import ErasureRecord, RetentionRun, RunChunk
from retention.models.runs import ChunkState, RunTrigger
from tests.retention.journals import FIRST, LONG_AGO, NOVEMBER, OCTOBER, SECOND, erase_some, lines_of, problems
from tests.retention.nights import DAY, moment, put, run_night
from tests.retention.people import Person
from tests.retention.store import Stored
from tests.retention.traces import journal_entries

pytestmark = pytest.mark.django_db


# Every crash is mended ------------------------------------------------------------------------------------------------


def once(stored: Stored) -> Counter[str]:
    return Counter(str(pk) for pk in stored.persons.values())


@pytest.mark.parametrize("lines", range(12))
@pytest.mark.parametrize("torn", [0, 1, 90])
def test_a_crash_at_any_line_leaves_neither_a_gap_nor_a_double(
    lines: int, torn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file ends after so many lines and a piece of the next, and the chunks behind are not marked as written."""
    monkeypatch.setattr(purge, "CHUNK", 4)
    stored = erase_some(11, NOVEMBER)
    path = journal.segments()[0]
    whole = lines_of(path)
    path.write_bytes(b"".join(whole[:lines]) + (whole[lines][:torn] if lines < len(whole) else b""))
    RunChunk.objects.filter(journal_to__gt=lines - lines % 4).update(journal_to=None)
    RunChunk.objects.filter(journal_to=11).update(journal_to=None)
    assert journal.write(moment(NOVEMBER)) == 11 - lines
    assert Counter(entry["contact"] for entry in journal_entries()) == once(stored)
    assert problems() == []
    assert journal.write(moment(NOVEMBER)) == 0


def test_a_crash_in_the_first_line_of_a_month_is_mended_in_the_next_month(written: list[Path]) -> None:
    december, january = written[0].with_name("journal-2026-12.jsonl"), date(2027, 1, 5)
    december.write_bytes(lines_of(written[1])[-1][:50])
    erase_some(3, january)
    assert problems(january) == []
    assert len(journal_entries()) == FIRST + SECOND + 3
    expiry.expire(moment(date(2035, 1, 1)))
    assert [path.name for path in journal.segments()] == ["journal-2027-01.jsonl"]
    assert problems(date(2035, 1, 1)) == []


def test_a_clock_set_back_a_month_does_not_break_the_chain(written: list[Path]) -> None:
    erase_again = purge.begin(NOVEMBER, RunTrigger.COMMAND, Actor.command(), moment(NOVEMBER), approve=True)
    put(*(Person(f"ben{number}", LONG_AGO) for number in range(3)))
    with time_machine.travel(moment(OCTOBER), tick=False):
        purge.work(erase_again, Actor.command(), moment(NOVEMBER))
        run_night(NOVEMBER + DAY)
    assert len(journal_entries()) == FIRST + SECOND + 3
    assert problems() == []


def test_a_restored_database_that_counts_chunks_anew_leaves_no_gap(written: list[Path]) -> None:
    last = journal_entries()[-1]
    ErasureRecord.objects.all().delete()
    RunChunk.objects.all().delete()
    RetentionRun.objects.all().delete()
    run = RetentionRun.objects.create(on_date=NOVEMBER, trigger="command", policy_version="1", state="done")
    chunk = RunChunk.objects.create(
        pk=last["chunk"],
        run=run,
        first_id=UUID(int=0),
        last_id=UUID(int=9),
        state=ChunkState.DONE,
        erased=1,
        finished_at=moment(NOVEMBER),
    )
    older = UUID(int=UUID(last["contact"]).int - 1)
    ErasureRecord.objects.create(
        contact_id=older, reference="C-000001", digest_version=1, rule="MKT24", erased_at=moment(NOVEMBER), chunk=chunk
    )
    assert journal.write(moment(NOVEMBER)) == 1
    assert journal_entries()[-1]["contact"] == str(older)


# Months come and go ---------------------------------------------------------------------------------------------------


def test_a_new_month_begins_a_new_segment_that_continues_the_chain(written: list[Path]) -> None:
    october, november = (lines_of(path) for path in written)
    assert (len(october), len(november)) == (FIRST, SECOND)
    entries = journal_entries()
    assert entries[FIRST]["before"] == entries[FIRST - 1]["hash"]
    assert [entry["number"] for entry in entries] == list(range(1, FIRST + SECOND + 1))


@pytest.fixture
def years() -> Callable[[date], list[str]]:
    """Let everything expire on a day; the names of the segments that are left."""

    def pass_until(day: date) -> list[str]:
        expiry.expire(moment(day))
        assert problems(day) == []
        return [path.name for path in journal.segments()]

    return pass_until


def test_segments_expire_whole_and_the_rest_can_still_be_verified(
    written: list[Path], years: Callable[[date], list[str]]
) -> None:
    """36 months and the oldest backup, 35 days, after the last day of October 2026."""
    whole = [path.name for path in written]
    assert years(date(2029, 12, 5)) == whole
    erase_some(2, date(2027, 3, 1))
    assert years(date(2030, 1, 15)) == [whole[1], "journal-2027-03.jsonl"]
    assert journal_entries()[0]["number"] == FIRST + 1
    assert years(date(2030, 3, 1)) == ["journal-2027-03.jsonl"]
    assert journal_entries()[0]["number"] == FIRST + SECOND + 1


def test_the_newest_segment_never_expires(written: list[Path], years: Callable[[date], list[str]]) -> None:
    assert years(date(2040, 1, 1)) == [written[1].name]


def test_an_edit_after_an_expiry_is_found(written: list[Path], years: Callable[[date], list[str]]) -> None:
    years(date(2030, 3, 1))
    lines = lines_of(written[1])
    written[1].write_bytes(b"".join(lines[1:]))
    assert problems(date(2030, 3, 1))[0][0] == f"{written[1].name}:1"


def test_dates_of_the_journal_are_utc_moments(written: list[Path]) -> None:
    moments = {dt.datetime.fromisoformat(entry["erased_at"]) for entry in journal_entries()}
    assert moments == {moment(OCTOBER), moment(NOVEMBER)}
