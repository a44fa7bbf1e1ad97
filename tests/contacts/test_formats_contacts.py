"""Contacts in our own format: every column of the interface reaches the canonical row."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from contacts.formats.contacts import read_contacts
from contacts.formats.problems import UnreadableFile
from contacts.formats.rows import ContactRow, Rejection
from contacts.formats.tables import open_table
from contacts.formats.vendors import FIELDS, Format, recognise, unknown_headers
from tests.contacts.files import NOW, contacts_of, csv_of, one_contact, one_rejection, text_file

EVERYTHING = {
    "email": "Anna.Meier@Example.org",
    "salutation": "Frau",
    "academic_title": "Dr.",
    "first_name": "Anna",
    "last_name": "Meier",
    "job_title": "Head of Sales",
    "job_function": "sales",
    "phone": "040 123 4567",
    "language": "de-DE",
    "country": "Suomi",
    "street": "Weg 5",
    "postcode": "01067",
    "city": "Turku",
    "state": "Varsinais-Suomi",
    "linkedin_url": "https://www.linkedin.example/in/anna",
    "organisation": "Meier & Söhne Oy",
    "organisation_domain": "WWW.Meier.example",
    "industry": "retail",
    "company_size": "50-99",
    "revenue": "1-5 M€",
    "affiliated_from": "2020-02-29",
    "affiliated_until": "31.12.2025",
    "topics": "backup; Endpoint ;;backup",
    "source": "fair-2025",
    "source_supplier": "List Ltd",
    "supplied_by_subject": "ja",
    "collected_on": "2025-03-04",
    "in_marketing": "no",
    "notification_preferences": "monthly",
    "consent_email": "yes",
    "consent_at": "2025-03-04T12:00:00+02:00",
    "consent_text": "I agree.",
    "unsubscribed": "no",
    "external_id": "4711",
}
CONTACT = ContactRow(
    line=2,
    email="Anna.Meier@example.org",
    email_key="anna.meier@example.org",
    salutation="Frau",
    academic_title="Dr.",
    first_name="Anna",
    last_name="Meier",
    job_title="Head of Sales",
    job_function="sales",
    phone="+358401234567",
    language="de",
    country="FI",
    street="Weg 5",
    postcode="01067",
    city="Turku",
    state="Varsinais-Suomi",
    linkedin_url="https://www.linkedin.example/in/anna",
    organisation="Meier & Söhne Oy",
    organisation_domain="meier.example",
    industry="retail",
    company_size="50-99",
    revenue="1-5 M€",
    affiliated_from=date(2020, 2, 29),
    affiliated_until=date(2025, 12, 31),
    topics=("backup", "Endpoint"),
    source="fair-2025",
    source_supplier="List Ltd",
    supplied_by_subject=True,
    collected_on=date(2025, 3, 4),
    seen_on=date(2025, 3, 4),
    in_marketing=False,
    notification_preferences="monthly",
    consent_email="yes",
    consent_at=datetime(2025, 3, 4, 10, 0, tzinfo=UTC),
    consent_text="I agree.",
    external_id="4711",
)


def test_every_column_of_the_interface_is_read(tmp_path: Path) -> None:
    assert EVERYTHING.keys() == FIELDS[Format.OBHUT].keys()
    assert one_contact(tmp_path, EVERYTHING) == CONTACT


def test_header_names_are_read_in_any_case_and_order(tmp_path: Path) -> None:
    shuffled = {header.upper(): cell for header, cell in reversed(EVERYTHING.items())}
    assert one_contact(tmp_path, shuffled) == CONTACT


def test_blank_cells_say_nothing(tmp_path: Path) -> None:
    blank = dict.fromkeys(EVERYTHING, "  ") | {"email": "a@example.org"}
    assert one_contact(tmp_path, blank) == ContactRow(2, email="a@example.org", email_key="a@example.org")
    assert one_contact(tmp_path, {"email": "a@example.org"}).in_marketing is True


@pytest.mark.parametrize(("answer", "expected"), [("YES", "yes"), ("nein", "no"), ("Unknown", "unknown"), ("", "")])
def test_consent_is_yes_no_or_unknown(tmp_path: Path, answer: str, expected: str) -> None:
    assert one_contact(tmp_path, {"email": "a@example.org", "consent_email": answer}).consent_email == expected


def test_another_answer_about_consent_is_refused(tmp_path: Path) -> None:
    rejection = one_rejection(tmp_path, {"email": "a@example.org", "consent_email": "perhaps"})
    assert rejection == Rejection(
        2, "consent_email", "This is not yes, no or unknown.", "Write one of them, or leave the cell empty."
    )


def test_an_objection_is_read(tmp_path: Path) -> None:
    assert one_contact(tmp_path, {"email": "a@example.org", "unsubscribed": "yes"}).unsubscribed is True


def test_an_id_can_stand_for_the_address(tmp_path: Path) -> None:
    row = one_contact(tmp_path, {"email": "", "external_id": "4711", "last_name": "Meier"})
    assert (row.email, row.email_key, row.external_id) == ("", "", "4711")


def test_a_row_about_nobody_is_rejected(tmp_path: Path) -> None:
    rejection = one_rejection(tmp_path, {"email": " ", "external_id": "", "last_name": "Meier"})
    assert (rejection.line, rejection.column) == (2, "email")
    assert rejection.reason == "The row has neither an e-mail address nor an id."


@pytest.mark.parametrize(
    ("cell", "reason", "remedy"),
    [
        ("a@x.org; b@x.org", "The cell holds more than one address.", "Give each address its own row."),
        ("a@x.org, b@x.org", "The cell holds more than one address.", "Give each address its own row."),
        ("a@x.org b@x.org", "The cell holds more than one address.", "Give each address its own row."),
        ("Anna <a@x.org>", "The cell holds more than the address.", "Write only the address."),
        ("a <a@x.org>, b <b@x.org>", "The cell holds more than the address.", "Write only the address."),
        ("<a@x.org>", "The cell holds more than the address.", "Write only the address."),
        ("anna", "This is not an e-mail address.", "Write it like anna@example.org."),
        ("a@x.org;", "This is not an e-mail address.", "Write it like anna@example.org."),
    ],
)
def test_a_cell_holds_one_address_only(tmp_path: Path, cell: str, reason: str, remedy: str) -> None:
    assert one_rejection(tmp_path, {"email": cell, "external_id": "1"}) == Rejection(2, "email", reason, remedy)


@pytest.mark.parametrize("column", ["collected_on", "consent_at"])
def test_the_future_is_rejected(tmp_path: Path, column: str) -> None:
    assert getattr(one_contact(tmp_path, {"email": "a@example.org", column: "2026-11-23"}), column) is not None
    rejection = one_rejection(tmp_path, {"email": "a@example.org", column: "2026-11-24"})
    assert (rejection.column, rejection.reason) == (column, "The date lies in the future.")


def test_an_affiliation_may_end_or_begin_in_the_future(tmp_path: Path) -> None:
    columns = {"email": "a@example.org", "affiliated_from": "2026-12-01", "affiliated_until": "2027-01-31"}
    row = one_contact(tmp_path, columns)
    assert (row.affiliated_from, row.affiliated_until) == (date(2026, 12, 1), date(2027, 1, 31))


@pytest.mark.parametrize("rounded", ["1.23457E+11", "3,58401e+11", "1E+15"])
def test_an_id_that_a_spreadsheet_has_rounded_is_nobodys(tmp_path: Path, rounded: str) -> None:
    rejection = one_rejection(tmp_path, {"email": "a@example.org", "external_id": rounded})
    assert rejection.column == "external_id"
    assert rejection.remedy == "Format the column as text, and export the file again."


@pytest.mark.parametrize("whole", ["123457000000", "12E45", "1E11", "12.3E+11", "ab12e+3"])
def test_an_id_that_only_looks_like_a_number_is_kept(tmp_path: Path, whole: str) -> None:
    assert one_contact(tmp_path, {"email": "a@example.org", "external_id": whole}).external_id == whole


def test_a_number_that_a_spreadsheet_has_rounded_is_left_out_and_another_kept(tmp_path: Path) -> None:
    row = one_contact(tmp_path, {"email": "a@example.org", "phone": "3.58401E+11"})
    assert (row.phone, row.notes) == (
        "", ("phone: a spreadsheet has rounded the number; format the column as text; left out.",)
    )  # fmt: skip
    assert one_contact(tmp_path, {"email": "a@example.org", "phone": "358401234567"}).phone == "358401234567"


def test_an_affiliation_cannot_end_before_it_begins(tmp_path: Path) -> None:
    columns = {"email": "a@example.org", "affiliated_from": "2020-01-02", "affiliated_until": "2020-01-02"}
    assert one_contact(tmp_path, columns).affiliated_until == date(2020, 1, 2)
    rejection = one_rejection(tmp_path, columns | {"affiliated_until": "2020-01-01"})
    assert (rejection.column, rejection.reason) == ("affiliated_until", "The affiliation ends before it begins.")


def test_rejections_name_the_line_and_the_rest_is_read(tmp_path: Path) -> None:
    text = 'email;last_name\na@example.org;A\n\nbad;B\n"c@example.org;C"\nd@example.org;"D\nD"\ne@example.org;E\n'
    rows = contacts_of(text_file(tmp_path, text))
    assert [(row.line, type(row)) for row in rows] == [
        (2, ContactRow),
        (4, Rejection),
        (5, Rejection),
        (6, Rejection),
        (8, ContactRow),
    ]


def test_no_rejection_repeats_what_a_cell_holds(tmp_path: Path) -> None:
    cells = {column: f"Secret-{column}!" for column in EVERYTHING}
    for column in ("email", "collected_on", "consent_at", "in_marketing", "consent_email", "supplied_by_subject"):
        rejection = one_rejection(tmp_path, {"external_id": "1", column: cells[column]})
        assert rejection.column == column
        assert "Secret" not in str(rejection)


@pytest.mark.parametrize(
    "bad",
    [
        {"job_title": "x" * 201},
        {"collected_on": "1/2/2025"},
        {"last_name": "=1+1"},
        {"affiliated_from": "2020-01-02", "affiliated_until": "2020-01-01"},
    ],
)
def test_an_objection_counts_although_its_row_is_rejected(tmp_path: Path, bad: dict[str, str]) -> None:
    row = {"email": " Anna@Example.org", "unsubscribed": "yes"} | bad
    assert one_rejection(tmp_path, row).objectors == ("anna@example.org",)
    assert one_rejection(tmp_path, row | {"unsubscribed": "no"}).objectors == ()
    assert one_rejection(tmp_path, row | {"unsubscribed": "perhaps"}).objectors == ()
    assert one_rejection(tmp_path, row | {"email": "nobody"}).objectors == ()


@pytest.mark.parametrize(
    ("cell", "keys"),
    [
        ("a@example.org; B@example.org", ("a@example.org", "b@example.org")),
        ("a@example.org,b@example.org", ("a@example.org", "b@example.org")),
        ("Anna Meier <A@example.org>", ("a@example.org",)),
        ("Anna Meier", ()),
    ],
)
def test_an_objection_counts_for_every_address_in_its_cell(tmp_path: Path, cell: str, keys: tuple[str, ...]) -> None:
    assert one_rejection(tmp_path, {"email": cell, "external_id": "1", "unsubscribed": "yes"}).objectors == keys
    assert one_rejection(tmp_path, {"email": cell + "@", "external_id": "1", "unsubscribed": "no"}).objectors == ()


@pytest.mark.parametrize(("column", "lost"), [("unsubscribed", True), ("city", False)])
def test_a_row_with_too_many_cells_says_that_its_opt_out_is_lost(tmp_path: Path, column: str, lost: bool) -> None:
    (rejection,) = contacts_of(text_file(tmp_path, f"email,{column}\na@example.org,yes,more\n"))
    assert isinstance(rejection, Rejection)
    assert ("an opt-out neither" in rejection.reason) is lost
    assert rejection.objectors == ()


# The file as a whole --------------------------------------------------------------------------------------------------


def refusal(path: Path, fmt: Format | None = None) -> str:
    """Why no row of the file is read."""
    table = open_table(path)
    with pytest.raises(UnreadableFile) as caught:
        read_contacts(table, fmt or recognise(table.headers), NOW)
    return str(caught.value)


def test_a_file_without_a_column_that_tells_who_is_refused(tmp_path: Path) -> None:
    said = refusal(text_file(tmp_path, "first_name,last_name\nAnna,Meier\n"))
    assert "not a contacts file" in said
    assert "the column email or external_id is missing" in said
    assert "The first line of the file must name the columns." in said


def test_a_file_whose_columns_nobody_knows_is_refused(tmp_path: Path) -> None:
    assert "not a contacts file" in refusal(text_file(tmp_path, "Vorname;Nachname;Adresse\n"))


def test_a_row_of_data_in_place_of_the_header_is_not_repeated(tmp_path: Path) -> None:
    said = refusal(text_file(tmp_path, "anna@example.org,Anna\nberta@example.org,Berta\n"))
    assert "The first line of the file must name the columns." in said
    assert "Anna" not in said
    assert "@" not in said


@pytest.mark.parametrize("header", ["email,kind,occurred_at,external_id", "organisation,party,kind,starts_on"])
def test_other_files_of_ours_are_told_where_they_belong(tmp_path: Path, header: str) -> None:
    assert "Use import_engagements for engagements, import_agreements for agreements." in refusal(
        text_file(tmp_path, header + "\n")
    )


@pytest.mark.parametrize(
    "header", ["unsubscribe", "Opt-out", "opted_out", "do not contact", "DNC", "abgemeldet", "Widerspruch"]
)
def test_a_column_that_looks_like_an_opt_out_is_never_overlooked(tmp_path: Path, header: str) -> None:
    said = refusal(text_file(tmp_path, f"email,first_name,{header}\n"), Format.OBHUT)
    assert f"“{header}” is not known, but looks like an opt-out" in said


def test_other_unknown_columns_are_ignored_and_can_be_listed(tmp_path: Path) -> None:
    path = csv_of(tmp_path, {"email": "a@example.org", "shoe size": "=38", "": "x", "first_name": "Anna"})
    (row,) = contacts_of(path)
    assert row == ContactRow(2, email="a@example.org", email_key="a@example.org", first_name="Anna")
    assert unknown_headers(open_table(path).headers, Format.OBHUT) == ("shoe size",)
