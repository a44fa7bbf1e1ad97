"""What a workbook's cells say, whoever wrote it."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from contacts.formats.problems import RowProblem, UnreadableFile
from contacts.formats.rows import ContactRow, Rejection
from contacts.formats.tables import open_table
from tests.contacts.files import contacts_of, with_part, workbook_file
from tests.contacts.workbooks import sheet, workbook


def cells_of(path: Path) -> list[list[str] | RowProblem]:
    """The rows below the header."""
    table = open_table(path)
    rows = [cells for _line, cells in table.rows()]
    assert table.check() == len(rows)
    return rows


def text(*values: str) -> str:
    """Cells of text."""
    return "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Anna", "Anna"),
        (" Müller\n", " Müller\n"),
        (5, "5"),
        (5.0, "5"),
        (358401234567, "358401234567"),
        (1.5, "1.5"),
        (True, "yes"),
        (False, "no"),
        (date(2025, 12, 31), "2025-12-31"),
        (datetime(2025, 12, 31, 0, 0), "2025-12-31"),  # noqa: DTZ001
        (datetime(2025, 12, 31, 14, 5, 7), "2025-12-31 14:05:07"),  # noqa: DTZ001
        (time(14, 5), "14:05:00"),
        ("=1+1", "="),
        (None, ""),
    ],
)
def test_a_cell_becomes_text(tmp_path: Path, value: object, expected: str) -> None:
    path = workbook_file(tmp_path, [["email", "value"], ["anna@example.org", value]])
    assert cells_of(path) == [["anna@example.org", expected]]


def test_blank_rows_and_missing_cells_are_no_problem(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [
        [None],
        ["email", None, "first_name"],
        [],
        ["a@example.org"],
        [" "],
        ["b@example.org", None, "Berta", None],
    ]
    table = open_table(workbook_file(tmp_path, rows))
    assert table.headers == ("email", "", "first_name")
    assert list(table.rows()) == [(4, ["a@example.org", "", ""]), (6, ["b@example.org", "", "Berta"])]


def test_a_cell_beyond_the_header_is_a_problem_of_its_row(tmp_path: Path) -> None:
    (row,) = cells_of(workbook_file(tmp_path, [["email"], ["a@example.org", "", "beyond"]]))
    assert isinstance(row, RowProblem)
    assert row.reason == "The row has 3 cells, the header 1."


def test_shared_texts_keep_their_runs_and_lose_their_phonetics(tmp_path: Path) -> None:
    texts = (
        "<si><t>email</t></si><si><r><t>an</t></r><r><rPr><b/></rPr><t>na@example.org</t></r></si>"
        '<si><t>山田</t><rPh sb="0" eb="1"><t>ヤマダ</t></rPh></si><si><t>last_name</t></si>'
    )
    cells = [
        '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>3</v></c>',
        '<c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>2</v></c>',
    ]
    assert cells_of(workbook(tmp_path, sheet(*cells), texts=texts)) == [["anna@example.org", "山田"]]


def test_a_text_that_does_not_exist_makes_the_file_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        open_table(workbook(tmp_path, sheet('<c r="A1" t="s"><v>7</v></c>')))


def test_escaped_control_characters_are_what_they_stand_for(tmp_path: Path) -> None:
    rows = cells_of(workbook(tmp_path, sheet(text("email", "last_name"), text("a@example.org", "Mei_x0000_er_x005F_"))))
    assert rows == [["a@example.org", "Mei\0er_"]]


STYLES = (
    '<numFmts><numFmt numFmtId="170" formatCode="dd\\.mm\\.yyyy"/>'
    '<numFmt numFmtId="171" formatCode="0 &quot;days&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs>'
)


@pytest.mark.parametrize(("style", "expected"), [(0, "46022"), (1, "2025-12-31"), (2, "2025-12-31"), (3, "46022")])
def test_the_style_tells_whether_a_number_is_a_date(tmp_path: Path, style: int, expected: str) -> None:
    cells = text("email", "value"), text("a@example.org") + f'<c s="{style}"><v>46022</v></c>'
    assert cells_of(workbook(tmp_path, sheet(*cells), styles=STYLES)) == [["a@example.org", expected]]


def test_days_may_be_counted_from_1904(tmp_path: Path) -> None:
    cells = text("email", "value"), text("a@example.org") + '<c s="1"><v>44560</v></c>'
    path = workbook(tmp_path, sheet(*cells), styles=STYLES, properties='date1904="1"')
    assert cells_of(path) == [["a@example.org", "2025-12-31"]]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<c><v>3.58401234567E11</v></c>", "358401234567"),
        ("<c><v>0.5</v></c>", "0.5"),
        ("<c><v>-3</v></c>", "-3"),
        ("<c><v>text</v></c>", "text"),
        ('<c s="2"><v>1E300</v></c>', "="),
        ('<c t="b"><v>1</v></c>', "yes"),
        ('<c t="str"><v>text</v></c>', "text"),
        ('<c t="d"><v>2025-12-31</v></c>', "2025-12-31"),
        ('<c t="e"><v>#N/A</v></c>', "="),
        ('<c t="str"><f>A1</f><v>shown</v></c>', "="),
        ('<c><f t="shared" si="0"/><v>5</v></c>', "="),
        ('<c t="inlineStr"><is><r><t>in </t></r><r><t>runs</t></r></is></c>', "in runs"),
        ('<c s="2"/>', ""),
        ("<c><v></v></c>", ""),
    ],
)
def test_every_kind_of_cell_is_understood(tmp_path: Path, cell: str, expected: str) -> None:
    cells = text("email", "value"), text("a@example.org") + cell
    assert cells_of(workbook(tmp_path, sheet(*cells), styles=STYLES)) == [["a@example.org", expected]]


def test_names_with_a_prefix_are_understood(tmp_path: Path) -> None:
    path = workbook_file(tmp_path, [["email"], ["a@example.org"]])
    main = "http://purl.oclc.org/ooxml/spreadsheetml/main"
    rows = "".join(
        f'<x:row><x:c t="inlineStr"><x:is><x:t>{value}</x:t></x:is></x:c></x:row>'
        for value in ("email", "b@example.org")
    )
    xml = f'<x:worksheet xmlns:x="{main}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    assert cells_of(with_part(path, "xl/worksheets/sheet1.xml", xml.encode())) == [["b@example.org"]]


GOOD = sheet(text("email"), text("a@example.org"))


def test_hidden_and_empty_sheets_are_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path, sheet(text("old")), ("Seen", GOOD), ("Empty", sheet()), states=("hidden", "visible"))
    assert cells_of(path) == [["a@example.org"]]


def test_a_second_sheet_with_data_is_not_overlooked(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="More than one sheet"):
        open_table(workbook(tmp_path, GOOD, ("Opt-outs", GOOD)))


def test_a_workbook_without_a_visible_sheet_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no visible sheet"):
        open_table(workbook(tmp_path, GOOD, states=("veryHidden",)))


def test_an_empty_workbook_is_unreadable_and_a_header_alone_is_not(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="The file is empty"):
        open_table(workbook_file(tmp_path, []))
    assert cells_of(workbook_file(tmp_path, [["email"]])) == []


def test_damage_makes_the_file_unreadable(tmp_path: Path) -> None:
    path = workbook_file(tmp_path, [["email"], ["a@example.org"]])
    assert cells_of(path) == [["a@example.org"]]
    with pytest.raises(UnreadableFile, match="damaged"):
        open_table(with_part(path, "xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row>"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UnreadableFile, match="damaged"):
        open_table(path)


def test_damage_behind_the_header_is_found_by_the_check(tmp_path: Path) -> None:
    rows = "".join(f"<row>{text(f'a{number}@example.org')}</row>" for number in range(5000))
    xml = f"<worksheet><sheetData><row>{text('email')}</row>{rows}<row></sheetData></worksheet>"
    table = open_table(with_part(workbook_file(tmp_path, [["email"]]), "xl/worksheets/sheet1.xml", xml.encode()))
    with pytest.raises(UnreadableFile, match="damaged"):
        table.check()


def test_a_formula_rejects_its_row_only(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in (["email", "last_name"], ["a@example.org", '=HYPERLINK("http://x")'], ["b@example.org", "Meier"]):
        sheet.append(row)
    path = tmp_path / "formula.xlsx"
    workbook.save(path)
    formula, good = contacts_of(path)
    assert isinstance(formula, Rejection)
    assert (formula.line, formula.column) == (2, "last_name")
    assert "formula" in formula.reason
    assert isinstance(good, ContactRow)
    assert good.last_name == "Meier"


def test_dates_of_a_workbook_reach_the_contact(tmp_path: Path) -> None:
    path = workbook_file(tmp_path, [["email", "collected_on"], ["a@example.org", date(2025, 12, 31)]])
    (row,) = contacts_of(path)
    assert isinstance(row, ContactRow)
    assert row.collected_on == date(2025, 12, 31)
