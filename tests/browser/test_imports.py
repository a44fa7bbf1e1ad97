"""A file's way through the airlock in a real browser, on a phone and a desk: usable by all, within the strict CSP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect

from config import keys
from config.roles import PRIVACY_CLERK
from consent import forms
from consent.intake import batches
from consent.models import FormerAddress, ImportBatch
from contacts.models import Contact
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.consent.conftest import csv_text, person
from tests.consent.pages import account, people, surroundings, work

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

__all__ = ["surroundings"]

Desk = Callable[..., Visit]
LIST, ADD = "/admin/consent/importbatch/", "/admin/consent/importbatch/add/"
PATIENCE = 30_000
"""Milliseconds for a page to renew itself; it does so every two to five seconds."""


def check(visit: Visit, title: str) -> None:
    """The page is the expected one, breaks no rule of axe and none of the CSP, and is no wider than the screen."""
    expect(visit.page.locator("h1")).to_have_text(title)
    assert visit.barriers() == [], title
    assert visit.complaints == [], title
    assert visit.sideways() <= 0, title


def upload(visit: Visit, path: Path) -> None:
    """Choose a file and send it."""
    visit.page.get_by_label("File", exact=True).set_input_files(path)
    visit.page.get_by_role("button", name="Upload and check").click()


def fill_the_register() -> None:
    """A contact whom a row meets under another name, and somebody who was erased on request."""
    Contact.objects.create(
        email="dora@example.org", first_name="Dora", last_name="Nieminen", collected_on=date(2025, 1, 1)
    )
    FormerAddress.objects.create(
        digest=keys.digest("gero@example.org"),
        digest_version=keys.newest_version(),
        reason="request",
        erased_on=date(2026, 2, 3),
    )


def the_file(folder: Path) -> Path:
    """Rows of which one is created, one rejected, and two quarantined."""
    rows = [
        person("new@example.org"),
        person("not-an-address"),
        person("dora@example.org", first_name="Kurt", last_name="Schmidt"),
        person("gero@example.org"),
    ]
    path = folder / "fair.csv"
    path.write_text(csv_text(rows))
    return path


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "dark"), (PHONE, "light")], ids=["desktop", "phone"])
def test_a_clerk_takes_a_file_from_the_list_to_the_last_row_in_quarantine(
    size: dict[str, int], scheme: str, desk: Desk, tmp_path: Path
) -> None:
    fill_the_register()
    visit = desk(account(PRIVACY_CLERK), size, scheme)
    page = visit.page
    visit.open(LIST)
    check(visit, "Imports")
    page.get_by_role("link", name="Import a file").click()
    check(visit, "Import a file")
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("Choose a file.")).to_be_visible()
    check(visit, "Import a file")

    page.get_by_label("File", exact=True).set_input_files(the_file(tmp_path))
    page.get_by_label("Source").fill("fair")
    page.get_by_role("button", name="Upload and check").click()
    check(visit, "Check before importing")
    expect(page.get_by_role("row", name="Rejected 1")).to_be_visible()
    expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the full row report").click()
    assert "3,rejected,email," in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_role("button", name="Confirm import").click()
    check(visit, "Imported")

    page.get_by_role("link", name="Decide about the quarantined rows").click()
    check(visit, "Quarantine")
    page.locator("#result_list tbody a").first.click()
    check(visit, "Line 4 of fair.csv")
    expect(page.get_by_role("row", name="First name Kurt Dora differs")).to_be_visible()
    page.get_by_role("link", name="Same person: admit").click()
    check(visit, "Line 4 of fair.csv")
    page.get_by_role("button", name="Admit the row").click()
    check(visit, "Quarantine")
    expect(page.get_by_text("The row was admitted: the contact was updated.")).to_be_visible()
    page.locator("#result_list tbody a").first.click()
    check(visit, "Line 5 of fair.csv")
    page.get_by_role("link", name="Drop the row").click()
    check(visit, "Line 5 of fair.csv")
    page.get_by_role("button", name="Drop the row").click()
    check(visit, "Quarantine")
    visit.open(LIST)
    expect(page.locator("#result_list")).to_contain_text("1 rejected, 2 quarantined, 1 created")
    assert Contact.objects.get(email="dora@example.org").last_name == "Schmidt"
    assert not Contact.objects.filter(email="gero@example.org").exists()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_file_that_cannot_be_read_is_explained(size: dict[str, int], desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7")
    visit = desk(account(PRIVACY_CLERK), size)
    visit.open(ADD)
    upload(visit, tmp_path / "notes.pdf")
    check(visit, "The file could not be read")
    expect(visit.page.get_by_text("This is not a table. Send CSV, XLSX or JSON Lines, unpacked.")).to_be_visible()


def test_a_file_that_is_too_large_is_named_before_it_is_uploaded(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_BYTES", 100)
    (tmp_path / "large.csv").write_text(csv_text(people(9)))
    (tmp_path / "small.csv").write_text("email\n")
    visit = desk(account(PRIVACY_CLERK))
    visit.open(ADD)
    upload(visit, tmp_path / "large.csv")
    complaint = "input => input.validationMessage"
    assert "Split it into several files" in visit.page.get_by_label("File", exact=True).evaluate(complaint)
    check(visit, "Import a file")
    assert not ImportBatch.objects.exists()
    upload(visit, tmp_path / "small.csv")
    check(visit, "Check before importing")


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_page_in_progress_shows_by_itself_how_a_worker_gets_on(
    *, scripts: bool, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "INLINE_ROWS", 3)
    (tmp_path / "long.csv").write_text(csv_text(people(4)))
    visit = desk(account(PRIVACY_CLERK), scripts=scripts)
    title, bar = visit.page.locator("h1"), visit.page.get_by_role("progressbar")
    visit.open(ADD)
    upload(visit, tmp_path / "long.csv")
    expect(title).to_have_text("The file is being read")
    assert not scripts or visit.barriers() == []
    assert work() == 1
    confirm = visit.page.get_by_role("button", name="Confirm import")
    expect(confirm).to_be_visible(timeout=PATIENCE)
    confirm.click()
    expect(bar).to_have_attribute("value", "0")
    assert not scripts or visit.barriers() == []
    ImportBatch.objects.update(rows_done=2)
    expect(visit.page.get_by_text("2 of 4 rows")).to_be_visible(timeout=PATIENCE)
    expect(bar).to_have_attribute("value", "2")
    ImportBatch.objects.update(rows_done=0)
    assert work() == 1
    expect(title).to_have_text("Imported", timeout=PATIENCE)
    assert visit.complaints == []
