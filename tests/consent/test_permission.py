"""May we? Each bar of the permission rule on both sides of its boundary (domain sections 4, 7, 9 and 10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from consent.models.consents import ConsentState
from consent.models.suppression import Identifier
from consent.permission import SENTENCES, Bar, may_use, permitted, weighed
from contacts.models import Contact
from tests.consent.conftest import DAY, NOW
from tests.consent.permission_cast import (
    PHONE,
    POST,
    ask,
    assessed,
    balanced,
    bars,
    consents,
    ground,
    informed,
    listed,
    objects,
    prospect,
    restricts,
    retired,
    works_for,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def anna() -> Contact:
    """Somebody who consented to adverts by e-mail ten days ago, and whom nothing bars."""
    person = prospect()
    consents(person)
    assert ask(person).allowed
    return person


def test_nobody_stands_in_the_way_of_somebody_who_consented(anna: Contact) -> None:
    answer = ask(anna)
    assert (answer.ground, answer.bars, answer.reasons) == ("consent", (), [])


def test_every_bar_has_a_sentence_and_a_clause() -> None:
    assert set(SENTENCES) == set(Bar)
    assert all(clause and str(sentence) for clause, sentence in SENTENCES.values())


def test_a_list_is_one_statement_and_so_is_one_answer(anna: Contact) -> None:
    prospect("bob@example.org")
    with CaptureQueriesContext(connection) as queries:
        rows = list(weighed("marketing", "email", NOW))
    assert (len(rows), len(queries)) == (2, 1)
    with CaptureQueriesContext(connection) as queries:
        assert [person.pk for person in permitted("marketing", "email", NOW)] == [anna.pk]
    assert len(queries) == 1
    with CaptureQueriesContext(connection) as queries:
        may_use(anna.pk, "marketing", "email", NOW)
    assert len(queries) == 1


def test_somebody_erased_has_no_answer(anna: Contact) -> None:
    other = prospect("bob@example.org", told=False)
    key = other.pk
    other.delete()
    with pytest.raises(Contact.DoesNotExist):
        may_use(key, "marketing", "email", NOW)


def test_an_unknown_channel_is_a_mistake_of_the_caller(anna: Contact) -> None:
    with pytest.raises(ValueError, match="fax"):
        may_use(anna.pk, "marketing", "fax", NOW)


# Restricted ---------------------------------------------------------------------------------------------------------


def test_a_restriction_stops_every_purpose_from_its_moment_until_it_is_lifted(anna: Contact) -> None:
    works_for(anna)
    assessed("support")
    assert ask(anna).allowed and ask(anna, "support").allowed
    restricts(anna, since=NOW - 2 * DAY, until=NOW + DAY)
    assert bars(anna) == bars(anna, "support") == {Bar.RESTRICTED}
    assert bars(anna, at=NOW - 2 * DAY) == {Bar.RESTRICTED}
    assert ask(anna, at=NOW - 2 * DAY - SECOND).allowed
    assert bars(anna, at=NOW + DAY - SECOND) == {Bar.RESTRICTED}
    assert ask(anna, at=NOW + DAY).allowed


def test_of_several_restrictions_the_last_one_counts(anna: Contact) -> None:
    restricts(anna, until=NOW - SECOND)
    assert ask(anna).allowed
    restricts(anna)
    assert bars(anna) == {Bar.RESTRICTED}


# Suppressed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [
        ({}, True),
        ({"purpose": "marketing"}, True),
        ({"channel": "email"}, True),
        ({"purpose": "marketing", "channel": "email"}, True),
        ({"purpose": "know_how"}, False),
        ({"channel": "phone"}, False),
        ({"purpose": "marketing", "channel": "phone"}, False),
    ],
)
def test_an_entry_stops_the_purposes_and_channels_it_names(anna: Contact, scope: dict[str, Any], stopped: bool) -> None:
    listed("anna@example.org", **scope)
    assert bars(anna) == ({Bar.SUPPRESSED} if stopped else set())


def test_the_entry_of_somebody_else_stops_nobody(anna: Contact) -> None:
    listed("bob@example.org")
    assert ask(anna).allowed


def test_an_entry_counts_from_its_moment_on(anna: Contact) -> None:
    listed("anna@example.org", NOW - DAY)
    assert ask(anna, at=NOW - DAY - SECOND).allowed
    assert bars(anna, at=NOW - DAY) == {Bar.SUPPRESSED}


def test_a_number_and_a_domain_are_recognised_too(anna: Contact) -> None:
    consents(anna, channel=PHONE)
    assert ask(anna, channel=PHONE).allowed
    listed("+4930123456", identifier=Identifier.PHONE, channel=PHONE)
    assert bars(anna, channel=PHONE) == {Bar.SUPPRESSED}
    assert ask(anna).allowed
    listed("example.org", identifier=Identifier.DOMAIN)
    assert bars(anna) == {Bar.SUPPRESSED}


def test_contacts_without_an_address_do_not_share_an_entry() -> None:
    nameless = prospect("", phone="")
    consents(nameless, channel=POST)
    listed("", NOW - 5 * DAY)
    assert ask(nameless, channel=POST).allowed


def test_a_marketing_opt_out_does_not_stop_service_messages(anna: Contact) -> None:
    works_for(anna)
    assessed("support")
    listed("anna@example.org")
    listed("example.org", identifier=Identifier.DOMAIN)
    objects(anna)
    assert bars(anna) == {Bar.SUPPRESSED, Bar.OBJECTED}
    assert ask(anna, "support").allowed


# A later consent of one's own -----------------------------------------------------------------------------------------


@pytest.fixture
def opted_out() -> Contact:
    """Somebody who objected to everything five days ago, and is a customer's employee all the same."""
    person = prospect()
    works_for(person)
    objects(person)
    listed("anna@example.org")
    listed("+4930123456", identifier=Identifier.PHONE)
    assert bars(person) >= {Bar.SUPPRESSED, Bar.OBJECTED}
    return person


