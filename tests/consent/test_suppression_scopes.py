"""What an entry covers, whose word weighs more, and what a new key must not forget (domain section 9, R26)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from pytest_django import Settings

from config import keys
from config.models import Actor, AuditEvent
from consent import suppression, tasks
from consent.models import SuppressionEntry, SuppressionRemoval
from consent.models.suppression import Authority, Identifier, SuppressionReason
from consent.permission import Bar
from contacts.models import Contact
from contacts.signals import contacts_changed
from tests.consent.conftest import DAY, NOW, bring, person
from tests.consent.permission_cast import PHONE, ask, bars, consents, listed, prospect

pytestmark = pytest.mark.django_db
ANNA = "anna@example.org"


# Scopes ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "question", "found"),
    [
        ({}, {}, True),
        ({}, {"purpose": "marketing"}, True),
        ({"purpose": "marketing"}, {}, False),
        ({"purpose": "marketing"}, {"purpose": "marketing"}, True),
        ({"purpose": "marketing"}, {"purpose": "know_how"}, False),
        ({"channel": "phone"}, {}, False),
        ({"channel": "phone"}, {"channel": "phone"}, True),
        ({"channel": "phone", "purpose": "marketing"}, {"channel": "phone"}, False),
        ({"channel": "phone", "purpose": "marketing"}, {"channel": "phone", "purpose": "marketing"}, True),
    ],
)
def test_an_entry_is_found_by_whoever_asks_for_what_it_covers(
    scope: dict[str, Any], question: dict[str, Any], found: bool
) -> None:
    listed(ANNA, **scope)
    assert (ANNA in suppression.find([ANNA], **question)) is found


def test_an_entry_for_one_purpose_does_not_keep_anybody_out_of_the_register() -> None:
    listed(ANNA, purpose="marketing")
    assert bring([person()]).decisions == ["created"]
    one = Contact.objects.get()
    consents(one)
    assert Bar.SUPPRESSED in bars(one) and Bar.SUPPRESSED not in bars(one, "know_how")


@pytest.mark.parametrize(
    ("identifier", "text", "key"),
    [
        (Identifier.EMAIL, "  Anna@EXAMPLE.org ", ANNA),
        (Identifier.DOMAIN, "*@Example.ORG", "example.org"),
        (Identifier.DOMAIN, "@bücher.example", "xn--bcher-kva.example"),
        (Identifier.DOMAIN, "example.org", "example.org"),
        (Identifier.PHONE, "+358 40 123 4567", "+358401234567"),
    ],
)
def test_what_staff_write_is_listed_as_contacts_carry_it(identifier: Identifier, text: str, key: str) -> None:
    assert suppression.normalised(identifier, text) == key


@pytest.mark.parametrize(
    ("identifier", "text"),
    [(Identifier.EMAIL, "anna"), (Identifier.DOMAIN, "a b"), (Identifier.PHONE, "040 1"), (Identifier.PHONE, "ask")],
)
def test_what_is_no_identifier_is_refused_with_a_reason(identifier: Identifier, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        suppression.normalised(identifier, text)


@pytest.mark.parametrize("first", list(Authority))
@pytest.mark.parametrize("second", list(Authority))
def test_the_weightier_word_stands_in_whatever_order(first: Authority, second: Authority) -> None:
    for word in (first, second):
        suppression.add(ANNA, SuppressionReason.STAFF, word, NOW)
    assert SuppressionEntry.objects.get().authority == max(first, second)


# A new key ------------------------------------------------------------------------------------------------------------

EVERY_KIND: dict[str, tuple[str, dict[str, Any]]] = {
    "address": (ANNA, {}),
    "one purpose": (ANNA, {"purpose": "marketing"}),
    "one channel": (ANNA, {"channel": "email"}),
    "one purpose and channel": (ANNA, {"purpose": "marketing", "channel": "email"}),
    "domain": ("example.org", {"identifier": Identifier.DOMAIN}),
    "domain for one purpose": ("example.org", {"identifier": Identifier.DOMAIN, "purpose": "marketing"}),
}


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_contact_is_barred_before_and_after_being_compared_under_a_new_key(
    kind: str, rotate: Callable[[], None], settings: Settings
) -> None:
    one, other = prospect(), prospect("bob@elsewhere.example", phone="+4930999")
    consents(one, at=NOW - 10 * DAY)
    consents(other)
    key, scope = EVERY_KIND[kind]
    entry = listed(key, **scope)
    rotate()
    assert bars(one) == {Bar.SUPPRESSED, Bar.UNCHECKED} and bars(other) == {Bar.UNCHECKED}
    tasks.renew()
    assert bars(one) == {Bar.SUPPRESSED} and ask(other).allowed
    twin = SuppressionEntry.objects.exclude(pk=entry.pk).get()
    same = ("identifier", "purpose", "channel", "reason", "authority", "since_at")
    assert [getattr(twin, name) for name in same] == [getattr(entry, name) for name in same]
    settings.HMAC_KEYS = {2: settings.HMAC_KEYS[2]}
    assert bars(one) == {Bar.SUPPRESSED} and ask(other).allowed


def test_a_number_is_compared_too(rotate: Callable[[], None]) -> None:
    one = prospect()
    consents(one, channel=PHONE)
    listed("+4930123456", identifier=Identifier.PHONE, channel=PHONE)
    rotate()
    tasks.renew()
    assert bars(one, channel=PHONE) == {Bar.SUPPRESSED}


def test_renewing_again_changes_nothing_and_one_key_needs_none(rotate: Callable[[], None]) -> None:
    prospect()
    listed(ANNA)
    tasks.renew()
    assert SuppressionEntry.objects.count() == 1
    rotate()
    tasks.renew()
    before = list(SuppressionEntry.objects.order_by("pk").values_list()), list(Contact.objects.values_list())
    assert len(before[0]) == 2
    assert suppression.renew_contacts() == 0
    tasks.renew()
    after = list(SuppressionEntry.objects.order_by("pk").values_list()), list(Contact.objects.values_list())
    assert after == before


def test_renewing_goes_chunk_by_chunk_and_takes_everybody(
    rotate: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "CHUNK", 2)
    for number in range(5):
        prospect(f"p{number}@example.org", phone="")
    prospect("", phone="+358401", told=False)
    prospect("", phone="", told=False)
    rotate()
    assert [suppression.renew_contacts() for _one in range(4)] == [2, 2, 2, 0]
    assert not Contact.objects.exclude(digest_version=2).exclude(email_key=None, phone="").exists()


def test_a_lesser_word_under_the_new_key_gives_way_to_the_persons_own_under_the_old(rotate: Callable[[], None]) -> None:
    prospect()
    listed(ANNA, channel="email")
    rotate()
    listed(ANNA, NOW, bounced=True, channel="email")
    tasks.renew()
    fresh = SuppressionEntry.objects.get(digest_version=2)
    assert (fresh.authority, fresh.reason) == (Authority.PERSON, SuppressionReason.OBJECTION)


def test_somebody_written_after_the_rotation_is_compared_at_once(rotate: Callable[[], None]) -> None:
    listed("+4930123456", identifier=Identifier.PHONE)
    rotate()
    one = prospect()
    consents(one)
    assert one.digest_version == 2
    contacts_changed.send(sender=Contact, ids=[one.pk])
    assert bars(one) == {Bar.SUPPRESSED}


def test_an_import_after_the_rotation_meets_entries_of_every_scope(rotate: Callable[[], None]) -> None:
    listed(ANNA, purpose="marketing")
    listed(ANNA, channel="phone")
    rotate()
    assert bring([person()]).decisions == ["created"]
    assert SuppressionEntry.objects.filter(digest=keys.digest(ANNA, 2)).count() == 2


# Off the list -----------------------------------------------------------------------------------------------------------


def test_an_entry_goes_at_the_persons_wish_under_every_key_and_the_proof_stays(rotate: Callable[[], None]) -> None:
    entry = listed(ANNA, NOW - 5 * DAY)
    kept = [listed(ANNA, channel="phone"), listed("bob@example.org")]
    rotate()
    suppression.find([ANNA])
    assert SuppressionEntry.objects.filter(channel="").count() == 3
    proof = suppression.remove(entry, "Anna@Example.org", method="phone", actor=Actor.command(), at=NOW)
    assert not suppression.is_suppressed(ANNA)
    assert set(SuppressionEntry.objects.values_list("pk", flat=True)) >= {one.pk for one in kept}
    assert (proof.digest, proof.since_at, proof.removed_at) == (entry.digest, entry.since_at, NOW)
    assert AuditEvent.objects.get(action="removed from the suppression list").batch == proof.pk


def test_an_entry_about_somebody_else_cannot_be_removed() -> None:
    entry = listed(ANNA)
    with pytest.raises(ValueError, match="another address"):
        suppression.remove(entry, "bob@example.org", method="phone", actor=Actor.command(), at=NOW)
    assert suppression.is_suppressed(ANNA) and not SuppressionRemoval.objects.exists()


@pytest.mark.postgres
def test_the_proof_of_a_removal_cannot_be_changed() -> None:
    proof = suppression.remove(listed(ANNA), ANNA, method="phone", actor=Actor.command(), at=NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        SuppressionRemoval.objects.filter(pk=proof.pk).update(method="letter")
