"""The page of a contact, who may open it, and the organisations that people work for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from config.models import User
from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from contacts.models import Collection, Contact, Engagement, Organisation, Source
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    add,
    at_work,
    contact,
    customer,
    entered,
    list_of,
    officer,
    page_of,
    rows_of_everything,
    sent,
    short,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

LIST, ADD = "contacts.contact", "contacts.contact"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


# The menu -----------------------------------------------------------------------------------------------------------


def test_the_menu_marks_where_somebody_is_and_nothing_else() -> None:
    browser, person = officer(), contact()
    directory = reverse("directory:contacts_contact_page", args=[person.pk])
    for page, entry in ((list_of(LIST), "Contacts"), (page_of(person), "Contacts"), (directory, "Directory")):
        menu = browser.get(page).content.decode().partition('id="main-nav"')[2].partition("</nav>")[0]
        assert re.findall(r'aria-current="page">([^<]+)<', menu) == [entry], page


# The page of a contact ----------------------------------------------------------------------------------------------


def test_the_page_shows_where_the_data_came_from_and_what_the_person_did() -> None:
    person = contact(email="anna@example.org", job_title="CTO")
    fair = Source.objects.create(code="fair", name="Trade fair")
    Collection.objects.create(
        contact=person, source=fair, collected_on=TODAY, supplied_by_subject=True, fields=["email", "job_title"]
    )
    Engagement.objects.create(contact=person, kind="reply", occurred_at=NOW)
    Engagement.objects.create(contact=person, kind="open", occurred_at=NOW)
    Engagement.objects.create(contact=person, kind="click", occurred_at=NOW, automated=True)
    text = text_of(officer().get(page_of(person)))
    for field in ("E-mail", "Job title"):
        assert f"{field} Trade fair {short(date(2026, 11, 23))}, the person" in text
    assert "Last name no source recorded" in text
    assert f"{short(date(2026, 11, 23))} reply" in text
    assert "open does not count" in text
    assert "click in a message by a machine, does not count" in text


def test_the_page_asks_no_more_often_for_a_busy_contact() -> None:
    client, quiet, busy = officer(), contact("Quiet"), contact("Busy")
    source = Source.objects.create(code="form")
    for person, number in ((quiet, 2), (busy, 60)):
        for one in range(number):
            Engagement.objects.create(contact=person, kind="reply", occurred_at=NOW - one * DAY)
            Collection.objects.create(contact=person, source=source, collected_on=TODAY)
    counts = []
    for person in (quiet, quiet, busy):
        with CaptureQueriesContext(connection) as queries:
            text = text_of(client.get(page_of(person)))
        counts.append(len(queries))
    assert counts[1] == counts[2]
    assert "The newest 50 are shown" in text


def test_the_page_answers_why_the_person_is_still_here_today_and_on_any_day() -> None:
    person = contact(collected_on=date(2026, 11, 23))
    client = officer()
    client.get(page_of(person))
    before = rows_of_everything()
    assert "A run on this day leaves the contact alone" in text_of(client.get(page_of(person)))
    for day, sentence in (("2028-11-23", "leaves the contact alone"), ("24 Nov 2028", "erases the contact")):
        text = text_of(client.get(page_of(person), {"on": day}))
        assert f"A run on this day {sentence}" in text
        assert f"S95 until {short(date(2028, 11, 23))}" in text
    assert rows_of_everything() == before


@pytest.mark.parametrize("day", ["2028-02-30", "soon", "99999-01-01"])
def test_a_day_that_does_not_exist_is_answered_with_an_example(day: str) -> None:
    text = text_of(officer().get(page_of(contact()), {"on": day}))
    assert "This is no day. Enter one such as 2026-11-23 or 23 Nov 2026." in text
    assert "A run on this day leaves the contact alone" in text


# Who may ------------------------------------------------------------------------------------------------------------


def test_the_clerk_changes_a_contact_the_auditor_and_sales_do_not_see_it() -> None:
    person = contact()
    assert signed_in(PRIVACY_CLERK).post(page_of(person), sent(person, job_title="Buyer")).status_code == 302
    for role in (AUDITOR, SALES):
        client = signed_in(role)
        assert client.get(page_of(person)).status_code == 403
        assert client.post(page_of(person), sent(person, job_title="Other")).status_code == 403
    person.refresh_from_db()
    assert person.job_title == "Buyer"


def test_search_fields_of_forms_name_people_to_whoever_may_see_them() -> None:
    person = contact()
    asked = {"app_label": "retention", "model_name": "hold", "field_name": "contact", "term": "virt"}
    answer = officer().get(reverse("admin:autocomplete"), asked)
    assert answer.json()["results"] == [{"id": str(person.pk), "text": f"Anna Virtanen · {person.reference}"}]
    assert signed_in(SALES).get(reverse("admin:autocomplete"), asked).status_code == 403


# Organisations and agreements ---------------------------------------------------------------------------------------


SEEN = {"dates-seen": "1"}
"""What the second POST adds, once the account has seen whose dates move."""


def agreement(**fields: str) -> dict[str, str]:
    """What the form for an agreement sends."""
    return {"party": "customer", "kind": "licence", "starts_on": "2026-01-01"} | fields


def test_whose_dates_an_agreement_moves_is_shown_before_it_is_saved() -> None:
    firm = customer()
    person = contact(at=firm, in_marketing=False)
    prospect = contact("Matti", at=firm, in_marketing=True)
    ended = agreement(organisation=str(firm.pk), starts_on="2020-01-01", ends_on="2021-11-22")
    client = officer()
    before = rows_of_everything()
    answer = client.post(page_of(firm.agreements.get()), ended)
    text = text_of(answer)
    assert "Nothing has been saved yet" in text
    assert "The last days of 2 contacts move" in text
    assert "kept longer 0 kept less long 2 due at the next run" in text
    assert f"Anna Virtanen {person.reference} no end in sight 22 Nov 2026" in text
    assert f"Matti Virtanen {prospect.reference} no end in sight 23 Nov 2028" in text
    assert answer.context["due"] == 1
    person.refresh_from_db()
    assert person.due.erase_on is None
    assert firm.agreements.get().ends_on is None
    assert rows_of_everything() == before
    kept = dict(answer.context["kept"])
    assert client.post(page_of(firm.agreements.get()), kept | SEEN).status_code == 302
    person.due.refresh_from_db()
    assert person.due.erase_on == date(2026, 11, 22)


def test_an_agreement_that_moves_nobodys_date_is_saved_at_once() -> None:
    firm = customer()
    contact(at=firm)
    form = agreement(organisation=str(firm.pk), starts_on="2020-01-01", reference="L-1")
    assert officer().post(page_of(firm.agreements.get()), form).status_code == 302
    assert firm.agreements.get().reference == "L-1"


def test_an_agreement_moves_the_due_dates_of_everybody_who_works_there() -> None:
    firm = Organisation.objects.create(name="New customer Oy")
    people = [contact(at=firm, in_marketing=False), contact("Matti", at=firm, in_marketing=False)]
    assert {one.due.register for one in people} == {"none"}
    form = agreement(organisation=str(firm.pk), ends_on="2026-12-31")
    answer = officer().post(add("contacts.agreement"), form | SEEN, follow=True)
    assert "The due dates of 2 contacts have changed" in text_of(answer)
    for one in people:
        one.refresh_from_db()
        assert (one.due.register, one.due.erase_on) == ("customer", date(2031, 12, 31))


def test_an_agreement_on_the_page_of_an_organisation_does_the_same() -> None:
    firm = Organisation.objects.create(name="New customer Oy")
    person = contact(at=firm, in_marketing=False)
    row = {f"agreements-0-{name}": value for name, value in agreement(ends_on="2026-12-31").items()}
    form = {"name": firm.name, "agreements-TOTAL_FORMS": "1", "agreements-INITIAL_FORMS": "0", **row, **SEEN}
    assert officer().post(page_of(firm), form).status_code == 302
    person.refresh_from_db()
    assert person.due.erase_on == date(2031, 12, 31)


def test_an_agreement_that_moves_to_another_organisation_is_counted_there_and_no_longer_here() -> None:
    here, there = customer("Here Oy"), Organisation.objects.create(name="There Oy")
    left, gained = contact(at=here, in_marketing=False), contact("Matti", at=there, in_marketing=False)
    assert (left.due.register, gained.due.register) == ("customer", "none")
    moved = here.agreements.get()
    officer().post(page_of(moved), agreement(organisation=str(there.pk)) | SEEN)
    left.refresh_from_db()
    gained.refresh_from_db()
    assert (left.due.register, gained.due.register) == ("none", "customer")


def test_an_agreement_needs_a_first_day_and_ends_after_it() -> None:
    firm = Organisation.objects.create(name="New customer Oy")
    client = officer()
    missing = agreement(organisation=str(firm.pk), starts_on="")
    assert "on which the agreement starts" in text_of(client.post(add("contacts.agreement"), missing))
    backwards = agreement(organisation=str(firm.pk), starts_on="", signed_on="2026-01-01", ends_on="2025-12-31")
    assert "ends before it starts" in text_of(client.post(add("contacts.agreement"), backwards))
    assert not firm.agreements.exists()
    assert client.post(add("contacts.agreement"), missing | {"signed_on": "2026-02-01"}).status_code == 302
    assert firm.agreements.get().starts_on == date(2026, 2, 1)


def test_the_page_of_an_organisation_links_its_people() -> None:
    firm = customer()
    person = contact(at=firm)
    body = officer().get(page_of(firm)).content.decode()
    assert f'<a href="{page_of(person)}">Anna Virtanen</a>' in body
    assert f"?organisation={firm.pk}" in body


def test_the_list_of_organisations_says_who_is_a_customer_today_and_asks_no_query_per_row() -> None:
    customer("Open Oy")
    customer("Ends today Oy", until=TODAY)
    customer("Ended yesterday Oy", until=TODAY - DAY)
    Organisation.objects.create(name="Stranger Oy")
    client = officer()
    client.get(list_of("contacts.organisation"))
    with CaptureQueriesContext(connection) as few:
        rows = shown(client.get(list_of("contacts.organisation")))
    assert {one.name: one.is_customer for one in rows} == {
        "Open Oy": True,
        "Ends today Oy": True,
        "Ended yesterday Oy": False,
        "Stranger Oy": False,
    }
    for number in range(40):
        customer(f"Firm {number}")
    with CaptureQueriesContext(connection) as many:
        client.get(list_of("contacts.organisation"))
    assert len(few) == len(many) <= 8


def test_an_organisation_is_found_by_the_beginning_of_its_name_and_by_its_domain() -> None:
    customer("Nordlicht Systems GmbH", domain="nordlicht.example")
    customer("Südlicht GmbH", domain="suedlicht.example")
    client = officer()

    def named(text: str) -> list[str]:
        return [one.name for one in shown(client.get(list_of("contacts.organisation"), {"q": text}))]

    assert named("NORDLICHT") == ["Nordlicht Systems GmbH"]
    assert named("südlicht gmbh") == ["Südlicht GmbH"]
    assert named("nordlicht.example") == ["Nordlicht Systems GmbH"]
    assert named("licht") == []


def test_no_account_leaves_its_name_on_a_contact() -> None:
    officer().post(add(ADD), entered(in_marketing="on"))
    assert User.objects.filter(username="privacy-officer").exists()
    assert "privacy-officer" not in str(Contact.objects.values_list().get())
