"""The files of a package: JSON, which decides; CSV for spreadsheets; HTML and a tagged PDF to read."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import typst
from django.conf import settings
from django.template.loader import render_to_string

from config.models import Controller
from contacts.formats.cells import escaped
from dsar.package.contents import Contents
from dsar.package.tables import Cell, Table

SCHEMA: Final = "obhut-access-1"
LAYOUT: Final = Path(__file__).with_name("answer.typ")
LONG: Final = 2_000
"""Rows of one table in the PDF; the other files have all of them."""


def as_json(contents: Contents) -> bytes:
    """The authoritative file: UTF-8, every value exactly as it is stored."""
    return dump(
        {
            "schema": SCHEMA,
            "made_at": moment(contents.at),
            "language": contents.language,
            "request": contents.reference,
            "records": list(contents.references),
            "controller": controller(contents.controller),
            "information": [asdict(one) for one in contents.sections],
            "withheld": [asdict(one) for one in contents.withheld],
            "tables": {one.name: rows_of(one) for one in contents.tables},
        }
    )


def dump(document: dict[str, Any]) -> bytes:
    """A document as UTF-8 with nothing escaped that need not be, and without white space: it is for programs."""
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def rows_of(table: Table) -> list[dict[str, Cell]]:
    """The rows of a table as objects."""
    names = [one.name for one in table.columns]
    return [dict(zip(names, row, strict=True)) for row in table.rows]


def moment(at: datetime) -> str:
    """ISO 8601 with the controller's offset."""
    return at.astimezone(settings.CONTROLLER_ZONE).isoformat(timespec="seconds")


def controller(one: Controller) -> dict[str, str]:
    """Who is responsible, as every file names it."""
    return {
        "name": one.name,
        "business_id": one.business_id,
        "address": f"{one.street}, {one.postcode} {one.city}, {one.country.name}",
        "email": one.privacy_email,
    }


def as_csv(headers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One table for spreadsheets: UTF-8 with a mark, and an apostrophe before what would run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headers)
    for row in rows:
        writer.writerow([escaped(_flat(cell)) for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _flat(cell: Cell) -> str:
    """A cell as one text; lists and objects as JSON. A lone zero byte is no text in any spreadsheet."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell)


def as_html(contents: Contents) -> bytes:
    """One page to read, without a script and without anything from elsewhere."""
    return render_to_string("dsar/package/answer.html", {"one": contents, "tables": readable(contents)}).encode()


def as_pdf(contents: Contents) -> bytes:
    """The same as a tagged PDF; PDF/UA-1 where its font has every character of the data."""
    data = {
        "title": render_to_string("dsar/package/title.txt", {"one": contents}).strip(),
        "language": contents.language,
        "author": contents.controller.name,
        "lines": render_to_string("dsar/package/plain_head.txt", {"one": contents}).strip().splitlines(),
        "sections": [asdict(one) for one in contents.sections],
        "tables": readable(contents, LONG),
    }
    source, inputs = LAYOUT.read_bytes(), {"data": json.dumps(data, ensure_ascii=False)}
    try:
        return bytes(typst.compile(source, sys_inputs=inputs, pdf_standards=["ua-1"]))
    except typst.TypstError:  # a character that the font lacks: still tagged, with a box in its place
        return bytes(typst.compile(source, sys_inputs=inputs))


def readable(contents: Contents, most: int | None = None) -> list[dict[str, Any]]:
    """The tables for people: one list of titled values for each row, without the empty ones."""
    return [
        {
            "title": table.title,
            "left_out": max(0, len(table.rows) - most) if most else 0,
            "rows": [list(_titled(table, row)) for row in table.rows[:most]],
        }
        for table in contents.tables
    ]


def _titled(table: Table, row: list[Cell]) -> Iterator[tuple[str, str]]:
    for column, cell in zip(table.columns, row, strict=True):
        if text := column.words(cell):
            yield column.title, text


def as_zip(contents: Contents) -> bytes:
    """The package: everything in one file."""
    files = {
        "answer.pdf": as_pdf(contents),
        "answer.html": as_html(contents),
        "data.json": as_json(contents),
        "README.txt": render_to_string("dsar/package/readme.txt", {"one": contents}).encode(),
    }
    for table in contents.tables:
        name = f"tables/{table.name.replace('.', '-')}.csv"
        files[name] = as_csv([one.name for one in table.columns], table.rows)
    return zipped(files, contents.at)


def zipped(files: dict[str, bytes], at: datetime) -> bytes:
    """Files in one archive, all of the moment `at`."""
    stored = io.BytesIO()
    stamp = at.astimezone(settings.CONTROLLER_ZONE).timetuple()[:6]
    with zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(entry, content)
    return stored.getvalue()
