"""Signed links open their own page for their own person, for years, and nothing else."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

import pytest
from django.core.mail import EmailMessage
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config import keys
from consent.links import Link, Page, preferences_link, read, unsubscribe_headers, unsubscribe_link
from contacts.models import Contact
from tests.consent.letters import EMAIL, anna, later, mailbox, path_of
from tests.consent.test_preferences_public import BROKEN

pytestmark = pytest.mark.django_db
__all__ = ["mailbox"]

OLD, NEW = "an old secret key " * 4, "a new secret key " * 4


def token_of(address: str) -> str:
    return path_of(address).strip("/").split("/")[-1]


def test_a_link_says_whom_it_was_sent_to_and_what_for() -> None:
    person = anna(language="fi")
    link = read(token_of(unsubscribe_link(person, "know_how", "email")), Page.UNSUBSCRIBE)
    assert link == Link(person.pk, keys.digest(EMAIL), keys.newest_version(), "fi", "know_how", "email")


def test_no_link_holds_an_address_or_a_name() -> None:
    person = anna()
    token = token_of(preferences_link(person))
    import base64

    readable = base64.urlsafe_b64decode(token.partition("~")[0] + "==").decode()
    assert str(person.pk) in readable
    assert "anna" not in readable.lower() and "virtanen" not in readable.lower()


def test_a_link_works_ten_years_later() -> None:
    person = anna()
    token = token_of(unsubscribe_link(person))
    later(60 * 24 * 3653)
    assert read(token, Page.UNSUBSCRIBE) == read(token, Page.UNSUBSCRIBE) is not None


def test_a_link_to_unsubscribe_does_not_open_the_preference_centre_nor_the_other_way_round() -> None:
    person = anna()
    for address, own, other in (
        (unsubscribe_link(person), Page.UNSUBSCRIBE, Page.PREFERENCES),
        (preferences_link(person), Page.PREFERENCES, Page.UNSUBSCRIBE),
    ):
        assert read(token_of(address), own) is not None
        assert read(token_of(address), other) is None


@pytest.mark.parametrize("broken", BROKEN, ids=list(BROKEN))
def test_what_was_changed_in_any_way_is_not_ours(broken: str) -> None:
    token = token_of(preferences_link(anna()))
    assert read(token, Page.PREFERENCES) is not None
    assert read(BROKEN[broken](token), Page.PREFERENCES) is None


@given(st.text(max_size=300))
def test_no_text_makes_reading_fail(text: str) -> None:
    assert read(text, Page.PREFERENCES) is None


def test_a_former_key_still_opens_links_and_a_retired_one_does_not(settings: Settings) -> None:
    settings.SECRET_KEY = OLD
    token = token_of(unsubscribe_link(anna()))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert read(token, Page.UNSUBSCRIBE) is not None
    settings.SECRET_KEY_FALLBACKS = []
    assert read(token, Page.UNSUBSCRIBE) is None


# Whose link -----------------------------------------------------------------------------------------------------------


def link_of(person: Contact) -> Link:
    link = read(token_of(preferences_link(person)), Page.PREFERENCES)
    assert link is not None
    return link


def test_a_link_belongs_to_the_address_it_was_sent_to() -> None:
    person = anna()
    link = link_of(person)
    assert link.was_sent_to(person)
    person.email = "anna.new@example.org"
    person.save()
    assert not link.was_sent_to(person)


def test_a_link_belongs_to_its_address_also_after_the_digests_got_a_new_key(settings: Settings) -> None:
    person = anna()
    link = link_of(person)
    settings.HMAC_KEYS = {**settings.HMAC_KEYS, 2: b"another key of thirty-two letters"}
    person.save()
    assert person.digest_version == 2 != link.digest_version
    assert link.was_sent_to(person)
    person.email = "anna.new@example.org"
    person.save()
    assert not link.was_sent_to(person)
    person.email = EMAIL
    settings.HMAC_KEYS = {2: settings.HMAC_KEYS[2]}
    person.save()
    assert not link.was_sent_to(person)  # nobody can tell any more


# Headers --------------------------------------------------------------------------------------------------------------


def sent_with(headers: dict[str, str]) -> Any:
    return EmailMessage("News", "Hello", "news@example.com", [EMAIL], headers=headers).message()


def test_both_headers_of_a_message_arrive_whole(settings: Settings) -> None:
    settings.BASE_URL = "https://privacy.example.org"
    person = anna()
    message = sent_with(unsubscribe_headers(person, "know_how"))
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    uri = message["List-Unsubscribe"]
    assert uri.startswith("<https://privacy.example.org/unsubscribe/") and uri.endswith("/>")
    arrived = message_from_bytes(message.as_bytes(), policy=policy.default)
    assert arrived["List-Unsubscribe"].strip() == uri  # a long header begins on the next line
    link = read(token_of(uri.strip("<>")), Page.UNSUBSCRIBE)
    assert link is not None
    assert (link.contact, link.purpose, link.channel) == (person.pk, "know_how", "email")
