"""A day at the admin for each role, on a desk and on a phone: what each may do, and what the others do not see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from config import keys
from config.dates import add_months, local_date, now
from config.models import Actor
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER
from consent.models import FormerAddress
from contacts.models import Contact
from retention import purge
from retention.models import ErasureRecord, RetentionRun
from retention.models.runs import RunTrigger
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.staff import DAY, account, add, contact, customer, list_of, page_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Desk = Callable[..., Visit]
SIZES = [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")]


def check(visit: Visit) -> None:
    """The page breaks no rule of axe and none of the CSP, and is no wider than the screen."""
    assert (visit.complaints, visit.sideways(), visit.barriers()) == ([], 0, [])


@pytest.mark.parametrize("size", SIZES)
def test_an_officer_finds_who_is_due_holds_one_back_and_approves_the_run(size: Any, desk: Desk) -> None:
    today = local_date(now())
    contact("Anna", email="anna@example.org", collected_on=add_months(today, -25))
    purge.begin(today + DAY, RunTrigger.COMMAND, Actor.command(), now())
    visit = desk(account(PRIVACY_OFFICER), size)
    page = visit.page
    visit.open("/admin/")
    page.get_by_role("region", name="Next run").get_by_role("link", name="Show who is due").click()
    page.get_by_role("link", name="Anna Virtanen").click()
    expect(page.get_by_text("A run on this day erases the contact.")).to_be_visible()
    page.get_by_label("Ask for another day").fill(str(today - 300 * DAY))
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("A run on this day leaves the contact alone.")).to_be_visible()
    check(visit)

    page.get_by_role("link", name="Place a hold").click()
    page.get_by_role("textbox", name="Matter:", exact=True).fill("Dispute 12/2026")
    page.get_by_label("Until").fill(str(today + 90 * DAY))
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    visit.open(list_of("contacts.contact") + "?held=legal")
    expect(page.locator("#result_list .tag-bar")).to_have_text("legal hold")
    check(visit)

    visit.open("/admin/")
    page.get_by_role("link", name="Look and decide").click()
    expect(page.get_by_role("button", name="Approve the run")).to_be_visible()
    check(visit)
    page.get_by_role("button", name="Approve the run").click()
    expect(page.get_by_text("Approved. The run goes on within ten minutes.")).to_be_visible()
    assert RetentionRun.objects.get().state == "running"


@pytest.mark.parametrize("size", SIZES)
def test_a_clerk_sees_whose_dates_an_agreement_moves_before_saving_it(size: Any, desk: Desk) -> None:
    firm = customer("Nordlicht GmbH")
    person = contact(at=firm, in_marketing=False)
    visit = desk(account(PRIVACY_CLERK), size)
    page = visit.page
    visit.open(page_of(firm))
    page.get_by_label("Ends on").first.fill("31.12.2025")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Check before saving")).to_be_visible()
    expect(page.get_by_role("row", name="Anna Virtanen")).to_contain_text("no end in sight 31 Dec 2030")
    check(visit)
    assert firm.agreements.get().ends_on is None
    page.get_by_role("button", name="Save, and move the dates").click()
    expect(page.get_by_text("The due date of 1 contact has changed.")).to_be_visible()
    person.due.refresh_from_db()
    assert str(person.due.erase_on) == "2030-12-31"
    visit.open(page_of(person))
    expect(page.get_by_text("kept until 31 Dec 2030")).to_be_visible()
    expect(page.get_by_role("link", name="Place a hold")).to_have_count(0)


def test_an_address_erased_on_request_is_entered_again_by_an_officer_only(desk: Desk) -> None:
    erased_on = local_date(now()) - 10 * DAY
    digest = keys.digest("anna@example.org")
    FormerAddress.objects.create(
        digest=digest, digest_version=keys.newest_version(), reason="request", erased_on=erased_on
    )
    for role, boxes in ((PRIVACY_CLERK, 0), (PRIVACY_OFFICER, 1)):
        visit = desk(account(role), PHONE)
        visit.open(add("contacts.contact"))
        visit.page.get_by_label("E-mail").fill("anna@example.org")
        visit.page.get_by_label("In the marketing register").check()
        visit.page.get_by_role("button", name="Save", exact=True).click()
        expect(visit.page.get_by_text("was erased on request").first).to_be_visible()
        expect(visit.page.get_by_label("The person has asked to be entered again")).to_have_count(boxes)
        check(visit)
    visit.page.get_by_label("The person has asked to be entered again").check()
    visit.page.get_by_role("button", name="Save", exact=True).click()
    expect(visit.page.get_by_text("entered again on the person's wish")).to_be_visible()
    assert Contact.objects.get().email == "anna@example.org"


@pytest.mark.parametrize("size", SIZES)
def test_an_auditor_finds_the_proof_of_an_erasure_and_nothing_to_change(size: Any, desk: Desk) -> None:
    today = local_date(now())
    gone = contact("Anna", email="anna@example.org", collected_on=add_months(today, -25))
    purge.work(purge.begin(today, RunTrigger.SCHEDULE, Actor.task(), now(), approve=True), Actor.task(), now())
    assert ErasureRecord.objects.count() == 1
    visit = desk(account(AUDITOR), size)
    page = visit.page
    visit.open("/admin/")
    check(visit)
    page.get_by_role("link", name="All runs").click()
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_role("link", name="Erasure records of this run")).to_be_visible()
    check(visit)
    page.get_by_role("link", name="Erasure records of this run").click()
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    check(visit)
    page.get_by_label("Search").fill("Anna@Example.org")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=gone.reference).click()
    expect(page.get_by_text("24 months without response or visit (S95)")).to_be_visible()
    expect(page.locator("main input:visible, main select, main button")).to_have_count(0)
    expect(page.get_by_role("link", name="Contacts", exact=True)).to_have_count(0)
    check(visit)
