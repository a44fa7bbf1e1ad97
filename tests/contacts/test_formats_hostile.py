"""Files made to stall a reader or to fill a machine are refused, and no file costs much memory (R18)."""

from __future__ import annotations

import random
import shutil
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contacts.files import SHEET, read_in_a_process_of_its_own, text_file, with_part, workbook_file
from tests.contacts.workbooks import sheet
from tests.contacts.workbooks import workbook as shared

MEMORY = 300
"""MiB: the bound of R18."""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="this system does not tell a process its peak memory"
)

MEBIBYTE = 1024 * 1024
SHEET_PART = "xl/worksheets/sheet1.xml"
TEXTS_PART = "xl/sharedStrings.xml"


def refused(path: Path) -> str:
    """The reason a file was refused for, within the bound of memory."""
    said, peak = read_in_a_process_of_its_own(path)
    assert said.startswith("refused: "), said
    assert peak < MEMORY
    return said


def accepted(path: Path) -> int:
    """How many rows a file has, read within the bound of memory."""
    said, peak = read_in_a_process_of_its_own(path)
    assert peak < MEMORY
    return int(said)


def big_file(path: Path, head: bytes, block: bytes, times: int) -> Path:
    """A file of a beginning and a block that repeats."""
    with path.open("wb") as file:
        file.write(head)
        for _ in range(times):
            file.write(block)
    return path


