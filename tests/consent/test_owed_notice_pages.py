"""The work list of notices: filters, a selection recorded after a preview, exemptions, and what other pages say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from pytest_django import Settings

from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from consent.models import Notice
from contacts.models import Contact
from tests.consent.reasons import collected, told
from tests.page_forms import form_of
from tests.staff import (
    at_work,
    contact,
    list_of,
    officer,
    page_of,
    rows_of_everything,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

LIST = list_of("consent.owednotice")
RECORD = reverse("admin:consent_owednotice_record")


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


@pytest.fixture
def people() -> dict[str, Contact]:
    """One late, one due soon, one with time, and one who was told."""
    cast = {
        "late": contact("Late", collected_on=date(2026, 10, 22)),
        "soon": contact("Soon", collected_on=date(2026, 10, 30)),
        "fresh": contact("Fresh"),
        "told": contact("Told", collected_on=date(2026, 10, 22)),
    }
    told(cast["told"])
    collected(cast["late"], by_subject=False, code="list")
    collected(cast["fresh"], by_subject=True, code="form")
    return cast


def exempt_page(one: Contact) -> str:
    return reverse("admin:consent_owednotice_exempt", args=[one.pk])


def test_the_list_shows_the_most_urgent_first_and_is_filtered(people: dict[str, Contact]) -> None:
    client = signed_in(PRIVACY_CLERK)

    def found(**asked: str) -> list[Any]:
        return [row.pk for row in shown(client.get(LIST, asked))]

    assert found() == [people[name].pk for name in ("late", "soon", "fresh")]
    assert found(due="overdue") == [people["late"].pk]
    assert found(due="soon") == [people["soon"].pk]
    assert found(kind="art13") == [people["fresh"].pk]
    assert found(kind="art14", source="list") == [people["late"].pk]
    assert found(source="nowhere") == []


def test_the_list_asks_the_same_few_questions_whatever_its_length(
    people: dict[str, Contact], django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        contact("Matti", f"Laine {number}")
    client = officer()
    client.get(LIST)
    with django_assert_max_num_queries(6):
        assert len(shown(client.get(LIST))) == 33


def test_ticked_people_are_shown_before_they_are_recorded(people: dict[str, Contact]) -> None:
    client = signed_in(PRIVACY_CLERK)
    asked = {"ids": [str(people["late"].pk), str(people["fresh"].pk), str(people["told"].pk), "no id"]}
    before = rows_of_everything()
    text = text_of(client.get(RECORD, asked))
    assert "2 people will be recorded as informed" in text
    assert people["late"].reference in text
    assert people["told"].reference not in text
    assert rows_of_everything() == before
    sent = asked | {"seen": "2", "method": "letter", "given_on": "2026-11-20"}
    assert "Recorded: 2 notices." in text_of(client.post(RECORD, sent, follow=True))
    new = Notice.objects.filter(method="letter")
    assert {row.contact_id for row in new} == {people["late"].pk, people["fresh"].pk}
    assert Notice.objects.count() == 3


def test_all_that_the_filters_find_are_recorded_and_nobody_else(people: dict[str, Contact]) -> None:
    client = officer()
    answer = client.get(RECORD, {"all": "1", "due": "overdue"})
    assert "1 person will be recorded as informed" in text_of(answer)
    sent = {"all": "1", "due": "overdue", "seen": "1", "method": "e-mail", "given_on": "2026-11-23"}
    client.post(RECORD, sent)
    assert {row.contact_id for row in Notice.objects.filter(method="e-mail")} == {people["late"].pk}


def test_a_selection_that_changed_since_the_preview_is_shown_again(people: dict[str, Contact]) -> None:
    client = officer()
    contact("Newcomer", collected_on=date(2026, 10, 20))
    sent = {"all": "1", "due": "overdue", "seen": "1", "method": "e-mail", "given_on": "2026-11-23"}
    text = text_of(client.post(RECORD, sent))
    assert "The selection has changed since you looked" in text
    assert "2 people will be recorded" in text
    assert Notice.objects.count() == 1
    client.post(RECORD, sent | {"seen": "2"})
    assert Notice.objects.count() == 3


def test_without_a_selection_nobody_is_recorded(people: dict[str, Contact]) -> None:
    client = officer()
    assert "Nobody is selected" in text_of(client.get(RECORD))
    client.post(RECORD, {"seen": "0", "method": "e-mail", "given_on": "2026-11-23"})
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(("day", "why"), [("2026-11-24", "in the future"), ("2019-08-31", "had been published yet")])
def test_an_impossible_day_is_explained_beside_its_field(people: dict[str, Contact], day: str, why: str) -> None:
    sent = {"ids": str(people["late"].pk), "seen": "1", "method": "e-mail", "given_on": day}
    assert why in text_of(officer().post(RECORD, sent))
    assert Notice.objects.count() == 1


def test_one_person_is_exempted_with_a_reason(people: dict[str, Contact]) -> None:
    client, one = officer(), people["late"]
    page = exempt_page(one)
    assert "Art. 14(5)" in text_of(client.get(page))
    refused = client.post(page, {"exemption": "disproportionate", "reason": ""})
    assert refused.status_code == 200
    assert Notice.objects.count() == 1
    client.post(page, {"exemption": "disproportionate", "reason": "No address anywhere."})
    row = Notice.objects.get(contact=one)
    assert (row.exemption, row.reason, row.given_at) == ("disproportionate", "No address anywhere.", None)
    assert "Nothing is owed to this person any more" in text_of(client.get(page))
    assert client.get(exempt_page(Contact(pk=row.policy_id))).status_code == 404


@pytest.mark.parametrize("role", [AUDITOR, SALES])
def test_others_neither_see_the_work_list_nor_act(people: dict[str, Contact], role: str) -> None:
    client = signed_in(role)
    for page in (LIST, RECORD, exempt_page(people["late"])):
        assert client.get(page).status_code in (302, 403)
    assert client.post(RECORD, {"ids": str(people["late"].pk), "seen": "1"}).status_code in (302, 403)
    assert Notice.objects.count() == 1


def test_a_contact_page_says_what_is_owed_and_what_was_told(people: dict[str, Contact]) -> None:
    client = officer()
    late = text_of(client.get(page_of(people["late"])))
    assert "A notice is owed by" in late
    assert "Record as informed" in late
    informed = text_of(client.get(page_of(people["told"])))
    assert "A notice is owed by" not in informed
    assert "version 2019-09 de" in informed


def test_a_row_of_the_list_leads_to_the_contact(people: dict[str, Contact]) -> None:
    answer = officer().get(page_of(people["late"]).replace("contacts/contact", "consent/owednotice"))
    assert (answer.status_code, answer.url) == (302, page_of(people["late"]))  # type: ignore[attr-defined]


def test_the_home_page_counts_what_is_owed(people: dict[str, Contact]) -> None:
    client = officer()
    panel = next(one for one in client.get("/admin/").context["panels"] if str(one.title) == "Notices owed")
    assert (panel.context["overdue"], panel.context["soon"], panel.context["total"]) == (1, 1, 3)
    assert panel.alert
    for name in ("late", "soon", "fresh"):
        told(people[name])
    assert "Everybody has been informed." in text_of(client.get("/admin/"))


def test_notices_are_evidence_to_read_and_are_found_by_the_person(people: dict[str, Contact]) -> None:
    row = Notice.objects.get()
    for client in (signed_in(AUDITOR), officer()):
        assert shown(client.get(list_of("consent.notice"), {"q": people["told"].reference})) == [row]
        assert shown(client.get(list_of("consent.notice"), {"q": people["late"].reference})) == []
        assert client.get(page_of(row)).status_code == 200
        assert client.post(page_of(row), {"method": "x"}).status_code == 403


def test_the_form_for_a_new_contact_asks_whether_the_person_was_informed(people: dict[str, Contact]) -> None:
    client = officer()
    assert "The person has been informed" in text_of(client.get("/admin/contacts/contact/add/"))
    page = client.get(page_of(people["late"]))
    assert "The person has been informed" not in text_of(page)
    assert "informed" not in form_of(page, "contact_form")
