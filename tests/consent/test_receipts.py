"""The receipt of a consent has every field that the standard or the GDPR asks for, and says what happened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from config import keys
from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from consent.models import Consent
from consent.models.consents import ConsentState
from consent.receipts import SCHEMA, receipt
from tests.consent.conftest import NOW
from tests.consent.letters import anna, browser, centre, choose, consented, everything, gone, later, mailbox
from tests.staff import page_of, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]

HEADER = "schema_version record_id pii_principal_id receipt_id".split()
PROCESSING = """
    privacy_notice language purpose pii_information pii_controllers storage_locations retention_period jurisdiction
    recipient_third_parties withdrawal_method lawful_basis collection_method privacy_rights authority_party
""".split()
PARTY = "party_id party_name party_address party_contact party_type".split()
READ_LOG = ("config.AccessEvent",)
EVENT = "event_time validity_duration entity_id event_type event_state".split()


def gaps(part: dict[str, Any], names: Iterable[str]) -> list[str]:
    """The mandatory fields that are missing or empty."""
    return [name for name in names if part.get(name) in (None, "", [], {})]


def assert_complete(found: dict[str, Any]) -> None:
    assert gaps(found, HEADER) == []
    assert gaps(found["pii_processing"], PROCESSING) == []
    assert [gaps(one, ["pii_type"]) for one in found["pii_processing"]["pii_information"]] == [[]] * len(
        found["pii_processing"]["pii_information"]
    )
    assert {one["party_role"] for one in found["party_identification"]} == {"pii_controller", "authority"}
    assert [gaps(one, PARTY) for one in found["party_identification"]] == [[], []]
    assert [gaps(one, EVENT) for one in found["consent_events"]] == [[]] * len(found["consent_events"])
    assert {one["event_state"] for one in found["consent_events"]} <= set(ConsentState)


def test_a_field_that_is_missing_would_be_seen() -> None:
    found = receipt(consented(anna()), NOW)
    assert_complete(found)
    for name in PROCESSING:
        cut = {**found, "pii_processing": {**found["pii_processing"], name: ""}}
        with pytest.raises(AssertionError):
            assert_complete(cut)


def test_a_receipt_tells_the_whole_life_of_one_consent() -> None:
    person = anna(language="de")
    choose(person, marketing__email=True)
    choose(person, know_how__email=True)
    later()
    choose(person, marketing__email=False)
    first, last = Consent.objects.filter(purpose="marketing").order_by("occurred_at")
    found = receipt(first, NOW)
    assert_complete(found)
    assert (found["schema_version"], found["record_id"]) == (SCHEMA, str(first.pk))
    assert found["pii_principal_id"] == person.reference
    assert [one["event_state"] for one in found["consent_events"]] == ["ConsentGiven", "ConsentWithdrawn"]
    assert found["consent_events"][0]["event_time"] == "2026-11-23T12:01:00+02:00"
    processing = found["pii_processing"]
    assert (processing["purpose"], processing["language"]) == ("Advertising and marketing, general", "de")
    assert processing["wording"] == first.text
    assert processing["privacy_notice"]["version"] == "2019-09 de"
    assert processing["retention_period"][0].startswith("P24M")
    assert receipt(last, NOW)["record_id"] == found["record_id"]


def test_every_purpose_with_consent_has_a_complete_receipt() -> None:
    person = anna()
    for purpose, channel in (("marketing", "email"), ("profiling", ""), ("website_activity", "")):
        assert_complete(receipt(consented(person, purpose, channel), NOW))


def test_a_receipt_holds_no_name_no_address_and_no_link_that_acts() -> None:
    person = anna()
    text = json.dumps(receipt(consented(person), NOW))
    for value in ("Anna", "Virtanen", "anna@", centre(person), "/preferences/"):
        assert value not in text


def test_after_an_erasure_the_receipt_names_the_person_by_the_keyed_digest() -> None:
    person = anna()
    consented(person)
    other = anna(email="other@example.org")
    consented(other)
    gone(person)
    event = Consent.objects.filter(contact=None).first()
    assert event is not None
    found = receipt(event, NOW)
    assert_complete(found)
    assert found["pii_principal_id"] == keys.digest("anna@example.org")
    assert [one["event_state"] for one in found["consent_events"]] == ["ConsentGiven", "ConsentExpired"]


# From the admin ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [AUDITOR, PRIVACY_CLERK])
def test_whoever_may_read_the_evidence_downloads_the_receipt(role: str) -> None:
    event = consented(anna())
    client = signed_in(role)
    page = client.get(page_of(event))
    assert "Download receipt" in text_of(page)
    assert page_of(event, "receipt") in page.content.decode()
    before = everything(but=READ_LOG)
    answer = client.get(page_of(event, "receipt"))
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="consent-{event.pk}.json"'
    assert_complete(answer.json())
    assert everything(but=READ_LOG) == before


def test_sales_and_strangers_get_no_receipt() -> None:
    event = consented(anna())
    assert signed_in(SALES).get(page_of(event, "receipt")).status_code == 403
    assert browser().get(page_of(event, "receipt")).status_code == 302
    assert signed_in(AUDITOR).get(page_of(event, "receipt").replace(str(event.pk), "nonsense")).status_code == 404
