"""The controls of passing on, transfers and exceptional disclosures: kept, then a violation is planted."""

from __future__ import annotations

from typing import Any

import pytest

from config import roles
from config.models import Actor, Subsidiary, User
from config.policy.controls import State
from consent import sharing
from consent.disclosure import Proposal
from consent.models import (
    Disclosure,
    DisclosureBatch,
    ExceptionalDisclosure,
    Purpose,
    Recipient,
    RecipientPurpose,
    Safeguard,
)
from consent.promises import exceptions, passing_on, transfers
from contacts.models import Contact
from tests.consent.disclosure_cast import (
    NAMES,
    REQUESTED,
    buyer,
    by_exception,
    exception,
    negotiates,
    proposal,
    purpose,
    recipient,
    safeguard,
)
from tests.consent.reasons import published, told
from tests.staff import DAY, NOW, TODAY, account

pytestmark = pytest.mark.django_db


def share(plan: Proposal) -> DisclosureBatch:
    """Pass on everybody who may go."""
    batch, file = sharing.share(plan, Contact.objects.all(), NOW, title="Orders", actor=Actor.command())
    file.close()
    return batch


def past_the_gate(one: Recipient, *people: Contact, **fields: Any) -> DisclosureBatch:
    """An entry of the ledger that the gate would never have made."""
    known: dict[str, Any] = {"purpose": purpose(), "fields": ["email"], "country": one.country, "included": len(people)}
    if "exception" in fields:
        known["purpose"] = None
    batch = DisclosureBatch.objects.create(recipient=one, title="Past", disclosed_at=NOW, digest="0", **known | fields)
    for person in people:
        Disclosure.objects.create(batch=batch, contact=person, ground="contract", disclosed_at=NOW)
    return batch


def state(judge: Any) -> State:
    found = judge(NOW)
    assert found.evidence
    if found.state is not State.KEPT:
        assert found.url.startswith("/admin/")
    return State(found.state)


@pytest.mark.parametrize("module", [passing_on, transfers, exceptions], ids=["passing on", "transfers", "exceptions"])
def test_everything_is_kept_after_honest_work(module: Any) -> None:
    one = buyer()
    negotiates(one)
    partner = recipient("channel_partner", REQUESTED)
    share(proposal(partner, ("email", "topics"), REQUESTED))
    share(proposal(recipient("subsidiary")))
    abroad = recipient("processor", country="IN")
    safeguard(abroad)
    share(proposal(abroad))
    writer, officer = account(roles.PRIVACY_CLERK), account(roles.PRIVACY_OFFICER)
    share(by_exception(exception(recipient("authority"), one, written_by=writer.pk, approved_by=officer.pk)))
    judges = [value for value in vars(module).values() if getattr(value, "__module__", "") == module.__name__]
    judged = [judge for judge in judges if getattr(judge, "__annotations__", {}).get("return") == "Verdict"]
    named = [judge for judge in judged if judge.__name__ != "verdict"]
    assert len(named) >= 4
    assert {judge.__name__: state(judge) for judge in named if state(judge) is not State.KEPT} == {}


class TestPassingOn:
    def test_s60_a_profile_outside_the_group(self) -> None:
        one = buyer()
        past_the_gate(recipient("subsidiary"), one, fields=["interest_score"])
        assert state(passing_on.profiles_stay_in_the_group) is State.KEPT
        past_the_gate(recipient(), one, fields=["email", "interest_score"])
        assert state(passing_on.profiles_stay_in_the_group) is State.BROKEN

    def test_s61_s62_interests_without_a_negotiation(self) -> None:
        one = buyer()
        negotiates(one, closed_on=TODAY)
        past_the_gate(recipient(), one, fields=["topics"])
        assert state(passing_on.interests_follow_negotiations) is State.KEPT
        other = buyer()
        negotiates(other, closed_on=TODAY - DAY)
        past_the_gate(recipient(), other, fields=["topics"])
        assert state(passing_on.interests_follow_negotiations) is State.BROKEN

    def test_s64_a_local_company_that_is_no_recipient(self) -> None:
        recipient("subsidiary")
        assert state(passing_on.subsidiaries_are_recipients) is State.KEPT
        Subsidiary.objects.create(name="F-Secure SARL", country="FR")
        assert state(passing_on.subsidiaries_are_recipients) is State.AT_RISK

    def test_s65_s92_a_subsidiary_that_does_not_need_it(self) -> None:
        one = buyer()
        share(proposal(recipient("subsidiary")))
        assert state(passing_on.the_group_needs_it) is State.KEPT
        past_the_gate(recipient("subsidiary"), one, purpose=purpose("support"))
        assert state(passing_on.the_group_needs_it) is State.BROKEN

    def test_s67_more_fields_than_needed(self) -> None:
        one = buyer()
        partner = recipient()
        past_the_gate(partner, one, fields=["email", "organisation"])
        assert state(passing_on.no_more_than_needed) is State.KEPT
        past_the_gate(partner, one, fields=["email", "topics"])
        assert state(passing_on.no_more_than_needed) is State.BROKEN

    def test_s67_a_partner_nobody_said_needs_it(self) -> None:
        past_the_gate(recipient(), buyer())
        assert state(passing_on.no_more_than_needed) is State.KEPT
        RecipientPurpose.objects.all().delete()
        assert state(passing_on.no_more_than_needed) is State.BROKEN

    def test_s68_a_partner_of_another_region(self) -> None:
        one = buyer()
        past_the_gate(recipient(), one)
        assert state(passing_on.partners_have_regions) is State.KEPT
        Contact.objects.filter(pk=one.pk).update(country="DE")
        assert state(passing_on.partners_have_regions) is State.AT_RISK
        past_the_gate(recipient(serves=[]), one)
        assert state(passing_on.partners_have_regions) is State.BROKEN

    def test_s91_a_file_with_more_people_than_the_ledger(self) -> None:
        one = buyer()
        past_the_gate(recipient("subsidiary"), one)
        assert state(passing_on.the_ledger_is_complete) is State.KEPT
        past_the_gate(recipient("subsidiary"), one, included=2)
        assert state(passing_on.the_ledger_is_complete) is State.BROKEN


