"""The pages of the import airlock, from the upload to the result, for everybody who may and may not use them."""

from __future__ import annotations

import csv
import io
import json
import os
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, example, given
from hypothesis import settings as rules
from hypothesis import strategies as st
from kombu.exceptions import OperationalError
from pytest_django import Settings

from config import roles
from config.models import AuditEvent, User
from config.policy.periods import UPLOAD_HOURS
from consent import forms, imports_admin
from consent.intake import batches
from consent.models import ImportBatch, QuarantinedRow
from consent.models.airlock import ImportKind, ImportState
from consent.models.suppression import FormerReason
from consent.report import safe
from contacts.models import Contact, Source
from tests.consent.conftest import (
    NOW,
    MachineDiesError,
    agreement_row,
    bring,
    crashing_in_chunk,
    csv_text,
    customer,
    differences,
    engagement_row,
    former,
    is_there,
    on,
    person,
    run,
    snapshot,
    suppress,
    the,
)
from tests.consent.pages import (
    ADD,
    LIST,
    ROLES,
    act,
    clerk,
    files,
    form,
    messages_sent,
    page_of,
    said,
    signed_in,
    surroundings,
    text_of,
    upload,
    work,
)

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]

LONGEST_SOURCE = ImportBatch._meta.get_field("source_code").max_length or 0
SECOND = timedelta(seconds=1)
DAY_OF_AN_UPLOAD = timedelta(hours=UPLOAD_HOURS)


def people(count: int) -> list[dict[str, str]]:
    """That many rows of different people."""
    return [person(f"person{number}@example.org", last_name=f"Lastname{number}") for number in range(count)]


def one_of_each() -> list[dict[str, str]]:
    """Rows of which one is created, updated, unchanged, suppressed, quarantined and rejected each, in lines 2 to 7."""
    Contact.objects.create(email="known@example.org", collected_on=on("2024-01-01"), in_marketing=True)
    Contact.objects.create(
        email="other@example.org", last_name="Schmidt", first_name="Kurt", collected_on=on("2024-01-01")
    )
    suppress("no@example.org")
    same = person("same@example.org", collected_on="2025-01-01", source="fair")
    bring([same])
    return [
        person("new@example.org"),
        person("known@example.org"),
        same,
        person("no@example.org"),
        person("other@example.org"),
        person("not-an-address"),
    ]


EACH = {"created": 1, "updated": 1, "unchanged": 1, "suppressed": 1, "quarantined": 1, "rejected": 1}


# Who may do what ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_only_who_may_view_imports_sees_the_list_a_page_and_the_report(role: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    client = signed_in(role)
    expected = 403 if role == roles.SALES else 200
    for address in (reverse(LIST), page_of(batch), reverse("admin:consent_importbatch_report", args=[batch.pk])):
        assert client.get(address).status_code == expected, address


@pytest.mark.parametrize("role", ROLES)
def test_only_privacy_staff_reach_the_upload_and_send_a_file(role: str) -> None:
    client = signed_in(role)
    may = role in (roles.PRIVACY_OFFICER, roles.PRIVACY_CLERK)
    assert client.get(reverse(ADD)).status_code == (200 if may else 403)
    assert client.post(reverse(ADD), form([person()])).status_code == (302 if may else 403)
    assert ImportBatch.objects.count() == len(files()) == int(may)


