"""The suppression list: whoever is on it stays recognised, in every spelling and under every key (Art. 21(3), R26)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pytest_django import Settings

from config import keys
from consent import suppression
from consent.models import SuppressionEntry
from consent.models.suppression import Authority, FormerReason, Identifier, SuppressionReason
from contacts.identity import email_key
from contacts.models import Contact
from tests.consent.conftest import (
    NOW,
    assert_changes_nothing,
    bring,
    customer,
    differences,
    former,
    is_there,
    objections,
    on,
    person,
    snapshot,
    suppress,
    the,
)

pytestmark = pytest.mark.django_db

ANNA = "anna@example.org"


# Asking and adding ----------------------------------------------------------------------------------------------------


def test_only_who_is_listed_is_found() -> None:
    suppress(ANNA)
    found = suppression.find([ANNA, "bob@example.org"])
    assert set(found) == {ANNA}
    assert suppression.is_suppressed(ANNA) and not suppression.is_suppressed("bob@example.org")
    assert suppression.find([]) == {}


def test_a_listed_domain_lists_all_its_addresses_and_no_others() -> None:
    suppression.add("example.org", SuppressionReason.STAFF, Authority.STAFF, NOW, identifier=Identifier.DOMAIN)
    listed = suppression.find(
        [ANNA, "bob@example.org", "anna@example.com", "anna@sub.example.org", "anna@xexample.org"]
    )
    assert set(listed) == {ANNA, "bob@example.org"}
    assert bring([person(), person("anna@example.com")]).decisions == ["suppressed", "created"]


def test_an_address_is_no_domain_and_a_phone_number_no_address() -> None:
    suppression.add("example.org", SuppressionReason.STAFF, Authority.STAFF, NOW)
    suppression.add(ANNA, SuppressionReason.STAFF, Authority.STAFF, NOW, identifier=Identifier.PHONE)
    assert suppression.find([ANNA]) == {}


def test_an_entry_for_one_channel_bars_that_channel_and_one_for_all_bars_every_channel() -> None:
    suppression.add(ANNA, SuppressionReason.OBJECTION, Authority.PERSON, NOW, channel="phone")
    suppression.add("bob@example.org", SuppressionReason.OBJECTION, Authority.PERSON, NOW)
    both = [ANNA, "bob@example.org"]
    assert set(suppression.find(both)) == {"bob@example.org"}
    assert set(suppression.find(both, channel="phone")) == set(both)


def test_the_weightiest_entry_is_the_one_found() -> None:
    suppression.add(ANNA, SuppressionReason.HARD_BOUNCE, Authority.MACHINE, NOW, channel="email")
    suppression.add("example.org", SuppressionReason.STAFF, Authority.STAFF, NOW, identifier=Identifier.DOMAIN)
    assert suppression.find([ANNA])[ANNA].authority == Authority.STAFF
    suppress(ANNA)
    assert suppression.find([ANNA])[ANNA].authority == Authority.PERSON


def test_adding_twice_keeps_the_first_entry_and_its_date() -> None:
    first = suppress(ANNA, NOW - timedelta(days=5))
    again = suppress(ANNA, NOW)
    assert (again.pk, again.since_at) == (first.pk, NOW - timedelta(days=5))
    assert SuppressionEntry.objects.count() == 1


def test_a_weightier_word_raises_an_entry_and_a_lesser_one_never_lowers_it() -> None:
    suppression.add(ANNA, SuppressionReason.HARD_BOUNCE, Authority.MACHINE, NOW)
    assert suppress(ANNA).authority == Authority.PERSON
    suppression.add(ANNA, SuppressionReason.STAFF, Authority.STAFF, NOW)
    entry = SuppressionEntry.objects.get()
    assert (entry.authority, entry.reason) == (Authority.PERSON, SuppressionReason.OBJECTION)


def test_an_entry_holds_no_address_and_not_its_plain_hash() -> None:
    from hashlib import sha256

    entry = suppress(ANNA)
    row = repr(SuppressionEntry.objects.values().get(pk=entry.pk))
    assert entry.digest == keys.digest(ANNA)
    assert "anna" not in row and sha256(ANNA.encode()).hexdigest() not in row


# Every spelling -------------------------------------------------------------------------------------------------------


def spellings(key: str) -> Iterator[str]:
    """The same address as people, systems and keyboards write it."""
    local, _at, domain = key.rpartition("@")
    unicode_domain = domain.encode().decode("idna") if "xn--" in domain else domain
    yield from (key, key.upper(), key.title(), f"  {key}\t", f"\u00a0{key}\u3000", f"{local}@{domain.upper()}")
    for form in ("NFC", "NFD"):
        for one in (local, local.upper(), local.title()):
            yield f"{unicodedata.normalize(form, one)}@{unicodedata.normalize(form, unicode_domain)}"
            yield f"{unicodedata.normalize(form, one)}@{unicodedata.normalize(form, unicode_domain.upper())}"
    yield "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in key)
    yield f"{local}＠{unicode_domain.replace('.', '。')}"
    yield f"{local}@{unicode_domain}."
    yield f"\u200b{local}\u00ad@{unicode_domain}\ufeff"
    yield f"\u200e{local}@{unicode_domain}\u200f"


LOCALS = (
    "anna.virtanen", "matti+list", "o'brien", "jürgen.müller", "žofie", "åsa_öhman", "andré-léon", "δημήτρης", "ігор",
    "nguyễn.văn", "josé", "x",
)  # fmt: skip
DOMAINS = (
    "example.org",
    "sub.example.com",
    "müller.example.net",
    "xn--bcher-kva.example",
    "åäö.example",
    "почта.example",
)
ADDRESSES = tuple(f"{local}@{domain}" for local in LOCALS for domain in DOMAINS)


def test_the_spellings_really_differ() -> None:
    assert len(ADDRESSES) == 72
    assert len(set(spellings("jürgen.müller@müller.example.net"))) > 15
    assert len({email_key(address) for address in ADDRESSES}) == 72


def assert_nobody_gets_in(addresses: tuple[str, ...]) -> int:
    """Suppress the addresses, import every spelling of them, and find nobody; returns how many rows there were."""
    for address in addresses:
        suppress(address)
    rows = [person(spelling) for address in addresses for spelling in spellings(email_key(address))]
    imported = bring([*rows, person("control@example.org")])
    assert not Contact.objects.exclude(email="control@example.org").exists()
    assert is_there("control@example.org")
    assert set(imported.decisions[:-1]) <= {"suppressed", "rejected"}
    assert imported.counts["suppressed"] > 0.9 * len(rows)
    return len(rows)


def test_suppressed_addresses_are_recognised_in_every_spelling() -> None:
    assert assert_nobody_gets_in(ADDRESSES) > 1000


@pytest.mark.slow
def test_ten_thousand_suppressed_addresses_in_every_spelling_bring_nobody_into_marketing() -> None:
    addresses = tuple(f"{number}.{address}" for number in range(139) for address in ADDRESSES)
    assert len(addresses) > 10_000
    assert assert_nobody_gets_in(addresses) > 150_000


@pytest.mark.parametrize("spelling", sorted(set(spellings("jürgen.müller@bücher.example"))))
def test_a_suppressed_customer_is_recognised_in_every_spelling(spelling: str) -> None:
    customer()
    suppress("jürgen.müller@bücher.example")
    assert bring([person(spelling, organisation="Acme Oy")]).decisions == ["suppressed"]
    assert the("jürgen.müller@bücher.example").in_marketing is False


# Key rotation ---------------------------------------------------------------------------------------------------------


def test_an_entry_under_an_old_key_still_matches_and_gets_a_twin_under_the_newest(rotate: Callable[[], None]) -> None:
    old = suppress(ANNA, NOW - timedelta(days=400))
    rotate()
    assert bring([person(), person("bob@example.org")]).decisions == ["suppressed", "created"]
    twin = SuppressionEntry.objects.exclude(pk=old.pk).get()
    assert (twin.digest, twin.digest_version) == (keys.digest(ANNA, 2), 2)
    assert (twin.reason, twin.authority, twin.since_at) == (old.reason, old.authority, old.since_at)


def test_the_old_key_may_go_once_every_entry_has_matched(rotate: Callable[[], None], settings: Settings) -> None:
    suppress(ANNA)
    rotate()
    assert suppression.is_suppressed(ANNA)
    settings.HMAC_KEYS = {2: settings.HMAC_KEYS[2]}
    assert suppression.is_suppressed(ANNA)
    assert bring([person()]).decisions == ["suppressed"]


def test_a_match_of_a_domain_renews_the_domain(rotate: Callable[[], None], settings: Settings) -> None:
    suppression.add("example.org", SuppressionReason.STAFF, Authority.STAFF, NOW, identifier=Identifier.DOMAIN)
    rotate()
    assert suppression.is_suppressed(ANNA)
    settings.HMAC_KEYS = {2: settings.HMAC_KEYS[2]}
    assert suppression.is_suppressed("bob@example.org")


def test_matching_again_under_two_keys_adds_nothing_more(rotate: Callable[[], None]) -> None:
    suppress(ANNA)
    rotate()
    bring([person()])
    before = snapshot()
    assert bring([person(city="Oulu")]).decisions == ["suppressed"]
    assert differences(before, snapshot()) == {}


def test_a_preview_after_a_rotation_writes_nothing(rotate: Callable[[], None]) -> None:
    from tests.consent.conftest import look

    suppress(ANNA)
    rotate()
    before = snapshot()
    assert look([person()]).decisions == ["suppressed"]
    assert differences(before, snapshot()) == {}


OPT_OUTS = {
    "unsubscribed": person(unsubscribed="yes"),
    "bounced": {
        "Email Address": ANNA,
        "First Name": "Anna",
        "Last Name": "Virtanen",
        "CLEAN_TIME": "2026-01-01 10:00:00",
    },
    "no calls": {"Contact ID": "1", "Email": ANNA, "Phone": "+358401111111", "Do Not Call": "1", "Email Opt Out": "0"},
    "no calls, no number": {"Contact ID": "1", "Email": ANNA, "Phone": "ask", "Do Not Call": "1", "Email Opt Out": "0"},
}


@pytest.mark.parametrize("cells", OPT_OUTS.values(), ids=OPT_OUTS.keys())
def test_an_opt_out_repeated_after_a_rotation_is_no_second_objection(
    cells: dict[str, str], rotate: Callable[[], None]
) -> None:
    bring([cells])
    said = len(objections())
    rotate()
    bring([cells])
    assert len(objections()) == said
    assert_changes_nothing([cells])


@pytest.mark.parametrize(
    ("reason", "decision"), [(FormerReason.PURGE, "rejected"), (FormerReason.REQUEST, "quarantined")]
)
def test_a_former_address_is_recognised_under_an_old_key(
    reason: FormerReason, decision: str, rotate: Callable[[], None]
) -> None:
    former(ANNA, reason, on("2026-01-01"))
    rotate()
    assert bring([person(collected_on="2025-06-01")]).decisions == [decision]
    assert not is_there()


def test_a_row_that_waits_is_recognised_after_a_rotation(rotate: Callable[[], None]) -> None:
    rows = [person(), person(first_name="Heinrich", last_name="Schmidt")]
    bring(rows)
    rotate()
    assert_changes_nothing(rows)


def test_an_erasure_finds_the_rows_that_wait_under_another_key(rotate: Callable[[], None]) -> None:
    from consent.models import QuarantinedRow
    from tests.consent.conftest import TODAY, night

    bring([person(collected_on="2020-01-01")])
    rotate()
    bring([person(first_name="Heinrich", last_name="Schmidt")])
    assert QuarantinedRow.objects.exists()
    night(TODAY)
    assert not is_there()
    assert not QuarantinedRow.objects.exists()
