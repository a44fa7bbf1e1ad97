"""Engagements files: who did what, when exactly, and never in the future (S95, E8, E9)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from contacts.formats.engagements import FIELDS, read_engagements
from contacts.formats.problems import UnreadableFile
from contacts.formats.rows import EngagementRow, Rejection
from contacts.formats.tables import open_table
from tests.contacts.files import NOW, csv_of, text_file

EVERYTHING = {
    "email": "Anna@Example.org",
    "kind": "click",
    "occurred_at": "2026-03-31T14:05:00+03:00",
    "automated": "yes",
    "url": "https://www.example.org/offer?id=1",
    "external_id": "e-1",
}
LEAST = {"email": "anna@example.org", "kind": "visit", "occurred_at": "2026-03-31T11:05:00Z"}


def engagement(folder: Path, columns: dict[str, str]) -> EngagementRow | Rejection:
    """What the only row becomes."""
    (row,) = read_engagements(open_table(csv_of(folder, columns)), NOW)
    return row


def rejection(folder: Path, columns: dict[str, str]) -> Rejection:
    """Why the only row is rejected."""
    row = engagement(folder, columns)
    assert isinstance(row, Rejection), row
    return row


def test_every_column_of_the_interface_is_read(tmp_path: Path) -> None:
    assert tuple(EVERYTHING) == FIELDS
    assert engagement(tmp_path, EVERYTHING) == EngagementRow(
        line=2,
        email="Anna@example.org",
        email_key="anna@example.org",
        kind="click",
        occurred_at=datetime(2026, 3, 31, 11, 5, tzinfo=UTC),
        automated=True,
        url="https://www.example.org/offer?id=1",
        external_id="e-1",
    )


def test_what_is_not_said_is_a_persons_act_without_address(tmp_path: Path) -> None:
    row = engagement(tmp_path, LEAST)
    assert isinstance(row, EngagementRow)
    assert (row.automated, row.url, row.external_id) == (False, "", "")


@pytest.mark.parametrize(
    "kind",
    ["reply", "click", "form", "event", "survey", "contest", "visit", "login", "call_in", "open", "delivery", "bounce"],
)
def test_every_kind_of_the_interface_is_accepted(tmp_path: Path, kind: str) -> None:
    row = engagement(tmp_path, LEAST | {"kind": kind.upper()})
    assert isinstance(row, EngagementRow)
    assert row.kind == kind


@pytest.mark.parametrize("kind", ["consent", "call_out", "import"])
def test_other_kinds_are_refused_with_the_list(tmp_path: Path, kind: str) -> None:
    found = rejection(tmp_path, LEAST | {"kind": kind})
    assert found.column == "kind"
    assert found.remedy.startswith("Write one of: bounce, call_in, click, ")
    assert "consent" not in found.remedy


def test_the_time_needs_its_offset(tmp_path: Path) -> None:
    found = rejection(tmp_path, LEAST | {"occurred_at": "2026-03-31T14:05:00"})
    assert (found.column, found.reason) == ("occurred_at", "The time has no offset from UTC.")


def test_five_minutes_ahead_is_accepted_and_a_second_more_is_not(tmp_path: Path) -> None:
    assert isinstance(engagement(tmp_path, LEAST | {"occurred_at": "2026-11-23T10:05:00Z"}), EngagementRow)
    found = rejection(tmp_path, LEAST | {"occurred_at": "2026-11-23T10:05:01Z"})
    assert (found.column, found.reason) == ("occurred_at", "The date lies in the future.")


@pytest.mark.parametrize("column", ["email", "kind", "occurred_at"])
def test_a_needed_cell_may_not_be_empty(tmp_path: Path, column: str) -> None:
    found = rejection(tmp_path, LEAST | {column: ""} | {"external_id": "e-1"})
    assert (found.column, found.reason) == (column, "The cell is empty.")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("email", "a@x.org; b@x.org", "more than one address"),
        ("automated", "perhaps", "neither yes nor no"),
        ("url", "javascript:alert(1)", "not a web address"),
        ("url", "https://example.org/" + "x" * 481, "longer than 500"),
        ("external_id", "x" * 201, "longer than 200"),
    ],
)
def test_bad_values_name_their_column(tmp_path: Path, column: str, value: str, reason: str) -> None:
    found = rejection(tmp_path, LEAST | {column: value})
    assert (found.line, found.column) == (2, column)
    assert reason in found.reason


def test_a_file_without_the_needed_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="not an engagements file: the column kind, occurred_at is missing"):
        read_engagements(open_table(text_file(tmp_path, "email,first_name\n")), NOW)