def loosely_packed(mebibytes: int) -> Iterator[bytes]:
    """Digits that a packer cannot shrink so much that they look like a bomb."""
    chance = random.Random(1)
    return (chance.randbytes(MEBIBYTE // 2).hex().encode() for _ in range(mebibytes))


def sheet_of(rows: Iterator[bytes]) -> Iterator[bytes]:
    """A sheet's XML around rows."""
    before, after = SHEET.encode().split(b"{}")
    yield before
    yield from rows
    yield after


@pytest.fixture(autouse=True)
def _no_large_files_left(tmp_path: Path) -> Iterator[None]:
    yield
    shutil.rmtree(tmp_path)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A small good workbook, to be spoiled."""
    return workbook_file(tmp_path, [["email"], ["anna@example.org"]])


@pytest.mark.slow
def test_a_million_rows_of_csv_stream(tmp_path: Path) -> None:
    head = b"email,first_name,last_name,job_title,phone,country,city,organisation,source,collected_on,in_marketing\n"
    row = b"anna@example.org,Anna,Meier,Head of Sales,+358401234567,FI,Turku,Meier Oy,fair,2025-03-04,yes\n"
    assert accepted(big_file(tmp_path / "million.csv", head, row * 1000, 1000)) == 1_000_000


@pytest.mark.slow
def test_a_file_larger_than_the_memory_streams(tmp_path: Path) -> None:
    row = b"anna@example.org," + b"x" * 1000 + b"\n"
    assert accepted(big_file(tmp_path / "large.csv", b"email,notes\n", row * 1000, 400)) == 400_000


@pytest.mark.slow
def test_one_line_of_200_megabytes_is_refused(tmp_path: Path) -> None:
    path = big_file(tmp_path / "line.csv", b"email\n", b"x" * MEBIBYTE, 200)
    assert "line 2 is longer than a million characters" in refused(path)


@pytest.mark.slow
def test_a_header_of_200_megabytes_is_refused(tmp_path: Path) -> None:
    assert "longer than a million" in refused(big_file(tmp_path / "line.csv", b"", b"x" * MEBIBYTE, 200))


@pytest.mark.slow
def test_a_json_line_of_200_megabytes_is_refused(tmp_path: Path) -> None:
    path = big_file(tmp_path / "line.jsonl", b'{"email": "', b"x" * MEBIBYTE, 200)
    assert "Line 1 is longer than a million characters" in refused(path)


@pytest.mark.slow
def test_one_quoted_cell_of_200_megabytes_names_the_line_of_its_quote(tmp_path: Path) -> None:
    path = big_file(tmp_path / "quote.csv", b'email,notes\na@example.org,"', b"x" * 99 + b"\n", 2 * MEBIBYTE)
    assert "opened in line 2" in refused(path)


@pytest.mark.slow
def test_one_record_of_endlessly_many_quoted_cells_is_refused(tmp_path: Path) -> None:
    path = big_file(tmp_path / "cells.csv", b'email,notes\na@example.org,"', b'\n","' * 1000, 20_000)
    refused(path)


def test_ten_million_columns_are_refused(tmp_path: Path) -> None:
    assert "longer than a million" in refused(text_file(tmp_path, "a," * 10_000_000))


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    header = ",".join(f"column{number}" for number in range(10_000))
    assert "more than 200 columns" in refused(text_file(tmp_path, header + "\n"))


def test_two_hundred_columns_are_accepted_and_one_more_is_not(tmp_path: Path) -> None:
    headers = [f"column{number}" for number in range(201)]
    assert accepted(text_file(tmp_path, ",".join(headers[:200]) + "\n" + "x," * 199 + "x\n")) == 1
    assert "more than 200 columns" in refused(text_file(tmp_path, ",".join(headers) + "\n"))


def test_ten_thousand_keys_of_json_are_refused(tmp_path: Path) -> None:
    lines = "".join(f'{{"email": "a@example.org", "key{number}": 1}}\n' for number in range(10_000))
    assert "more than 200 columns" in refused(text_file(tmp_path, lines))


def test_deeply_nested_json_is_one_bad_row(tmp_path: Path) -> None:
    assert accepted(text_file(tmp_path, '{"email": "a@example.org"}\n{"email": ' + "[" * 900_000 + "\n")) == 2


def test_zero_bytes_are_refused_when_the_header_has_them(tmp_path: Path) -> None:
    assert "not text" in refused(text_file(tmp_path, "em\0ail,first_name\nx,y\n"))
    refused(text_file(tmp_path, "\0" * 1_000_000))


@pytest.mark.parametrize("part", [SHEET_PART, TEXTS_PART])
def test_a_part_that_unpacks_a_thousandfold_is_refused(workbook: Path, part: str) -> None:
    bomb = with_part(workbook, part, (b" " * MEBIBYTE for _ in range(250)))
    assert bomb.stat().st_size < MEBIBYTE
    assert "too large when unpacked" in refused(bomb)


@pytest.mark.parametrize(("announced", "reason"), [(4_000_000_000, "too large when unpacked"), (1000, "damaged")])
def test_a_directory_that_announces_another_size_is_refused(workbook: Path, announced: int, reason: str) -> None:
    bomb = with_part(workbook, SHEET_PART, (b" " * MEBIBYTE for _ in range(250)))
    with zipfile.ZipFile(bomb) as archive:
        real = struct.pack("<L", archive.getinfo(SHEET_PART).file_size)
    assert real in bomb.read_bytes()
    bomb.write_bytes(bomb.read_bytes().replace(real, struct.pack("<L", announced)))
    assert reason in refused(bomb)


def test_a_directory_of_very_many_parts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "parts.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(6000):
            archive.writestr(f"part{number}", b"")
    assert "too large" in refused(path)


@pytest.mark.parametrize("part", [SHEET_PART, "xl/workbook.xml", "xl/styles.xml", "_rels/.rels"])
def test_entities_are_refused_in_every_part(workbook: Path, part: str) -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    laughs = f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>' + SHEET.format("<row><c><v>&l9;</v></c></row>")
    assert "what no spreadsheet program writes" in refused(with_part(workbook, part, laughs.encode()))


def test_an_external_entity_is_refused(workbook: Path) -> None:
    outside = '<!DOCTYPE x [<!ENTITY e SYSTEM "hostname.txt">]>' + SHEET.format("<row><c><v>&e;</v></c></row>")
    assert "what no spreadsheet program writes" in refused(with_part(workbook, SHEET_PART, outside.encode()))


def test_deeply_nested_xml_is_refused(workbook: Path) -> None:
    nested = b"".join(b"<a%d>" % number for number in range(100_000))
    assert "what no spreadsheet program writes" in refused(with_part(workbook, SHEET_PART, nested))


def test_an_endless_attribute_is_refused(workbook: Path) -> None:
    rows = iter([b'<row><c r="', *loosely_packed(20), b'"/></row>'])
    assert "what no spreadsheet program writes" in refused(with_part(workbook, SHEET_PART, sheet_of(rows)))


def test_an_endless_cell_is_refused(workbook: Path) -> None:
    rows = iter([b"<row><c><v>", *loosely_packed(20), b"</v></c></row>"])
    assert "Row 1 of the sheet is longer" in refused(with_part(workbook, SHEET_PART, sheet_of(rows)))


def test_endlessly_many_cells_in_a_row_are_refused(workbook: Path) -> None:
    rows = iter([b"<row>", *(f"<c><v>{number}</v></c>".encode() for number in range(200_000)), b"</row>"])
    assert "Row 1 of the sheet is longer" in refused(with_part(workbook, SHEET_PART, sheet_of(rows)))


def test_a_row_number_beyond_every_sheet_costs_nothing(workbook: Path) -> None:
    rows = SHEET.format('<row r="1"><c r="A1" t="str"><v>email</v></c></row><row r="999999999"><c><v>1</v></c></row>')
    assert accepted(with_part(workbook, SHEET_PART, rows.encode())) == 1


def test_a_hundred_thousand_rows_of_xlsx_are_accepted_and_one_more_is_not(workbook: Path) -> None:
    def rows(count: int) -> Iterator[bytes]:
        yield b'<row><c t="str"><v>email</v></c></row>'
        for number in range(count):
            yield f'<row><c t="str"><v>a{number}@example.org</v></c></row>'.encode()

    assert accepted(with_part(workbook, SHEET_PART, sheet_of(rows(100_000)))) == 100_000
    assert "more than 100000 rows. Send it as CSV" in refused(with_part(workbook, SHEET_PART, sheet_of(rows(100_001))))
    assert "more than 100000 rows. Send it as CSV" in refused(with_part(workbook, SHEET_PART, sheet_of(rows(300_000))))


@pytest.mark.slow
def test_a_million_and_a_half_shared_texts_are_the_most(tmp_path: Path) -> None:
    def texts(count: int) -> bytes:
        return b"<sst>%b</sst>" % b"".join(b"<si><t>%x</t></si>" % number for number in range(count))

    small = shared(tmp_path, sheet('<c r="A1" t="s"><v>1</v></c>'))
    assert accepted(with_part(small, TEXTS_PART, texts(1_500_000))) == 0
    assert "too large" in refused(with_part(small, TEXTS_PART, texts(1_500_001)))
