"""The pages about contacts: found in bounded time, entered with a register and a source, explained for any day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from config.dates import add_months
from config.models import AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from consent import suppression
from consent.models.suppression import Authority, SuppressionReason
from contacts.models import Affiliation, Collection, Contact, Engagement, Organisation, Source
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    add,
    at_work,
    contact,
    customer,
    list_of,
    officer,
    page_of,
    rows_of_everything,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

LIST, ADD = "contacts.contact", "contacts.contact"
NO_ROWS = {
    "affiliations-TOTAL_FORMS": "0",
    "affiliations-INITIAL_FORMS": "0",
    "affiliations-MIN_NUM_FORMS": "0",
    "affiliations-MAX_NUM_FORMS": "1000",
}


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def entered(**fields: str) -> dict[str, str]:
    """What the form for a contact sends, without an affiliation."""
    known = {"first_name": "Anna", "last_name": "Virtanen", "email": "anna@example.org", "collected_on": "2026-11-23"}
    return {**NO_ROWS, **known, **fields}


def employed(firm: Organisation, **fields: str) -> dict[str, str]:
    """The same with one affiliation."""
    row = {"affiliations-TOTAL_FORMS": "1", "affiliations-0-organisation": str(firm.pk), "affiliations-0-role": "Buyer"}
    return entered(**row, **fields)


def cell(answer: Any, column: str) -> str:
    """The text of one column of a list with one row."""
    found = re.findall(rf'(?s)<t[dh] class="field-{column}[^"]*">(.*?)</t[dh]>', answer.content.decode())
    assert len(found) == 1
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


# The list -----------------------------------------------------------------------------------------------------------


def test_the_list_says_who_it_is_where_they_work_and_until_when_they_are_kept_by_which_rule() -> None:
    contact("Anna", "Virtanen", at=customer("Nordlicht GmbH"), in_marketing=False, email="anna@example.org")
    answer = officer().get(list_of(LIST))
    assert cell(answer, "person") == "Anna Virtanen anna@example.org"
    assert cell(answer, "organisation") == "Nordlicht GmbH"
    assert cell(answer, "country_shown") == "FI"
    assert cell(answer, "register") == "customers and partners"
    assert cell(answer, "kept_until") == "no end in sight"
    assert cell(answer, "rule").startswith("S97")


def test_somebody_in_marketing_only_is_kept_for_24_months_by_the_marketing_rule() -> None:
    contact(collected_on=date(2026, 11, 22))
    answer = officer().get(list_of(LIST))
    assert cell(answer, "kept_until") == "11/22/2028"
    assert cell(answer, "rule").startswith("S95")
    assert cell(answer, "organisation") == "–"
    assert cell(answer, "blockers") == "–"


def test_somebody_in_both_registers_is_named_by_the_rule_that_ends_last() -> None:
    firm = customer(until=date(2026, 1, 31))
    contact(at=firm, collected_on=date(2026, 11, 22))
    answer = officer().get(list_of(LIST))
    assert cell(answer, "kept_until") == "01/31/2031"
    assert cell(answer, "rule").startswith("S97")


def test_somebody_in_no_register_goes_with_the_next_run() -> None:
    contact(in_marketing=False)
    answer = officer().get(list_of(LIST))
    assert (cell(answer, "register"), cell(answer, "kept_until")) == ("none", "next run")


def test_a_day_that_has_passed_is_shown_as_since() -> None:
    contact(collected_on=date(2024, 11, 22))
    assert cell(officer().get(list_of(LIST)), "kept_until") == "since 11/22/2026"


def test_on_the_last_day_kept_the_list_does_not_say_since() -> None:
    contact(collected_on=date(2024, 11, 23))
    assert cell(officer().get(list_of(LIST)), "kept_until") == "11/23/2026"


def test_the_present_employer_is_shown_before_a_former_one() -> None:
    person = contact(at=customer("Former Oy"))
    Affiliation.objects.update(ended_on=TODAY - DAY)
    Affiliation.objects.create(contact=person, organisation=customer("Present Oy"))
    client = officer()
    assert cell(client.get(list_of(LIST)), "organisation") == "Present Oy"
    Affiliation.objects.filter(organisation__name="Present Oy").update(ended_on=TODAY - 2 * DAY)
    assert cell(client.get(list_of(LIST)), "organisation") == "Former Oy"


@pytest.mark.parametrize("asked", [{}, {"o": "5"}, {"due": "365", "register": "marketing"}])
def test_a_list_of_fifty_asks_as_few_questions_as_one_of_five(asked: dict[str, str]) -> None:
    client = officer()

    def questions() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(list_of(LIST), asked).status_code == 200
        return len(queries)

    firm = customer()
    for number in range(5):
        contact(at=firm, email=f"somebody{number}@example.org", collected_on=date(2025, 1, 1))
    few = questions()
    for number in range(5, 50):
        contact(at=firm, email=f"somebody{number}@example.org", collected_on=date(2025, 1, 1))
    assert questions() == few
    assert few <= 8


def test_the_list_can_be_put_in_the_order_in_which_people_leave() -> None:
    contact("Last", collected_on=date(2026, 5, 1))
    contact("First", collected_on=date(2025, 5, 1))
    contact("Never", at=customer(), in_marketing=False)
    client = officer()
    assert [one.first_name for one in shown(client.get(list_of(LIST), {"o": "5"}))] == ["First", "Last", "Never"]
    assert [one.first_name for one in shown(client.get(list_of(LIST), {"o": "-5"}))] == ["Never", "Last", "First"]


# Filters ------------------------------------------------------------------------------------------------------------


def found(client: Client, **asked: str) -> set[str]:
    """The first names a list shows."""
    return {one.first_name for one in shown(client.get(list_of(LIST), asked))}


def test_due_now_finds_whom_a_run_of_today_acts_on_and_nobody_else() -> None:
    contact("Yesterday", collected_on=date(2024, 11, 22))
    contact("Today", collected_on=date(2024, 11, 23))
    assert found(officer(), due="now") == {"Yesterday"}


def test_due_within_thirty_days_ends_after_the_thirtieth_day() -> None:
    contact("In29", collected_on=add_months(TODAY + 29 * DAY, -24))
    contact("In30", collected_on=add_months(TODAY + 30 * DAY, -24))
    client = officer()
    assert found(client, due="30") == {"In29"}
    assert found(client, due="365") == {"In29", "In30"}
    assert found(client) == {"In29", "In30"}


def test_held_tells_legal_holds_requests_and_restrictions_apart() -> None:
    contact("Legal").holds.create(kind="legal", matter="dispute", until_on=TODAY)
    contact("Over").holds.create(kind="legal", matter="dispute", until_on=TODAY - DAY)
    contact("Request").holds.create(kind="request", matter="access")
    contact("Restricted").restrictions.create(ground="a")
    client = officer()
    assert found(client, held="legal") == {"Legal"}
    assert found(client, held="request") == {"Request"}
    assert found(client, held="restriction") == {"Restricted"}
    assert found(client, held="nonsense") == {"Legal", "Over", "Request", "Restricted"}


def test_register_membership_country_source_and_organisation_narrow_the_list() -> None:
    firm = customer()
    contact("Marketing", country="FI")
    contact("Customer", at=firm, in_marketing=False, country="DE")
    fair = Source.objects.create(code="fair-2026")
    Collection.objects.create(contact=contact("Both", at=firm, country="DE"), source=fair, collected_on=TODAY)
    client = officer()
    assert found(client, register="marketing") == {"Marketing"}
    assert found(client, register="both") == {"Both"}
    assert found(client, in_marketing="False") == {"Customer"}
    assert found(client, in_marketing="True") == {"Marketing", "Both"}
    assert found(client, country="DE") == {"Customer", "Both"}
    assert found(client, source="fair-2026") == {"Both"}
    assert found(client, source="fair-2025") == set()
    assert found(client, organisation=str(firm.pk)) == {"Customer", "Both"}
    assert found(client, organisation="no id") == set()


# Search -------------------------------------------------------------------------------------------------------------


def test_an_address_is_found_by_its_beginning_in_any_case_and_by_its_domain() -> None:
    contact("Anna", email="anna.v@example.org")
    contact("Annika", email="annika@example.com")
    client = officer()
    assert found(client, q="ANNA.V@Example.org") == {"Anna"}
    assert found(client, q="annika@exam") == {"Annika"}
    assert found(client, q="@example.com") == {"Annika"}
    assert found(client, q="nobody@example.org") == set()


def test_a_reference_is_found_with_or_without_its_dash_and_with_letters_that_look_like_digits() -> None:
    one, _other = contact("One"), contact("Other")
    Contact.objects.filter(pk=one.pk).update(reference="C-10A0B1")
    client = officer()
    for typed in ("C-10A0B1", "c-10a0b1", "C10A0B1", "C-IOAOBL"):
        assert found(client, q=typed) == {"One"}, typed
    assert found(client, q="C-10A0B2") == set()
    assert found(client, q=str(one.pk)) == {"One"}


def test_seven_letters_that_could_be_a_reference_are_a_name_when_no_reference_fits() -> None:
    contact("Charles", "Smith")
    assert found(officer(), q="charles") == {"Charles"}


def test_a_name_is_found_in_either_order_and_by_its_beginning() -> None:
    contact("Anna Maria", "von Laine")
    contact("Matti", "Virtanen")
    client = officer()
    for typed in ("von laine", "Anna Maria von Laine", "von Laine, Anna", "VON LAI"):
        assert found(client, q=typed) == {"Anna Maria"}, typed


def test_the_middle_of_a_name_is_searched_only_when_no_name_begins_so() -> None:
    contact("Anna", "Berg")
    contact("Emma", "Sandberg")
    client = officer()
    assert found(client, q="berg") == {"Anna"}
    assert found(client, q="ndberg") == {"Emma"}
    assert found(client, q="anna") == {"Anna"}


# Entering a contact -------------------------------------------------------------------------------------------------


def test_a_contact_without_a_register_is_not_entered() -> None:
    client = officer()
    answer = client.post(add(ADD), entered())
    assert "nobody is kept without a register" in text_of(answer)
    assert not Contact.objects.exists()
    assert client.post(add(ADD), entered(in_marketing="on")).status_code == 302
    assert Contact.objects.get().in_marketing


def test_an_entry_by_hand_says_which_fields_came_from_there_and_on_which_day() -> None:
    officer().post(add(ADD), entered(in_marketing="on", collected_on="2026-11-20", phone="040 1234567", country="FI"))
    person = Contact.objects.get()
    collection = person.collections.get()
    assert (collection.source.code, collection.supplied_by_subject) == ("manual", False)
    assert (collection.collected_on, person.collected_on) == (date(2026, 11, 20), date(2026, 11, 20))
    assert collection.fields == ["country", "email", "first_name", "last_name", "phone"]
    assert person.phone == "+358401234567"


def test_an_entry_by_hand_has_its_due_date_at_once() -> None:
    officer().post(add(ADD), entered(in_marketing="on"))
    due = Contact.objects.get().due
    assert (due.register, due.erase_on) == ("marketing", date(2028, 11, 23))


def test_an_affiliation_names_the_register_and_its_agreement_the_date() -> None:
    firm = customer(until=date(2026, 10, 31))
    assert officer().post(add(ADD), employed(firm)).status_code == 302
    person = Contact.objects.get()
    assert not person.in_marketing
    assert (person.due.register, person.due.erase_on) == ("customer", date(2031, 10, 31))


def test_an_affiliation_without_an_agreement_is_entered_with_a_warning() -> None:
    firm = Organisation.objects.create(name="Stranger Oy")
    answer = officer().post(add(ADD), employed(firm), follow=True)
    assert "the next run erases this contact" in text_of(answer)
    assert Contact.objects.get().due.register == "none"


def test_an_entry_by_hand_is_in_the_trail_and_the_log_without_a_single_value() -> None:
    officer().post(add(ADD), entered(in_marketing="on"))
    person = Contact.objects.get()
    event = AuditEvent.objects.get(action="created")
    assert (event.model, event.object_id) == ("contacts.Contact", person.pk)
    assert {"email", "first_name", "in_marketing"} <= set(event.fields)
    entry = LogEntry.objects.get()
    assert entry.object_repr == f"Contact {person.reference}"
    assert not {"Anna", "Virtanen", "anna@example.org"} & set(str(entry.__dict__).replace("'", " ").split())


def test_an_address_that_somebody_has_is_refused_in_every_spelling() -> None:
    known = contact("Known", email="Anna@Example.org")
    client = officer()
    for spelling in ("anna@example.org", "ANNA@EXAMPLE.ORG", " anna@example.org "):
        answer = client.post(add(ADD), entered(in_marketing="on", email=spelling))
        assert f"belongs to {known.reference}" in text_of(answer)
    assert Contact.objects.count() == 1
    assert client.post(add(ADD), entered(in_marketing="on", email="other@example.org")).status_code == 302
    assert Contact.objects.count() == 2


def test_what_is_no_address_is_refused() -> None:
    answer = officer().post(add(ADD), entered(in_marketing="on", email="anna at example"))
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["email"]
    assert not Contact.objects.exists()


def test_nothing_was_collected_tomorrow() -> None:
    client = officer()
    assert "in the future" in text_of(client.post(add(ADD), entered(in_marketing="on", collected_on="2026-11-24")))
    assert not Contact.objects.exists()
    assert client.post(add(ADD), entered(in_marketing="on", collected_on="2026-11-23")).status_code == 302


def test_a_suppressed_address_is_kept_out_of_marketing_and_let_into_the_customer_register() -> None:
    suppression.add("anna@example.org", SuppressionReason.OBJECTION, Authority.PERSON, NOW)
    client = officer()
    answer = client.post(add(ADD), entered(in_marketing="on", email="Anna@Example.org"))
    assert "on the suppression list" in text_of(answer)
    assert not Contact.objects.exists()
    assert client.post(add(ADD), employed(customer())).status_code == 302
    assert not Contact.objects.get().in_marketing


# Changing a contact -------------------------------------------------------------------------------------------------


def sent(person: Contact, **fields: str) -> dict[str, str]:
    """What the form of a contact in marketing sends when nothing else is touched."""
    seen = {"seen_at": Contact.objects.get(pk=person.pk).updated_at.isoformat()}
    known = {"first_name": person.first_name, "last_name": person.last_name, "country": "FI", "in_marketing": "on"}
    return {**NO_ROWS, **seen, **known, **fields}


def test_a_correction_is_saved_with_its_provenance_and_named_by_field() -> None:
    person = contact()
    assert officer().post(page_of(person), sent(person, last_name="Laine")).status_code == 302
    person.refresh_from_db()
    assert (person.last_name, person.name_key) == ("Laine", "laine anna")
    assert person.collections.get().fields == ["last_name"]
    assert AuditEvent.objects.get(action="changed").fields == ["last_name"]


def test_topics_are_entered_with_semicolons() -> None:
    person = contact(topics=["old"])
    client = officer()
    assert 'value="old"' in client.get(page_of(person)).content.decode()
    client.post(page_of(person), sent(person, topics="cloud; e-mail ;cloud;"))
    person.refresh_from_db()
    assert person.topics == ["cloud", "e-mail"]


def test_a_contact_leaves_marketing_by_other_ways_than_a_tick() -> None:
    person = contact()
    client = officer()
    fields = sent(person)
    del fields["in_marketing"]
    assert "not by this tick" in text_of(client.post(page_of(person), fields))
    person.refresh_from_db()
    assert person.in_marketing


def test_somebody_who_left_marketing_and_is_entered_again_was_collected_anew_today() -> None:
    person = contact(
        at=customer(), in_marketing=False, left_marketing_on=date(2026, 1, 1), collected_on=date(2020, 1, 1)
    )
    link = person.affiliations.get()
    rows = {
        "affiliations-TOTAL_FORMS": "1",
        "affiliations-INITIAL_FORMS": "1",
        "affiliations-0-id": str(link.pk),
        "affiliations-0-contact": str(person.pk),
        "affiliations-0-organisation": str(link.organisation_id),
    }
    assert officer().post(page_of(person), sent(person, **rows)).status_code == 302
    person.refresh_from_db()
    assert (person.in_marketing, person.returned_on) == (True, TODAY)
    assert person.due.register == "both"


def test_a_page_opened_before_somebody_elses_change_is_refused() -> None:
    person = contact()
    stale = sent(person, last_name="Laine")
    Contact.objects.filter(pk=person.pk).update(job_title="Buyer", updated_at=NOW + timedelta(seconds=1))
    client = officer()
    assert "Somebody changed this contact" in text_of(client.post(page_of(person), stale))
    person.refresh_from_db()
    assert (person.last_name, person.job_title) == ("Virtanen", "Buyer")
    assert "Somebody changed this contact" in text_of(client.post(page_of(person), stale)), "sent again unread"
    assert client.post(page_of(person), sent(person, last_name="Laine")).status_code == 302


def test_saving_somebody_whom_a_run_has_erased_does_not_bring_them_back() -> None:
    person = contact()
    fields = sent(person, last_name="Laine")
    address = page_of(person)
    person.due.delete()
    person.delete()
    assert officer().post(address, fields).status_code == 302
    assert not Contact.objects.exists()


def test_no_name_stays_in_the_log_or_the_trail() -> None:
    client = officer()
    client.post(add(ADD), entered(in_marketing="on"))
    person = Contact.objects.get()
    client.post(page_of(person), sent(person, last_name="Laine"))
    firm = {"name": "Anna Virtanen Consulting"} | {
        f"agreements-{name}": number for name, number in (("TOTAL_FORMS", "0"), ("INITIAL_FORMS", "0"))
    }
    client.post(add("contacts.organisation"), firm)
    assert (LogEntry.objects.count(), Organisation.objects.count()) == (3, 1)
    kept = str([*LogEntry.objects.values_list(), *AuditEvent.objects.values_list()])
    assert person.reference in kept
    assert [name for name in ("Anna", "Virtanen", "Laine", "anna@example.org") if name in kept] == []


# The page of a contact ----------------------------------------------------------------------------------------------


def test_the_page_shows_where_the_data_came_from_and_what_the_person_did() -> None:
    person = contact()
    fair = Source.objects.create(code="fair", name="Trade fair")
    Collection.objects.create(
        contact=person, source=fair, collected_on=TODAY, supplied_by_subject=True, fields=["email", "job_title"]
    )
    Engagement.objects.create(contact=person, kind="reply", occurred_at=NOW)
    Engagement.objects.create(contact=person, kind="open", occurred_at=NOW)
    Engagement.objects.create(contact=person, kind="click", occurred_at=NOW, automated=True)
    text = text_of(officer().get(page_of(person)))
    assert "Trade fair 11/23/2026, from the person e-mail, job title" in text
    assert "11/23/2026 reply" in text
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
    for day, sentence in (("2028-11-23", "leaves the contact alone"), ("2028-11-24", "erases the contact")):
        text = text_of(client.get(page_of(person), {"on": day}))
        assert f"A run on this day {sentence}" in text
        assert "S95 until 11/23/2028" in text
    assert rows_of_everything() == before


@pytest.mark.parametrize("day", ["2028-02-30", "soon", "99999-01-01"])
def test_a_day_that_does_not_exist_is_answered_with_an_example(day: str) -> None:
    text = text_of(officer().get(page_of(contact()), {"on": day}))
    assert "Enter a day such as 2026-11-23" in text
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


def agreement(**fields: str) -> dict[str, str]:
    """What the form for an agreement sends."""
    return {"party": "customer", "kind": "licence", "starts_on": "2026-01-01"} | fields


def test_an_agreement_moves_the_due_dates_of_everybody_who_works_there() -> None:
    firm = Organisation.objects.create(name="New customer Oy")
    people = [contact(at=firm, in_marketing=False), contact("Matti", at=firm, in_marketing=False)]
    assert {one.due.register for one in people} == {"none"}
    form = agreement(organisation=str(firm.pk), ends_on="2026-12-31")
    answer = officer().post(add("contacts.agreement"), form, follow=True)
    assert "The due dates of 2 contacts were computed anew" in text_of(answer)
    for one in people:
        one.refresh_from_db()
        assert (one.due.register, one.due.erase_on) == ("customer", date(2031, 12, 31))


def test_an_agreement_on_the_page_of_an_organisation_does_the_same() -> None:
    firm = Organisation.objects.create(name="New customer Oy")
    person = contact(at=firm, in_marketing=False)
    row = {f"agreements-0-{name}": value for name, value in agreement(ends_on="2026-12-31").items()}
    form = {"name": firm.name, "agreements-TOTAL_FORMS": "1", "agreements-INITIAL_FORMS": "0", **row}
    assert officer().post(page_of(firm), form).status_code == 302
    person.refresh_from_db()
    assert person.due.erase_on == date(2031, 12, 31)


def test_an_agreement_that_moves_to_another_organisation_is_counted_there_and_no_longer_here() -> None:
    here, there = customer("Here Oy"), Organisation.objects.create(name="There Oy")
    left, gained = contact(at=here, in_marketing=False), contact("Matti", at=there, in_marketing=False)
    assert (left.due.register, gained.due.register) == ("customer", "none")
    moved = here.agreements.get()
    officer().post(page_of(moved), agreement(organisation=str(there.pk)))
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
