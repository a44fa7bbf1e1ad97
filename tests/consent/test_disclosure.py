"""The gate: each bar alone, both sides of each boundary, and the same answer from the list, the filter and the page."""

from __future__ import annotations

import pytest

from consent.disclosure import SENTENCES, Bar, Proposal
from consent.models import Purpose, Recipient, RecipientPurpose
from contacts.models import Affiliation
from tests.consent.disclosure_cast import (
    NAMES,
    ORDERS,
    REQUESTED,
    bars,
    buyer,
    by_exception,
    exception,
    negotiates,
    proposal,
    purpose,
    recipient,
    safeguard,
)
from tests.consent.permission_cast import objects, restricts
from tests.staff import DAY, NOW, TODAY, contact

pytestmark = pytest.mark.django_db


def test_a_customers_contact_goes_to_the_partner_of_the_region() -> None:
    assert bars(buyer(), proposal(recipient())) == set()


def test_every_bar_names_its_clause_and_says_why() -> None:
    assert set(SENTENCES) == set(Bar)
    assert all(clause and sentence for clause, sentence in SENTENCES.values())


def test_a_proposal_has_a_purpose_or_an_exception() -> None:
    one = recipient()
    with pytest.raises(ValueError, match="not both"):
        Proposal(one, NAMES)
    with pytest.raises(ValueError, match="not both"):
        Proposal(one, NAMES, purpose=purpose(), exception=exception(one))


def test_a_profile_stays_in_the_group() -> None:
    one = buyer()
    Purpose.objects.filter(code=ORDERS).update(categories=["identity", "address", "activity"])
    for kind in ("channel_partner", "processor", "analytics"):
        assert bars(one, proposal(recipient(kind), ("email", "interest_score"))) == {Bar.PROFILE}
    assert bars(one, proposal(recipient("subsidiary"), ("email", "interest_score"))) == set()


def test_interests_go_to_a_reseller_only_while_negotiating() -> None:
    one = buyer()
    partner = recipient("channel_partner", REQUESTED)
    plan = proposal(partner, ("email", "topics"), REQUESTED)
    assert bars(one, plan) == {Bar.NO_NEGOTIATION}
    talks = negotiates(one, opened_on=TODAY + DAY)
    assert bars(one, plan) == {Bar.NO_NEGOTIATION}
    talks.opened_on = TODAY
    talks.save()
    assert bars(one, plan) == set()
    talks.closed_on = TODAY
    talks.save()
    assert bars(one, plan) == set()
    assert bars(one, plan, NOW + DAY) == {Bar.NO_NEGOTIATION}


def test_a_former_employers_negotiation_opens_nothing() -> None:
    one = buyer()
    negotiates(one)
    plan = proposal(recipient("channel_partner", REQUESTED), ("email", "topics"), REQUESTED)
    assert bars(one, plan) == set()
    Affiliation.objects.filter(contact=one).update(ended_on=TODAY - DAY)
    assert Bar.NO_NEGOTIATION in bars(one, plan)


def test_a_prospect_is_passed_on_only_while_negotiating() -> None:
    buyer()
    one = contact(email="prospect@example.org", job_function="IT")
    from tests.consent.reasons import told

    told(one, at=NOW - DAY)
    plan = proposal(recipient("channel_partner", REQUESTED), NAMES, REQUESTED)
    assert bars(one, plan) == {Bar.NO_NEGOTIATION}
    assert bars(one, proposal(recipient("processor", REQUESTED), NAMES, REQUESTED)) == set()


def test_interests_go_to_no_other_outsider() -> None:
    one = buyer()
    negotiates(one)
    for kind in ("payment", "credit_agency", "ad_network"):
        assert bars(one, proposal(recipient(kind, REQUESTED), ("topics",), REQUESTED)) == {Bar.INTEREST}


def test_an_objection_to_marketing_keeps_the_interests_back() -> None:
    one = buyer()
    negotiates(one)
    partner = recipient("channel_partner", REQUESTED)
    objects(one, NOW - DAY)
    assert bars(one, proposal(partner, ("email", "topics"), REQUESTED)) == {Bar.INTEREST_OBJECTED}
    assert bars(one, proposal(partner, ("email",), REQUESTED)) == set()


