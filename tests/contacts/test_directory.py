"""The directory of sales: who is listed in which order, how it narrows, and what the page of one person says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from config import roles
from config.models import Subsidiary
from consent.models import Consent, OwnHost
from contacts import directory as rooms
from contacts.models import Affiliation, Agreement, Contact, Engagement, Organisation
from tests.consent.reasons import told
from tests.sellers import browser, company, directory, entry, listed, seller
from tests.staff import DAY, NOW, TODAY, at_work, contact, customer, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


@pytest.fixture
def local() -> Subsidiary:
    return company("Oy", "FI", "Nordics")


@pytest.fixture
def sales(local: Subsidiary) -> Client:
    return browser(seller(local))


def names(people: list[Contact]) -> list[str]:
    return [one.first_name for one in people]


# The walk -------------------------------------------------------------------------------------------------------------


def walked(marker: str = "") -> list[Contact]:
    return list(rooms.after(Contact.objects.all(), marker))


def test_people_come_by_last_name_and_those_without_a_name_first() -> None:
    for first, last in (("Cilla", "Berg"), ("", ""), ("Aino", "Åberg"), ("Bea", "Aho"), ("Ada", "Berg")):
        contact(first, last)
    assert names(walked()) == ["", "Bea", "Ada", "Cilla", "Aino"]


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
def test_a_walk_in_steps_meets_everybody_once(step: int) -> None:
    for number in range(9):
        contact(f"N{number % 2}", "Berg" if number % 3 else "")
    for _number in range(4):
        contact("", "")
    everybody = [one.pk for one in walked()]
    met: list[UUID] = []
    while some := walked(str(met[-1]) if met else "")[:step]:
        met += [one.pk for one in some]
    assert len(everybody) == 13
    assert met == everybody


@pytest.mark.parametrize("number", [1, 2, 8, 9, 10])
def test_so_many_people_end_with_the_one_at_that_distance(number: int) -> None:
    for each in range(9):
        contact("N", f"Berg {each // 2}")
    ordered = rooms.after(Contact.objects.all(), "")
    last = rooms.at_distance(ordered, number)
    assert [one.pk for one in rooms.until(ordered, last)] == [one.pk for one in walked()[:number]]
    assert (last is None) is (number > 9)


def test_the_list_goes_on_where_the_page_before_ended(sales: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.views.people.PER_PAGE", 2)
    for last in ("Aho", "Berg", "Cronberg", "Dahl", "Ek"):
        contact("Anna", last)
    seen: list[str] = []
    page = directory(country="FI")
    for _page in range(3):
        answer = sales.get(page)
        seen += listed(answer)
        assert "Anna" not in page, "an address names nobody"
        page = f"{directory(country='FI')}&after={answer.context['found'].following}"
    assert seen == [f"Anna {last}" for last in ("Aho", "Berg", "Cronberg", "Dahl", "Ek")]
    assert answer.context["found"].following == ""


def test_people_without_a_name_are_met_apart_and_found_with_the_others(sales: Client) -> None:
    firm = customer("Pohjola Oy")
    contact("Aino", "Laine", at=firm)
    nobody = contact("", "", at=firm, email="info@pohjola.example")
    assert listed(sales.get(directory())) == ["Aino Laine"]
    assert listed(sales.get(directory(known="no"))) == [nobody.reference]
    assert listed(sales.get(directory(organisation="pohjola"))) == [nobody.reference, "Aino Laine"]
    for text in ("info@pohjola.example", nobody.reference):
        assert listed(sales.get(directory(q=text))) == [nobody.reference]


@pytest.mark.parametrize(
    ("query", "expected"),
    [({"job": "buyer"}, 3), ({"language": "fi"}, 3), ({"q": "lain"}, 7), ({"q": "aine"}, 7), ({"job": "nobody"}, 0)],
)
def test_what_no_index_finds_is_looked_for_step_by_step(
    query: dict[str, str], expected: int, sales: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.views.people.LOOKED_AT", 2)
    for number in range(7):
        third = number % 3 == 0
        contact(f"N{number}", "Laine", job_title="Buyer" if third else "", language="fi" if third else "")
    met: list[str] = []
    page = directory(**query)
    while page:
        answer = sales.get(page)
        met += listed(answer)
        following = answer.context["found"].following
        page = f"{directory(**query)}&after={following}" if following else ""
    assert len(met) == len(set(met)) == expected


# How it narrows -------------------------------------------------------------------------------------------------------


def cast() -> None:
    """Three people with every difference a filter can ask for."""
    ours, partner = customer("Pohjola Oy", domain="pohjola.example"), Organisation.objects.create(name="Väylä Ab")
    Agreement.objects.create(organisation=partner, party="partner", kind="partner", starts_on=date(2021, 1, 1))
    over = customer("Entinen Oy", until=TODAY - DAY)
    contact("Aino", "Laine", at=ours, language="fi", job_title="Buyer", topics=["Endpoint protection"])
    contact("Ben", "Mäki", at=partner, language="sv", job_function="Security", topics=["Training"])
    contact("Cai", "Niemi", at=over, language="de")
    contact("Dan", "Oja", email="dan@example.org", phone="+358401234567")
    Affiliation.objects.filter(contact__first_name="Ben").update(role="Gatekeeper")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "Aino Ben Cai Dan"),
        ({"q": "laine"}, "Aino"),
        ({"q": "Aino Laine"}, "Aino"),
        ({"q": "Laine, Aino"}, "Aino"),
        ({"q": "aino"}, "Aino"),
        ({"q": "dan@Example.org"}, "Dan"),
        ({"q": "+358401234567"}, ""),
        ({"organisation": "pohjola"}, "Aino"),
        ({"organisation": "Pohjola.example"}, "Aino"),
        ({"organisation": "ohjola"}, ""),
        ({"job": "buy"}, "Aino"),
        ({"job": "secur"}, "Ben"),
        ({"job": "gatekeeper"}, "Ben"),
        ({"language": "sv"}, "Ben"),
        ({"topic": "training"}, "Ben"),
        ({"topic": "train"}, ""),
        ({"relationship": "customer"}, "Aino"),
        ({"relationship": "partner"}, "Ben"),
        ({"relationship": "former"}, "Cai"),
        ({"relationship": "prospect"}, "Dan"),
        ({"relationship": "prospect", "language": "sv"}, ""),
        ({"country": "SE"}, ""),
        ({"relationship": "friend"}, ""),
        ({"purpose": "no such purpose"}, ""),
    ],
)
def test_each_filter_finds_whom_it_means(query: dict[str, str], expected: str, sales: Client) -> None:
    cast()
    assert [name.split()[0] for name in listed(sales.get(directory(**query)))] == expected.split()


def test_somebody_who_left_is_not_found_by_the_organisation(sales: Client) -> None:
    cast()
    Affiliation.objects.filter(contact__first_name="Aino").update(ended_on=TODAY)
    assert listed(sales.get(directory(organisation="pohjola"))) == ["Aino Laine"]
    Affiliation.objects.filter(contact__first_name="Aino").update(ended_on=TODAY - DAY)
    assert listed(sales.get(directory(organisation="pohjola"))) == []


def test_a_row_says_who_it_is_where_and_what_they_are_to_us(sales: Client) -> None:
    cast()
    text = text_of(sales.get(directory(q="Laine")))
    assert "Aino Laine Buyer Pohjola Oy customer Finland Finnish" in text


def test_so_many_organisations_that_some_would_be_left_out_are_refused(
    sales: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts.views.filters.MOST_ORGANISATIONS", 2)
    for number in range(3):
        contact("Aino", f"Laine {number}", at=customer(f"Pohjola {number}"))
    assert "Enter more of the name." in text_of(sales.get(directory(organisation="pohjola")))
    assert listed(sales.get(directory(organisation="pohjola 1"))) == ["Aino Laine 1"]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({}, "Contacts appear once they belong to your subsidiary."),
        ({"q": "nobody"}, "Try fewer words or filters, or clear them."),
        ({"q": "half@"}, "Enter the whole e-mail address."),
    ],
)
def test_an_empty_list_says_what_to_do(query: dict[str, str], says: str, sales: Client) -> None:
    assert says in text_of(sales.get(directory(**query)))


def test_an_account_without_a_subsidiary_is_told_so() -> None:
    assert "Ask a privacy officer to enter it." in text_of(browser(seller(None)).get(directory()))


# One person -----------------------------------------------------------------------------------------------------------


def test_the_page_names_the_organisations_past_and_present_and_who_else_is_there(sales: Client) -> None:
    now_there, before = customer("Pohjola Oy"), customer("Entinen Oy", until=TODAY - DAY)
    person, colleague = contact("Aino", "Laine", at=now_there), contact("Ben", "Mäki", at=now_there)
    gone, stranger = contact("Cai", "Niemi", at=now_there), contact("Dan", "Oja", at=before)
    Affiliation.objects.filter(contact=gone).update(ended_on=TODAY - DAY)
    Affiliation.objects.create(contact=person, organisation=before, ended_on=date(2024, 5, 1), role="Clerk")
    text = text_of(sales.get(entry(person)))
    assert "Pohjola Oy customer" in text
    assert "Entinen Oy former customer or partner Clerk until 1 May 2024" in text
    assert colleague.full_name in text
    assert gone.full_name not in text and stranger.full_name not in text


def test_the_page_of_an_organisation_has_its_agreements_and_people(sales: Client) -> None:
    firm = customer("Pohjola Oy", industry="Energy")
    Agreement.objects.create(
        organisation=firm, party="customer", kind="trial", reference="T-1", starts_on=date(2019, 1, 1),
        ends_on=date(2019, 2, 1), via_partner="Väylä Ab",
    )  # fmt: skip
    contact("Aino", "Laine", at=firm)
    text = text_of(sales.get(reverse("directory:contacts_organisation_page", args=[firm.pk])))
    assert "Licence in force 1 Jan 2020 – open-ended" in text
    assert "Trial T-1 not in force 1 Jan 2019 – 1 Feb 2019, through Väylä Ab" in text
    assert "Energy" in text and "Aino Laine" in text


def acts(person: Contact) -> None:
    """A reply, and what a website and a mail program noted."""
    OwnHost.objects.get_or_create(host="www.obhut.example")
    url = "https://www.obhut.example/prices?mail=aino@pohjola.example"
    known = {"device": "Firefox on a laptop", "ip_address": "198.51.100.7", "referrer": "https://search.example/secret"}
    Engagement.objects.create(contact=person, kind="reply", occurred_at=NOW - 2 * DAY)
    Engagement.objects.create(contact=person, kind="visit", occurred_at=NOW - DAY, url=url, **known)
    Engagement.objects.create(contact=person, kind="open", occurred_at=NOW - DAY)
    elsewhere = "https://elsewhere.example/page"
    Engagement.objects.create(contact=person, kind="click", occurred_at=NOW - DAY, url=elsewhere)


def test_visits_are_shown_with_a_consent_to_profiling_only_and_never_their_details(sales: Client) -> None:
    person = contact("Aino", "Laine", at=customer("Pohjola Oy"), email="aino@pohjola.example")
    acts(person)
    told(person, at=NOW - 9 * DAY)
    before = sales.get(entry(person))
    assert "22 Nov 2026" not in text_of(before)
    assert "21 Nov 2026 reply" in text_of(before)
    assert "Not shown: this person has not consented" in text_of(before)
    given = {"purpose": "profiling", "channel": "", "state": "ConsentGiven", "by_subject": True}
    Consent.objects.create(contact=person, occurred_at=NOW - 9 * DAY, recorded_at=NOW - 9 * DAY, **given)
    after = sales.get(entry(person))
    assert "22 Nov 2026 website visit www.obhut.example/prices" in text_of(after)
    for answer in (before, after):
        for secret in ("mail=aino", "198.51.100.7", "Firefox on a laptop", "search.example", "elsewhere.example"):
            assert secret not in answer.content.decode()


def test_work_outside_the_eea_is_shown_as_a_transfer(local: Subsidiary) -> None:
    person = contact("Aino", "Laine")
    far, near, unknown = (seller(local, f"in-{code}", country=code) for code in ("US", "NO", ""))
    for account, is_told in ((far, True), (near, False), (unknown, False)):
        for door in (directory(), entry(person)):
            text = text_of(browser(account).get(door))
            assert ("is a transfer of personal data (S70)" in text) is is_told
    officer = browser(seller(None, "officer", roles.PRIVACY_OFFICER))
    rows = text_of(officer.get(reverse("admin:config_user_changelist")))
    assert rows.count("outside the EEA: a transfer (S70)") == 1
    assert (rows.count("inside the EEA"), rows.count("not known")) == (1, 2)


# How much it asks -----------------------------------------------------------------------------------------------------


def asked(client: Client, page: str) -> int:
    """How many statements a page takes."""
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    return len(queries)


def test_a_page_asks_the_same_whatever_the_number_of_people(sales: Client) -> None:
    firm = customer("Pohjola Oy")
    person = contact("Aino", "Laine", at=firm)
    pages = (directory(), directory(q="lai"), directory(channel="phone"), entry(person))
    few = [asked(sales, page) for page in pages]
    for number in range(60):
        contact(f"N{number}", "Laine", at=firm, phone=f"+35840123{number:04}")
    many = [asked(sales, page) for page in pages]
    assert all(later <= earlier for later, earlier in zip(many, few, strict=True)), (few, many)


@pytest.mark.postgres
def test_the_walk_goes_by_the_index_of_the_names() -> None:
    for number in range(300):
        contact(f"N{number}", f"L{number}")
    call_command("migrate", "contacts", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact")
        cursor.execute("SET LOCAL enable_seqscan = off")
        people = Contact.objects.filter(name_key__gt="").order_by("name_key", "pk")[:50]
        assert "contact_by_name" in people.explain()
