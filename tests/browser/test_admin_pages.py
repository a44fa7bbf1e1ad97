"""The operators' pages in a browser: nobody is shut out, nothing is blocked, nothing hangs over the edge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from config.dates import local_date, now
from config.models import Actor
from config.roles import PRIVACY_OFFICER
from consent.models import Consent, Objection, PolicyVersion, Purpose, Restriction
from contacts.models import Collection, Contact, Engagement, Source
from retention import holding, purge
from retention.models import RetentionRun
from retention.models.runs import RunTrigger
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.consent.reasons import draft
from tests.staff import DAY, account, add, contact, customer, list_of, page_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Desk = Callable[..., Visit]
WINDOWS = [
    pytest.param(size, scheme, id=f"{scheme}-{name}")
    for name, size in (("desktop", DESKTOP), ("phone", PHONE))
    for scheme in ("light", "dark")
]


def furnished() -> Contact:
    """A house with a little of everything; returns a contact about whom there is something to say."""
    today = local_date(now())
    firm = customer(until=today + 30 * DAY)
    person = contact(at=firm, email="anna.virtanen@example.org", collected_on=today - 800 * DAY, topics=["cloud"])
    for number in range(12):
        contact("Matti", f"Laine {number}", collected_on=today - number * 70 * DAY, email=f"matti{number}@example.org")
    source = Source.objects.create(code="fair", name="Trade fair")
    Collection.objects.create(contact=person, source=source, collected_on=today, fields=["email", "topics"])
    Engagement.objects.create(contact=person, kind="reply", occurred_at=now() - DAY)
    Engagement.objects.create(contact=person, kind="open", occurred_at=now())
    Consent.objects.create(
        contact=person, purpose="marketing", channel="email", state="ConsentGiven", occurred_at=now()
    )
    Objection.objects.create(contact=person, ground="own_situation", raised_at=now())
    Restriction.objects.create(contact=person, ground="a")
    holding.place(person, "Dispute 12/2026", today + 90 * DAY, Actor.command(), now())
    night = purge.begin(today, RunTrigger.SCHEDULE, Actor.task(), now(), approve=True)
    purge.work(night, Actor.task(), now())
    purge.begin(today + DAY, RunTrigger.COMMAND, Actor.command(), now())
    return person


def pages(person: Contact) -> dict[str, str]:
    """The pages to look at, by name."""
    done, waiting = RetentionRun.objects.get(state="done"), RetentionRun.objects.get(state="waiting")
    return {
        "home": "/admin/",
        "contacts": list_of("contacts.contact"),
        "nothing found": list_of("contacts.contact") + "?q=nobody",
        "contact": page_of(person),
        "adding a contact": add("contacts.contact"),
        "organisation": page_of(person.affiliations.get().organisation),
        "run": page_of(done),
        "approval": page_of(waiting, "approve"),
        "placing a hold": add("retention.hold"),
        "audit trail": list_of("config.auditevent"),
        "purposes": list_of("consent.purpose"),
        "purpose": page_of(Purpose.objects.get(code="marketing")),
        "writing an assessment": add("consent.assessment"),
        "approving an assessment": page_of(draft(), "approve"),
        "policy": page_of(PolicyVersion.objects.get()),
        "adding a policy": add("consent.policyversion"),
        "notices owed": list_of("consent.owednotice"),
        "recording notices": reverse("admin:consent_owednotice_record") + "?all=1",
        "exempting": reverse("admin:consent_owednotice_exempt", args=[person.pk]),
    }


@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_every_page_is_open_to_everybody_and_breaks_no_rule_of_its_own(desk: Desk, size: Any, scheme: str) -> None:
    addresses = pages(furnished())
    visit = desk(account(PRIVACY_OFFICER), size, scheme)
    found = {}
    for name, address in addresses.items():
        visit.open(address)
        complaints, wider = list(visit.complaints), visit.sideways()
        found[name] = [*complaints, *([f"{wider} px too wide"] if wider > 0 else []), *visit.barriers()]
        visit.complaints.clear()
    assert len(found) == 19
    assert "\n".join(f"{name}: {one}" for name, problems in found.items() for one in problems) == ""


@pytest.mark.parametrize(("size", "scheme"), WINDOWS)
def test_the_login_page_is_open_to_everybody(desk: Desk, size: Any, scheme: str) -> None:
    visit = desk(None, size, scheme)
    visit.open("/admin/login/")
    expect(visit.page.get_by_text("only as long as the privacy policy allows")).to_be_visible()
    assert (visit.complaints, visit.sideways(), visit.barriers()) == ([], 0, [])


def test_the_pages_are_reached_on_a_phone_without_a_script(desk: Desk) -> None:
    visit = desk(account(PRIVACY_OFFICER), PHONE, scripts=False)
    visit.open("/admin/")
    links = visit.page.get_by_role("navigation", name="Pages")
    expect(links).to_be_hidden()
    visit.page.get_by_role("link", name="Menu").click()
    expect(links).to_be_visible()
    links.get_by_role("link", name="Holds").click()
    expect(visit.page.get_by_role("heading", name="Holds")).to_be_visible()
    expect(links).to_be_hidden()


def test_a_filter_and_a_search_are_one_form(desk: Desk) -> None:
    furnished()
    visit = desk(account(PRIVACY_OFFICER))
    visit.open(list_of("contacts.contact"))
    visit.page.get_by_label("Search").fill("laine 3")
    visit.page.get_by_label("Register").select_option("marketing")
    visit.page.get_by_role("button", name="Show").click()
    expect(visit.page.locator("#result_list tbody tr")).to_have_count(1)
    expect(visit.page.get_by_text("1 found")).to_be_visible()
    visit.page.get_by_role("link", name="Clear").click()
    expect(visit.page.locator("#result_list tbody tr")).to_have_count(Contact.objects.count())


def test_the_organisation_of_a_new_contact_is_chosen_by_typing(desk: Desk) -> None:
    customer("Nordlicht GmbH")
    visit = desk(account(PRIVACY_OFFICER))
    visit.open(add("contacts.contact"))
    visit.page.get_by_role("button", name="Add another Affiliation").click()
    visit.page.locator("#affiliations-0 .select2-selection").click()
    visit.page.locator(".select2-search__field").fill("nordl")
    visit.page.get_by_role("option", name="Nordlicht GmbH").click()
    visit.page.get_by_label("Last name").fill("Virtanen")
    visit.page.get_by_role("button", name="Save", exact=True).click()
    expect(visit.page.get_by_text("was added successfully")).to_be_visible()
    assert Contact.objects.get().affiliations.get().organisation.name == "Nordlicht GmbH"
    assert visit.complaints == []


def test_the_question_why_still_here_is_asked_for_another_day(desk: Desk) -> None:
    person = furnished()
    visit = desk(account(PRIVACY_OFFICER))
    visit.open(page_of(person))
    visit.page.get_by_label("Ask for another day").fill("2040-01-01")
    visit.page.get_by_role("button", name="Ask").click()
    expect(visit.page.get_by_text("a run on this day may not touch the contact")).to_be_visible()


def test_a_waiting_run_is_approved_from_the_home_page(desk: Desk) -> None:
    furnished()
    visit = desk(account(PRIVACY_OFFICER))
    visit.open("/admin/")
    visit.page.get_by_role("link", name="Look and decide").click()
    visit.page.get_by_role("button", name="Approve the run").click()
    expect(visit.page.get_by_text("Approved. The run goes on within ten minutes.")).to_be_visible()
    assert RetentionRun.objects.get(trigger="command").state == "running"
