"""The journal outside the database: every edit is found, every crash is mended, months come and go (R13, R11)."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
import time_machine

from config.models import Actor
from contacts.models import Contact
from retention import expiry, journal, purge
from retention.models import ErasureRecord, RetentionRun, RunChunk
from retention.models.runs import ChunkState, RunTrigger
from tests.retention.nights import DAY, moment, put, run_night
from tests.retention.oracle import Person
from tests.retention.registers import Stored
from tests.retention.traces import journal_entries

pytestmark = pytest.mark.django_db

LONG_AGO = date(2010, 6, 1)
OCTOBER, NOVEMBER = date(2026, 10, 20), date(2026, 11, 22)
FIRST, SECOND = 8, 14


def erase_some(count: int, on: date) -> Stored:
    """Erase so many persons in the night of that day, and journal them that day."""
    stored = put(*(Person(f"anna{number}", LONG_AGO) for number in range(count)))
    with time_machine.travel(moment(on), tick=False):
        run_night(on)
    assert not Contact.objects.exists()
    return stored


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two months of the journal, written in chunks of five."""
    monkeypatch.setattr(purge, "CHUNK", 5)
    erase_some(FIRST, OCTOBER)
    erase_some(SECOND, NOVEMBER)
    paths = journal.segments()
    assert [path.name for path in paths] == ["journal-2026-10.jsonl", "journal-2026-11.jsonl"]
    assert len(journal_entries()) == FIRST + SECOND
    assert problems() == []
    return paths


def problems(on: date = NOVEMBER) -> list[tuple[str, str]]:
    return [(problem.place, problem.what) for problem in journal.verify(on)]


def lines_of(path: Path) -> list[bytes]:
    return [line + b"\n" for line in path.read_bytes().split(b"\n")[:-1]]


# Every edit is found (R13) --------------------------------------------------------------------------------------------


def change_byte(dice: random.Random, lines: list[bytes]) -> bytes:
    data = bytearray(b"".join(lines))
    place = dice.randrange(len(data))
    data[place] = dice.choice([byte for byte in b'0123456789abcdef"{},: \r\n\x00\xff' if byte != data[place]])
    return bytes(data)


def insert_byte(dice: random.Random, lines: list[bytes]) -> bytes:
    data = b"".join(lines)
    place = dice.randrange(len(data) + 1)
    return data[:place] + dice.choice((b"0", b" ", b"\n", b"\r", b"}", b"\x00", b"\xc3\xa4")) + data[place:]


def delete_bytes(dice: random.Random, lines: list[bytes]) -> bytes:
    data = b"".join(lines)
    place = dice.randrange(len(data))
    return data[:place] + data[place + dice.randint(1, 40) :]


def delete_line(dice: random.Random, lines: list[bytes]) -> bytes:
    place = dice.randrange(len(lines))
    return b"".join(lines[:place] + lines[place + 1 :])


def repeat_line(dice: random.Random, lines: list[bytes]) -> bytes:
    place, from_ = dice.randrange(len(lines) + 1), dice.randrange(len(lines))
    return b"".join([*lines[:place], lines[from_], *lines[place:]])


def swap_lines(dice: random.Random, lines: list[bytes]) -> bytes:
    one, other = dice.sample(range(len(lines)), 2)
    swapped = list(lines)
    swapped[one], swapped[other] = lines[other], lines[one]
    return b"".join(swapped)


def truncate(dice: random.Random, lines: list[bytes]) -> bytes:
    data = b"".join(lines)
    return data[: dice.randrange(len(data))]


def truncate_lines(dice: random.Random, lines: list[bytes]) -> bytes:
    return b"".join(lines[: dice.randrange(len(lines))])


EDITS: tuple[Callable[[random.Random, list[bytes]], bytes], ...] = (
    change_byte, insert_byte, delete_bytes, delete_line, repeat_line, swap_lines, truncate, truncate_lines,
)