def test_a_partner_hears_of_its_region_only() -> None:
    partner = recipient(serves=["FI", "SE"])
    assert bars(buyer(country="SE"), proposal(partner)) == set()
    assert bars(buyer(country="DE"), proposal(partner)) == {Bar.WRONG_REGION}
    assert bars(buyer(country=""), proposal(partner)) == {Bar.WRONG_REGION}
    assert bars(buyer(), proposal(recipient(serves=[]))) == {Bar.WRONG_REGION}
    assert bars(buyer(country="DE"), proposal(recipient("payment", serves=[]))) == set()


def test_restricted_objecting_and_uninformed_people_stay() -> None:
    one = buyer()
    plan = proposal(recipient())
    restricts(one)
    assert bars(one, plan) == {Bar.RESTRICTED}
    two = buyer()
    objects(two, ground="own_situation")
    assert bars(two, plan) == {Bar.OBJECTED}
    three = buyer(informed=False)
    assert bars(three, plan) == {Bar.NOTICE_OWED}


def test_the_recipient_must_need_it_for_the_purpose() -> None:
    one, partner = buyer(), recipient()
    RecipientPurpose.objects.all().delete()
    assert bars(one, proposal(partner)) == {Bar.NOT_NEEDED}


def test_no_more_fields_than_the_purpose_needs() -> None:
    one, partner = buyer(), recipient()
    assert bars(one, proposal(partner, ("email", "job_title", "organisation"))) == set()
    assert bars(one, proposal(partner, ("email", "topics"))) == {Bar.TOO_MUCH, Bar.NO_NEGOTIATION}


def test_a_recipient_that_ended_or_has_no_contract_gets_nothing() -> None:
    one = buyer()
    partner = recipient(ended_on=TODAY + DAY)
    assert bars(one, proposal(partner)) == set()
    Recipient.objects.filter(pk=partner.pk).update(ended_on=TODAY)
    assert bars(one, proposal(partner)) == {Bar.ENDED}
    assert bars(one, proposal(recipient("processor", contract=""))) == {Bar.NO_CONTRACT}
    assert bars(one, proposal(recipient("subsidiary", contract=""))) == set()


def test_the_catalogue_never_serves_authorities() -> None:
    one = buyer()
    for kind in ("authority", "insurer", "acquirer"):
        assert bars(one, proposal(recipient(kind))) == {Bar.EXCEPTION_ONLY}


class TestTransfers:
    def test_outside_the_eea_a_tool_is_needed(self) -> None:
        one, partner = buyer(), recipient(country="IN")
        assert bars(one, proposal(partner)) == {Bar.NO_TOOL}
        tool = safeguard(partner)
        assert bars(one, proposal(partner)) == set()
        for change in (
            {"valid_from": TODAY + DAY},
            {"valid_until": TODAY - DAY},
            {"review_on": TODAY - DAY},
            {"module": 2},
            {"assessed_on": TODAY + DAY},
        ):
            good = {name: getattr(tool, name) for name in change}
            type(tool).objects.filter(pk=tool.pk).update(**change)
            assert bars(one, proposal(partner)) == {Bar.NO_TOOL}, change
            type(tool).objects.filter(pk=tool.pk).update(**good)
        assert bars(one, proposal(partner)) == set()

    def test_the_eea_is_more_than_the_european_union(self) -> None:
        for country in ("NO", "IS", "LI", "DE"):
            assert bars(buyer(), proposal(recipient(country=country))) == set()

    def test_an_adequate_country_needs_no_tool_while_the_decision_lasts(self) -> None:
        one, partner = buyer(), recipient(country="GB")
        assert bars(one, proposal(partner)) == set()
        from datetime import date

        from consent.transfers import protected

        assert "GB" in protected(date(2031, 12, 27))
        assert "GB" not in protected(date(2031, 12, 28))
        assert "BR" not in protected(date(2026, 1, 26))
        assert "BR" in protected(date(2026, 1, 27))

    def test_the_united_states_only_where_certified(self) -> None:
        one, partner = buyer(), recipient(country="US")
        assert bars(one, proposal(partner)) == {Bar.NO_TOOL}
        safeguard(partner, "listed")
        assert bars(one, proposal(partner)) == set()
        elsewhere = recipient(country="IN")
        safeguard(elsewhere, "listed")
        assert bars(one, proposal(elsewhere)) == {Bar.NO_TOOL}

    def test_seen_from_outside_is_a_transfer(self) -> None:
        one, partner = buyer(), recipient(country="DE", accessed_from=["FR", "IN"])
        assert bars(one, proposal(partner)) == {Bar.NO_TOOL}
        safeguard(partner, "corporate_rules")
        assert bars(one, proposal(partner)) == set()
        assert bars(one, proposal(recipient(country="DE", accessed_from=["FR", "JP"]))) == set()

    def test_a_derogation_is_for_one_case_only(self) -> None:
        one, court = buyer(), recipient("authority", country="IN")
        partner = recipient(country="IN")
        safeguard(partner, "derogation")
        assert bars(one, proposal(partner)) == {Bar.NO_TOOL}
        case = exception(court, one)
        assert bars(one, by_exception(case)) == {Bar.NO_TOOL}
        safeguard(court, "derogation")
        assert bars(one, by_exception(case)) == set()

    def test_a_processor_answers_for_its_sub_processors(self) -> None:
        one, processor = buyer(), recipient("processor")
        helper = recipient("sub_processor", parent=processor, country="IN")
        assert bars(one, proposal(processor)) == {Bar.ONWARD}
        safeguard(helper)
        assert bars(one, proposal(processor)) == set()
        helper.safeguards.update(module=2)
        assert bars(one, proposal(processor)) == {Bar.ONWARD}
        Recipient.objects.filter(pk=helper.pk).update(ended_on=TODAY)
        assert bars(one, proposal(processor)) == set()