@pytest.mark.parametrize("what", ["confirm", "abandon", "look"])
@pytest.mark.parametrize("role", [roles.AUDITOR, roles.SALES])
def test_who_may_not_act_changes_nothing_by_sending_the_form_anyway(role: str, what: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    before = snapshot()
    answer = signed_in(role).post(reverse(f"admin:consent_importbatch_{what}", args=[batch.pk]))
    assert answer.status_code == 403
    batch.refresh_from_db()
    assert batch.state == ImportState.PREVIEWED
    assert len(files()) == 1
    assert not is_there()
    changed = differences(before, snapshot())
    assert set(changed) <= {"config.User", "config.User_groups", "sessions.Session"}


def test_an_auditor_sees_no_button(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    assert "Confirm import" in text_of(clerk.get(page_of(batch)))
    seen = text_of(signed_in(roles.AUDITOR).get(page_of(batch)))
    assert "What will happen" in seen
    assert "Confirm import" not in seen
    assert "Abandon" not in seen
    assert "Import a file" in text_of(clerk.get(reverse(LIST)))
    assert "Import a file" not in text_of(signed_in(roles.AUDITOR, "second").get(reverse(LIST)))


def test_somebody_who_is_not_signed_in_is_asked_to(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    pages = [reverse(LIST), reverse(ADD), page_of(batch)]
    pages += [reverse(f"admin:consent_importbatch_{act}", args=[batch.pk]) for act in ("confirm", "abandon", "report")]
    for address in pages:
        answer = Client().post(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith(reverse("admin:login"))
    batch.refresh_from_db()
    assert batch.state == ImportState.PREVIEWED


@pytest.mark.parametrize("what", ["upload", "confirm", "abandon", "look"])
def test_a_form_from_another_site_is_refused(what: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    client = signed_in(roles.PRIVACY_OFFICER, enforce_csrf_checks=True)
    address = reverse(ADD) if what == "upload" else reverse(f"admin:consent_importbatch_{what}", args=[batch.pk])
    assert client.post(address, form([person()])).status_code == 403
    batch.refresh_from_db()
    assert (ImportBatch.objects.count(), batch.state, len(files())) == (1, ImportState.PREVIEWED, 1)


def test_the_form_of_our_own_page_is_accepted() -> None:
    client = signed_in(roles.PRIVACY_OFFICER, enforce_csrf_checks=True)
    client.get(reverse(ADD))
    token = client.cookies["csrftoken"].value
    answer = client.post(reverse(ADD), form([person()]) | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302


def test_an_import_that_does_not_exist_is_not_found(clerk: Client) -> None:
    for key in ("01890000-0000-7000-8000-000000000000", "nonsense"):
        assert clerk.get(f"{reverse(LIST)}{key}/change/").status_code == 404
    assert clerk.post(f"{reverse(LIST)}01890000-0000-7000-8000-000000000000/confirm/").status_code == 404


# Upload -----------------------------------------------------------------------------------------------------------------


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


# Files that cannot be read -------------------------------------------------------------------------------------------------

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
    "a column twice": (b"email,email\na@example.org,b@example.org\n", "contacts", "occurs 2 times"),
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


# The preview -----------------------------------------------------------------------------------------------------------


def test_the_preview_says_how_many_rows_what_happens_to_them_and_where_they_are(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    shown = text_of(clerk.get(page_of(batch)))
    for decision in EACH:
        assert f'<th scope="row">{decision.capitalize()}</th><td class="number">1</td>' in shown
    assert "Correct these rows in the file and upload them again." in shown
    assert "Line 7, column “email”:</strong> This is not an e-mail address." in shown
    assert "Line 6:</strong> The address is known under a clearly different name." in shown
    assert "<p>Line 2</p>" in shown


def test_the_preview_shows_no_value_of_the_file(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, one_of_each()))))
    assert "Line 7" in shown
    for value in ("new@example.org", "not-an-address", "Virtanen", "Schmidt"):
        assert value not in shown


def test_the_preview_says_when_the_upload_vanishes(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, [person()]))))
    assert "vanishes on <strong>Nov. 24, 2026, noon</strong>" in shown


def test_more_rows_than_shown_are_counted(clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, people(7)))))
    assert "Lines 2, 3, 4, 5, 6" in shown
    assert "and 2 more rows" in shown


@pytest.mark.parametrize("rows", ["", "not-an-address,Anna\n"])
def test_nothing_to_import_has_no_confirm_button(rows: str, clerk: Client) -> None:
    shown = text_of(clerk.get(page_of(upload(clerk, "email,first_name\n" + rows))))
    assert "othing would be imported" in shown
    assert "Confirm import" not in shown
    assert "Abandon" in shown


def test_the_same_file_again_is_recognised(clerk: Client) -> None:
    first = upload(clerk, [person()])
    assert "imported before" not in text_of(clerk.get(page_of(first)))
    act(clerk, "confirm", first)
    second = upload(clerk, [person()], name="another-name.csv")
    shown = text_of(clerk.get(page_of(second)))
    assert "has been imported before" in shown
    assert page_of(first) in shown


