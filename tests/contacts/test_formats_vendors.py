"""The documented exports of other systems are recognised, and an opt-out in any of them is an objection."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from contacts.formats.contacts import read_contacts
from contacts.formats.problems import UnreadableFile
from contacts.formats.rows import ContactRow, Rejection
from contacts.formats.tables import open_table
from contacts.formats.vendors import Format, recognise
from tests.contacts.files import NOW, contacts_of, csv_of, one_contact, one_rejection, text_file


def anna(**more: Any) -> ContactRow:
    """The contact that every file of this module describes."""
    return ContactRow(
        2, email="Anna@example.org", email_key="anna@example.org", first_name="Anna", last_name="Meier", **more
    )


MAUTIC = {
    "id": "7", "title": "Mrs.", "firstname": "Anna", "lastname": "Meier", "position": "Head of Sales",
    "company": "Meier Oy", "email": "Anna@example.org", "phone": "040 123 4567", "mobile": "050 123 4567",
    "address1": "Weg 5", "address2": "Haus B", "city": "Turku", "state": "", "zipcode": "20100", "country": "Finland",
    "preferred_locale": "fi_FI", "website": "meier.example", "ip": "192.0.2.1", "points": "100",
    "dateAdded": "2025-03-04 22:30:00", "doNotContact": "0",
}  # fmt: skip
HUBSPOT = {
    "Record ID": "501", "First Name": "Anna", "Last Name": "Meier", "Email": "Anna@example.org",
    "Phone Number": "", "Mobile Phone Number": "+358 50 1234567", "Job Title": "Head of Sales",
    "Associated Company": "Meier Oy", "Create Date": "2025-03-04 22:30", "Last Activity Date": "2026-11-01 10:00",
    "Unsubscribed from all email": "false", "Opted out of email: Marketing Information": "",
    "Legal basis for processing contact's data": "Legitimate interest - prospect/lead", "Country/Region": "Germany",
    "Preferred language": "German - Germany", "City": "Berlin", "Postal Code": "10115", "State/Region": "Berlin",
    "Street Address": "Weg 5", "Industry": "retail",
}  # fmt: skip
MAILCHIMP = {
    "Email Address": "Anna@example.org", "First Name": "Anna", "Last Name": "Meier", "Address": "Weg 5  Turku",
    "Phone Number": "", "MEMBER_RATING": "2", "OPTIN_TIME": "2025-03-04 22:30:00", "OPTIN_IP": "192.0.2.1",
    "CONFIRM_TIME": "2025-03-04 22:35:10", "CONFIRM_IP": "192.0.2.1", "LAST_CHANGED": "2026-01-01 00:00:00",
    "LEID": "391", "EUID": "ab12", "NOTES": "", "TAGS": '"backup","Fair 2025"',
}  # fmt: skip
UNSUBSCRIBED = MAILCHIMP | {
    "UNSUB_TIME": "2026-02-01 09:00:00", "UNSUB_CAMPAIGN_TITLE": "Spring", "UNSUB_REASON": "NORMAL",
}  # fmt: skip
CLEANED = MAILCHIMP | {"CLEAN_TIME": "2026-02-01 09:00:00", "CLEAN_CAMPAIGN_TITLE": "Spring"}
SALESFORCE = {
    "Contact ID": "0035", "Salutation": "Ms.", "First Name": "Anna", "Last Name": "Meier", "Title": "Head of Sales",
    "Account Name": "Meier Oy", "Mailing Street": "Weg 5\r\nHaus B", "Mailing City": "Turku",
    "Mailing State/Province": "", "Mailing Zip/Postal Code": "20100", "Mailing Country": "Finland", "Phone": "",
    "Mobile": "040 123 4567", "Email": "Anna@example.org", "Email Opt Out": "0", "Do Not Call": "1",
    "Lead Source": "Trade Show", "Created Date": "3/14/2025", "Last Activity": "11/1/2026", "Language": "fi",
}  # fmt: skip

EXPECTED = {
    Format.MAUTIC: anna(
        salutation="Mrs.", job_title="Head of Sales", organisation="Meier Oy", phone="+358401234567",
        street="Weg 5, Haus B", city="Turku", postcode="20100", country="FI", language="fi",
        collected_on=date(2025, 3, 5), external_id="7",
    ),
    Format.HUBSPOT: anna(
        phone="+358501234567", job_title="Head of Sales", organisation="Meier Oy",
        collected_on=date(2025, 3, 4), country="DE", language="de", city="Berlin", postcode="10115", state="Berlin",
        street="Weg 5", industry="retail", external_id="501",
    ),
    Format.MAILCHIMP: anna(
        street="Weg 5  Turku", topics=("backup", "Fair 2025"), collected_on=date(2025, 3, 5),
        seen_on=date(2025, 3, 5),
        consent_email="yes", consent_at=datetime(2025, 3, 4, 22, 35, 10, tzinfo=UTC), external_id="391",
    ),
    Format.SALESFORCE: anna(
        salutation="Ms.", job_title="Head of Sales", organisation="Meier Oy", street="Weg 5, Haus B",
        city="Turku", postcode="20100", country="FI", phone="+358401234567", phone_opt_out=True, source="Trade Show",
        collected_on=date(2025, 3, 14), language="fi", external_id="0035",
    ),
}  # fmt: skip
FILES = {
    Format.MAUTIC: MAUTIC, Format.HUBSPOT: HUBSPOT, Format.MAILCHIMP: MAILCHIMP, Format.SALESFORCE: SALESFORCE,
}  # fmt: skip


@pytest.mark.parametrize("fmt", FILES)
def test_an_export_is_recognised_and_becomes_a_contact(tmp_path: Path, fmt: Format) -> None:
    assert recognise(open_table(csv_of(tmp_path, FILES[fmt])).headers) is fmt
    assert one_contact(tmp_path, FILES[fmt]) == EXPECTED[fmt]


@pytest.mark.parametrize("fmt", FILES)
def test_an_export_is_recognised_in_any_case(fmt: Format) -> None:
    assert recognise([header.upper() for header in FILES[fmt]]) is fmt
    assert recognise([f" {header.lower()} " for header in FILES[fmt]]) is fmt


@pytest.mark.parametrize(
    ("headers", "fmt"),
    [
        (["email"], Format.OBHUT),
        (["Email", "Country", "City", "Phone"], Format.OBHUT),
        (["email", "first_name", "last_name", "unsubscribed"], Format.OBHUT),
        (["email", "firstname", "lastname"], Format.MAUTIC),
        (["Email Address", "First Name", "Last Name"], Format.MAILCHIMP),
        (["Email Address", "LEID"], Format.MAILCHIMP),
        (["Email", "Unsubscribed from all email"], Format.HUBSPOT),
        (["Email", "Email Opt Out"], Format.SALESFORCE),
        (["Contact ID", "First Name", "Last Name", "Email"], Format.SALESFORCE),
        (["nothing", "known"], Format.OBHUT),
    ],
)
def test_few_columns_are_enough_to_recognise_a_system(headers: list[str], fmt: Format) -> None:
    assert recognise(headers) is fmt


@pytest.mark.parametrize(
    ("columns", "change"),
    [
        (MAUTIC, {"doNotContact": "1"}),
        (MAUTIC, {"doNotContact": "3"}),
        (MAUTIC, {"doNotContact": "yes"}),
        (MAUTIC, {"doNotContact": "Unsubscribed"}),
        (MAUTIC, {"dnc": "1"}),
        (HUBSPOT, {"Unsubscribed from all email": "true"}),
        (HUBSPOT, {"Opted out of email: Marketing Information": "true"}),
        (HUBSPOT, {"Opted out of email: One to One": "Yes"}),
        (SALESFORCE, {"Email Opt Out": "1"}),
        (SALESFORCE, {"Email Opt Out": "true"}),
        (UNSUBSCRIBED, {}),
        (UNSUBSCRIBED, {"UNSUB_TIME": ""}),
        (UNSUBSCRIBED, {"CLEAN_TIME": ""}),
    ],
)
def test_an_opt_out_of_any_system_is_an_objection(
    tmp_path: Path, columns: dict[str, str], change: dict[str, str]
) -> None:
    row = one_contact(tmp_path, columns | change)
    assert row.unsubscribed is True
    assert row.bounced is False


@pytest.mark.parametrize(
    "columns", [MAUTIC, HUBSPOT, MAILCHIMP, CLEANED, UNSUBSCRIBED | {"UNSUB_TIME": "", "CLEAN_TIME": ""}]
)
def test_without_an_opt_out_there_is_no_objection(tmp_path: Path, columns: dict[str, str]) -> None:
    assert one_contact(tmp_path, columns).unsubscribed is False


@pytest.mark.parametrize("time", ["2/1/2026", "2026-12-24 10:00:00", "never"])
def test_an_objection_counts_although_its_time_cannot_be_read(tmp_path: Path, time: str) -> None:
    row = one_contact(tmp_path, UNSUBSCRIBED | {"UNSUB_TIME": time})
    assert (row.unsubscribed, row.unsubscribed_at) == (True, None)
    assert row.notes == ("UNSUB_TIME: the time cannot be read, or lies in the future; left out.",)


@pytest.mark.parametrize(
    "columns",
    [UNSUBSCRIBED, UNSUBSCRIBED | {"UNSUB_TIME": ""}, UNSUBSCRIBED | {"UNSUB_TIME": "never", "CLEAN_TIME": ""}],
)
def test_an_objection_of_mailchimp_counts_although_its_row_is_rejected(tmp_path: Path, columns: dict[str, str]) -> None:
    assert one_rejection(tmp_path, columns | {"OPTIN_TIME": "1/2/2025"}).objectors == ("anna@example.org",)


def test_mailchimp_tells_when_somebody_unsubscribed(tmp_path: Path) -> None:
    assert one_contact(tmp_path, UNSUBSCRIBED).unsubscribed_at == datetime(2026, 2, 1, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("columns", "at"),
    [
        (CLEANED, datetime(2026, 2, 1, 9, 0, tzinfo=UTC)),
        (CLEANED | {"CLEAN_TIME": ""}, None),
        (CLEANED | {"UNSUB_TIME": ""}, datetime(2026, 2, 1, 9, 0, tzinfo=UTC)),
        (MAUTIC | {"doNotContact": "2"}, None),
        (HUBSPOT | {"Email hard bounce reason": "UNKNOWN_USER"}, None),
    ],
)
def test_a_bounce_is_no_objection(tmp_path: Path, columns: dict[str, str], at: datetime | None) -> None:
    row = one_contact(tmp_path, columns)
    assert (row.bounced, row.bounced_at, row.unsubscribed) == (True, at, False)


def test_a_reason_not_to_contact_that_is_not_known_is_not_guessed(tmp_path: Path) -> None:
    assert one_rejection(tmp_path, MAUTIC | {"doNotContact": "perhaps"}).column == "doNotContact"


def test_mailchimp_without_a_confirmation_says_nothing_about_consent(tmp_path: Path) -> None:
    row = one_contact(tmp_path, MAILCHIMP | {"CONFIRM_TIME": ""})
    assert (row.consent_email, row.consent_at, row.consent_text) == ("", None, "")


def test_hubspots_consent_is_no_evidence(tmp_path: Path) -> None:
    column = "Legal basis for processing contact's data"
    row = one_contact(tmp_path, HUBSPOT | {column: "Freely given consent from contact"})
    assert (row.consent_email, row.consent_at) == ("unknown", None)
    assert row.notes[0].startswith(column)


def test_hubspots_first_company_is_taken_and_the_others_are_noted(tmp_path: Path) -> None:
    row = one_contact(tmp_path, HUBSPOT | {"Associated Company": "Meier Oy; Schulz Oy"})
    assert row.organisation == "Meier Oy"
    assert row.notes == ("Associated Company: only the first of several companies was taken; left out.",)


def test_the_newer_names_of_hubspot_are_known(tmp_path: Path) -> None:
    newer = {"Record ID - Contact": "501", "Email": "a@example.org", "Primary Associated Company": "Meier Oy"}
    row = one_contact(tmp_path, newer)
    assert (row.external_id, row.organisation) == ("501", "Meier Oy")


@pytest.mark.parametrize(
    ("fmt", "column", "value", "day"),
    [
        (Format.SALESFORCE, "Created Date", "3/14/2025", date(2025, 3, 14)),
        (Format.SALESFORCE, "Created Date", "14/3/2025 10:00", date(2025, 3, 14)),
        (Format.SALESFORCE, "Created Date", "12/31/2025 11:30 PM", date(2025, 12, 31)),
        (Format.SALESFORCE, "Created Date", "2025-12-31", date(2025, 12, 31)),
        (Format.MAUTIC, "dateAdded", "2025-12-31 21:59:59", date(2025, 12, 31)),
        (Format.MAUTIC, "dateAdded", "2025-12-31 22:00:00", date(2026, 1, 1)),
        (Format.HUBSPOT, "Create Date", "2025-12-31 23:59", date(2025, 12, 31)),
        (Format.MAILCHIMP, "OPTIN_TIME", "2025-12-31 22:00:00", date(2026, 1, 1)),
    ],
)
def test_each_system_has_its_way_of_writing_dates(
    tmp_path: Path, fmt: Format, column: str, value: str, day: date
) -> None:
    assert one_contact(tmp_path, FILES[fmt] | {column: value}).collected_on == day


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["2/1/2023", "1/13/2023"], [date(2023, 2, 1), date(2023, 1, 13)]),
        (["2/1/2023", "13/1/2023"], [date(2023, 1, 2), date(2023, 1, 13)]),
        (["2/1/2023", "13/1/2023", "1/13/2023"], [None, date(2023, 1, 13), date(2023, 1, 13)]),
        (["2/1/2023", "3/1/2023"], [None, None]),
        (["2/1/2023", "13.1.2023"], [None, date(2023, 1, 13)]),
        (["2023-01-02", "3/3/2023"], [date(2023, 1, 2), date(2023, 3, 3)]),
    ],
)
def test_a_file_of_salesforce_shows_itself_whether_the_month_comes_first(
    tmp_path: Path, dates: list[str], days: list[date | None]
) -> None:
    lines = [f"{number},{number}@example.org,{cell}" for number, cell in enumerate(dates)]
    file = text_file(tmp_path, "\n".join(["Contact ID,Email,Created Date", *lines]))
    rows = contacts_of(file, Format.SALESFORCE)
    assert [row.collected_on if isinstance(row, ContactRow) else None for row in rows] == days
    assert all("which part of the date" in row.reason for row in rows if isinstance(row, Rejection))


def test_both_forms_of_a_salesforce_id_are_the_same_id(tmp_path: Path) -> None:
    short = one_contact(tmp_path, SALESFORCE | {"Contact ID": "0035g00000AbCdE"}).external_id
    assert short == "0035g00000AbCdE"
    assert one_contact(tmp_path, SALESFORCE | {"Contact ID": "0035g00000AbCdEAAZ"}).external_id == short
    assert one_contact(tmp_path, SALESFORCE | {"Contact ID": "0035g00000AbCde"}).external_id != short


@pytest.mark.parametrize(
    ("change", "day"),
    [
        ({}, date(2025, 3, 5)),
        ({"CONFIRM_TIME": ""}, date(2026, 1, 1)),
        ({"CONFIRM_TIME": "", "UNSUB_TIME": "2025-12-01 10:00:00"}, date(2025, 12, 1)),
        ({"CONFIRM_TIME": "", "LAST_CHANGED": ""}, None),
    ],
)
def test_mailchimp_without_an_opt_in_time_was_first_seen_at_its_earliest_time(
    tmp_path: Path, change: dict[str, str], day: date | None
) -> None:
    row = one_contact(tmp_path, MAILCHIMP | {"OPTIN_TIME": ""} | change)
    assert (row.collected_on, row.seen_on) == (None, day)


def test_a_time_of_change_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    assert one_contact(tmp_path, MAILCHIMP | {"LAST_CHANGED": "never"}).notes[0].startswith("LAST_CHANGED")


@pytest.mark.parametrize("fmt", FILES)
def test_an_ambiguous_date_is_not_guessed(tmp_path: Path, fmt: Format) -> None:
    column = {
        Format.MAUTIC: "dateAdded", Format.HUBSPOT: "Create Date", Format.MAILCHIMP: "OPTIN_TIME",
        Format.SALESFORCE: "Created Date",
    }[fmt]  # fmt: skip
    assert "which part of the date" in one_rejection(tmp_path, FILES[fmt] | {column: "3/4/2025"}).reason


@pytest.mark.parametrize("fmt", FILES)
def test_the_future_is_rejected_in_every_export(tmp_path: Path, fmt: Format) -> None:
    column = {
        Format.MAUTIC: "dateAdded", Format.HUBSPOT: "Create Date", Format.MAILCHIMP: "CONFIRM_TIME",
        Format.SALESFORCE: "Created Date",
    }[fmt]  # fmt: skip
    assert "in the future" in one_rejection(tmp_path, FILES[fmt] | {column: "2026-11-24 10:00"}).reason


def test_two_lines_of_a_street_have_one_limit(tmp_path: Path) -> None:
    assert len(one_contact(tmp_path, MAUTIC | {"address1": "x" * 100, "address2": "y" * 98}).street) == 200
    rejection = one_rejection(tmp_path, MAUTIC | {"address1": "x" * 100, "address2": "y" * 99})
    assert (rejection.column, rejection.reason) == ("address2", "The value is longer than 200 characters.")


def test_a_format_can_be_forced(tmp_path: Path) -> None:
    columns = {"Email": "a@example.org", "First Name": "Anna", "Last Name": "Meier", "Created Date": "3/14/2025"}
    assert one_contact(tmp_path, columns, Format.SALESFORCE).collected_on == date(2025, 3, 14)
    with pytest.raises(UnreadableFile, match="the column email address or leid or euid is missing"):
        contacts_of(csv_of(tmp_path, columns), Format.MAILCHIMP)


# Files that Mautic itself ships ------------------------------------------------------------------------------------


def test_mautics_own_sample_of_leads_is_read(sample_data: Path) -> None:
    rows = contacts_of(sample_data / "mautic" / "contacts.csv")
    people = [row for row in rows if isinstance(row, ContactRow)]
    nobody = [row for row in rows if isinstance(row, Rejection)]
    assert (len(people), len(nobody)) == (50, 4)
    # The last four leads are anonymous visitors: a place and an IP address, but no address and no id.
    assert {row.reason for row in nobody} == {"The row has neither an e-mail address nor an id."}
    assert {row.country for row in people} == {"AU", "CA", "GB", "US", "ZA"}
    assert all(row.phone.startswith("+") and row.organisation and not row.notes for row in people)
    assert all(row.email_key == row.email.lower() != row.email for row in people)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("companies.csv", "a list of companies. Send the contacts"),
        ("page-hits.csv", "a list of page visits. Send visits"),
    ],
)
@pytest.mark.parametrize("fmt", [None, Format.MAUTIC])
def test_mautics_other_files_are_no_contacts(sample_data: Path, name: str, reason: str, fmt: Format | None) -> None:
    table = open_table(sample_data / "mautic" / name)
    with pytest.raises(UnreadableFile, match=reason):
        read_contacts(table, fmt or recognise(table.headers), NOW)
