"""The preference centre: what is on and off, and that each change is an act with its evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from config.models import AuditEvent
from consent import notices, suppression
from consent.catalogue import TOPICS
from consent.models import (
    Assessment,
    Consent,
    InterestProfile,
    LegalBasis,
    Notice,
    Objection,
    PolicyVersion,
    Purpose,
    Restriction,
    SuppressionEntry,
)
from consent.models.purposes import Basis
from consent.models.suppression import Authority, Identifier, SuppressionReason
from consent.permission import Bar, may_use
from consent.wording import CHANNELS, MEANINGS
from contacts.models import Collection, Contact, Engagement, Source
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
    later,
    mailbox,
)
from tests.staff import customer, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]


def weigh(purpose: str) -> None:
    """Approve an assessment of interests for a purpose, in both registers."""
    for basis in LegalBasis.objects.filter(purpose__code=purpose):
        Assessment.objects.create(basis=basis, approved_at=NOW - timedelta(days=9), review_on=TODAY.replace(year=2027))


# What is shown ----------------------------------------------------------------------------------------------------------


def test_a_prospect_is_asked_about_the_purposes_of_the_marketing_register_over_the_channels_they_have() -> None:
    shown = boxes(anna())
    assert {box.partition(":")[0] for box in shown} == {
        *("service_information", "surveys", "marketing", "personalised_marketing", "know_how"),
        *("website_activity", "profiling"),
    }
    assert {box.partition(":")[2] for box in shown} == {"email", ""}
    assert "marketing:phone" in boxes(anna(email="", phone="+358401234567"))
    assert "marketing:post" in boxes(anna(email="", street="Mannerheimintie 1", city="Helsinki"))


def test_a_customer_is_asked_about_the_purposes_for_customers_too() -> None:
    shown = boxes(anna(at=customer()))
    assert {"renewals:email", "offers:email", "feedback:email"} <= shown.keys()
    assert not {"orders:email", "support:email", "payments:email"} & shown.keys()


def test_a_purpose_that_is_not_in_use_is_not_shown() -> None:
    person = anna()
    assert "surveys:email" in boxes(person)
    Purpose.objects.filter(code="surveys").update(is_active=False)
    assert "surveys:email" not in boxes(person)


def test_a_box_is_on_when_we_may_write_on_whatever_ground() -> None:
    person = anna(phone="+358401234567", street="Weg 1", city="Bonn", job_function="IT", country="DE")
    assert not any(boxes(person).values())
    weigh("marketing")
    consented(person, "know_how")
    assert {box for box, on in boxes(person).items() if on} == {
        "marketing:phone",
        "marketing:post",
        "know_how:email",
    }


def test_every_purpose_that_is_shown_is_explained_in_every_language() -> None:
    shown = {box.partition(":")[0] for box in boxes(anna(at=customer()))}
    assert shown == set(MEANINGS)
    for language in dict(settings.LANGUAGES):
        with translation.override(language):
            assert len({str(text) for text in MEANINGS.values()}) == len(MEANINGS)
    names = Purpose.objects.filter(code__in=shown)
    for texts in (MEANINGS.values(), CHANNELS.values(), names):
        for text in texts:
            words = set()
            for language in dict(settings.LANGUAGES):
                with translation.override(language):
                    words.add(str(text))
            assert len(words) == len(settings.LANGUAGES), words


@pytest.mark.parametrize(
    ("language", "title", "term"),
    [
        ("en", "Your preferences", "Messages that a service needs go on"),
        ("de", "Ihre Einstellungen", "Nachrichten, die für einen Service nötig sind, erhalten Sie weiterhin"),
        ("fi", "Asetuksenne", "Palvelun edellyttämät viestit tulevat edelleen"),
        ("sv", "Your preferences", "Messages that a service needs go on"),
        ("", "Your preferences", "Messages that a service needs go on"),
    ],
)
def test_the_page_speaks_the_language_of_the_contact(language: str, title: str, term: str) -> None:
    answer = browser().get(centre(anna(language=language)))
    text = text_of(answer)
    spoken = language if language in dict(settings.LANGUAGES) else "en"
    assert answer.headers["Content-Language"] == spoken
    assert f'<html lang="{spoken}">' in answer.content.decode()
    assert title in text and term in text


def test_the_page_says_what_is_held_where_and_until_when() -> None:
    person = anna(topics=["Training"])
    text = text_of(browser().get(centre(person)))
    assert "Name and form of address Contact details Topics of interest Where In our marketing register" in text
    assert "Until 23 Nov 2028, as things stand" in text
    assert "Interest profile" not in text.partition("What we hold about you")[2]
    InterestProfile.objects.create(contact=person, score=5, computed_at=NOW)
    assert "Interest profile" in text_of(browser().get(centre(person))).partition("What we hold about you")[2]


def test_under_a_restriction_the_page_says_that_nothing_is_used_and_names_no_day_that_is_over() -> None:
    person = anna()
    assert "restricted at present" not in text_of(browser().get(centre(person)))
    Contact.objects.filter(pk=person.pk).update(collected_on=TODAY.replace(year=2023), last_engaged_on=None)
    Restriction.objects.create(contact=person, ground="d", since_at=NOW - timedelta(days=1))
    text = text_of(browser().get(centre(person)))
    assert "restricted at present: we store it and do not use it" in text
    assert "is what we may use now" not in text
    assert "It goes as soon as nothing keeps it any more" in text and "as things stand" not in text


@pytest.mark.parametrize(
    ("in_marketing", "is_customer", "where", "until"),
    [
        (True, True, "In our marketing register and in our register of customers and partners", "As long as the rel"),
        (False, True, "In our register of customers and partners", "As long as the relationship"),
        (False, False, "In no register any more", "Until the coming night"),
    ],
)
def test_the_registers_decide_until_when(in_marketing: bool, is_customer: bool, where: str, until: str) -> None:
    person = anna(in_marketing=in_marketing, at=customer() if is_customer else None)
    assert f"Where {where} Until when {until}" in text_of(browser().get(centre(person)))


def test_the_page_says_how_to_use_ones_rights() -> None:
    page = browser().get(centre(anna())).content.decode()
    for address in (
        *("https://f-secure.com/support", "https://f-secure.com/corporate-support", "https://tietosuoja.fi"),
        "mailto:privacy-office@f-secure.com",
    ):
        assert f'href="{address}"' in page


def test_a_page_asks_once_for_each_channel_and_not_for_each_box(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    person = anna(phone="+358401234567", street="Weg 1", city="Bonn", at=customer())
    browser().get(centre(person))
    assert len(boxes(person)) > 20
    with django_assert_max_num_queries(30):
        browser().get(centre(person))


# Choosing ---------------------------------------------------------------------------------------------------------------


def test_a_tick_is_a_consent_told_us_by_the_person() -> None:
    person = anna(last_engaged_on=None)
    assert not allowed(person)
    answer = choose(person, marketing__email=True)
    assert "Saved." in text_of(answer)
    event = Consent.objects.get()
    assert (event.contact, event.purpose, event.channel) == (person, "marketing", "email")
    assert (event.state, event.by_subject, event.digest) == ("ConsentGiven", True, person.email_digest)
    assert allowed(person) and not allowed(person, "know_how")
    person.refresh_from_db()
    assert person.last_engaged_on == TODAY
    assert Engagement.objects.get().kind == "consent"
    audit = AuditEvent.objects.get(action="consent given")
    assert (audit.actor_kind, audit.actor_id, audit.fields) == ("subject", None, ["consents"])


def test_a_tick_taken_away_is_an_objection_and_a_withdrawal() -> None:
    person = anna()
    consented(person)
    assert allowed(person)
    choose(person, marketing__email=False)
    assert not allowed(person)
    objection = Objection.objects.get()
    assert (objection.contact, objection.purpose, objection.channel) == (person, "marketing", "")
    assert (objection.ground, objection.method) == ("marketing", "preference centre")
    assert Consent.objects.first().state == "ConsentWithdrawn"  # type: ignore[union-attr]
    entry = SuppressionEntry.objects.get()
    assert (entry.digest, entry.purpose, entry.authority) == (person.email_digest, "marketing", Authority.PERSON)
    person.refresh_from_db()
    assert person.in_marketing


def test_of_several_channels_only_the_one_taken_away_ends() -> None:
    person = anna(phone="+358401234567")
    consented(person)
    consented(person, channel="phone", at=NOW + timedelta(seconds=1))
    choose(person, marketing__phone=False)
    assert allowed(person) and not allowed(person, channel="phone")
    assert Objection.objects.get().channel == "phone"


def test_one_purpose_says_nothing_about_another() -> None:
    person = anna()
    consented(person)
    consented(person, "know_how", at=NOW + timedelta(seconds=1))
    choose(person, know_how__email=False)
    assert allowed(person) and not allowed(person, "know_how")


def test_what_rests_on_consent_without_being_advertising_is_withdrawn_without_an_objection() -> None:
    person = anna()
    choose(person, website_activity__=True)
    assert boxes(person)["website_activity:"]
    later(5)
    choose(person, website_activity__=False)
    assert [event.state for event in Consent.objects.all()] == ["ConsentWithdrawn", "ConsentGiven"]
    assert not Objection.objects.exists()


def test_the_last_tick_taken_away_withdraws_a_consent_that_is_about_a_channel() -> None:
    LegalBasis.objects.filter(purpose__code="requested_services").update(basis=Basis.CONSENT)
    person = anna()
    choose(person, requested_services__email=True)
    assert allowed(person, "requested_services")
    choose(person, requested_services__email=False)
    assert not allowed(person, "requested_services")
    assert not boxes(person)["requested_services:email"]
    assert not Objection.objects.exists()


def test_refusing_the_profile_deletes_it() -> None:
    person = anna()
    consented(person, "profiling", "")
    InterestProfile.objects.create(contact=person, score=5, computed_at=NOW)
    choose(person, profiling__=False)
    assert not InterestProfile.objects.exists()


def test_a_consent_after_a_withdrawal_is_a_renewed_one_and_lifts_the_objection() -> None:
    person = anna()
    consented(person)
    choose(person, marketing__email=False)
    later(5)
    choose(person, marketing__email=True)
    assert Consent.objects.first().state == "RenewedConsentGiven"  # type: ignore[union-attr]
    assert allowed(person)
    assert Objection.objects.exists() and SuppressionEntry.objects.exists()  # evidence stays


def test_the_same_form_again_and_again_is_one_event() -> None:
    person = anna()
    consented(person, "know_how")
    sent = form(person, marketing__email=True, know_how__email=False)
    browser().post(centre(person), sent)
    once = everything()
    assert (Consent.objects.count(), Objection.objects.count()) == (3, 1)
    for _again in range(5):
        later()
        assert browser().post(centre(person), sent).status_code == 200
    assert everything() == once


def test_a_form_sent_as_it_was_shown_changes_nothing() -> None:
    person = anna(topics=["Training"])
    consented(person)
    sent = {**form(person), "offered": ["Training", "Cloud security"], "topic": ["Training"]}
    before = everything()
    browser().post(centre(person), sent)
    assert everything() == before


def test_an_old_page_brings_back_no_old_state() -> None:
    person = anna(topics=[])
    consented(person)
    old = form(person, know_how__email=True)  # marketing stands ticked on it
    choose(person, marketing__email=False)
    browser().post(centre(person), old)
    assert not boxes(person)["marketing:email"]
    assert boxes(person)["know_how:email"]


@pytest.mark.parametrize("seen", ["", ":", "marketing", "marketing:email", "marketing:email:perhaps", "::::", "x:y:on"])
def test_a_form_that_nobody_was_shown_does_nothing_it_should_not(seen: str) -> None:
    person = anna()
    consented(person)
    before = everything()
    wanted = ["marketing:email"] if seen.startswith("marketing") else ["orders:email", "nonsense"]
    assert browser().post(centre(person), {"seen": seen, "want": wanted}).status_code == 200
    assert everything() == before


def test_a_purpose_that_is_not_offered_cannot_be_chosen() -> None:
    person = anna()
    before = everything()
    browser().post(centre(person), {"seen": ["renewals:email:off", "orders:email:off"], "want": "renewals:email"})
    assert everything() == before


def test_the_wish_of_a_whole_domain_is_not_lifted_by_one_person_who_is_told_so() -> None:
    person = anna()
    suppression.add("example.org", SuppressionReason.OBJECTION, Authority.PERSON, NOW, identifier=Identifier.DOMAIN)
    answer = choose(person, marketing__email=True)
    assert "your organisation has asked us not to send advertising" in text_of(answer)
    assert not allowed(person)


def test_somebody_whose_data_is_restricted_may_still_object_and_consent() -> None:
    person = anna()
    Restriction.objects.create(contact=person, ground="a", since_at=NOW - timedelta(days=1))
    choose(person, marketing__email=True)
    assert may_use(person.pk, "marketing", "email", timezone.now()).bars[0] is Bar.RESTRICTED
    assert boxes(person)["marketing:email"]


# Informed on the page -------------------------------------------------------------------------------------------------


def owes(person: Contact) -> bool:
    return notices.owed().filter(pk=person.pk).exists()


def test_whoever_consents_on_the_page_was_informed_there_and_gets_what_they_asked_for() -> None:
    person = anna()
    browser().get(centre(person))
    assert owes(person), "looking is not enough"
    choose(person, marketing__email=True)
    assert may_use(person.pk, "marketing", "email", timezone.now()).allowed
    notice = Notice.objects.get()
    assert (notice.policy, notice.method, notice.given_at) == (
        PolicyVersion.objects.get(),
        "preference centre",
        NOW + timedelta(minutes=1),
    )
    choose(person, know_how__email=True)
    assert Notice.objects.get() == notice


def test_whoever_changes_something_else_on_the_page_was_informed_too() -> None:
    first, second, third = (
        anna(),
        anna(email="b@example.org", job_function="IT", phone="1"),
        anna(email="c@example.org"),
    )
    topics(first, "Training")
    weigh("marketing")
    choose(second, marketing__phone=False)
    browser().post(centre(third), form(third))
    assert [owes(one) for one in (first, second, third)] == [False, False, True]


# Topics -----------------------------------------------------------------------------------------------------------------


def topics(person: Contact, *chosen: str) -> Any:
    offered = [*person.topics, *TOPICS]
    return browser().post(centre(person), {"offered": offered, "topic": list(chosen)})


def test_topics_are_saved_with_the_persons_own_provenance() -> None:
    person = anna(topics=["cloud"])
    text = text_of(topics(person, "Training", "cloud"))
    assert "Saved." in text
    person.refresh_from_db()
    assert person.topics == ["cloud", "Training"]
    collection = Collection.objects.get()
    assert (collection.supplied_by_subject, collection.fields, collection.collected_on) == (True, ["topics"], TODAY)
    assert (collection.source.code, collection.source.kind) == ("preference-centre", "form")
    assert AuditEvent.objects.get(action="changed").fields == ["topics"]


def test_topics_sent_again_are_not_collected_again() -> None:
    person = anna(topics=["cloud"])
    for _again in range(3):
        topics(person, "Training")
    person.refresh_from_db()
    assert person.topics == ["Training"]
    assert Collection.objects.count() == Source.objects.count() == 1


def test_only_offered_topics_are_taken() -> None:
    person = anna()
    browser().post(centre(person), {"offered": ["<b>Mine</b>"], "topic": ["<b>Mine</b>"]})
    person.refresh_from_db()
    assert person.topics == []


def test_outside_the_marketing_register_there_are_no_topics() -> None:
    person = anna(in_marketing=False, at=customer())
    assert "Topics that interest you" not in text_of(browser().get(centre(person)))
    topics(person, "Training")
    person.refresh_from_db()
    assert person.topics == []
