"""CSV and JSON Lines: what a file is, its columns, its rows, and what makes it unreadable."""

from __future__ import annotations

import codecs
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.formats.problems import RowProblem, UnreadableFile
from contacts.formats.tables import open_table
from tests.contacts.files import text_file

HEADER = "email,last_name\n"
ROW = ["anna@example.org", "Müller"]


def rows_of(path: Path) -> list[tuple[int, list[str] | RowProblem]]:
    """All rows; the check has to agree on their number."""
    table = open_table(path)
    rows = list(table.rows())
    assert table.check() == len(rows)
    assert list(table.rows()) == rows, "a second pass reads the same"
    return rows


def unreadable(path: Path) -> str:
    """Why the file cannot be read."""
    with pytest.raises(UnreadableFile) as caught:
        open_table(path).check()
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encoding_delimiter_and_line_ends_are_recognised(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    lines = [delimiter.join(["email", "last_name"]), delimiter.join(ROW)]
    path = text_file(tmp_path, end.join([*lines, ""]), encoding)
    assert open_table(path).headers == ("email", "last_name")
    assert rows_of(path) == [(2, ROW)]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_a_utf16_mark_tells_the_byte_order(tmp_path: Path, mark: bytes) -> None:
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    path = tmp_path / "file.csv"
    path.write_bytes(mark + f"{HEADER}anna@example.org,Müller".encode(encoding))
    assert rows_of(path) == [(2, ROW)]


def test_the_delimiter_is_looked_for_outside_quotes(tmp_path: Path) -> None:
    path = text_file(tmp_path, '"Last, first, of all";email\n"Meier, Anna";anna@example.org\n')
    assert open_table(path).headers == ("Last, first, of all", "email")
    assert rows_of(path) == [(2, ["Meier, Anna", "anna@example.org"])]


def test_one_column_needs_no_delimiter(tmp_path: Path) -> None:
    assert rows_of(text_file(tmp_path, "email\na@example.org\nb@example.org")) == [
        (2, ["a@example.org"]),
        (3, ["b@example.org"]),
    ]


def test_headers_are_trimmed(tmp_path: Path) -> None:
    assert open_table(text_file(tmp_path, " email ,First  Name\n")).headers == ("email", "First Name")


def test_a_header_alone_is_a_file_without_rows(tmp_path: Path) -> None:
    assert rows_of(text_file(tmp_path, HEADER)) == []
    assert rows_of(text_file(tmp_path, "email,last_name")) == []


@pytest.mark.parametrize("text", ["", "\n\n", "  \n", "\ufeff", "\ufeff\r\n"])
def test_an_empty_file_is_unreadable(tmp_path: Path, text: str) -> None:
    assert "The file is empty" in unreadable(text_file(tmp_path, text))


def test_blank_lines_are_skipped_and_still_counted(tmp_path: Path) -> None:
    text = f"\n\n{HEADER}\n , \n,\na@example.org,A\n\n\r\nb@example.org,B\n\n"
    assert rows_of(text_file(tmp_path, text)) == [(7, ["a@example.org", "A"]), (10, ["b@example.org", "B"])]


def test_a_quoted_cell_may_span_lines(tmp_path: Path) -> None:
    text = f'{HEADER}a@example.org,"Line 1\nLine 2, and ""more"""\nb@example.org,B\n'
    assert rows_of(text_file(tmp_path, text)) == [
        (2, ["a@example.org", 'Line 1\nLine 2, and "more"']),
        (4, ["b@example.org", "B"]),
    ]


@pytest.mark.parametrize("name", ['Robert "Bob" Smith', '5" disk', "O'Brien"])
def test_a_quote_inside_an_unquoted_cell_is_just_a_quote(tmp_path: Path, name: str) -> None:
    assert rows_of(text_file(tmp_path, f"{HEADER}a@example.org,{name}\n")) == [(2, ["a@example.org", name])]


def test_a_space_before_a_quoted_cell_does_no_harm(tmp_path: Path) -> None:
    assert rows_of(text_file(tmp_path, f'{HEADER}"a@example.org", "A, B"\n')) == [(2, ["a@example.org", "A, B"])]


def test_rows_of_another_length_are_problems_of_their_own(tmp_path: Path) -> None:
    text = f"{HEADER}a@example.org,A,too much\nb@example.org\nc@example.org,C\nd@example.org,D,,\n"
    (_a, long), (_b, short), good, padded = rows_of(text_file(tmp_path, text))
    assert isinstance(long, RowProblem)
    assert long.reason == "The row has 3 cells, the header 2."
    assert isinstance(short, RowProblem)
    assert short.reason == "The row has 1 cells, the header 2."
    assert good == (4, ["c@example.org", "C"])
    assert padded == (5, ["d@example.org", "D"])


def test_text_after_a_closing_quote_is_a_problem_of_its_row(tmp_path: Path) -> None:
    text = f'{HEADER}a@example.org,"A"x\nb@example.org,B\nc@example.org,"C"x'
    (line, problem), good, (last, _problem) = rows_of(text_file(tmp_path, text))
    assert isinstance(problem, RowProblem)
    assert "double quote" in problem.reason
    assert (line, good, last) == (2, (3, ["b@example.org", "B"]), 4)


def test_a_cell_of_131_073_characters_is_a_problem_of_its_row(tmp_path: Path) -> None:
    for length, kind in ((131_072, list), (131_073, RowProblem)):
        first, last = rows_of(text_file(tmp_path, f"{HEADER}a@example.org,{'x' * length}\nb@example.org,B\n"))
        assert isinstance(first[1], kind)
        assert last == (3, ["b@example.org", "B"])


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ('a@example.org,"A\nb@example.org,B\n', 2),
        ('a@example.org,A\n\nb@example.org,"B\nc@example.org,C\n', 4),
        ('a@example.org,A\nb@example.org,"B\nc@example.org,"C"\n', 3),
        ('a@example.org,"A\nstill A"\nb@example.org,"B', 4),
        ('a@example.org,"A\nstill A","\nb@example.org,B', 3),
        ('a@example.org,"' + "A\n" * 100_000, 2),
        ('a@example.org,"' + "A\n" * 1_000_000, 2),
    ],
)
def test_a_quote_that_is_not_closed_names_its_line(tmp_path: Path, rows: str, line: int) -> None:
    assert f"opened in line {line} and not closed" in unreadable(text_file(tmp_path, HEADER + rows))


