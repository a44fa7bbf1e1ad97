"""The operators' way from a possible duplicate to one contact, and back (S41, S42)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from pytest_django import Settings

from config.models import Actor, AuditEvent
from config.policy.periods import UNDO_DAYS
from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from consent.models import QuarantinedRow, Restriction
from contacts import duplicates
from contacts.models import Affiliation, Collection, Contact, DuplicatePair, Engagement, MergedRecord, Source
from contacts.models.merging import PairState
from tests.consent.conftest import bring
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
    short,
    shown,
    signed_in,
    signed_in_again,
    text_of,
)

pytestmark = pytest.mark.django_db
LIST = "contacts.duplicatepair"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def known_twice() -> tuple[Contact, Contact]:
    """One person at one customer, with an old and a new address."""
    firm = customer("Nordlicht GmbH")
    old = contact(
        "Anna", "Virtanen", at=firm, email="anna@old.example", job_title="Buyer", collected_on=date(2024, 3, 1)
    )
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        new = contact("Anna", "Virtanen", at=firm, email="anna.virtanen@new.example", job_title="CTO")
    source = Source.objects.create(code="fair", name="Trade fair")
    for one, on in ((old, date(2024, 3, 1)), (new, TODAY)):
        fields = ["email", "job_title", "first_name", "last_name"]
        Collection.objects.create(contact=one, source=source, collected_on=on, fields=fields)
    Engagement.objects.create(contact=new, kind="reply", occurred_at=NOW)
    return old, new


def pair() -> DuplicatePair:
    """The one pair on the list."""
    duplicates.refresh(Actor.task(), NOW)
    return DuplicatePair.objects.get()


def test_from_the_list_to_one_contact_and_back() -> None:
    old, new = known_twice()
    one = pair()
    client = officer()

    assert [row.pk for row in shown(client.get(list_of(LIST), follow=True))] == [one.pk]
    assert "1 pair may be one person" in text_of(client.get("/admin/"))
    assert f"The same person as {new.full_name}?" in text_of(client.get(page_of(old)))

    before = rows_of_everything()
    text = text_of(client.get(page_of(one), follow=True))
    assert f"Are {old.reference} and {new.reference} one person?" in text
    assert "same name, same organisation" in text
    assert "E-mail anna@old.example anna.virtanen@new.example anna.virtanen@new.example" in text
    assert "Job title Buyer CTO CTO Trade fair" in text
    assert "One of two values is not taken over: E-mail, Job title." in text
    assert "no end in sight" in text
    assert rows_of_everything() == before, "looking changes nothing"

    answer = client.post(page_of(one, "merge"), follow=True)
    assert f"{new.reference} is now part of {old.reference}." in text_of(answer)
    merged = Contact.objects.get()
    assert (merged.pk, merged.reference) == (old.pk, old.reference)
    assert (merged.email, merged.job_title, merged.collected_on) == (
        "anna.virtanen@new.example",
        "CTO",
        date(2024, 3, 1),
    )
    assert merged.engagements.count() == 1
    text = text_of(client.get(page_of(merged)))
    assert f"{new.reference} was merged into this contact" in text
    assert f"Job title Trade fair {short(TODAY)}, merged from {new.reference}" in text

    for words in (new.reference, "anna@old.example", str(new.email)):
        found = client.get(list_of("contacts.contact"), {"q": words})
        assert [row.pk for row in shown(found)] == [old.pk], words

    record = MergedRecord.objects.get()
    answer = client.post(page_of(record, "undo"), follow=True)
    assert f"{new.reference} is a contact of its own again." in text_of(answer)
    assert Contact.objects.count() == 2
    assert Contact.objects.get(pk=new.pk).engagements.count() == 1
    assert list(AuditEvent.objects.values_list("action", flat=True)[:2]) == ["merge taken back", "merged"]


def test_two_people_are_not_proposed_again() -> None:
    known_twice()
    one, client = pair(), officer()
    assert "stay two contacts" in text_of(client.get(page_of(one, "distinct")))
    client.post(page_of(one, "distinct"))
    assert pair().state == PairState.DISTINCT
    assert shown(client.get(list_of(LIST), follow=True)) == []
    answer = client.post(page_of(one, "merge"), follow=True)
    assert "Somebody has decided that these are two people." in text_of(answer)
    assert Contact.objects.count() == 2


def test_somebody_may_compare_any_two_records() -> None:
    one, other = contact("Anna", "Virtanen"), contact("Ana", "Korhonen")
    client = officer()
    form = client.get(add(LIST), {"contact": one.reference})
    assert one.reference in form.content.decode()
    same = client.post(add(LIST), {"contact": one.reference, "other": one.reference})
    assert "This is the same contact." in text_of(same)
    answer = client.post(add(LIST), {"contact": one.reference, "other": other.reference}, follow=True)
    assert "entered by hand" in text_of(answer)
    again = client.post(add(LIST), {"contact": other.reference, "other": one.reference}, follow=True)
    assert "entered by hand" in text_of(again)
    assert DuplicatePair.objects.count() == 1
    duplicates.refresh(Actor.task(), NOW + DAY)
    assert DuplicatePair.objects.count() == 1, "what somebody entered stays until somebody decides"


def test_a_restricted_contact_is_not_merged_and_the_page_says_why() -> None:
    old, _new = known_twice()
    Restriction.objects.create(contact=old, ground="a", since_at=NOW)
    one, client = pair(), officer()
    assert "restricted" in text_of(client.get(page_of(one, "merge")))
    assert "restricted" in text_of(client.post(page_of(one, "merge"), follow=True))
    assert Contact.objects.count() == 2


@pytest.mark.parametrize(("days", "possible"), [(UNDO_DAYS, True), (UNDO_DAYS + 1, False)])
def test_a_merge_is_taken_back_within_thirty_days(days: int, possible: bool) -> None:
    known_twice()
    one, client = pair(), officer()
    client.post(page_of(one, "merge"))
    record = MergedRecord.objects.get()
    with time_machine.travel(NOW + days * DAY, tick=False):
        client = signed_in_again("privacy officer")
        page = text_of(client.get(page_of(record, "undo")))
        assert ("that time is over" in page) is not possible
        client.post(page_of(record, "undo"))
    assert Contact.objects.count() == (2 if possible else 1)


@pytest.mark.parametrize(("role", "status"), [(PRIVACY_CLERK, 200), (SALES, 403), (AUDITOR, 403)])
def test_who_may_look_at_pairs(role: str, status: int) -> None:
    known_twice()
    one = pair()
    client = signed_in(role)
    assert client.get(list_of(LIST), follow=True).status_code == status
    assert client.get(page_of(one, "merge")).status_code == status


def test_the_list_asks_no_more_often_for_more_pairs(django_assert_max_num_queries: object) -> None:
    firm = customer("Large")
    for number in range(6):
        contact("Anna", "Virtanen", at=firm, email=f"a{number}@example.org")
    duplicates.refresh(Actor.task(), NOW)
    assert DuplicatePair.objects.count() == 15
    assert Affiliation.objects.count() == 6
    client = officer()
    client.get(list_of(LIST), {"state": "open"})
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(list_of(LIST), {"state": "open"})


def test_a_row_that_several_contacts_claim_leads_to_merging_them() -> None:
    source = Source.objects.create(code="crm")
    one, other = contact("Anna", "Virtanen"), contact("Anna", "Virtanen")
    for claimant in (one, other):
        Collection.objects.create(
            contact=claimant, source=source, collected_on=TODAY, external_id="17", fields=["phone"]
        )
    rows = [{"first_name": "Anna", "last_name": "Virtanen", "external_id": "17", "city": "Oulu"}]
    assert bring(rows, source="crm").decisions == ["quarantined"]
    row, client = QuarantinedRow.objects.get(), officer()
    text = text_of(client.get(page_of(row)))
    assert "Are they one person?" in text and one.reference in text and other.reference in text
    assert client.get(page_of(row, "compare")).status_code == 403, "looking decides nothing"
    answer = client.post(page_of(row, "compare"), follow=True)
    assert "one person?" in text_of(answer)
    client.post(page_of(DuplicatePair.objects.get(), "merge"))
    assert "Are they one person?" not in text_of(client.get(page_of(row)))
    client.post(page_of(row, "admit"))
    assert Contact.objects.get().city == "Oulu"
    assert not QuarantinedRow.objects.exists()
