"""Contacts entered and corrected by hand: with a register, a source, a trail, and never over somebody else's change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from pytest_django import Settings

from config import keys
from config.models import AuditEvent
from config.roles import PRIVACY_CLERK
from consent import suppression
from consent.models import FormerAddress
from consent.models.suppression import Authority, SuppressionReason
from contacts.models import Contact, Organisation
from tests.staff import (
    NOW,
    TODAY,
    add,
    at_work,
    contact,
    customer,
    employed,
    entered,
    officer,
    page_of,
    sent,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

LIST, ADD = "contacts.contact", "contacts.contact"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def erased(address: str, reason: str, on: date) -> None:
    """Somebody with this address was here and went on that day."""
    FormerAddress.objects.create(
        digest=keys.digest(address), digest_version=keys.newest_version(), reason=reason, erased_on=on
    )


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


def test_a_suppressed_address_in_the_customer_register_is_named_to_whoever_enters_it() -> None:
    suppression.add("anna@example.org", SuppressionReason.OBJECTION, Authority.PERSON, NOW)
    firm = customer()
    client = officer()
    assert "may never be used for marketing" in text_of(client.post(add(ADD), employed(firm), follow=True))
    other = client.post(add(ADD), employed(firm, email="other@example.org"), follow=True)
    assert "may never be used for marketing" not in text_of(other)
    assert Contact.objects.count() == 2


def test_an_address_purged_by_a_rule_comes_back_by_a_later_collection_and_is_marked() -> None:
    erased("anna@example.org", "purge", date(2026, 11, 10))
    client = officer()
    answer = client.post(add(ADD), entered(in_marketing="on", email="Anna@Example.org", collected_on="2026-11-10"))
    assert "was erased on 10 Nov 2026. Enter the later day" in text_of(answer)
    assert not Contact.objects.exists()
    answer = client.post(add(ADD), entered(in_marketing="on", collected_on="2026-11-11"), follow=True)
    assert "This address was purged by a rule on 10 Nov 2026" in text_of(answer)
    assert Contact.objects.get().purged_before_on == date(2026, 11, 10)
    assert FormerAddress.objects.count() == 1


def test_an_address_erased_on_request_is_entered_by_a_privacy_officer_who_confirms_the_wish() -> None:
    erased("anna@example.org", "request", date(2026, 11, 10))
    client = officer()
    form = entered(in_marketing="on", collected_on="2026-11-20")
    answer = client.post(add(ADD), form)
    assert "was erased on request on 10 Nov 2026" in text_of(answer)
    assert 'name="confirm-email"' in answer.content.decode()
    assert not Contact.objects.exists()
    answer = client.post(add(ADD), form | {"confirm-email": "on"}, follow=True)
    assert "entered again on the person's wish" in text_of(answer)
    person = Contact.objects.get()
    assert person.purged_before_on is None
    assert not FormerAddress.objects.exists()
    assert AuditEvent.objects.get(action="admitted after erasure").object_id == person.pk


def test_a_clerk_cannot_enter_an_address_erased_on_request_whatever_the_form_says() -> None:
    erased("anna@example.org", "request", date(2026, 11, 10))
    client = signed_in(PRIVACY_CLERK)
    answer = client.post(add(ADD), entered(in_marketing="on", **{"confirm-email": "on"}))
    assert "may a privacy officer enter them again" in text_of(answer)
    assert 'name="confirm-email"' not in answer.content.decode()
    assert not Contact.objects.exists()
    assert FormerAddress.objects.count() == 1


def test_a_contact_does_not_take_over_an_address_erased_on_request() -> None:
    erased("anna@example.org", "request", date(2026, 11, 10))
    person = contact(email="old@example.org")
    client = officer()
    assert "was erased on request" in text_of(client.post(page_of(person), sent(person, email="anna@example.org")))
    assert client.post(page_of(person), sent(person, email="new@example.org")).status_code == 302
    person.refresh_from_db()
    assert person.email == "new@example.org"


def test_a_contact_in_marketing_does_not_take_a_suppressed_address() -> None:
    suppression.add("anna@example.org", SuppressionReason.OBJECTION, Authority.PERSON, NOW)
    person = contact(email="old@example.org")
    answer = officer().post(page_of(person), sent(person, email="anna@example.org"))
    assert "Keep the present address" in text_of(answer)
    person.refresh_from_db()
    assert person.email == "old@example.org"


# Changing a contact -------------------------------------------------------------------------------------------------


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


def test_the_page_says_that_somebody_was_purged_before() -> None:
    """E37."""
    person = contact(purged_before_on=date(2026, 10, 24))
    text = text_of(officer().get(page_of(person)))
    assert "Purged before, on: 24 Oct 2026" in text
