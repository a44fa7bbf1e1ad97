"""A day in sales, in a browser: finding somebody, seeing whether a message reaches them, revealing an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from config.models import AuditEvent
from contacts.models import Engagement
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.sellers import company, directory, entry, seller
from tests.staff import DAY, NOW, contact, customer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Desk = Callable[..., Visit]


def check(visit: Visit) -> None:
    """The page breaks no rule of axe and none of the CSP, and is no wider than the screen."""
    assert (visit.complaints, visit.sideways(), visit.barriers()) == ([], 0, [])


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without"])
@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_sales_find_somebody_and_reveal_how_to_reach_them(size: Any, scheme: str, scripts: bool, desk: Desk) -> None:
    firm = customer("Pohjola Oy", country="FI", industry="Energy")
    person = contact("Aino", "Laine", at=firm, email="aino@pohjola.example", phone="+358401234567", job_title="Buyer")
    contact("Ben", "Mäki", at=firm)
    Engagement.objects.create(contact=person, kind="reply", occurred_at=NOW - DAY)
    visit = desk(seller(company("Oy", "FI"), country="US"), size, scheme, scripts=scripts)
    page = visit.page

    visit.open("/admin/")
    page.get_by_label("Name, e-mail address or reference").fill("Laine")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("link", name="Aino Laine")).to_be_visible()
    expect(page.get_by_role("link", name="Ben Mäki")).to_have_count(0)
    if scripts:
        check(visit)

    page.get_by_role("link", name="Aino Laine").click()
    expect(page.get_by_text("a***@pohjola.example")).to_be_visible()
    expect(page.get_by_text("outside the European Economic Area")).to_be_visible()
    if scripts:
        check(visit)
    page.get_by_label("What do you need it for?").select_option(label="answering this person")
    page.get_by_role("button", name="Show the details").click()
    expect(page.get_by_role("link", name="aino@pohjola.example")).to_be_visible()
    if scripts:
        check(visit)
    assert AuditEvent.objects.get().object_id == person.pk

    visit.open(entry(person))
    expect(page.get_by_text("aino@pohjola.example")).to_have_count(0)
    page.get_by_role("link", name="Pohjola Oy").first.click()
    expect(page.get_by_role("heading", name="Agreements")).to_be_visible()
    expect(page.get_by_role("link", name="Ben Mäki")).to_be_visible()
    if scripts:
        check(visit)


def test_empty_and_mistaken_searches_are_read_out(desk: Desk) -> None:
    visit = desk(seller(company("Oy", "FI")), PHONE)
    for query in ({}, {"q": "nobody"}, {"q": "half@"}):
        visit.open(directory(**query))
        check(visit)