ADDRESSES = st.sampled_from(
    ["a@example.org", "b@example.org", "C@Example.org", "erased@example.org", "no@example.org", "x", ""]
)
PEOPLE = st.fixed_dictionaries({
    "email": ADDRESSES,
    "first_name": st.sampled_from(["Anna", "Kurt", ""]),
    "last_name": st.sampled_from(["Virtanen", "Schmidt", ""]),
    "phone": st.sampled_from(["", "+358401234567", "+358401234568"]),
    "organisation": st.sampled_from(["", "Acme Oy", "Beta GmbH"]),
    "collected_on": st.sampled_from(["", "2024-05-01", "2026-05-01", "2099-01-01"]),
    "in_marketing": st.sampled_from(["", "no", "perhaps"]),
    "unsubscribed": st.sampled_from(["", "", "yes"]),
})  # fmt: skip


@rules(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(PEOPLE, max_size=7))
@example(rows=[{"email": "a@example.org", "unsubscribed": "yes"}, {"email": "a@example.org", "unsubscribed": ""}])
def test_the_import_does_what_the_preview_said(rows: list[dict[str, str]], clerk: Client) -> None:
    customer("Acme Oy")
    Contact.objects.get_or_create(
        email="b@example.org", defaults={"last_name": "Virtanen", "collected_on": on("2024-01-01")}
    )
    former("erased@example.org", FormerReason.REQUEST, on("2025-01-01"))
    suppress("no@example.org")
    batch = upload(clerk, [*rows, person("last@example.org")])
    previewed, register = batch.counts, snapshot()
    act(clerk, "confirm", batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert batch.counts == previewed
    assert sum(previewed.values()) == batch.rows_total == batch.rows_done == len(rows) + 1
    written = differences(register, snapshot())
    assert len(written.get("contacts.Contact", ())) <= sum(
        map(previewed.get, ("created", "updated", "suppressed"), (0, 0, 0))
    )
    assert len(written.get("consent.QuarantinedRow", ())) <= previewed.get("quarantined", 0)


# The row report ----------------------------------------------------------------------------------------------------------


def report(client: Client, batch: ImportBatch, language: str = "en") -> list[list[str]]:
    """The lines of the row report."""
    answer = client.get(
        reverse("admin:consent_importbatch_report", args=[batch.pk]), headers={"accept-language": language}
    )
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith('attachment; filename="import-2026-11-23-')
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:]), delimiter="," if language == "en" else ";"))