def test_a_quote_open_in_the_header_is_named_too(tmp_path: Path) -> None:
    assert "opened in line 1" in unreadable(text_file(tmp_path, 'email,"last_name\na@example.org,A\n'))


@pytest.mark.parametrize("header", ["email,Email", "email,first_name,EMAIL ", "First Name,first  name"])
def test_a_column_that_occurs_twice_is_named(tmp_path: Path, header: str) -> None:
    said = unreadable(text_file(tmp_path, header + "\n"))
    assert "has the same name as column 1" in said


def test_columns_without_a_name_may_repeat_and_are_no_columns_at_the_end(tmp_path: Path) -> None:
    path = text_file(tmp_path, "email,,,last_name,,\na@example.org,x,,A\nb@example.org,,,B,,\nc@example.org,,,C,x,\n")
    assert open_table(path).headers == ("email", "", "", "last_name")
    first, second, (line, problem) = rows_of(path)
    assert first == (2, ["a@example.org", "x", "", "A"])
    assert second == (3, ["b@example.org", "", "", "B"])
    assert (line, type(problem)) == (4, RowProblem)


def test_a_damaged_utf8_file_names_the_line_and_is_not_garbled(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(f"{HEADER}a@example.org,Müller\nb@example.org,J".encode() + b"\xf6rg\n")
    assert "Line 3 holds characters that cannot be read. Save the file again as UTF-8." in unreadable(path)


def test_bytes_of_no_encoding_name_the_line(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(HEADER.encode() + b"a@example.org,J\xf6rg\nb@example.org,\x81\x8d\n")
    assert "Line 3 holds characters" in unreadable(path)


def test_half_a_utf16_character_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(HEADER.encode("utf-16") + b"x")
    assert "cannot be read" in unreadable(path)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (b"%PDF-1.7", "not a table"),
        (b"\x1f\x8b\x08\x00", "not a table"),
        (b"<html>", "not a table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel file"),
        (b"PK\x03\x04 and no more", "damaged"),
        (b"em\x00ail,x\n", "not text"),
    ],
)
def test_what_is_no_table_is_told_from_its_content(tmp_path: Path, start: bytes, said: str) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(start)
    assert said in unreadable(path)


