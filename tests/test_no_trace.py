"""A person who was erased leaves no trace: not in a table, a file, a log or a message (Art. 17, S95; R23)."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

import retention.tasks  # noqa: F401  (registers what messages name)
from config import roles
from config.models import User
from consent.intake import batches
from consent.models import Breach, ImportBatch, PolicyNotification, QuarantinedRow
from consent.models.airlock import ImportState
from contacts.formats.vendors import FIELDS, Format
from contacts.models import Agreement, Contact, Organisation, Source
from contacts.signals import contacts_changed
from retention.models import ErasureRecord, Hold
from tests import staff
from tests.canaries import LONG_AGO, Canary, fill, plant, planted_places, rows_about, seen_in_database, seen_in_files
from tests.consent.conftest import csv_text
from tests.consent.pages import act, files, messages_sent, upload
from tests.contacts.files import workbook_file
from tests.page_forms import form_of

pytestmark = pytest.mark.django_db(transaction=True)

LAST_MONTH = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
CODES = {
    "language": "fi",
    "country": "FI",
    "in_marketing": "yes",
    "supplied_by_subject": "no",
    "unsubscribed": "no",
    "consent_email": "yes",
    "consent_text": "I would like to receive news by e-mail.",
    "affiliated_from": "2020-01-01",
    "affiliated_until": "",
    "source": "fair-2022",
    "source_supplier": "Fair Ltd",
}
"""Columns of our own format that say nothing about one person only; every other column is filled with the canary."""


def row_of(canary: Canary, **cells: str) -> dict[str, str]:
    """A row of our own format with something in every column."""
    known = CODES | {
        "email": canary.email,
        "phone": canary.phone,
        "collected_on": canary.at.date().isoformat(),
        "consent_at": canary.at.isoformat(),
        "organisation_domain": f"{canary.word}.example",
        "linkedin_url": f"https://linkedin.example/in/{canary.word}",
    }
    known |= cells
    return {column: known[column] if column in known else canary.text() for column in FIELDS[Format.OBHUT]}


class Office:
    """An officer at the browser and an operator at the command line, and everything they and the workers leave behind."""

    def __init__(self, folder: Path) -> None:
        self.browser: Client = staff.officer()
        self.user = User.objects.get(username=roles.PRIVACY_OFFICER.replace(" ", "-"))
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.reports = folder / "reports"
        self.reports.mkdir()
        self.sent: list[Any] = []
        self.printed = ""

    def command(self, *arguments: str) -> str:
        """Run a management command; what it prints is kept."""
        out = io.StringIO()
        call_command(*arguments, stdout=out, stderr=out)
        self.printed += out.getvalue()
        return out.getvalue()

    def bring(self, *rows: dict[str, str]) -> str:
        """Import rows by the command line, with a report."""
        number = len(list(self.inbox.iterdir()))
        path = self.inbox / f"list{number}.csv"
        path.write_text(csv_text(rows), encoding="utf-8")
        return self.command("import_contacts", str(path), "--report", str(self.reports / f"report{number}.csv"))

    def upload(self, *rows: dict[str, str], confirmed: bool = True) -> ImportBatch:
        """Import rows by the pages, as a workbook, with a worker for the long parts."""
        path = workbook_file(self.inbox, [list(rows[0]), *(list(row.values()) for row in rows)], "people.xlsx")
        batch = upload(self.browser, path.read_bytes(), "people.xlsx")
        self.work()
        assert self.browser.get(staff.page_of(batch)).status_code == 200
        self.browser.get(reverse("admin:consent_importbatch_report", args=[batch.pk])).getvalue()
        if confirmed:
            act(self.browser, "confirm", batch)
            self.work()
        batch.refresh_from_db()
        return batch

    def work(self) -> None:
        """A worker does what it was sent, and what follows from that."""
        while sent := messages_sent():
            self.sent += sent
            for task, args, kwargs in sent:
                current_app.tasks[task](*args, **kwargs)

    def edit(self, contact: Contact, **changes: str) -> None:
        """Look for a contact by every means, and change it on its page."""
        for text in (contact.last_name, contact.email, contact.reference):
            answer = self.browser.get(staff.list_of("contacts.contact"), {"q": text})
            assert contact in staff.shown(answer)
        page = staff.page_of(contact)
        answer = self.browser.post(page, form_of(self.browser.get(page), "contact_form") | changes, follow=True)
        assert answer.redirect_chain, staff.text_of(answer)
        assert Contact.objects.filter(pk=contact.pk, **changes).exists()
        assert self.browser.get(staff.page_of(contact, "history")).status_code == 200


@pytest.fixture
def office(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Every file is a worker's, and every upload passes through a folder for temporary files."""
    monkeypatch.setattr(batches, "INLINE_ROWS", 0)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 0
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    messages_sent()
    with staff.at_work(settings, tmp_path):
        yield Office(tmp_path)