def test_the_report_has_one_line_for_each_row_and_no_value(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    head, *lines = report(clerk, batch)
    assert head == ["line", "decision", "column", "reason", "what to do"]
    assert [line[:3] for line in lines] == [
        ["2", "created", ""],
        ["3", "updated", ""],
        ["4", "unchanged", ""],
        ["5", "suppressed", ""],
        ["6", "quarantined", ""],
        ["7", "rejected", "email"],
    ]
    assert "not-an-address" not in str(lines)
    assert "Virtanen" not in str(lines)


def test_reading_the_report_changes_nothing(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    before, stored = snapshot(), ImportBatch.objects.filter(pk=batch.pk).values().get()
    report(clerk, batch)
    clerk.get(page_of(batch))
    assert set(differences(before, snapshot())) <= {"sessions.Session"}
    assert ImportBatch.objects.filter(pk=batch.pk).values().get() == stored
    assert len(files()) == 1


def test_the_report_has_the_separator_its_spreadsheets_expect(clerk: Client) -> None:
    lines = report(clerk, upload(clerk, [person("not-an-address")]), "de")
    assert (lines[1][0], len(lines[1])) == ("2", 5)


def test_no_cell_of_the_report_is_a_formula(clerk: Client) -> None:
    batch = upload(clerk, 'email,first_name\nx,"=1+1"\n')
    assert safe("=cmd()") == "'=cmd()"
    for beginning in ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d"):
        assert safe(f"{beginning}1").startswith("'")
    assert safe("email") == "email"
    assert all(not cell.startswith(("=", "+", "-", "@")) for line in report(clerk, batch) for cell in line)


def test_a_header_that_is_a_formula_reaches_the_report_as_text(clerk: Client) -> None:
    """HubSpot's columns for kinds of subscription are recognised by their beginning, so their names are the file's own."""
    batch = upload(clerk, "email,=Phone\nanna@example.org,\n")
    assert batch.state == ImportState.PREVIEWED
    assert all(not cell.startswith("=") for line in report(clerk, batch) for cell in line)


def test_there_is_no_report_once_the_file_is_gone(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    answer = clerk.get(reverse("admin:consent_importbatch_report", args=[batch.pk]), follow=True)
    assert answer.redirect_chain == [(page_of(batch), 302)]
    assert "its upload has vanished" in text_of(answer)


def test_a_file_that_vanishes_while_the_report_is_read_is_named_in_its_last_line(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    batches.path_of(batch).unlink()
    assert report(clerk, batch)[-1][3].startswith("The uploaded file is gone")


# Confirming, once ----------------------------------------------------------------------------------------------------------


def test_confirming_imports_and_shows_what_happened(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    answer = act(clerk, "confirm", batch)
    assert answer.redirect_chain == [(page_of(batch), 302)]
    shown = text_of(answer)
    batch.refresh_from_db()
    assert (batch.state, batch.counts, batch.rows_done) == (ImportState.DONE, EACH, 6)
    assert the("new@example.org").in_marketing
    assert "6 rows were decided. The uploaded file has been deleted." in shown
    assert files() == []
    assert f"{reverse('admin:consent_quarantinedrow_changelist')}?batch={batch.pk}" in shown
    assert reverse("admin:contacts_contact_changelist") in shown
    assert QuarantinedRow.objects.get().line == 6


def test_every_act_is_in_the_audit_trail_with_its_person_and_without_a_name(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    other = upload(clerk, [person()])
    act(clerk, "abandon", other)
    events = AuditEvent.objects.order_by("pk")
    assert list(events.filter(batch=batch.pk).values_list("action", flat=True)) == ["uploaded", "confirmed", "imported"]
    assert list(events.filter(batch=other.pk).values_list("action", flat=True)) == ["uploaded", "abandoned"]
    assert set(events.values_list("actor_id", "actor_kind")) == {(User.objects.get(username="clerk").pk, "person")}
    assert set(events.values_list("model", flat=True)) == {"consent.ImportBatch"}
    assert "Virtanen" not in json.dumps(list(events.values("action", "fields", "counts")))
    assert not LogEntry.objects.exists()


def test_confirming_twice_imports_once(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    before = snapshot()
    assert "Nothing was done" in text_of(act(clerk, "confirm", batch))
    assert set(differences(before, snapshot())) <= {"sessions.Session"}
    assert AuditEvent.objects.filter(action="imported").count() == 1


def test_of_two_officers_one_decides(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    officer = signed_in(roles.PRIVACY_OFFICER)
    assert "Confirm import" in text_of(officer.get(page_of(batch)))
    act(clerk, "abandon", batch)
    assert "Nothing was done" in text_of(act(officer, "confirm", batch))
    assert not is_there()
    batch.refresh_from_db()
    assert batch.state == ImportState.ABANDONED


def test_what_is_imported_cannot_be_abandoned(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    assert "Nothing was done" in text_of(act(clerk, "abandon", batch))
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert is_there()


@pytest.mark.parametrize("what", ["confirm", "abandon", "look"])
def test_a_get_changes_nothing_and_leads_to_the_page(what: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    stored = ImportBatch.objects.filter(pk=batch.pk).values().get()
    answer = clerk.get(reverse(f"admin:consent_importbatch_{what}", args=[batch.pk]))
    assert (answer.status_code, answer.url) == (302, page_of(batch))
    assert ImportBatch.objects.filter(pk=batch.pk).values().get() == stored
    assert not is_there()


def test_going_back_and_reloading_change_nothing(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    before = snapshot()
    for address in (page_of(batch), reverse(ADD), page_of(batch), reverse(LIST)):
        assert clerk.get(address).status_code == 200
    assert set(differences(before, snapshot())) <= {"sessions.Session"}


# Abandoned -----------------------------------------------------------------------------------------------------------------


def test_abandoning_deletes_the_upload(clerk: Client) -> None:
    batch = upload(clerk, [person("not-an-address")])
    assert len(files()) == 1
    answer = act(clerk, "abandon", batch)
    assert "The upload was deleted. Nothing of it was imported." in text_of(answer)
    batch.refresh_from_db()
    assert (batch.state, batch.sample, files()) == (ImportState.ABANDONED, {}, [])
    assert "nothing of it was imported" in text_of(clerk.get(page_of(batch)))


def test_an_upload_that_nobody_confirms_vanishes_after_a_day_and_not_before(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    os.utime(batches.path_of(batch), (batch.created_at.timestamp(),) * 2)  # the disk has a clock of its own
    batches.tidy(batch.created_at + DAY_OF_AN_UPLOAD - SECOND)
    batch.refresh_from_db()
    assert (batch.state, len(files())) == (ImportState.PREVIEWED, 1)
    batches.tidy(batch.created_at + DAY_OF_AN_UPLOAD + SECOND)
    batch.refresh_from_db()
    assert (batch.state, files()) == (ImportState.ABANDONED, [])
    assert "The uploaded file has been deleted" in text_of(clerk.get(page_of(batch)))


def test_an_upload_is_confirmed_within_its_day_and_not_after(clerk: Client) -> None:
    late, early = upload(clerk, [person("late@example.org")]), upload(clerk, [person("early@example.org")])
    ImportBatch.objects.filter(pk=late.pk).update(created_at=NOW - DAY_OF_AN_UPLOAD - SECOND)
    ImportBatch.objects.filter(pk=early.pk).update(created_at=NOW - DAY_OF_AN_UPLOAD + timedelta(minutes=5))
    assert "its upload has vanished" in text_of(act(clerk, "confirm", late))
    act(clerk, "confirm", early)
    assert not is_there("late@example.org")
    assert is_there("early@example.org")


# Long files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def long_from_four_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of four rows and more are a worker's."""
    monkeypatch.setattr(batches, "INLINE_ROWS", 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_file_of_three_rows_is_looked_at_in_the_request_and_one_of_four_by_a_worker(clerk: Client) -> None:
    assert upload(clerk, people(3)).state == ImportState.PREVIEWED
    assert messages_sent() == []
    batch = upload(clerk, people(4))
    assert batch.state == ImportState.UPLOADED
    assert messages_sent() == [("consent.tasks.look", [str(batch.pk)], {})]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_long_file_is_previewed_and_imported_by_a_worker_whom_a_message_tells_only_the_id(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    assert "Every row is being checked" in text_of(clerk.get(page_of(batch)))
    assert work() == 1
    assert "Confirm import" in text_of(clerk.get(page_of(batch)))
    shown = text_of(act(clerk, "confirm", batch))
    assert "0 of 4 rows are decided." in shown
    assert '<progress aria-label="Rows decided" max="4" value="0">' in shown
    assert Contact.objects.count() == 0
    ((task, args, kwargs),) = sent = messages_sent()
    assert sent == [("consent.tasks.run", [str(batch.pk)], {})]
    imports_admin.current_app.tasks[task](*args, **kwargs)
    assert "4 rows were decided" in text_of(clerk.get(page_of(batch)))
    assert Contact.objects.count() == 4
    imported = AuditEvent.objects.get(action="imported")
    assert imported.actor_id == User.objects.get(username="clerk").pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_confirming_a_long_file_twice_sends_one_message(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    work()
    act(clerk, "confirm", batch)
    assert "Nothing was done" in text_of(act(clerk, "confirm", batch))
    assert len(messages_sent()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_message_that_comes_twice_imports_once(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    work()
    act(clerk, "confirm", batch)
    ((task, args, _kwargs),) = messages_sent()
    for _delivery in range(2):
        imports_admin.current_app.tasks[task](*args)
    assert Contact.objects.count() == 4
    assert AuditEvent.objects.filter(action="imported").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_long_file_that_cannot_be_read_fails_in_the_worker_with_its_reason(clerk: Client) -> None:
    batch = upload(clerk, csv_text(people(5)) + '"open\n')
    work()
    shown = text_of(clerk.get(page_of(batch)))
    assert "line 7" in shown
    assert "Nothing was imported" in shown
    assert (Contact.objects.count(), files()) == (0, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_an_upload_can_be_given_up_while_it_is_being_checked(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    act(clerk, "abandon", batch)
    work()
    batch.refresh_from_db()
    assert (batch.state, files()) == (ImportState.ABANDONED, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_lost_message_can_be_sent_again_after_two_minutes(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    messages_sent()
    assert "check again" not in text_of(clerk.get(page_of(batch)))
    with time_machine.travel(NOW + timedelta(minutes=3)):
        assert "check again" in text_of(clerk.get(page_of(batch)))
        act(clerk, "look", batch)
        assert work() == 1
    batch.refresh_from_db()
    assert batch.state == ImportState.PREVIEWED


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_an_upload_survives_a_broker_that_is_down(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: Any, **_options: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(imports_admin.current_app, "send_task", unreachable)
    batch = upload(clerk, people(4))
    assert batch.state == ImportState.UPLOADED
    assert clerk.get(page_of(batch)).status_code == 200


def test_a_page_in_progress_renews_itself_with_and_without_javascript(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    for state in (ImportState.UPLOADED, ImportState.RUNNING):
        ImportBatch.objects.filter(pk=batch.pk).update(state=state)
        page = clerk.get(page_of(batch)).content.decode()
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
        assert 'consent/progress.js" defer' in page
        assert "data-progress" in page
    act(clerk, "confirm", batch)
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.DONE)
    page = clerk.get(page_of(batch)).content.decode()
    assert "refresh" not in page
    assert "progress.js" not in page


def test_a_worker_killed_in_the_middle_is_resumed_where_it_was(
    clerk: Client, monkeypatch: pytest.MonkeyPatch, chunk_of: Any
) -> None:
    chunk_of(2)
    batch = upload(clerk, people(5))
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.RUNNING)
    batch.refresh_from_db()
    with crashing_in_chunk(2, monkeypatch), pytest.raises(MachineDiesError):
        run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, Contact.objects.count()) == (ImportState.RUNNING, 2, 2)
    assert "2 of 5 rows are decided." in text_of(clerk.get(page_of(batch)))
    run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.counts) == (ImportState.DONE, 5, {"created": 5})
    assert Contact.objects.count() == 5
    assert files() == []


# The list ------------------------------------------------------------------------------------------------------------------


def test_the_list_tells_when_who_what_and_with_which_result_newest_first(clerk: Client) -> None:
    act(clerk, "confirm", upload(clerk, [person(), person("x")], name="first.csv"))
    upload(signed_in(roles.PRIVACY_OFFICER, "olivia"), [person()], name="second.csv")
    run(batches.receive([csv_text([person()]).encode()], kind=ImportKind.CONTACTS))
    shown = text_of(clerk.get(reverse(LIST)))
    assert "1 rejected, 1 created" in shown
    assert shown.index("command line") < shown.index("second.csv") < shown.index("first.csv")
    assert "olivia" in shown
    assert "waiting for confirmation" in shown


def test_the_list_asks_the_database_the_same_whatever_its_length(clerk: Client) -> None:
    upload(clerk, [person()])
    with CaptureQueriesContext(connection) as few:
        clerk.get(reverse(LIST))
    for number in range(5):
        upload(signed_in(roles.PRIVACY_OFFICER, f"officer{number}"), [person()])
    with CaptureQueriesContext(connection) as many:
        shown = text_of(clerk.get(reverse(LIST)))
    assert "officer4" in shown
    assert len(many) == len(few)


def test_an_import_outlives_the_account_that_made_it(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    ImportBatch.objects.filter(pk=batch.pk).update(uploaded_by="01890000-0000-7000-8000-000000000000")
    assert "a former account" in text_of(clerk.get(page_of(batch)))


def test_nothing_of_an_import_can_be_edited_or_deleted(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    before = ImportBatch.objects.filter(pk=batch.pk).values().get()
    clerk.post(page_of(batch), {"file_name": "other.csv", "state": "done"})
    assert clerk.post(f"{reverse(LIST)}{batch.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ImportBatch.objects.filter(pk=batch.pk).values().get() == before


def test_no_message_names_a_person(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    answers = [
        act(clerk, "confirm", batch),
        act(clerk, "confirm", batch),
        act(clerk, "abandon", upload(clerk, [person()])),
    ]
    texts = [text for answer in answers for text in said(answer)]
    assert len(texts) == 2
    assert not any("Anna" in text or "example.org" in text for text in texts)
