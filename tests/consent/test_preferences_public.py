"""What holds for every public page: a GET changes nothing, nothing is revealed, nothing is remembered about a visit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as now_set
from django.test import Client
from django.urls import URLPattern, get_resolver
from pytest_django import Settings

from config.dates import now
from config.models import Actor
from config.network import address_of
from config.sign_in import urls as sign_in
from consent import opt_in
from consent.consents import Evidence
from consent.links import opt_in_link
from consent.models import Consent
from consent.public import shortened
from consent.views import masked
from contacts.models import Contact
from tests.consent.letters import (
    ONE_CLICK,
    anna,
    browser,
    centre,
    consented,
    everything,
    form,
    gone,
    leaving,
    mailbox,
    path_of,
)
from tests.staff import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]

BROKEN: dict[str, Callable[[str], str]] = {
    "truncated": lambda token: token[:-1],
    "cut in half": lambda token: token[: len(token) // 2],
    "without its end": lambda token: token.partition("~")[0][:-9],
    "with another letter": lambda token: ("X" if token[0] != "X" else "Y") + token[1:],
    "in lower case": str.lower,
    "with something behind it": lambda token: token + "=",
    "invented": lambda token: "abc",
    "not ASCII": lambda token: "ä" + token,
    "with a zero byte": lambda token: "\0" + token,
}
"""What may happen to a token on its way."""
PREFIXES = ("preferences", "unsubscribe", "preferences/confirm")


def asked(person: Contact) -> str:
    """Where the person confirms a consent to know-how."""
    evidence = Evidence("form", by_subject=True, text="Yes, send me know-how.", language="en")
    return path_of(opt_in_link(opt_in.request(person.pk, "know_how", now(), evidence=evidence, actor=Actor.subject())))


def pages(person: Contact) -> dict[str, str]:
    """Every public page of a person, by the name of its route."""
    return {"preferences": centre(person), "unsubscribe": leaving(person), "confirm": asked(person)}


def public_routes() -> set[str]:
    """The names of all routes for everybody; the monitor's and those of rights requests have their own tests."""
    found: set[str | None] = set()
    for one in get_resolver().url_patterns:
        if isinstance(one, URLPattern):
            found.add(one.name)
        elif one.app_name not in ("admin", "directory", "dsar") and one.urlconf_module is not sign_in:
            found |= {pattern.name for pattern in one.url_patterns if isinstance(pattern, URLPattern)}
    return {str(name) for name in found} - {"healthz", "readyz"}


# A GET ------------------------------------------------------------------------------------------------------------------


def test_a_get_on_any_public_link_changes_nothing_in_the_whole_database() -> None:
    person, former = anna(), gone(anna(email="former@example.org"))
    consented(person)
    addresses = pages(person)
    assert {*addresses, "root"} == public_routes()
    assert browser().get("/").status_code == 302
    visited = [*addresses.values(), centre(former), leaving(former), *(f"/{one}/abc/" for one in PREFIXES)]
    before = everything()
    for address in visited:
        for answer in (browser().get(address), browser().head(address), browser().get(address, ONE_CLICK)):
            assert answer.status_code in (200, 404), address
    assert everything() == before


def test_the_same_pages_do_change_something_when_they_are_sent() -> None:
    person = anna()
    consented(person)
    addresses = pages(person)
    sent = {"preferences": form(person, marketing__email=False), "unsubscribe": ONE_CLICK, "confirm": {}}
    for name in ("confirm", "preferences", "unsubscribe"):
        before = everything()
        assert browser().post(addresses[name], sent[name]).status_code == 200
        if name != "unsubscribe":  # of what the form before has ended already
            assert everything() != before, name


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(method: str) -> None:
    person = anna()
    addresses = pages(person)
    before = everything()
    for address in addresses.values():
        assert getattr(browser(), method)(address).status_code == 405
    assert everything() == before


def test_without_the_words_of_one_click_a_post_unsubscribes_nobody() -> None:
    person = anna()
    address = leaving(person)
    before = everything()
    for body in ({}, {"List-Unsubscribe": "Two-Click"}, {"x": "1"}):
        assert "You do not want to hear from us" in text_of(browser().post(address, body))
    assert everything() == before


# What an answer carries -------------------------------------------------------------------------------------------------


def answers(person: Contact) -> dict[str, Any]:
    """Each page, read and sent, and one that opens nothing."""
    addresses = pages(person)
    read = {f"GET {name}": browser().get(address) for name, address in addresses.items()}
    done = {f"POST {name}": browser().post(address, ONE_CLICK) for name, address in addresses.items()}
    return read | done | {"nothing": browser().get("/preferences/abc/")}


def test_no_page_is_stored_indexed_or_told_to_another_site_and_none_sets_a_cookie() -> None:
    for name, answer in answers(anna()).items():
        assert answer.headers["Cache-Control"] == "no-store", name
        assert answer.headers["Referrer-Policy"] == "no-referrer", name
        assert answer.headers["X-Robots-Tag"].startswith("noindex"), name
        assert not answer.cookies, name
        assert "Location" not in answer.headers, name
        assert "script" not in answer.content.decode(), name
        assert "style=" not in answer.content.decode(), name


def test_a_page_shows_no_value_of_the_person_beyond_a_masked_address() -> None:
    person = anna(phone="+358401234567", job_title="Head of IT", street="Mannerheimintie 1", city="Helsinki")
    for name, answer in answers(person).items():
        text = answer.content.decode()
        for value in ("anna@", "example.org", "Virtanen", "+35840", "Head of IT", "Mannerheim", person.reference):
            assert value not in text, name
    assert "a•••@e•••.org" in text_of(browser().get(centre(person)))


