"""Refusing everything in the preference centre, coming back, and links of people who are not here any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from config import keys
from config.models import Actor, AuditEvent
from consent import objections, suppression
from consent.models import (
    Consent,
    Objection,
    SuppressionEntry,
)
from consent.models.suppression import Authority
from contacts.merging import merge
from contacts.models import Contact
from retention.models import DueDate
from tests.consent.conftest import NOW, TODAY
from tests.consent.letters import (
    allowed,
    anna,
    boxes,
    browser,
    centre,
    choose,
    consented,
    everything,
    form,
    gone,
    later,
    leaving,
    mailbox,
    night,
)
from tests.staff import customer, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]


def refuse_everything(person: Contact) -> None:
    later()
    assert browser().post(centre(person), {"nothing": "1"}).status_code == 200


# Nothing at all, and back -----------------------------------------------------------------------------------------------


def test_nothing_at_all_ends_everything_at_once() -> None:
    person = anna(phone="+358401234567")
    consented(person)
    consented(person, "website_activity", "", at=NOW + timedelta(seconds=1))
    assert allowed(person)
    refuse_everything(person)
    person.refresh_from_db()
    assert (person.in_marketing, person.left_marketing_on) == (False, TODAY)
    assert not any(boxes(person).values())
    assert (Objection.objects.get().purpose, Objection.objects.get().channel) == ("", "")
    assert {(one.identifier, one.purpose, one.channel) for one in SuppressionEntry.objects.all()} == {
        ("email", "", ""),
        ("phone", "", ""),
    }
    withdrawn = Consent.objects.filter(state="ConsentWithdrawn").values_list("purpose", flat=True)
    assert set(withdrawn) == {"marketing", "website_activity"}
    assert DueDate.objects.get(contact=person).register == "none"


def test_somebody_in_no_other_register_is_erased_by_the_next_run_and_a_customer_stays() -> None:
    person, buyer = anna(), anna(email="buyer@example.org", at=customer())
    for one in (person, buyer):
        refuse_everything(one)
    night()
    assert list(Contact.objects.all()) == [buyer]


def test_nothing_at_all_fifty_times_is_one_objection() -> None:
    person = anna()
    consented(person)
    refuse_everything(person)
    once = everything()
    for _again in range(49):
        assert browser().post(centre(person), {"nothing": "1"}).status_code == 200
    assert everything() == once


def test_opting_back_in_puts_the_person_back_into_the_marketing_register() -> None:
    person = anna(at=customer())
    refuse_everything(person)
    later(60 * 24 * 3)
    answer = browser().post(centre(person), form(person, know_how__email=True))
    assert "Topics that interest you" in text_of(answer)
    person.refresh_from_db()
    assert (person.in_marketing, person.returned_on) == (True, TODAY + timedelta(days=3))
    assert (person.left_marketing_on, person.collected_on) == (TODAY, TODAY)
    assert allowed(person, "know_how") and not allowed(person)
    assert DueDate.objects.get(contact=person).register == "both"
    assert AuditEvent.objects.get(action="joined marketing").actor_kind == "subject"


def test_after_coming_back_nothing_at_all_works_again() -> None:
    person = anna()
    refuse_everything(person)
    later(10)
    choose(person, know_how__email=True)
    assert allowed(person, "know_how")
    later(20)
    refuse_everything(person)
    person.refresh_from_db()
    assert not person.in_marketing and not any(boxes(person).values())
    assert Objection.objects.count() == 2


# Whoever is not here any more ---------------------------------------------------------------------------------------------


def test_an_erased_person_can_still_refuse_and_the_address_is_remembered_by_its_digest() -> None:
    person = gone(anna())
    assert not SuppressionEntry.objects.exists()
    for _again in range(3):
        text = text_of(browser().post(centre(person), {"nothing": "1"}))
        assert "From now on we use this address for no advertising" in text
    entry, objection = SuppressionEntry.objects.get(), Objection.objects.get()
    assert (entry.digest, entry.authority, entry.purpose) == (keys.digest("anna@example.org"), Authority.PERSON, "")
    assert (objection.contact, objection.digest) == (None, entry.digest)
    assert suppression.is_suppressed("anna@example.org")


def test_whoever_was_collected_anew_with_the_address_of_an_old_link_opts_out_with_it() -> None:
    person = gone(anna())
    again = anna()
    consented(again)
    assert allowed(again)
    browser().post(centre(person), {"nothing": "1"})
    assert not allowed(again)
    again.refresh_from_db()
    assert not again.in_marketing
    assert Objection.objects.get().contact == again


@pytest.mark.parametrize("page", [centre, leaving])
def test_so_does_whoever_the_address_of_an_old_link_leads_to_by_a_merge(page: Callable[[Contact], str]) -> None:
    """S42: the record collected anew was merged, and its address is nobody's present one."""
    address = page(gone(anna()))
    other = anna(email="other@example.org")
    merge(other.pk, anna().pk, actor=Actor.command(), at=NOW)
    other.refresh_from_db()
    assert other.email == "other@example.org"
    consented(other)
    assert allowed(other)
    later()
    browser().post(address, {"nothing": "1", "everything": "1"})
    assert not allowed(other)
    assert suppression.is_suppressed("other@example.org") and suppression.is_suppressed("anna@example.org")
    other.refresh_from_db()
    assert not other.in_marketing
    assert Objection.objects.get().contact == other


def test_an_old_link_opens_nothing_once_the_address_has_changed_but_opts_out_the_person_and_the_old_address() -> None:
    person = anna()
    address = centre(person)
    consented(person)
    person.email = "new@example.org"
    person.save()
    assert browser().get(address).status_code == 404
    before = everything()
    assert browser().post(address, {"seen": "marketing:email:off", "want": "marketing:email"}).status_code == 404
    assert everything() == before
    assert allowed(person)
    assert browser().post(address, {"nothing": "1"}).status_code == 200
    assert not allowed(person)
    assert suppression.is_suppressed("new@example.org") and suppression.is_suppressed("anna@example.org")


def test_an_objection_by_telephone_counts_and_the_link_adds_nothing_to_it() -> None:
    person = anna()
    objections.to_marketing(person.pk, NOW, method="phone", actor=Actor.command())
    before = everything()
    browser().post(centre(person), {"nothing": "1"})
    assert everything() == before
