"""A file's way through the airlock in a real browser, on a phone and a desk: usable by all, within the strict CSP."""

from __future__ import annotations

import re
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


def check(visit: Visit, title: str) -> None:
    """The page is the expected one, breaks no rule of axe and none of the CSP, and is no wider than the screen."""
    expect(visit.page.locator("h1")).to_have_text(title)
    assert visit.barriers() == [], title
    assert visit.complaints == [], title
    assert visit.sideways() <= 0, title


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
    clerk = signed_in(roles.PRIVACY_CLERK)
    with at_work(browser, live_server, clerk, viewport=SIZES[size], color_scheme=scheme) as page:
        answer = page.goto("/admin/consent/importbatch/")
        assert answer is not None
        assert "unsafe" not in answer.headers["content-security-policy"]
        check(page, "Imports")
        page.get_by_role("link", name="Import a file").click()
        check(page, "Import a file")
        page.get_by_role("button", name="Upload and check").click()
        check(page, "Import a file")
        expect(page.get_by_text("Choose a file.")).to_be_visible()

        page.get_by_label("File", exact=True).set_input_files(the_file(tmp_path))
        page.get_by_label("Source").fill("fair")
        page.get_by_role("button", name="Upload and check").click()
        check(page, "Check before importing")
        expect(page.get_by_role("row", name="Rejected 1")).to_be_visible()
        expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download the full row report").click()
        assert "3,rejected,email," in Path(download.value.path()).read_text(encoding="utf-8")
        page.get_by_role("button", name="Confirm import").click()
        check(page, "Imported")

        page.get_by_role("link", name="Decide about the quarantined rows").click()
        check(page, "Quarantine")
        page.locator("#result_list tbody a").first.click()
        check(page, "Line 4 of fair.csv")
        expect(page.get_by_role("row", name="First name Kurt Dora differs")).to_be_visible()
        page.get_by_role("link", name="Same person: admit").click()
        check(page, "Line 4 of fair.csv")
        page.get_by_role("button", name="Admit the row").click()
        check(page, "Quarantine")
        expect(page.get_by_text("The row was admitted: the contact was updated.")).to_be_visible()
        page.locator("#result_list tbody a").first.click()
        check(page, "Line 5 of fair.csv")
        page.get_by_role("link", name="Drop the row").click()
        check(page, "Line 5 of fair.csv")
        page.get_by_role("button", name="Drop the row").click()
        check(page, "Quarantine")
        page.goto("/admin/consent/importbatch/")
        expect(page.locator("#result_list")).to_contain_text("1 rejected, 2 quarantined, 1 created")
    assert Contact.objects.get(email="dora@example.org").last_name == "Schmidt"
    assert not Contact.objects.filter(email="gero@example.org").exists()


@pytest.mark.parametrize("size", SIZES)
def test_a_file_that_cannot_be_read_is_explained(
    size: str, browser: Browser, live_server: LiveServer, tmp_path: Path
) -> None:
    (tmp_path / "notes.pdf").write_bytes(b"%PDF-1.7")
    clerk = signed_in(roles.PRIVACY_CLERK)
    with at_work(browser, live_server, clerk, viewport=SIZES[size]) as page:
        page.goto("/admin/consent/importbatch/add/")
        page.get_by_label("File", exact=True).set_input_files(tmp_path / "notes.pdf")
        page.get_by_role("button", name="Upload and check").click()
        check(page, "The file could not be read")
        expect(page.get_by_text("This is not a table. Send CSV, XLSX or JSON Lines, unpacked.")).to_be_visible()


def test_a_file_that_is_too_large_is_named_before_it_is_uploaded(
    browser: Browser, live_server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "MOST_BYTES", 100)
    (tmp_path / "large.csv").write_text(csv_text(people(9)))
    (tmp_path / "small.csv").write_text("email\n")
    with at_work(browser, live_server, signed_in(roles.PRIVACY_CLERK)) as page:
        page.goto("/admin/consent/importbatch/add/")
        field = page.get_by_label("File", exact=True)
        for name, sentence in (("large.csv", "Split it into several files"), ("small.csv", "")):
            field.set_input_files(tmp_path / name)
            message = str(field.evaluate("input => input.validationMessage"))
            assert (sentence in message) and bool(message) == bool(sentence)
        field.set_input_files(tmp_path / "large.csv")
        page.get_by_role("button", name="Upload and check").click()
        check(page, "Import a file")
        assert not ImportBatch.objects.exists()
        field.set_input_files(tmp_path / "small.csv")
        page.get_by_role("button", name="Upload and check").click()
        check(page, "Check before importing")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_a_page_in_progress_shows_by_itself_how_a_worker_gets_on(
    *,
    javascript: bool,
    browser: Browser,
    live_server: LiveServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "INLINE_ROWS", 3)
    (tmp_path / "long.csv").write_text(csv_text(people(4)))
    clerk = signed_in(roles.PRIVACY_CLERK)
    with at_work(browser, live_server, clerk, java_script_enabled=javascript) as page:
        page.goto("/admin/consent/importbatch/add/")
        page.get_by_label("File", exact=True).set_input_files(tmp_path / "long.csv")
        page.get_by_role("button", name="Upload and check").click()
        expect(page.locator("h1")).to_have_text("The file is being read")
        if javascript:
            check(page, "The file is being read")
        assert work() == 1
        confirm = page.get_by_role("button", name="Confirm import")
        expect(confirm).to_be_visible(timeout=20_000)
        confirm.click()
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "0")
        if javascript:
            check(page, "The import is running")
        ImportBatch.objects.update(rows_done=2)
        expect(page.get_by_text(re.compile("2 of 4 rows"))).to_be_visible(timeout=20_000)
        expect(page.get_by_role("progressbar")).to_have_attribute("value", "2")
        ImportBatch.objects.update(rows_done=0)
        assert work() == 1
        expect(page.locator("h1")).to_have_text("Imported", timeout=20_000)