@pytest.mark.parametrize(
    ("address", "shown"),
    [("anna@example.org", "a•••@e•••.org"), ("a@b.co", "a•••@b•••.co"), ("ä.b@xn--e.fi", "ä•••@x•••.fi"), ("", "")],
)
def test_of_an_address_the_first_letters_and_the_country_are_shown(address: str, shown: str) -> None:
    assert masked(address) == shown


# Links that open nothing ------------------------------------------------------------------------------------------------


def body(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content


def test_unknown_and_erased_people_get_the_same_bytes_and_so_do_broken_links() -> None:
    """A button that refuses advertising is on the page of a link that we signed: for another it would do nothing."""
    person = anna()
    address = centre(person)
    token = address.split("/")[2]
    assert browser().get(address).status_code == 200
    never = centre(Contact(id=uuid4(), email_digest=person.email_digest, digest_version=1, language="en"))
    gone(person)
    expected = body(browser().get("/preferences/abc/"))
    assert expected[0] == 404
    assert "This link opens nothing" in expected[1].decode()
    refuse, ask = b'name="nothing"', b'href="/requests/"'
    assert refuse not in expected[1] and expected[1].count(ask) == 2
    signed = body(browser().get(address))
    assert signed == body(browser().get(never)) and signed[0] == 404 and refuse in signed[1]
    for broken in BROKEN.values():
        assert body(browser().get(f"/preferences/{broken(token)}/")) == expected


def test_a_link_signed_with_a_retired_key_gets_the_same_page(settings: Settings) -> None:
    person = anna()
    address = centre(person)
    assert browser().get(address).status_code == 200
    settings.SECRET_KEY = "another key " * 6
    assert body(browser().get(address)) == body(browser().get("/preferences/abc/"))


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("broken", BROKEN, ids=list(BROKEN))
def test_a_post_on_a_broken_link_says_that_nothing_was_done_and_does_nothing(prefix: str, broken: str) -> None:
    person = anna()
    token = {"preferences": centre, "unsubscribe": leaving}.get(prefix, asked)(person).strip("/").split("/")[-1]
    before = everything()
    answer = browser().post(f"/{prefix}/{BROKEN[broken](token)}/", ONE_CLICK | {"nothing": "1"})
    assert answer.status_code == 404
    assert "Nothing was changed" in answer.content.decode()
    assert everything() == before


def test_an_erased_person_gets_the_answers_everybody_gets() -> None:
    here, former = anna(), anna(email="former@example.org")
    gone(former)
    assert body(browser().get(leaving(here))) == body(browser().get(leaving(former)))
    assert body(browser().post(leaving(here), ONE_CLICK)) == body(browser().post(leaving(former), ONE_CLICK))
    nothing = {"nothing": "1"}
    assert body(browser().post(centre(here), nothing)) == body(browser().post(centre(former), nothing))


def test_a_browser_that_asks_for_finnish_gets_the_page_in_finnish() -> None:
    answer = Client(headers={"accept-language": "fi"}).get("/preferences/abc/")
    assert answer.headers["Content-Language"] == "fi"
    assert "Tämä linkki ei avaa mitään" in answer.content.decode()


def test_the_log_of_an_error_does_not_hold_the_token(caplog: pytest.LogCaptureFixture) -> None:
    token = centre(anna()).split("/")[2]
    console = logging.getLogger().handlers
    hide: Any = next(one for handler in console for one in handler.filters if type(one).__name__ == "HideTokens")
    with caplog.at_level(logging.WARNING), caplog.filtering(hide):  # the console's own filter
        for prefix in PREFIXES:
            browser().get(f"/{prefix}/{token}x/")
    assert len(caplog.records) == 3
    assert token not in caplog.text
    assert "/unsubscribe/.../" in caplog.text and "/preferences/confirm/.../" in caplog.text


# Where a request comes from ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("192.0.2.77", "192.0.2.0"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::"),
        ("::ffff:192.0.2.77", "192.0.2.0"),
        ("", None),
        ("unix:", None),
    ],
)
def test_evidence_keeps_the_network_and_not_the_address(address: str, kept: str | None) -> None:
    assert shortened(address) == kept


def test_the_proxy_in_front_is_believed_and_nobody_before_it(settings: Settings, rf: Any) -> None:
    request = rf.get("/", headers={"x-forwarded-for": "203.0.113.9, 192.0.2.77"}, REMOTE_ADDR="10.0.0.1")
    assert address_of(request) == "10.0.0.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert address_of(request) == "192.0.2.77"


def test_a_consent_keeps_the_wording_the_language_the_policy_and_the_network() -> None:
    person = anna(language="de")
    page = browser().get(centre(person)).content.decode()
    sent = form(person, know_how__email=True)
    browser().post(centre(person), sent, REMOTE_ADDR="192.0.2.77")
    event = Consent.objects.get()
    assert (event.language, event.source_ip, event.by_subject) == ("de", "192.0.2.0", True)
    assert (event.method, event.policy and event.policy.version) == ("preference centre", "2019-09")
    lines = event.text.splitlines()
    assert len(lines) == 4
    assert lines[1] == "Know-how über Cybersicherheit und unsere Services"
    assert [line for line in lines if line not in page] == []
    assert now_set.LANGUAGE_CODE == "en"
