"""Opt-outs and consents in imports: an opt-out becomes an objection and an entry, and no import ever lifts one (21(3))."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from config import keys
from consent import suppression
from consent.models import SuppressionEntry
from consent.models.consents import Consent, ConsentState
from consent.models.objections import ObjectionGround
from consent.models.suppression import Authority, SuppressionReason
from contacts.models import Contact
from tests.consent.conftest import (
    DAY,
    NOW,
    Cells,
    assert_changes_nothing,
    bring,
    customer,
    is_there,
    objections,
    person,
    suppress,
    the,
)
from tests.consent.opt_outs import ANNA, HUBSPOT, MAILCHIMP, MAUTIC, NO_OPT_OUTS, OPT_OUTS, SALESFORCE, entry

pytestmark = pytest.mark.django_db

# Opt-outs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", OPT_OUTS.values(), ids=OPT_OUTS.keys())
def test_an_opt_out_of_any_format_becomes_an_objection_and_an_entry(cells: Cells) -> None:
    assert bring([cells]).decisions == ["suppressed"]
    assert not is_there()
    (objection,) = objections()
    assert (objection.ground, objection.channel, objection.method) == (ObjectionGround.MARKETING, "", "import")
    assert objection.digest == keys.digest(ANNA)
    assert (entry().reason, entry().authority) == (SuppressionReason.OBJECTION, Authority.PERSON)
    assert ANNA in suppression.find([ANNA])


@pytest.mark.parametrize("cells", NO_OPT_OUTS.values(), ids=NO_OPT_OUTS.keys())
def test_a_row_that_opts_out_of_nothing_leaves_no_entry(cells: Cells) -> None:
    assert bring([cells]).decisions == ["created"]
    assert the().in_marketing
    assert not objections() and not SuppressionEntry.objects.exists()


@pytest.mark.parametrize("cells", OPT_OUTS.values(), ids=OPT_OUTS.keys())
def test_an_opt_out_takes_a_stored_contact_out_of_marketing_and_is_attached_to_it(cells: Cells) -> None:
    bring([person()])
    assert the().in_marketing
    assert bring([cells]).decisions == ["suppressed"]
    assert the().in_marketing is False
    assert len(objections(the())) == 1
    assert bring([person(collected_on="2026-11-23")]).decisions == ["suppressed"]
    assert the().in_marketing is False


@pytest.mark.parametrize("cells", OPT_OUTS.values(), ids=OPT_OUTS.keys())
def test_an_opt_out_at_a_customer_is_attached_to_the_contact_it_creates(cells: Cells) -> None:
    customer()
    assert bring([cells]).decisions == ["suppressed"]
    assert the().in_marketing is False
    assert len(objections(the())) == 1
    assert_changes_nothing([cells])


def test_the_objection_was_raised_when_the_file_says_and_recorded_when_it_came() -> None:
    bring([MAILCHIMP | {"UNSUB_TIME": "2026-05-01 10:00:00"}])
    raised = datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert objections()[0].raised_at == entry().since_at == raised
    assert objections()[0].recorded_at == NOW


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
@pytest.mark.parametrize(
    "opt_out", [person(unsubscribed="yes"), person(unsubscribed="yes", organisation="Acme Oy", in_marketing="no")]
)
def test_rows_of_the_same_file_know_of_an_opt_out_before_them(
    opt_out: Cells, rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    chunk_of(rows_in_a_chunk)
    customer()
    imported = bring([opt_out, person(), person("ANNA@EXAMPLE.ORG", collected_on="2026-11-23")])
    assert imported.decisions == ["suppressed"] * 3
    assert not Contact.objects.filter(in_marketing=True).exists()


def test_an_opt_out_after_other_rows_of_the_same_file_takes_the_contact_out() -> None:
    assert bring([person(), person(unsubscribed="yes"), person()]).decisions == ["created", "suppressed", "suppressed"]
    assert the().in_marketing is False
    assert len(objections(the())) == 1


def test_an_opt_out_under_another_name_still_takes_the_address_out_of_marketing() -> None:
    bring([person()])
    bring([person(first_name="Heinrich", last_name="Schmidt", unsubscribed="yes")])
    assert ANNA in suppression.find([ANNA])
    assert the().in_marketing is False


@pytest.mark.parametrize("column", ["unsubscribed", "unsub_time"])
def test_an_opt_out_by_the_key_at_the_source_lists_the_contacts_address(column: str) -> None:
    bring([person(external_id="5", source="mailchimp")])
    out = (
        {"external_id": "5", "source": "mailchimp", "unsubscribed": "yes"}
        if column == "unsubscribed"
        else {"Email Address": "", "LEID": "5", "UNSUB_TIME": "2026-05-01 10:00:00"}
    )
    assert bring([out]).decisions == ["suppressed"]
    assert the().in_marketing is False
    assert ANNA in suppression.find([ANNA])
    assert objections(the())[0].digest == keys.digest(ANNA)


def test_an_opt_out_that_several_contacts_may_mean_takes_all_of_them_out() -> None:
    for address in ("a@example.org", "b@example.org"):
        bring([person(address, external_id="5", source="crm")])
    bring([person("", external_id="5", source="crm", unsubscribed="yes")])
    assert Contact.objects.count() == 2
    assert not Contact.objects.filter(in_marketing=True).exists()
    assert set(suppression.find(["a@example.org", "b@example.org"])) == {"a@example.org", "b@example.org"}


def test_an_entry_from_before_gives_its_contact_an_objection_once_and_for_all() -> None:
    bring([person(unsubscribed="yes", organisation="Acme Oy")])
    assert not is_there()
    customer()
    row = person(unsubscribed="yes", organisation="Acme Oy", city="Oulu")
    bring([row])
    assert the().in_marketing is False
    assert len(objections(the())) == 1
    assert_changes_nothing([row])


# Only the person lifts one -------------------------------------------------------------------------------------------


def test_who_has_lifted_an_objection_in_person_is_not_taken_out_again_by_the_evidence_of_it() -> None:
    bring([person(collected_on="2026-01-01")], NOW - 20 * DAY)
    bring([person(unsubscribed="yes")], NOW - 10 * DAY)
    anna = the()
    SuppressionEntry.objects.all().delete()
    Consent.objects.create(
        contact=anna, purpose="marketing", channel="email", state=ConsentState.GIVEN, occurred_at=NOW - DAY,
        text="Yes, again.", method="preference centre",
    )  # fmt: skip
    Contact.objects.filter(pk=anna.pk).update(in_marketing=True, returned_on=NOW.date())
    assert len(objections(anna)) == 1
    assert bring([person(city="Oulu")]).decisions == ["updated"]
    assert the().in_marketing


# No import lifts one --------------------------------------------------------------------------------------------------

LIFTERS: dict[str, Cells] = {
    "own": person(
        unsubscribed="no", in_marketing="yes", supplied_by_subject="yes", collected_on="2026-11-23",
        consent_email="yes", consent_at="2026-11-23T09:00:00", consent_text="Yes, please write to me.",
    ),
    "Mautic": MAUTIC | {"dnc": "0", "date_added": "2026-11-22 10:00:00"},
    "Mailchimp": MAILCHIMP | {"CONFIRM_TIME": "2026-11-22 10:00:00", "OPTIN_TIME": "2026-11-22 10:00:00"},
    "HubSpot": HUBSPOT
    | {
        "Unsubscribed from all email": "false",
        "Legal basis for processing contact's data": "Freely given consent from contact",
    },
    "Salesforce": SALESFORCE | {"Created Date": "11/22/2026"},
}  # fmt: skip


@pytest.mark.parametrize("cells", LIFTERS.values(), ids=LIFTERS.keys())
@pytest.mark.parametrize("at_customer", [False, True])
def test_no_row_lifts_an_objection(cells: Cells, *, at_customer: bool) -> None:
    if at_customer:
        customer()
    before = suppress(ANNA, NOW - 10 * DAY)
    assert bring([{**cells, "organisation": "Acme Oy"}] if "email" in cells else [cells]).decisions == ["suppressed"]
    assert not Contact.objects.filter(in_marketing=True).exists()
    after = entry()
    assert (after.pk, after.authority, after.since_at) == (before.pk, before.authority, before.since_at)
    assert not Consent.objects.filter(state=ConsentState.GIVEN).exists()


def test_a_row_does_not_turn_an_entry_of_the_person_into_one_of_a_machine() -> None:
    suppress(ANNA)
    bring([MAILCHIMP | {"CLEAN_TIME": "2026-05-01 10:00:00"}])
    assert entry().authority == Authority.PERSON
    assert entry(channel="email").authority == Authority.MACHINE


def test_an_opt_out_raises_an_entry_that_rests_on_a_lesser_word() -> None:
    suppression.add(ANNA, SuppressionReason.STAFF, Authority.STAFF, NOW - DAY)
    bring([person(unsubscribed="yes")])
    assert (entry().authority, entry().reason) == (Authority.PERSON, SuppressionReason.OBJECTION)
    assert SuppressionEntry.objects.count() == 1
