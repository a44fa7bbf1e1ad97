"""Every edit of the journal, and of the evidence beside it, is found and its first place named (R13)."""

from __future__ import annotations

import hashlib
import random
import stat
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from retention.models import ErasureRecord
from tests.retention.journals import FIRST, OCTOBER, SECOND, lines_of, problems
from tests.retention.nights import DAY, moment
from tests.retention.traces import journal_entries

pytestmark = pytest.mark.django_db


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
    change_byte,
    insert_byte,
    delete_bytes,
    delete_line,
    repeat_line,
    swap_lines,
    truncate,
    truncate_lines,
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
    last, text = journal_entries()[-1], lines_of(written[1])[-1].decode()
    changes = {
        f'"number":{last["number"]}': f'"number":{last["number"] + 1}',
        last["contact"]: str(UUID(int=UUID(last["contact"]).int + 1)),
        last["before"]: last["hash"],
    }
    body = text.split(',"hash":')[0]
    for old, new in changes.items():
        assert body.count(old) == 1
        body = body.replace(old, new)
    digest = hashlib.sha256(f"{body}}}".encode()).hexdigest()
    with written[1].open("a", encoding="ascii") as handle:
        handle.write(f'{body},"hash":"{digest}"}}\n')
    assert problems()[0] == (f"{written[1].name}:{SECOND + 1}", "no erasure record says the same")


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