def one_person_firm(canary: Canary) -> Organisation:
    """An organisation that is hardly more than a person, a customer until long ago."""
    firm = fill(Organisation, canary)
    fill(Agreement, canary, organisation=firm)
    assert isinstance(firm, Organisation)
    return firm


def live_in(office: Office, canary: Canary) -> Contact:
    """Everything that can happen to a person: imported twice, put aside once, edited, held, released, and noted down."""
    Source.objects.get_or_create(code="fair-2022", defaults={"kind": "webinar", "supplier": "Fair Ltd"})
    assert "created             1" in office.bring(row_of(canary))
    contact = Contact.objects.get(email_key=canary.email)
    batch = office.upload(row_of(canary, collected_on=(canary.at.date() + timedelta(days=1)).isoformat()))
    assert (batch.state, batch.counts) == (ImportState.DONE, {"updated": 1})
    office.bring(row_of(canary, first_name="Kurt", last_name="Schmidt"), row_of(canary, email="not-an-address"))
    assert QuarantinedRow.objects.filter(row__email_key=canary.email).count() == 1
    contact.refresh_from_db()
    office.edit(contact, last_name=canary.text(), street=canary.text())
    office.command("retention", "hold", canary.email, "--matter", canary.text(), "--until", "2026-12-24")
    office.command("retention", "release", str(contact.pk))
    contact.refresh_from_db()
    source = Source.objects.get(code="fair-2022")
    announced = PolicyNotification.objects.get_or_create(version="2019-09", defaults={"finished_at": NIGHT})[0]
    breach = Breach.objects.get_or_create(title="A list went astray", defaults={"aware_at": NIGHT})[0]
    given = {"source": source, "batch": batch, "user": office.user, "notification": announced, "breach": breach}
    plant(canary, contact, organisation=one_person_firm(canary), **given)
    contacts_changed.send(sender=Contact, ids=[contact.pk])
    return contact


@pytest.mark.slow
def test_an_erased_person_is_nowhere_and_another_is_untouched(
    office: Office,
    settings: Settings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.INFO)
    canary, other = Canary("zwitscher", 142), Canary("nachtigall", 143, LAST_MONTH, customer_until=None)
    contact, neighbour = live_in(office, canary), live_in(office, other)
    office.upload(row_of(canary), row_of(other), confirmed=False)

    missing = planted_places(Organisation, Agreement) - seen_in_database(canary).keys()
    assert not missing, "not planted"
    assert seen_in_files(canary, settings.UPLOAD_DIR)
    assert Hold.objects.filter(contact=contact, released_at__gt=LONG_AGO).count() == 1
    merged = dict.fromkeys(contact.merged_records.values_list("former_id", flat=True), "MKT24")
    assert len(merged) == 1, "a record was merged into the contact"
    before = rows_about(other, neighbour)
    assert {table for table, _row in before} >= {table for table, _column in planted_places(Organisation, Agreement)}

    with time_machine.travel(NIGHT, tick=False):
        for task in ("retention.tasks.tick", "consent.tasks.tidy"):
            current_app.send_task(task)
        office.work()
        assert dict(ErasureRecord.objects.values_list("contact_id", "rule")) == {contact.pk: "MKT24", **merged}
        assert seen_in_database(canary) == {}
        assert files() == []
        folders = [settings.JOURNAL_PATH, settings.UPLOAD_DIR, settings.FILE_UPLOAD_TEMP_DIR, office.reports]
        assert seen_in_files(canary, *folders) == {}
        assert all(folder.is_dir() for folder in folders)
        assert "nothing points to an erased person" in office.command("retention", "verify")

    assert {task for task, _args, _kwargs in office.sent} >= {"consent.tasks.look", "retention.tasks.work"}
    mails = [str(message.message()) for message in mail.outbox]
    for text in (str(office.sent), office.printed, caplog.text, *mails, *capfd.readouterr()):
        assert canary.seen_in(text.encode()) == []
    assert rows_about(other, neighbour) == before
