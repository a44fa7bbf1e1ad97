"""Workbooks written part by part, as spreadsheet programs (not openpyxl) write them."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def relations(*targets: tuple[str, str, str]) -> str:
    """A relations part of (id, kind, target)."""
    links = "".join(f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{to}"/>' for key, kind, to in targets)
    return f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>'


def sheet(*rows: str) -> str:
    """A sheet of rows of cells."""
    lines = "".join(f'<row r="{number}">{cells}</row>' for number, cells in enumerate(rows, 1))
    return f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'


def workbook(
    folder: Path,
    first: str,
    *more: tuple[str, str],
    texts: str = "",
    styles: str = "",
    properties: str = "",
    states: tuple[str, ...] = (),
) -> Path:
    """A workbook with its first sheet, further sheets as (name, XML), shared texts and cell styles."""
    sheets = [("First", first), *more]
    states = (*states, *["visible"] * (len(sheets) - len(states)))
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" state="{state}" r:id="rId{number}"/>'
        for number, ((name, _xml), state) in enumerate(zip(sheets, states, strict=True), 1)
    )
    links = [(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
    links += [("rId90", "sharedStrings", "/xl/sharedStrings.xml"), ("rId91", "styles", "styles.xml")]
    path = folder / "workbook.xlsx"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relations(("rId1", "officeDocument", "xl/workbook.xml")))
        archive.writestr("xl/_rels/workbook.xml.rels", relations(*links))
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr {properties}/>'
            f"<sheets>{listed}</sheets></workbook>",
        )
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{texts}</sst>')
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>')
        for number, (_name, xml) in enumerate(sheets, 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", xml)
    return path