def test_the_message_calls_the_file_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"^fair 2026.csv cannot be read. The file is empty."):
        open_table(text_file(tmp_path, ""), "fair 2026.csv")


@given(
    rows=st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=8), delimiter=st.sampled_from(",;\t")
)
def test_what_the_csv_module_writes_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([("email", "last_name"), *rows])
    path = text_file(tmp_path_factory.mktemp("csv"), written.getvalue())
    filled = [list(row) for row in rows if any(cell.strip() for cell in row)]
    assert [cells for _line, cells in rows_of(path)] == filled


# JSON Lines ---------------------------------------------------------------------------------------------------------


def json_lines(folder: Path, *objects: object) -> Path:
    """A file with one JSON value per line."""
    return text_file(folder, "".join(json.dumps(found) + "\n" for found in objects), name="file.jsonl")


def test_the_keys_of_all_lines_are_the_columns(tmp_path: Path) -> None:
    path = json_lines(tmp_path, {"email": "a@example.org"}, {"EMAIL": "b@example.org", "last_name": "B"})
    assert open_table(path).headers == ("email", "last_name")
    assert rows_of(path) == [(1, ["a@example.org", ""]), (2, ["b@example.org", "B"])]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_json_is_recognised_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = '\n{"email": "a@example.org", "last_name": "Müller"}\n\n'
    assert rows_of(text_file(tmp_path, text, encoding)) == [(2, ["a@example.org", "Müller"])]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (401234, "401234"),
        (1.50, "1.5"),
        (["a", "b", None, 3], "a;b;;3"),
        ([], ""),
        ("'=1+1", "'=1+1"),
    ],
)
def test_json_values_become_text(tmp_path: Path, value: object, expected: str) -> None:
    assert rows_of(json_lines(tmp_path, {"email": "a@example.org", "value": value})) == [
        (1, ["a@example.org", expected])
    ]


def test_json_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    number = "9" * 5000
    rows = rows_of(text_file(tmp_path, f'{{"email": "a@example.org", "a": {number}, "b": 1.50, "c": 1e400}}\n'))
    assert rows == [(1, ["a@example.org", number, "1.50", "1e400"])]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("not json", "not a JSON object"),
        ("[1, 2]", "not a JSON object"),
        ('"text"', "not a JSON object"),
        ('{"email": "x@example.org"', "not a JSON object"),
        ('{"email": NaN}', "not a JSON object"),
        ('{"email": {"home": "x@example.org"}}', "an object or a nested list"),
        ('{"email": [["x@example.org"]]}', "an object or a nested list"),
        ('{"email": "x@example.org", "email": "y@example.org"}', "occurs twice"),
        ('{"email": "x@example.org", "Email": "y@example.org"}', "occurs twice"),
    ],
)
def test_a_bad_line_of_json_is_a_problem_of_its_own(tmp_path: Path, line: str, reason: str) -> None:
    good = '{"email": "a@example.org"}'
    first, (number, problem), last = rows_of(text_file(tmp_path, f"{good}\n{line}\n{good}\n"))
    assert isinstance(problem, RowProblem)
    assert reason in problem.reason
    assert (first, number, last) == ((1, ["a@example.org"]), 2, (3, ["a@example.org"]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"email": "a@example.org"}]', "This is a JSON list. Write one object per line"),
        ('{"contacts": [{"email": "a@example.org"}]}', "not JSON Lines. Write one object per line"),
        ('{\n  "email": "a@example.org"\n}\n', "not JSON Lines. Write one object per line"),
        ("{}\n", "not JSON Lines"),
    ],
)
def test_other_json_is_refused_with_a_hint(tmp_path: Path, text: str, said: str) -> None:
    assert said in unreadable(text_file(tmp_path, text))
