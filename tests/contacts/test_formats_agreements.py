"""Agreements files: what an agreement needs, and which dates contradict each other (S96, S97, E23)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from contacts.formats.agreements import FIELDS, read_agreements
from contacts.formats.problems import UnreadableFile
from contacts.formats.rows import AgreementRow, Rejection
from contacts.formats.tables import open_table
from tests.contacts.files import NOW, csv_of, text_file

EVERYTHING = {
    "organisation": "Meier & Söhne Oy",
    "organisation_domain": "Meier.example",
    "party": "customer",
    "kind": "licence",
    "reference": "L-1",
    "signed_on": "2020-01-02",
    "starts_on": "2020-02-01",
    "ends_on": "31.1.2027",
    "terminated_on": "2026-06-30",
    "via_partner": "Partner Oy",
}
LEAST = {"organisation": "Meier Oy", "party": "partner", "kind": "trial", "starts_on": "2020-02-01"}


def agreement(folder: Path, columns: dict[str, str]) -> AgreementRow | Rejection:
    """What the only row becomes."""
    (row,) = read_agreements(open_table(csv_of(folder, columns)), NOW)
    return row


def rejection(folder: Path, columns: dict[str, str]) -> Rejection:
    """Why the only row is rejected."""
    row = agreement(folder, columns)
    assert isinstance(row, Rejection), row
    return row


def test_every_column_of_the_interface_is_read(tmp_path: Path) -> None:
    assert tuple(EVERYTHING) == FIELDS
    assert agreement(tmp_path, EVERYTHING) == AgreementRow(
        line=2,
        organisation="Meier & Söhne Oy",
        organisation_domain="meier.example",
        party="customer",
        kind="licence",
        reference="L-1",
        signed_on=date(2020, 1, 2),
        starts_on=date(2020, 2, 1),
        ends_on=date(2027, 1, 31),
        terminated_on=date(2026, 6, 30),
        via_partner="Partner Oy",
    )


@pytest.mark.parametrize("given", ["signed_on", "starts_on"])
def test_a_missing_beginning_takes_the_other(tmp_path: Path, given: str) -> None:
    columns = {"organisation": "Meier Oy", "party": "customer", "kind": "order", given: "2027-03-01"}
    row = agreement(tmp_path, columns)
    assert isinstance(row, AgreementRow)
    assert row.signed_on == row.starts_on == date(2027, 3, 1)
    assert row.ends_on is row.terminated_on is None


def test_an_agreement_without_any_beginning_is_rejected(tmp_path: Path) -> None:
    found = rejection(tmp_path, EVERYTHING | {"signed_on": "", "starts_on": ""})
    assert (found.column, found.reason) == ("starts_on", "The agreement has no beginning.")


def test_an_agreement_may_end_on_its_first_day_but_not_before(tmp_path: Path) -> None:
    assert isinstance(agreement(tmp_path, LEAST | {"ends_on": "2020-02-01"}), AgreementRow)
    found = rejection(tmp_path, LEAST | {"ends_on": "2020-01-31"})
    assert (found.column, found.reason) == ("ends_on", "The agreement ends before it starts.")


def test_an_agreement_may_be_cancelled_before_it_starts(tmp_path: Path) -> None:
    row = agreement(tmp_path, LEAST | {"terminated_on": "2020-01-15"})
    assert isinstance(row, AgreementRow)
    assert row.terminated_on == date(2020, 1, 15)


@pytest.mark.parametrize("column", ["starts_on", "ends_on", "terminated_on"])
def test_dates_of_agreements_may_lie_in_the_future(tmp_path: Path, column: str) -> None:
    row = agreement(tmp_path, LEAST | {column: "2031-12-31"})
    assert isinstance(row, AgreementRow)
    assert getattr(row, column) == date(2031, 12, 31)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("party", ["customer", "partner"]),
        ("kind", ["beta", "licence", "order", "partner", "subscription", "trial"]),
    ],
)
def test_only_known_words_are_accepted(tmp_path: Path, column: str, words: list[str]) -> None:
    for word in words:
        row = agreement(tmp_path, LEAST | {column: word.upper()})
        assert isinstance(row, AgreementRow)
        assert getattr(row, column) == word
    found = rejection(tmp_path, LEAST | {column: "other"})
    assert (found.column, found.remedy) == (column, f"Write one of: {', '.join(words)}.")


@pytest.mark.parametrize("column", ["organisation", "party", "kind"])
def test_a_needed_cell_may_not_be_empty(tmp_path: Path, column: str) -> None:
    found = rejection(tmp_path, LEAST | {column: " "})
    assert (found.column, found.reason) == (column, "The cell is empty.")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("organisation_domain", "not a domain", "not a domain name"),
        ("ends_on", "1/2/2027", "which part of the date"),
        ("ends_on", "9999-12-31", "between 1900 and 2199"),
        ("reference", "x" * 201, "longer than 200"),
        ("organisation", "=1+1", "formula"),
    ],
)
def test_bad_values_name_their_column(tmp_path: Path, column: str, value: str, reason: str) -> None:
    found = rejection(tmp_path, LEAST | {column: value})
    assert (found.line, found.column) == (2, column)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        ("organisation,party,starts_on", "the column kind is missing"),
        ("organisation,party,kind", "the column starts_on is missing"),
        ("email,first_name", "the column organisation, party, kind, starts_on is missing"),
    ],
)
def test_a_file_without_the_needed_columns_is_refused(tmp_path: Path, header: str, missing: str) -> None:
    with pytest.raises(UnreadableFile, match=f"This is not an agreements file: {missing}"):
        read_agreements(open_table(text_file(tmp_path, header + "\n")), NOW)