def test_a_later_consent_of_the_persons_own_lifts_its_purpose_and_channel_and_no_other(opted_out: Contact) -> None:
    consents(opted_out, at=NOW - DAY)
    assert ask(opted_out).allowed
    for purpose, channel in (("marketing", PHONE), ("marketing", POST), ("know_how", "email")):
        assert bars(opted_out, purpose, channel) >= {Bar.SUPPRESSED, Bar.OBJECTED}


@pytest.mark.parametrize(("later", "lifted"), [(-SECOND, False), (timedelta(), False), (SECOND, True)])
def test_a_consent_of_the_same_moment_lifts_nothing(opted_out: Contact, later: timedelta, lifted: bool) -> None:
    consents(opted_out, at=NOW - 5 * DAY + later)
    assert ask(opted_out).allowed is lifted


def test_a_consent_that_staff_or_an_import_wrote_lifts_nothing(opted_out: Contact) -> None:
    consents(opted_out, at=NOW - DAY, by_subject=False, method="import", text="I agree")
    answer = ask(opted_out)
    assert answer.ground == "consent"
    assert set(answer.bars) == {Bar.SUPPRESSED, Bar.OBJECTED}


def test_an_import_that_repeats_a_consent_does_not_undo_the_persons_own(opted_out: Contact) -> None:
    consents(opted_out, at=NOW - 2 * DAY)
    consents(opted_out, at=NOW - DAY, by_subject=False, method="import")
    assert ask(opted_out).allowed


def test_an_import_does_not_revive_a_consent_that_was_withdrawn(opted_out: Contact) -> None:
    consents(opted_out, at=NOW - 3 * DAY)
    consents(opted_out, ConsentState.WITHDRAWN, NOW - 2 * DAY)
    consents(opted_out, at=NOW - DAY, by_subject=False, method="import")
    assert bars(opted_out) == {Bar.SUPPRESSED, Bar.OBJECTED}


def test_a_consent_that_was_withdrawn_again_lifts_nothing(opted_out: Contact) -> None:
    consents(opted_out, at=NOW - 2 * DAY)
    assert ask(opted_out).allowed
    consents(opted_out, ConsentState.WITHDRAWN, NOW - DAY)
    assert bars(opted_out) >= {Bar.SUPPRESSED, Bar.OBJECTED, Bar.NO_GROUND}


def test_a_consent_does_not_lift_the_wish_of_the_employer(opted_out: Contact) -> None:
    listed("example.org", identifier=Identifier.DOMAIN)
    consents(opted_out, at=NOW - DAY)
    assert bars(opted_out) == {Bar.SUPPRESSED}


# Objected -----------------------------------------------------------------------------------------------------------


def test_an_objection_counts_from_its_moment_on(anna: Contact) -> None:
    objects(anna, NOW)
    assert ask(anna, at=NOW - SECOND).allowed
    assert bars(anna, at=NOW) == {Bar.OBJECTED}


