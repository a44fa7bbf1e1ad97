"""Opt-outs and consents in imports: an opt-out becomes an objection and an entry, and no import ever lifts one (21(3))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from config import keys
from consent import suppression
from consent.models import Objection, SuppressionEntry
from consent.models.consents import Consent, ConsentState
from consent.models.objections import ObjectionGround
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts.identity import email_key
from contacts.models import Contact, Engagement
from tests.consent.conftest import (
    NOW,
    Cells,
    assert_changes_nothing,
    bring,
    consents,
    customer,
    is_there,
    objections,
    person,
    the,
)
from tests.consent.opt_outs import ANNA, HUBSPOT, MAILCHIMP, MAUTIC, SALESFORCE, entry

pytestmark = pytest.mark.django_db

# Hard bounces ---------------------------------------------------------------------------------------------------------

BOUNCES: dict[str, Cells] = {
    "Mailchimp": MAILCHIMP | {"CLEAN_TIME": "2026-05-01 10:00:00"},
    "Mailchimp, no time": MAILCHIMP | {"CLEAN_TIME": ""},
    "Mautic 2": MAUTIC | {"dnc": "2"},
    "Mautic bounced": MAUTIC | {"dnc": "bounced"},
    "HubSpot": HUBSPOT | {"Email hard bounce reason": "Mailbox does not exist"},
}


@pytest.mark.parametrize("cells", BOUNCES.values(), ids=BOUNCES.keys())
def test_a_hard_bounce_is_the_word_of_a_machine_about_email_and_no_objection(cells: Cells) -> None:
    bring([person()])
    assert bring([cells]).decisions == ["suppressed"]
    found = entry(channel="email")
    assert (found.reason, found.authority) == (SuppressionReason.HARD_BOUNCE, Authority.MACHINE)
    assert SuppressionEntry.objects.count() == 1
    assert not Objection.objects.exists()
    assert ANNA in suppression.find([ANNA])
    assert ANNA not in suppression.find([ANNA], channel="phone")


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
@pytest.mark.parametrize("at_customer", [False, True])
def test_rows_of_the_same_file_know_of_a_bounce_before_them(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None], *, at_customer: bool
) -> None:
    chunk_of(rows_in_a_chunk)
    if at_customer:
        customer()
    joint = MAILCHIMP | {"UNSUB_TIME": "", "OPTIN_TIME": "2026-11-22 10:00:00"}
    imported = bring([joint | {"CLEAN_TIME": "2026-05-01 10:00:00"}, joint | {"CLEAN_TIME": ""}])
    assert imported.decisions == ["suppressed", "suppressed"]
    assert not Contact.objects.filter(in_marketing=True).exists()
    assert is_there() is at_customer


# Do not call ----------------------------------------------------------------------------------------------------------


def test_do_not_call_lists_the_number_and_leaves_email_alone() -> None:
    assert bring([SALESFORCE | {"Do Not Call": "1"}]).decisions == ["created"]
    assert the().in_marketing
    found = entry("+358401111111", "phone", Identifier.PHONE)
    assert (found.reason, found.authority) == (SuppressionReason.OBJECTION, Authority.PERSON)
    assert ANNA not in suppression.find([ANNA])
    (objection,) = objections(the())
    assert (objection.channel, objection.ground) == ("phone", ObjectionGround.MARKETING)


def test_do_not_call_without_a_usable_number_lists_the_address_for_the_phone() -> None:
    bring([SALESFORCE | {"Do Not Call": "1", "Phone": "040 123 / 040 456"}])
    assert entry(channel="phone").authority == Authority.PERSON
    assert ANNA not in suppression.find([ANNA])
    assert ANNA in suppression.find([ANNA], channel="phone")
    assert len(objections(the())) == 1


def test_do_not_call_is_kept_with_the_contact_when_neither_number_nor_address_can_be_listed() -> None:
    bring([SALESFORCE | {"Do Not Call": "1", "Email": "", "Phone": "040 123 / 040 456"}])
    assert [one.channel for one in objections(Contact.objects.get())] == ["phone"]


def test_two_people_at_one_number_have_an_objection_each() -> None:
    rows = [
        SALESFORCE | {"Do Not Call": "1"},
        SALESFORCE | {"Do Not Call": "1", "Contact ID": "004", "Email": "bob@example.org", "First Name": "Bob"},
    ]
    bring(rows)
    assert len(objections(the())) == len(objections(the("bob@example.org"))) == 1
    assert SuppressionEntry.objects.count() == 1
    assert_changes_nothing(rows)


# Consent --------------------------------------------------------------------------------------------------------------

GIVEN = {"consent_email": "yes", "consent_at": "2025-03-01T12:00:00", "consent_text": "Yes, please write to me."}


def test_consent_with_text_and_time_is_evidence_and_an_act_of_the_person() -> None:
    bring([person(**GIVEN, language="fi")])
    found = Consent.objects.get()
    assert (found.contact, found.state, found.channel) == (the(), ConsentState.GIVEN, "email")
    assert (found.text, found.language, found.method) == ("Yes, please write to me.", "fi", "import")
    assert found.occurred_at == datetime(2025, 3, 1, 10, tzinfo=UTC)
    assert found.recorded_at == NOW
    assert found.digest == keys.digest(email_key(ANNA))
    assert Engagement.objects.get().kind == "consent"
    assert the().last_engaged_on == date(2025, 3, 1)


@pytest.mark.parametrize("missing", ["consent_at", "consent_text"])
def test_consent_without_text_or_time_is_unknown_and_no_engagement(missing: str) -> None:
    bring([person(**(GIVEN | {missing: ""}))])
    assert consents(the()) == [ConsentState.UNKNOWN]
    assert not Engagement.objects.exists()
    assert the().last_engaged_on is None


@pytest.mark.parametrize(
    ("answer", "state"), [("unknown", ConsentState.UNKNOWN), ("no", ConsentState.REFUSED), ("yes", ConsentState.GIVEN)]
)
def test_the_answer_decides_about_the_state(answer: str, state: ConsentState) -> None:
    bring([person(**(GIVEN | {"consent_email": answer}))])
    assert consents(the()) == [state]


def test_hubspots_legal_basis_is_no_evidence_of_consent() -> None:
    cell = {"Legal basis for processing contact's data": "Freely given consent from contact"}
    bring([HUBSPOT | cell])
    assert consents(the()) == [ConsentState.UNKNOWN]


def test_mailchimps_confirmation_has_a_time_but_no_text_and_so_stays_unknown() -> None:
    bring([MAILCHIMP | {"CONFIRM_TIME": "2025-03-01 10:00:00"}])
    assert consents(the()) == [ConsentState.UNKNOWN]


def test_a_refusal_after_a_consent_is_the_last_word_even_if_there_was_one_before() -> None:
    bring([person(consent_email="no", consent_at="2024-01-01")])
    bring([person(**GIVEN)])
    last = person(consent_email="no", consent_at="2025-06-01")
    bring([last])
    assert consents(the()) == [ConsentState.REFUSED, ConsentState.GIVEN, ConsentState.REFUSED]
    assert_changes_nothing([last])


def test_a_consent_given_again_later_is_kept_as_another_event() -> None:
    bring([person(**GIVEN)])
    bring([person(**(GIVEN | {"consent_at": "2026-03-01T12:00:00"}))])
    assert consents(the()) == [ConsentState.GIVEN, ConsentState.GIVEN]
    assert the().last_engaged_on == date(2026, 3, 1)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_documented_answer_of_somebody_who_is_not_in_marketing_is_kept(answer: str) -> None:
    bring([person(**(GIVEN | {"consent_email": answer}), in_marketing="no")])
    assert the().in_marketing is False
    assert consents(the()) == [ConsentState.GIVEN if answer == "yes" else ConsentState.REFUSED]
