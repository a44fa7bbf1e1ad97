"""The operators' pages in a browser: nobody is shut out, nothing is blocked, nothing hangs over the edge."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from config.dates import local_date, now
from config.models import Actor, AuditEvent, User
from config.roles import PRIVACY_OFFICER, SALES, create_roles
from consent.models import Consent, Objection, PolicyVersion, Purpose, Restriction
from contacts.models import Collection, Contact, Engagement, Source
from retention import holding, purge
from retention.models import ErasureRecord, RetentionRun
from retention.models.runs import RunTrigger
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Visit
from tests.consent.reasons import draft
from tests.staff import DAY, account, add, contact, customer, list_of, page_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),  # the server starts before a test can name its static files
]

Desk = Callable[..., Visit]


def furnished() -> Contact:
    """A house with a little of everything; returns a contact about whom there is something to say."""
    create_roles()
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


def pages(person: Contact) -> list[str]:
    """One page of each type: lists, records, forms, acts."""
    done, waiting = RetentionRun.objects.get(state="done"), RetentionRun.objects.get(state="waiting")
    employer = person.affiliations.get().organisation
    evidence = (ErasureRecord, Consent, Objection, AuditEvent, Group, User)
    return [
        "/admin/",
        *map(list_of, ("contacts.contact", "retention.retentionrun", "retention.erasurerecord", "config.auditevent")),
        list_of("contacts.contact") + "?q=nobody",
        *map(page_of, (person, employer, employer.agreements.get(), done, person.holds.get())),
        *(page_of(model._default_manager.all()[:1].get()) for model in evidence),
        page_of(waiting, "approve"),
        page_of(person.holds.get(), "release"),
        page_of(person, "history"),
        *map(add, ("contacts.contact", "contacts.organisation", "retention.hold", "config.user")),
        "/admin/password_change/",
        *map(list_of, ("consent.purpose", "consent.owednotice")),
        *map(page_of, (Purpose.objects.get(code="marketing"), PolicyVersion.objects.get())),
        *map(add, ("consent.assessment", "consent.policyversion")),
        page_of(draft(), "approve"),
        reverse("admin:consent_owednotice_record") + "?all=1",
        reverse("admin:consent_owednotice_exempt", args=[person.pk]),
    ]


def test_every_page_is_open_to_everybody_and_fits_every_screen_by_day_and_by_night(desk: Desk) -> None:
    visit = desk(User.objects.create_superuser("break-glass"))
    found = []
    for address in pages(furnished()):
        visit.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        visit.page.set_viewport_size(DESKTOP)
        answer = visit.page.goto(address)
        problems = [] if answer is not None and answer.ok else ["does not open"]
        problems += [*visit.complaints, *visit.barriers()]
        for size in (DESKTOP, TABLET, PHONE):
            visit.page.set_viewport_size(size)
            problems += [f"{visit.sideways()} px too wide at {size['width']}"] if visit.sideways() > 0 else []
        visit.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += [f"{address}: {one}" for one in [*problems, *visit.barriers()]]
        visit.complaints.clear()
    assert "\n".join(found) == ""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_page_and_the_refusals_are_open_to_everybody(desk: Desk, scheme: str) -> None:
    visit = desk(None, PHONE, scheme)
    visit.open("/admin/login/")
    expect(visit.page.get_by_text("only as long as the privacy policy allows")).to_be_visible()
    assert (visit.complaints, visit.sideways(), visit.barriers()) == ([], 0, [])
    sales = desk(account(SALES), PHONE, scheme)
    sales.page.goto(list_of("contacts.contact"))
    expect(sales.page.get_by_role("heading", name="Not for your role")).to_be_visible()
    assert (sales.sideways(), sales.barriers()) == (0, [])
    sales.page.get_by_role("link", name="Go to the home page").click()
    expect(sales.page.get_by_role("heading", name="Find a person")).to_be_visible()


def test_whoever_works_with_the_keyboard_sees_where_they_are(desk: Desk) -> None:
    person = furnished()
    visit = desk(account(PRIVACY_OFFICER))
    visit.open(page_of(person))
    unseen = """() => {
        const here = document.activeElement, style = getComputedStyle(here);
        const marked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
        return here === document.body || marked ? "" : here.outerHTML.slice(0, 120);
    }"""
    steps = set()
    for _step in range(60):
        visit.page.keyboard.press("Tab")
        steps.add(visit.page.evaluate("document.activeElement.outerHTML"))
        assert visit.page.evaluate(unseen) == ""
    assert len(steps) > 50


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