@pytest.mark.parametrize(
    ("scope", "stopped"),
    [({}, True), ({"purpose": "marketing"}, True), ({"channel": "email"}, True), ({"purpose": "know_how"}, False),
     ({"channel": "phone"}, False)],
)  # fmt: skip
def test_an_objection_stops_what_it_names(anna: Contact, scope: dict[str, Any], stopped: bool) -> None:
    objects(anna, **scope)
    assert bars(anna) == ({Bar.OBJECTED} if stopped else set())


def test_an_objection_to_one_channel_leaves_work_behind_the_scenes_alone(anna: Contact) -> None:
    consents(anna, purpose="profiling", channel="")
    assert ask(anna, "profiling", "").allowed
    objects(anna, channel="email")
    assert ask(anna, "profiling", "").allowed
    objects(anna, purpose="profiling")
    assert bars(anna, "profiling", "") == {Bar.OBJECTED}


def test_an_objection_on_own_grounds_reaches_interests_and_not_a_consent(anna: Contact) -> None:
    works_for(anna)
    assessed("support")
    assert ask(anna, "support").ground == "legitimate_interest"
    objects(anna, ground="own_situation")
    assert bars(anna, "support") == {Bar.OBJECTED}
    assert ask(anna).allowed


@pytest.mark.parametrize(("result", "allowed"), [("overridden", True), ("upheld", False)])
def test_the_balancing_decides_from_its_moment_on(anna: Contact, result: str, allowed: bool) -> None:
    works_for(anna)
    assessed("support")
    balanced(objects(anna, ground="own_situation"), result, NOW - DAY)
    assert bars(anna, "support", at=NOW - DAY - SECOND) == {Bar.OBJECTED}
    assert ask(anna, "support", at=NOW - DAY).allowed is allowed


def test_one_balancing_does_not_settle_another_objection(anna: Contact) -> None:
    works_for(anna)
    assessed("support")
    balanced(objects(anna, ground="own_situation"), "overridden")
    assert ask(anna, "support").allowed
    objects(anna, ground="own_situation", purpose="support")
    assert bars(anna, "support") == {Bar.OBJECTED}


# The other bars -------------------------------------------------------------------------------------------------------


def test_an_address_that_was_not_compared_under_the_newest_key_is_left_alone(
    anna: Contact, rotate: Callable[[], None]
) -> None:
    works_for(anna)
    assessed("support")
    rotate()
    assert bars(anna) == {Bar.UNCHECKED}
    assert ask(anna, "support").allowed
    anna.save()
    assert ask(anna).allowed


def test_somebody_without_address_and_number_needs_no_comparison(rotate: Callable[[], None]) -> None:
    nameless = prospect("", phone="")
    consents(nameless, channel=POST)
    rotate()
    assert ask(nameless, channel=POST).allowed


def test_a_purpose_that_is_not_in_use_permits_nothing(anna: Contact) -> None:
    retired("marketing")
    assert bars(anna) == {Bar.INACTIVE}


def test_a_message_takes_only_the_channels_of_its_purpose(anna: Contact) -> None:
    works_for(anna)
    assessed("payments")
    assert ask(anna, "payments").allowed and ask(anna, "payments", POST).allowed
    assert bars(anna, "payments", PHONE) == {Bar.INACTIVE}


def test_an_unknown_purpose_permits_nothing_whatever_was_consented_to(anna: Contact) -> None:
    consents(anna, purpose="world_domination")
    answer = ask(anna, "world_domination")
    assert set(answer.bars) == {Bar.INACTIVE, Bar.NOT_IN_REGISTER}


def test_a_purpose_needs_somebody_in_one_of_its_registers(anna: Contact) -> None:
    Contact.objects.filter(pk=anna.pk).update(in_marketing=False)
    assert bars(anna) == {Bar.NOT_IN_REGISTER}
    works_for(anna)
    assert ask(anna).allowed


def test_a_purpose_of_the_customer_register_needs_a_living_agreement(anna: Contact) -> None:
    consents(anna, purpose="offers")
    assert bars(anna, "offers") == {Bar.NOT_IN_REGISTER}
    works_for(anna, ends_on=NOW.date())
    assert ask(anna, "offers").allowed
    assert bars(anna, "offers", at=NOW + DAY) == {Bar.NOT_IN_REGISTER}


