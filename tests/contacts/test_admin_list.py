"""The list of contacts: what it says, how it narrows, whom a search means, and how little it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.dates import add_months
from contacts.models import Affiliation, Collection, Contact, Organisation, Source
from tests.staff import (
    DAY,
    TODAY,
    at_work,
    contact,
    customer,
    list_of,
    officer,
    shown,
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
    assert cell(answer, "organisation") == "Nordlicht GmbH Finland"
    assert cell(answer, "register") == "customers and partners"
    assert cell(answer, "kept_until") == "no end in sight S97, five years"


def test_somebody_in_marketing_only_is_kept_for_24_months_by_the_marketing_rule() -> None:
    contact(collected_on=date(2026, 11, 22))
    answer = officer().get(list_of(LIST))
    assert cell(answer, "kept_until") == "22 Nov 2028 S95, 24 months"
    assert cell(answer, "organisation") == "Finland"
    assert cell(answer, "blockers") == "–"


def test_somebody_in_both_registers_is_named_by_the_rule_that_ends_last() -> None:
    firm = customer(until=date(2026, 1, 31))
    contact(at=firm, collected_on=date(2026, 11, 22))
    answer = officer().get(list_of(LIST))
    assert cell(answer, "kept_until") == "31 Jan 2031 S97, five years"


def test_somebody_in_no_register_goes_with_the_next_run() -> None:
    contact(in_marketing=False)
    answer = officer().get(list_of(LIST))
    assert (cell(answer, "register"), cell(answer, "kept_until")) == ("no register", "next run Art. 5, no register")


def test_a_day_that_has_passed_is_shown_as_since() -> None:
    contact(collected_on=date(2024, 11, 22))
    assert cell(officer().get(list_of(LIST)), "kept_until") == "over since 22 Nov 2026 S95, 24 months"


def test_on_the_last_day_kept_the_list_does_not_say_since() -> None:
    contact(collected_on=date(2024, 11, 23))
    assert cell(officer().get(list_of(LIST)), "kept_until") == "23 Nov 2026 S95, 24 months"


def test_the_present_employer_is_shown_before_a_former_one() -> None:
    person = contact(at=customer("Former Oy"))
    Affiliation.objects.update(ended_on=TODAY - DAY)
    Affiliation.objects.create(contact=person, organisation=customer("Present Oy"))
    client = officer()
    assert cell(client.get(list_of(LIST)), "organisation") == "Present Oy Finland"
    Affiliation.objects.filter(organisation__name="Present Oy").update(ended_on=TODAY - 2 * DAY)
    assert cell(client.get(list_of(LIST)), "organisation") == "Former Oy Finland"


@pytest.mark.parametrize("asked", [{}, {"o": "4"}, {"due": "365", "register": "marketing"}])
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
    assert [one.first_name for one in shown(client.get(list_of(LIST), {"o": "4"}))] == ["First", "Last", "Never"]
    assert [one.first_name for one in shown(client.get(list_of(LIST), {"o": "-4"}))] == ["Never", "Last", "First"]


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
    customer("Nordlicht GmbH")
    contact("Gap", at=Organisation.objects.create(name="Nordlicht GmbH"), in_marketing=False)
    client = officer()
    assert found(client, held="yes") == {"Legal", "Request", "Restricted", "Gap"}
    assert found(client, held="gap") == {"Gap"}
    assert found(client, held="legal") == {"Legal"}
    assert found(client, held="request") == {"Request"}
    assert found(client, held="restriction") == {"Restricted"}
    assert found(client, held="nonsense") == {"Legal", "Over", "Request", "Restricted", "Gap"}


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
