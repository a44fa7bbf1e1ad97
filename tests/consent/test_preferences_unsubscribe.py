"""Unsubscribing by the link of a message: one click, without a page, an account or a cookie (RFC 8058)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.test.client import BOUNDARY, encode_multipart

from config import keys
from consent import suppression
from consent.models import Consent, Objection, SuppressionEntry
from consent.models.suppression import SuppressionReason
from contacts.models import Contact
from tests.consent.letters import (
    ONE_CLICK,
    allowed,
    anna,
    browser,
    centre,
    consented,
    everything,
    form,
    gone,
    later,
    leaving,
    mailbox,
)
from tests.retention.threads import Thread
from tests.staff import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]

FORMS = {
    "urlencoded": {"data": "List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"},
    "multipart": {
        "data": encode_multipart(BOUNDARY, ONE_CLICK),
        "content_type": f"multipart/form-data; boundary={BOUNDARY}",
    },
}


def click(person: Contact, purpose: str = "marketing", channel: str = "email") -> Any:
    later()
    return browser().post(leaving(person, purpose, channel), ONE_CLICK)


@pytest.mark.parametrize("sent", FORMS.values(), ids=FORMS)
def test_one_click_ends_the_purpose_over_the_channel_in_the_same_moment(sent: dict[str, Any]) -> None:
    person = anna()
    consented(person)
    assert allowed(person)
    answer = browser().post(leaving(person), **sent)
    assert answer.status_code == 200
    assert "Done. From now on we do not use this address for: Advertising and marketing, general By e-mail" in text_of(
        answer
    )
    assert not allowed(person)
    objection = Objection.objects.get()
    assert (objection.purpose, objection.channel, objection.method) == ("marketing", "email", "unsubscribe link")
    assert Consent.objects.first().state == "ConsentWithdrawn"  # type: ignore[union-attr]


def test_it_ends_nothing_else() -> None:
    person = anna()
    consented(person)
    consented(person, "know_how")
    click(person)
    assert not allowed(person) and allowed(person, "know_how")
    person.refresh_from_db()
    assert person.in_marketing


def test_a_link_about_everything_ends_everything() -> None:
    person = anna()
    consented(person)
    consented(person, "know_how")
    assert "You do not want any advertising" in text_of(browser().get(leaving(person, "", "")))
    assert "we use this address for no advertising" in text_of(click(person, "", ""))
    assert not allowed(person) and not allowed(person, "know_how")
    person.refresh_from_db()
    assert not person.in_marketing


def test_the_page_has_one_button_and_its_answer_offers_to_stop_everything() -> None:
    person = anna()
    consented(person, "know_how")
    page = browser().get(leaving(person)).content.decode()
    assert page.count("<button") == 1
    answer = click(person)
    assert 'name="everything"' in answer.content.decode()
    assert allowed(person, "know_how")
    text = text_of(browser().post(leaving(person), {"everything": "1"}))
    assert "we use this address for no advertising" in text
    assert not allowed(person, "know_how")


def test_fifty_clicks_are_one_objection() -> None:
    person = anna()
    consented(person)
    first = click(person)
    once = everything()
    for _again in range(49):
        answer = click(person)
        assert (answer.status_code, answer.content) == (200, first.content)
    assert everything() == once


def test_unsubscribing_again_after_a_new_consent_counts_again() -> None:
    person = anna()
    consented(person)
    click(person)
    later()
    browser().post(centre(person), form(person, marketing__email=True))
    assert allowed(person)
    click(person)
    assert not allowed(person)
    assert Objection.objects.count() == 2


def test_no_cookie_is_needed_and_a_cookie_changes_nothing() -> None:
    person = anna()
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies["sessionid"] = "nonsense"
    assert stranger.post(leaving(person), ONE_CLICK).status_code == 200
    assert Objection.objects.count() == 1


@pytest.mark.parametrize(
    ("language", "button"),
    [("en", "Unsubscribe"), ("de", "Abmelden"), ("fi", "Peruuttakaa tilaus"), ("sv", "Unsubscribe")],
)
def test_the_page_speaks_the_language_of_the_message(language: str, button: str) -> None:
    person = anna(language=language)
    assert button in text_of(browser().get(leaving(person)))
    address = leaving(person)
    gone(person)
    assert button in text_of(browser().get(address))


def test_an_erased_person_unsubscribes_by_the_digest_alone_and_only_once() -> None:
    person = gone(anna())
    for _again in range(50):
        assert click(person).status_code == 200
    entry = SuppressionEntry.objects.get()
    assert (entry.digest, entry.digest_version) == (keys.digest("anna@example.org"), keys.newest_version())
    assert (entry.purpose, entry.channel, entry.reason) == ("marketing", "email", SuppressionReason.OBJECTION)
    assert Objection.objects.count() == 1


def test_whoever_comes_back_with_that_address_is_not_written_to() -> None:
    person = gone(anna())
    click(person, "", "")
    assert suppression.is_suppressed("ANNA@example.org".lower())
    again = anna()
    assert not allowed(again)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_gone", [False, True], ids=["known", "erased"])
def test_clicks_at_the_same_moment_are_one_objection(is_gone: bool) -> None:
    person = anna()
    consented(person)
    address = leaving(person)
    if is_gone:
        gone(person)
    codes: list[int] = []
    threads = [Thread(lambda: codes.append(browser().post(address, ONE_CLICK).status_code)) for _click in range(8)]
    assert [thread.finish() for thread in threads] == [None] * 8
    assert codes == [200] * 8
    assert Objection.objects.count() == SuppressionEntry.objects.count() == 1
    if not is_gone:
        assert Consent.objects.filter(state="ConsentWithdrawn").count() == 1