def test_nobody_gets_adverts_before_being_informed_unless_the_message_informs() -> None:
    person = prospect(told=False)
    works_for(person)
    consents(person)
    assessed("support")
    assert bars(person) == {Bar.NOTICE_OWED}
    assert ask(person, carries_notice=True).allowed
    assert ask(person, "support").allowed
    informed(person, NOW)
    assert ask(person).allowed
    assert bars(person, at=NOW - SECOND) == {Bar.NOTICE_OWED}


@pytest.mark.parametrize(
    ("channel", "missing"),
    [("email", {"email": ""}), (PHONE, {"phone": ""}), (POST, {"street": ""}), (POST, {"city": ""})],
)
def test_a_channel_needs_an_address(channel: str, missing: dict[str, str]) -> None:
    person = prospect()
    consents(person, channel=channel)
    assert ask(person, channel=channel).allowed
    for name, value in missing.items():
        setattr(person, name, value)
    person.save()
    assert bars(person, channel=channel) == {Bar.UNREACHABLE}


def test_an_address_that_bounced_is_unreachable_for_every_purpose_and_no_other_channel(anna: Contact) -> None:
    works_for(anna)
    assessed("support")
    consents(anna, channel=PHONE)
    listed("anna@example.org", NOW, bounced=True, channel="email")
    assert bars(anna) == bars(anna, "support") == {Bar.UNREACHABLE}
    assert ask(anna, at=NOW - SECOND).allowed
    assert ask(anna, channel=PHONE).allowed and ask(anna, "support", PHONE).allowed
    assert ask(anna, "profiling", "").bars == (Bar.NO_GROUND,)


def test_a_bounced_address_lives_again_when_the_person_consents_from_it(anna: Contact) -> None:
    listed("anna@example.org", NOW - 5 * DAY, bounced=True, channel="email")
    assert bars(anna) == {Bar.UNREACHABLE}
    consents(anna, ConsentState.RENEWED, NOW - DAY)
    assert ask(anna).allowed


def test_the_key_that_is_newest_is_asked_for_when_the_question_is_put(anna: Contact, settings: Settings) -> None:
    settings.HMAC_KEYS = {7: b"a-seventh-digest-key-0123456789-abcdefghij", **settings.HMAC_KEYS}
    assert bars(anna) == {Bar.UNCHECKED}


# The consent in force -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(ConsentState))
def test_only_a_consent_given_or_renewed_is_a_ground(state: ConsentState) -> None:
    person = prospect()
    consents(person, state)
    usable = state in (ConsentState.GIVEN, ConsentState.RENEWED)
    assert ground(person) == ("consent" if usable else "")


def test_the_last_event_is_in_force_at_every_moment(anna: Contact) -> None:
    consents(anna, ConsentState.WITHDRAWN, NOW - 4 * DAY)
    consents(anna, ConsentState.RENEWED, NOW - 2 * DAY)
    moments = {-11: "", -10: "consent", -4: "", -3: "", -2: "consent", 0: "consent"}
    assert {days: ground(anna, at=NOW + days * DAY) for days in moments} == moments


def test_what_was_recorded_later_was_not_known_before() -> None:
    person = prospect()
    consents(person, at=NOW - 10 * DAY, recorded_at=NOW - DAY)
    assert ground(person, at=NOW - 2 * DAY) == ""
    assert ground(person, at=NOW - DAY) == "consent"


@pytest.mark.parametrize("refusal", [ConsentState.WITHDRAWN, ConsentState.REFUSED, ConsentState.REVOKED])
@pytest.mark.parametrize("refusal_first", [True, False])
def test_on_a_tie_the_withdrawal_wins(refusal: ConsentState, refusal_first: bool) -> None:
    person = prospect()
    for state in (refusal, ConsentState.GIVEN) if refusal_first else (ConsentState.GIVEN, refusal):
        consents(person, state, NOW - DAY)
    assert ground(person) == ""
    consents(person, ConsentState.GIVEN, NOW - DAY + SECOND)
    assert ground(person) == "consent"


def test_of_two_events_of_one_moment_the_one_recorded_later_counts() -> None:
    person = prospect()
    consents(person, ConsentState.WITHDRAWN, NOW - 2 * DAY, recorded_at=NOW - 2 * DAY)
    assert ground(person) == ""
    consents(person, ConsentState.GIVEN, NOW - 2 * DAY, recorded_at=NOW - DAY)
    assert ground(person) == "consent"


def test_a_consent_is_for_one_purpose_and_one_channel(anna: Contact) -> None:
    assert ground(anna) == "consent"
    assert ground(anna, "know_how") == "" and ground(anna, "marketing", PHONE) == ""
