"""A file is uploaded: kept for its owner alone, limited in size, and refused with a reason when it cannot be read."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.models import User
from consent import forms
from consent.models import ImportBatch
from consent.models.airlock import ImportState
from contacts.models import Contact, Source
from tests.consent.conftest import (
    agreement_row,
    csv_text,
    differences,
    engagement_row,
    on,
    person,
    snapshot,
)
from tests.consent.pages import (
    ADD,
    EACH,
    act,
    clerk,
    files,
    form,
    one_of_each,
    page_of,
    surroundings,
    text_of,
    upload,
)

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]

LONGEST_SOURCE = ImportBatch._meta.get_field("source_code").max_length or 0


# Upload ---------------------------------------------------------------------------------------------------------------


def test_an_upload_is_previewed_and_nothing_else(clerk: Client) -> None:
    rows = one_of_each()
    before = snapshot()
    batch = upload(clerk, rows, name="fair.csv", source="fair")
    assert set(differences(before, snapshot())) <= {"sessions.Session"}
    assert (batch.state, batch.counts) == (ImportState.PREVIEWED, EACH)
    assert (batch.file_name, batch.source_code, batch.format) == ("fair.csv", "fair", "obhut")
    assert batch.uploaded_by == User.objects.get(username="clerk").pk


def test_an_upload_is_kept_for_its_owner_alone(clerk: Client) -> None:
    text = csv_text([person()])
    upload(clerk, text)
    (path,) = files()
    assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("kind", "rows"), [
    ("agreements", [agreement_row(), agreement_row(organisation="Beta Oy"), agreement_row(kind="love")]),
    ("engagements", [engagement_row(), engagement_row(kind="open"), engagement_row(email="nobody@example.org")]),
])  # fmt: skip
def test_agreements_and_engagements_take_the_same_way(kind: str, rows: list[dict[str, str]], clerk: Client) -> None:
    Contact.objects.create(email="anna@example.org", collected_on=on("2026-01-01"), in_marketing=True)
    batch = upload(clerk, rows, kind=kind)
    assert batch.counts == {"created": 2, "rejected": 1}
    done = text_of(act(clerk, "confirm", batch))
    batch.refresh_from_db()
    assert (batch.state, batch.counts) == (ImportState.DONE, {"created": 2, "rejected": 1})
    assert "What happened" in done


def test_a_source_is_suggested_and_keeps_its_one_spelling(clerk: Client) -> None:
    Source.objects.create(code="Fair-2026")
    assert '<option value="Fair-2026">' in text_of(clerk.get(reverse(ADD)))
    batch = upload(clerk, [person()], source="fair-2026")
    assert batch.source_code == "Fair-2026"
    assert upload(clerk, [person()], source=" new-one ").source_code == "new-one"


@pytest.mark.parametrize(("field", "value", "message"), [
    ("source", "x" * (LONGEST_SOURCE + 1), f"at most {LONGEST_SOURCE} characters"),
    ("kind", "people", "Select a valid choice"),
    ("format", "lotus", "Select a valid choice"),
    ("file", "", "Choose a file."),
])  # fmt: skip
def test_a_wrong_entry_is_named_and_nothing_is_kept(field: str, value: str, message: str, clerk: Client) -> None:
    answer = clerk.post(reverse(ADD), form([person()]) | {field: value})
    assert answer.status_code == 200
    assert message in text_of(answer)
    assert "Nothing was uploaded." in text_of(answer)
    assert (ImportBatch.objects.count(), files()) == (0, [])


def test_a_file_of_the_largest_size_is_taken_and_one_byte_more_is_not(
    clerk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = csv_text([person()])
    monkeypatch.setattr(forms, "MOST_BYTES", len(text))
    upload(clerk, text)
    answer = clerk.post(reverse(ADD), form(text + "\n"))
    assert "Split it into several files" in text_of(answer)
    assert "Choose a file." not in text_of(answer)
    assert (ImportBatch.objects.count(), len(files())) == (1, 1)


def test_several_files_in_one_request_share_the_limit(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    text = csv_text([person()])
    monkeypatch.setattr(forms, "MOST_BYTES", len(text))
    data = form(text)
    answer = clerk.post(reverse(ADD), data | {"file": [data["file"], form(text)["file"]]})
    assert "Split it into several files" in text_of(answer)
    assert files() == []


def test_a_file_beyond_the_memory_limit_goes_through_the_disk(clerk: Client, settings: Settings) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    batch = upload(clerk, [person()])
    assert batch.counts == {"created": 1}


# Files that cannot be read --------------------------------------------------------------------------------------------


BROKEN = {
    "a PDF": (b"%PDF-1.7\n...", "contacts", "This is not a table."),
    "an old Excel file": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "contacts", "Save it as .xlsx"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "contacts", "This is not a table."),
    "a broken workbook": (b"PK\x03\x04" + b"\0" * 60, "contacts", "cannot be read"),
    "a web page": (b"<html><body>email</body></html>", "contacts", "This is not a table."),
    "zero bytes": (b"em\0ail\nx\n", "contacts", "not text"),
    "blank lines": (b"\n\n\n", "contacts", "The file is empty."),
    "a JSON list": (b'[{"email": "anna@example.org"}]', "contacts", "JSON Lines"),
    "no address column": (b"name,town\nAnna,Turku\n", "contacts", "not a contacts file"),
    "a column twice": (
        b"email,email\na@example.org,b@example.org\n",
        "contacts",
        "Column 2 has the same name as column 1.",
    ),
    "an open quote": (b'email,city\nanna@example.org,"Turku\n' + b"x\n" * 9, "contacts", "line 2"),
    "an unknown opt-out": (b"email,opt_out\nanna@example.org,yes\n", "contacts", "looks like an opt-out"),
    "agreements as contacts": (csv_text([agreement_row()]).encode(), "contacts", "not a contacts file"),
    "contacts as agreements": (csv_text([person()]).encode(), "agreements", "not an agreements file"),
    "contacts as engagements": (csv_text([person()]).encode(), "engagements", "not an engagements file"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_cannot_be_read_says_why_and_writes_nothing(case: str, clerk: Client) -> None:
    content, kind, message = BROKEN[case]
    before = snapshot()
    batch = upload(clerk, content, kind=kind)
    shown = text_of(clerk.get(page_of(batch)))
    assert batch.state == ImportState.FAILED
    assert message in shown
    assert "Nothing was imported. The uploaded file has been deleted." in shown
    assert "Confirm import" not in shown
    assert files() == []
    assert set(differences(before, snapshot())) <= {"sessions.Session"}


def test_an_empty_file_is_named_on_the_form(clerk: Client) -> None:
    answer = clerk.post(reverse(ADD), form(b""))
    assert "The file is empty. Its first line must name the columns." in text_of(answer)
    assert ImportBatch.objects.count() == 0


def test_a_failed_import_cannot_be_confirmed(clerk: Client) -> None:
    batch = upload(clerk, b"%PDF")
    assert "Nothing was done" in text_of(act(clerk, "confirm", batch))
    batch.refresh_from_db()
    assert batch.state == ImportState.FAILED
