"""Consents at the desk: asked for by mail, taken from what was signed, and withdrawn at the person's word."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from config.models import Actor
from config.roles import AUDITOR, PRIVACY_CLERK, SALES
from consent import objections, opt_in, restrictions
from consent.links import opt_in_link
from consent.models import Consent, Purpose
from consent.models.consents import ConsentState
from consent.models.objections import RestrictionGround
from contacts.models import Contact
from tests.consent.letters import allowed, anna, browser, consented, later, mailbox, path_of
from tests.staff import NOW, add, page_of, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]

HAND = Actor.command()
ASKED = {"purpose": "know_how", "channel": "email", "method": "confirmation", "text": ""}
SIGNED = ASKED | {"method": "letter", "text": "Yes, keep me informed."}


@pytest.fixture
def clerk() -> Client:
    return signed_in(PRIVACY_CLERK)


def send(client: Client, person: Contact, cells: dict[str, str]) -> Any:
    """Fill the form in for a contact."""
    return client.post(add("consent.consent"), {"contact": person.reference} | cells)


def the_mail(event: Consent) -> str:
    """The path of the link that the person was sent."""
    return path_of(opt_in_link(event))


def test_the_person_is_asked_in_their_language_and_the_consent_counts_once_confirmed(clerk: Client) -> None:
    person = anna(language="de")
    assert send(clerk, person, ASKED).status_code == 302
    event = Consent.objects.get()
    assert (event.state, event.channel, event.by_subject) == (ConsentState.REQUESTED, "email", False)
    assert "Ich kann meine Einwilligung" in event.text and event.language == "de"
    assert not allowed(person, "know_how")
    later()
    browser().post(the_mail(event))
    assert allowed(person, "know_how")


def test_what_was_signed_counts_at_once_with_its_wording(clerk: Client) -> None:
    person = anna()
    send(clerk, person, SIGNED)
    event = Consent.objects.get()
    assert (event.state, event.text, event.method) == (ConsentState.GIVEN, "Yes, keep me informed.", "letter")
    assert event.by_subject is False, "it lifts no objection"
    assert allowed(person, "know_how")


def test_without_its_wording_nothing_is_recorded(clerk: Client) -> None:
    assert "word for word; it is the evidence" in text_of(send(clerk, anna(), SIGNED | {"text": " "}))
    assert not Consent.objects.exists()


def test_a_channel_that_the_purpose_does_not_use_is_refused(clerk: Client) -> None:
    Purpose.objects.filter(code="know_how").update(channels=["phone"])
    assert "does not use this channel" in text_of(send(clerk, anna(), SIGNED))
    assert not Consent.objects.exists()


def test_nobody_is_asked_without_an_address(clerk: Client) -> None:
    nobody = anna(email="", email_key=None, email_digest="")
    assert "no e-mail address to ask at" in text_of(send(clerk, nobody, ASKED))
    assert not Consent.objects.exists()


@pytest.mark.parametrize("cells", [ASKED, SIGNED])
def test_whoever_objected_is_not_asked_again(clerk: Client, cells: dict[str, str]) -> None:
    person = anna()
    objections.to_marketing(person.pk, NOW, method="phone", actor=HAND)
    later()
    assert "Only the person can begin anew" in text_of(send(clerk, person, cells))
    assert not Consent.objects.exists()


def test_whose_data_is_restricted_is_not_asked(clerk: Client) -> None:
    person = anna()
    restrictions.restrict(person.pk, RestrictionGround.ACCURACY, NOW, actor=HAND)
    later()
    assert "is restricted" in text_of(send(clerk, person, ASKED))
    assert not Consent.objects.exists()


def test_a_withdrawal_by_phone_ends_it_and_is_possible_once(clerk: Client) -> None:
    person = anna()
    event = consented(person)
    assert allowed(person)
    page = page_of(event, "withdraw")
    assert "The consent ends now" in text_of(clerk.get(page))
    assert Consent.objects.count() == 1
    later()
    clerk.post(page, {"method": "phone"})
    assert not allowed(person)
    last = Consent.objects.order_by("occurred_at").last()
    assert last is not None and (last.state, last.method) == (ConsentState.WITHDRAWN, "phone")
    assert "not in force any more" in text_of(clerk.get(page))
    clerk.post(page, {"method": "phone"})
    assert Consent.objects.count() == 2


def test_an_open_request_can_be_withdrawn(clerk: Client) -> None:
    person = anna()
    send(clerk, person, ASKED)
    event = Consent.objects.get()
    later()
    clerk.post(page_of(event, "withdraw"), {"method": "phone"})
    assert opt_in.find(the_mail(event).strip("/").split("/")[-1], timezone.now()) is None


@pytest.mark.parametrize("role", [AUDITOR, SALES])
def test_nobody_else_records_consents(role: str) -> None:
    person = anna()
    event = consented(person)
    client = signed_in(role)
    assert send(client, person, SIGNED).status_code == 403
    assert client.post(page_of(event, "withdraw"), {"method": "phone"}).status_code == 403
    assert Consent.objects.count() == 1


def test_the_contacts_page_leads_there_and_the_receipt_stays(clerk: Client) -> None:
    person = anna()
    event = consented(person)
    assert f"{add('consent.consent')}?contact={person.reference}" in clerk.get(page_of(person)).content.decode()
    page = text_of(clerk.get(page_of(event)))
    assert "Download receipt" in page and "Record a withdrawal" in page
