"""The pages of consents, objections, restrictions and the suppression list: evidence to read, found by address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from config import keys
from config.roles import AUDITOR, PRIVACY_CLERK
from consent import suppression
from consent.models import Consent, FormerAddress, ImportBatch, Objection, QuarantinedRow, Restriction, SuppressionEntry
from consent.models.suppression import Authority, SuppressionReason
from contacts.identity import email_key
from contacts.models import Contact
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    at_work,
    break_glass,
    contact,
    list_of,
    officer,
    page_of,
    short,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def consent(person: Contact | None, state: str = "ConsentGiven", **fields: Any) -> Consent:
    """One consent to marketing by e-mail."""
    known = {"purpose": "marketing", "channel": "email", "occurred_at": NOW} | fields
    return Consent.objects.create(contact=person, state=state, **known)


# Evidence -----------------------------------------------------------------------------------------------------------


def test_a_list_of_consents_names_people_by_reference_only() -> None:
    person = contact(email="anna@example.org")
    consent(person)
    for client in (officer(), signed_in(AUDITOR)):
        text = text_of(client.get(list_of("consent.consent")))
        assert person.reference in text
        assert "Virtanen" not in text
        assert "anna@example.org" not in text


def test_consents_are_found_by_address_also_when_the_person_was_erased() -> None:
    person = contact(email="anna@example.org")
    kept = consent(person)
    former = consent(None, digest=keys.digest(email_key("Gone@Example.org")), digest_version=1)
    client = signed_in(AUDITOR)

    def found(text: str) -> list[Consent]:
        return shown(client.get(list_of("consent.consent"), {"q": text}))

    assert len(found("")) == 2
    assert found("ANNA@example.org") == [kept]
    assert found(person.reference) == [kept]
    assert found("gone@example.org") == [former]
    assert found("nobody@example.org") == []
    assert "erased" in text_of(client.get(list_of("consent.consent"), {"q": "gone@example.org"}))


def test_an_address_is_found_on_the_suppression_list_and_among_former_ones_by_its_digest() -> None:
    suppression.add("anna@example.org", SuppressionReason.OBJECTION, Authority.PERSON, NOW)
    FormerAddress.objects.create(
        digest=keys.digest("gone@example.org"), digest_version=1, reason="purge", erased_on=TODAY
    )
    client = signed_in(PRIVACY_CLERK)
    for model, listed in (
        ("consent.suppressionentry", "Anna@Example.org"),
        ("consent.formeraddress", "GONE@example.org"),
    ):
        assert len(shown(client.get(list_of(model), {"q": listed}))) == 1
        assert shown(client.get(list_of(model), {"q": "nobody@example.org"})) == []
        assert shown(client.get(list_of(model), {"q": "not an address"})) == []
        assert listed.lower() not in text_of(client.get(list_of(model)))


def test_a_restriction_is_found_by_its_contact() -> None:
    one = Restriction.objects.create(contact=contact(email="anna@example.org"), ground="a")
    Restriction.objects.create(contact=contact("Matti", "Laine"), ground="b")
    assert shown(officer().get(list_of("consent.restriction"), {"q": "anna@example.org"})) == [one]


@pytest.mark.parametrize(
    "record",
    [
        consent,
        lambda person: Objection.objects.create(contact=person, ground="marketing", raised_at=NOW),
        lambda person: Restriction.objects.create(contact=person, ground="a"),
        lambda person: suppression.add("a@example.org", SuppressionReason.STAFF, Authority.STAFF, NOW),
    ],
)
def test_evidence_is_shown_and_never_edited(record: Any) -> None:
    row = record(contact())
    client = break_glass()
    assert client.get(page_of(row)).status_code == 200
    assert client.post(page_of(row), {"ground": "b", "state": "ConsentWithdrawn", "reason": "staff"}).status_code == 403
    before = row.__class__.objects.values().get(pk=row.pk)
    assert before == {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_the_suppression_list_cannot_be_shortened() -> None:
    entry = suppression.add("a@example.org", SuppressionReason.STAFF, Authority.STAFF, NOW)
    assert break_glass().post(page_of(entry, "delete"), {"post": "yes"}).status_code == 403
    assert SuppressionEntry.objects.get() == entry


# A contact's page ---------------------------------------------------------------------------------------------------


def test_the_page_of_a_restricted_contact_begins_with_a_warning_until_it_is_lifted() -> None:
    person = contact()
    restriction = Restriction.objects.create(contact=person, ground="a", since_at=NOW - 2 * DAY)
    client = officer()
    answer = client.get(page_of(person))
    assert str(answer.context["panels"][0].title) == "Processing is restricted"
    assert f"Accuracy disputed, since {short(TODAY - 2 * DAY)}" in text_of(answer)
    Restriction.objects.filter(pk=restriction.pk).update(notice_before_lift_at=NOW, lifted_at=NOW)
    assert "Processing is restricted" not in text_of(client.get(page_of(person)))


def test_the_page_shows_objections_and_marks_the_consent_in_force() -> None:
    person = contact()
    Objection.objects.create(contact=person, ground="own_situation", raised_at=NOW, statement="My own words")
    consent(person, "ConsentWithdrawn")
    consent(person, "ConsentGiven", occurred_at=NOW - DAY)
    answer = officer().get(page_of(person))
    panels = {str(panel.title): panel.context for panel in answer.context["panels"]}
    current = [(row["event"].state, row["current"]) for row in panels["Consents"]["rows"]]
    assert current == [("ConsentWithdrawn", True), ("ConsentGiven", False)]
    assert "Own situation, Art. 21(1)" in text_of(answer)


# The home page --------------------------------------------------------------------------------------------------------


def test_the_home_page_counts_what_waits_in_the_airlock() -> None:
    client = officer()
    text = text_of(client.get(HOME))
    assert "No import waits for confirmation" in text
    assert "The quarantine is empty" in text
    batch = ImportBatch.objects.create(state="previewed")
    ImportBatch.objects.create(state="done")
    ImportBatch.objects.create(state="running")
    for line in (2, 3):
        QuarantinedRow.objects.create(batch=batch, line=line, reason="erased")
    answer = client.get(HOME)
    text = text_of(answer)
    assert "1 import is running" in text
    assert f"2 rows wait in quarantine , the oldest since {short(TODAY)}" in text
    assert answer.content.decode().count('<span class="tag tag-waiting">') == 1
    assert page_of(batch) in answer.content.decode()