class TestExceptions:
    def test_an_approved_order_opens_the_gate_also_for_the_restricted(self) -> None:
        one = buyer()
        restricts(one)
        objects(one, ground="own_situation")
        assert bars(one, by_exception(exception(recipient("authority"), one))) == set()

    def test_other_grounds_leave_the_restricted_and_objecting_alone(self) -> None:
        restricted, objecting = buyer(), buyer()
        restricts(restricted)
        objects(objecting, ground="own_situation")
        insurer = recipient("insurer")
        for ground in ("insurer", "fraud", "incident"):
            case = exception(insurer, restricted, objecting, ground=ground)
            assert bars(restricted, by_exception(case)) == {Bar.RESTRICTED}
            assert bars(objecting, by_exception(case)) == {Bar.OBJECTED}
        claim = exception(insurer, restricted, objecting, ground="liability")
        assert bars(restricted, by_exception(claim)) == set()
        assert bars(objecting, by_exception(claim)) == {Bar.OBJECTED}

    def test_only_approved_and_in_time(self) -> None:
        one, court = buyer(), recipient("authority")
        assert bars(one, by_exception(exception(court, one, approved_at=None))) == {Bar.NOT_APPROVED}
        assert bars(one, by_exception(exception(court, one, until_on=TODAY))) == set()
        assert bars(one, by_exception(exception(court, one, until_on=TODAY - DAY))) == {Bar.NOT_APPROVED}

    def test_only_its_scope(self) -> None:
        one, other, court = buyer(), buyer(), recipient("authority")
        case = exception(court, one)
        assert bars(other, by_exception(case)) == {Bar.OUT_OF_SCOPE}
        assert bars(one, by_exception(case, ("phone",))) == {Bar.OUT_OF_SCOPE}
        assert bars(one, Proposal(recipient("insurer"), NAMES, exception=case)) == {Bar.OUT_OF_SCOPE}
        case.scope.create(contact=other, added_at=NOW)
        assert bars(other, by_exception(case)) == {Bar.OUT_OF_SCOPE}, "added after the approval"

    def test_a_profile_only_where_the_law_compels(self) -> None:
        one, insurer = buyer(), recipient("insurer")
        wanted = ("email", "interest_score")
        asked = exception(insurer, one, ground="insurer", fields=list(wanted))
        assert bars(one, by_exception(asked, wanted)) == {Bar.PROFILE}
        assert bars(one, by_exception(exception(recipient("authority"), one, fields=list(wanted)), wanted)) == set()

    def test_a_transaction_reaches_whom_it_was_told(self) -> None:
        from tests.consent.reasons import published, told

        one, other, german = buyer(), buyer(), buyer(country="DE")
        version = published("2026-11", TODAY - DAY)
        case = exception(
            recipient("acquirer"),
            ground="transaction",
            register="customer",
            country="FI",
            announced_in=version,
        )
        assert bars(one, by_exception(case)) == {Bar.NOTICE_OWED}
        told(one, version)
        told(german, version)
        assert bars(one, by_exception(case)) == set()
        assert bars(other, by_exception(case)) == {Bar.NOTICE_OWED}
        assert bars(german, by_exception(case)) == {Bar.OUT_OF_SCOPE}