class TestTransfers:
    def test_s69_a_sub_processor_abroad(self) -> None:
        helper = recipient("sub_processor", country="IN")
        assert state(transfers.sub_processors_have_tools) is State.AT_RISK
        past_the_gate(Recipient.objects.get(pk=str(helper.parent_id)), buyer())
        assert state(transfers.sub_processors_have_tools) is State.BROKEN
        safeguard(helper)
        assert state(transfers.sub_processors_have_tools) is State.KEPT

    def test_s70_an_account_abroad(self) -> None:
        local = recipient("subsidiary", country="IN")
        user = User.objects.create_user("somebody", country="JP", subsidiary=local.subsidiary)
        assert state(transfers.access_from_outside_is_covered) is State.KEPT
        user.country = "IN"
        user.save()
        assert state(transfers.access_from_outside_is_covered) is State.BROKEN
        safeguard(local)
        assert state(transfers.access_from_outside_is_covered) is State.KEPT

    def test_s71_a_processor_without_a_contract(self) -> None:
        one = recipient("processor")
        assert state(transfers.processors_have_contracts) is State.KEPT
        Recipient.objects.update(contract="")
        assert state(transfers.processors_have_contracts) is State.AT_RISK
        past_the_gate(one, buyer())
        assert state(transfers.processors_have_contracts) is State.BROKEN

    def test_s72_s73_something_left_without_a_tool(self) -> None:
        one, abroad = buyer(), recipient(country="IN")
        tool = safeguard(abroad)
        share(proposal(abroad))
        assert state(transfers.nothing_leaves_without_a_tool) is State.KEPT
        Safeguard.objects.filter(pk=tool.pk).update(review_on=TODAY - DAY)
        assert state(transfers.nothing_leaves_without_a_tool) is State.AT_RISK
        past_the_gate(abroad, one, safeguard="")
        assert state(transfers.nothing_leaves_without_a_tool) is State.BROKEN


class TestExceptions:
    def test_s83_before_the_approval(self) -> None:
        one, court = buyer(), recipient("authority")
        past_the_gate(court, one, exception=exception(court, one))
        assert state(exceptions.exceptions_were_approved) is State.KEPT
        past_the_gate(court, one, exception=exception(court, one, approved_at=NOW + DAY))
        assert state(exceptions.exceptions_were_approved) is State.BROKEN

    def test_s83_an_insurer_by_the_catalogue(self) -> None:
        past_the_gate(recipient("insurer"), buyer())
        assert state(exceptions.exceptions_were_approved) is State.BROKEN

    def test_s84_every_order_has_its_number(self) -> None:
        exception(recipient("authority"), buyer())
        assert state(exceptions.orders_are_named) is State.KEPT
        with pytest.raises(Exception, match="order_has_reference"):
            exception(recipient("authority"), buyer(), reference="")

    @pytest.mark.parametrize("violation", ["fields", "people", "recipient"])
    def test_s85_s86_beyond_the_scope(self, violation: str) -> None:
        one, court = buyer(), recipient("authority")
        case = exception(court, one)
        past_the_gate(court, one, exception=case, fields=list(NAMES))
        assert state(exceptions.exceptions_stay_in_scope) is State.KEPT
        wrong = {
            "fields": (court, one, {"fields": ["phone"]}),
            "people": (court, buyer(), {}),
            "recipient": (recipient("insurer"), one, {}),
        }
        target, person, fields = wrong[violation]
        past_the_gate(target, person, exception=case, **fields)
        assert state(exceptions.exceptions_stay_in_scope) is State.BROKEN

    def test_s88_s89_s90_sold_before_anybody_was_told(self) -> None:
        one, other, acquirer = buyer(), buyer(), recipient("acquirer")
        version = published("2026-11", TODAY - DAY)
        case = exception(acquirer, ground="transaction", register="customer", announced_in=version)
        told(one, version, at=NOW - DAY)
        share(by_exception(case))
        assert set(Disclosure.objects.values_list("contact", flat=True)) == {one.pk}
        assert state(exceptions.transactions_were_announced) is State.KEPT
        past_the_gate(acquirer, other, exception=case)
        assert state(exceptions.transactions_were_announced) is State.BROKEN

    def test_s93_nobody_else_approved_or_nobody_weighed(self) -> None:
        court = recipient("authority")
        writer, officer = account(roles.PRIVACY_CLERK), account(roles.PRIVACY_OFFICER)
        exception(court, buyer(), written_by=writer.pk, approved_by=officer.pk)
        assert state(exceptions.exceptions_were_weighed) is State.KEPT
        own = exception(court, buyer(), written_by=officer.pk, approved_by=officer.pk)
        assert state(exceptions.exceptions_were_weighed) is State.AT_RISK
        second = User.objects.create_user("second")
        second.groups.set(officer.groups.all())
        assert state(exceptions.exceptions_were_weighed) is State.BROKEN
        assert own.approved_by == officer.pk
        exception(court, buyer(), written_by=writer.pk, approved_by=officer.pk, assessment="")
        assert ExceptionalDisclosure.objects.filter(assessment="").exists()
        assert state(exceptions.exceptions_were_weighed) is State.BROKEN


def test_the_catalogue_has_what_a_reseller_is_asked_for() -> None:
    assert "interests" in Purpose.objects.get(code=REQUESTED).categories
