"""Whoever objected stays out of marketing, however a file spells the address (S118, Art. 21(3); reliability R26)."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from consent import suppression
from contacts.identity import email_key
from contacts.models import Contact
from tests.consent.conftest import bring, customer, night, on, person

pytestmark = pytest.mark.django_db

PEOPLE = 200
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    lambda address: f"  {address}\u00a0",
    lambda address: f"{address}.",
    lambda address: address.replace("@", "\uff20"),
    lambda address: f"\u200b{address}\ufeff",
    lambda address: unicodedata.normalize("NFD", address),
    lambda address: address.replace("bücher", "xn--bcher-kva"),
    lambda address: address.replace("bücher", "BÜCHER"),
    lambda address: "".join(chr(ord(char) + 0xFEE0) if "a" <= char <= "z" else char for char in address),
)


def test_no_spelling_of_a_listed_address_is_reachable_for_marketing_again() -> None:
    addresses = [f"jos\u00e9.{number}@b\u00fccher.d{number % 7}.example.org" for number in range(PEOPLE)]
    listed = {email_key(address) for address in addresses}
    bring([person(address, unsubscribed="yes") for address in addresses])
    customer("Acme Oy")
    assert set(suppression.find(listed)) == listed
    for spell in SPELLINGS:
        rows = [
            person(spell(address), organisation="Acme Oy" if number % 2 else "", in_marketing="yes")
            for number, address in enumerate(addresses)
        ]
        assert set(bring(rows).decisions) == {"suppressed"}
        assert Contact.objects.count() == PEOPLE / 2  # the customer's; each once
        assert not Contact.objects.filter(in_marketing=True).exists()
    assert set(Contact.objects.values_list("email_key", flat=True)) < listed


def test_the_list_still_knows_them_after_the_night_has_erased_whom_it_may() -> None:
    bring([person(collected_on="2026-01-01")])
    bring([person(unsubscribed="yes")])
    night(on("2026-11-24"))
    assert not Contact.objects.exists()
    for spell in SPELLINGS:
        assert bring([person(spell("anna@example.org"), collected_on="2026-11-23")]).decisions == ["suppressed"]
    assert not Contact.objects.exists()