def first_bad_place(path: Path, before: list[bytes], after: list[bytes], following: Path | None) -> str:
    """Where a reader who knows the original sees the first difference."""
    for number, line in enumerate(after):
        if number >= len(before) or line != before[number]:
            return f"{path.name}:{number + 1}"
    return f"{following.name}:1" if following else "tail"


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_every_single_edit_is_found_and_its_first_place_named(
    edit: Callable[[random.Random, list[bytes]], bytes], written: list[Path]
) -> None:
    for seed in range(60):
        dice = random.Random(f"{edit.__name__} {seed}")
        number = dice.randrange(2)
        path, following = written[number], written[1] if number == 0 else None
        before = path.read_bytes()
        path.write_bytes(edit(dice, lines_of(path)))
        after = path.read_bytes()
        if after != before:
            found = problems()
            pieces = after.split(b"\n")
            kept = [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
            assert found, f"seed {seed}: not found"
            expected = first_bad_place(path, [line + b"\n" for line in before.split(b"\n")[:-1]], kept, following)
            assert found[0][0] == expected, f"seed {seed}"
        path.write_bytes(before)
    assert problems() == []


def test_a_missing_segment_is_found(written: list[Path]) -> None:
    for path in written:
        data = path.read_bytes()
        path.unlink()
        assert problems()[0][0] in ("journal-2026-11.jsonl:1", "tail")
        path.write_bytes(data)
    assert problems() == []


def test_a_forged_line_that_continues_the_chain_is_found(written: list[Path]) -> None:
    """Whoever knows the format can compute a hash; the database does not bear the line out."""
    last = journal_entries()[-1]
    chunk = RunChunk.objects.get(pk=last["chunk"])
    record = (UUID(int=7), "0" * 64, 1, "MKT24", moment(NOVEMBER))
    body = journal._line(last["number"] + 1, record, chunk, last["hash"])
    digest = hashlib.sha256(body.encode()).hexdigest()
    with written[1].open("a", encoding="ascii") as handle:
        handle.write(f'{body[:-1]},"hash":"{digest}"}}\n')
    assert problems()[0][0] == f"{written[1].name}:{SECOND + 1}"


def test_nothing_can_be_said_behind_the_hash(written: list[Path]) -> None:
    lines = lines_of(written[1])
    last = journal_entries()[-1]
    more = f',"contact":"{UUID(int=7)}","more":"{last["hash"]}"}}\n'.encode()
    written[1].write_bytes(b"".join(lines[:-1]) + lines[-1].removesuffix(b"}\n") + more)
    assert problems()[0][0] == f"{written[1].name}:{SECOND}"


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "DSR17"},
        {"digest": "0" * 64},
        {"digest_version": 9},
        {"erased_at": moment(OCTOBER - DAY)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_erasure_record_is_found_and_its_line_named(change: dict[str, object], written: list[Path]) -> None:
    entry = journal_entries()[FIRST + 3]
    ErasureRecord.objects.filter(pk=entry["contact"]).update(**change)
    assert [place for place, _what in problems()] == [f"{written[1].name}:4"]


def test_a_deleted_erasure_record_is_found_and_its_line_named(written: list[Path]) -> None:
    ErasureRecord.objects.filter(pk=journal_entries()[2]["contact"]).delete()
    assert [place for place, _what in problems()] == [f"{written[0].name}:3"]


@pytest.mark.parametrize("chunk", ["journaled", "unknown"])
def test_an_erasure_record_that_no_line_speaks_of_is_found(chunk: str, written: list[Path]) -> None:
    record = ErasureRecord.objects.latest("contact_id")
    record.pk, record.chunk_id = UUID(int=7), record.chunk_id if chunk == "journaled" else 123_456
    record.save(force_insert=True)
    assert len(problems()) == 1


def test_nobody_is_named_in_the_journal_and_only_its_owner_reads_it(written: list[Path]) -> None:
    text = "".join(path.read_text(encoding="ascii") for path in written)
    assert text.count('"rule":"MKT24"') == FIRST + SECOND
    assert "anna" not in text.casefold()
    assert "@" not in text
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


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
        pk=last["chunk"], run=run, first_id=UUID(int=0), last_id=UUID(int=9), state=ChunkState.DONE, erased=1
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
def years() -> Iterator[Callable[[date], list[str]]]:
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
