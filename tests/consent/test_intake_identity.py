"""Whom a row without an address is about: somebody with the same id in the same system, and nobody else."""

from __future__ import annotations

import pytest

from consent import suppression
from consent.comparison import contact_of, sentence
from consent.intake.quarantine import restore
from consent.models import Objection, QuarantinedRow
from contacts.models import Affiliation, Collection, Contact, Source
from tests.consent.conftest import Cells, assert_changes_nothing, bring, on, person, the

pytestmark = pytest.mark.django_db

SHORT, LONG = "0035g00000AbCdE", "0035g00000AbCdEAAZ"


def lead(source: str, number: str = SHORT, **cells: str) -> dict[str, str]:
    """A contact of a Salesforce export, without an address."""
    return {
        "Contact ID": number, "First Name": "Anna", "Last Name": "Meier", "Email": "", "Lead Source": source,
        "Email Opt Out": "0",
    } | cells  # fmt: skip


def without_address(number: str, **cells: str) -> dict[str, str]:
    """A row of our own format that names nobody but an id."""
    return {"email": "", "external_id": number} | cells


def test_a_new_lead_source_makes_no_second_contact() -> None:
    bring([lead("Web")])
    assert bring([lead("Trade Show", LONG, Title="Head of Sales")]).decisions == ["updated"]
    assert Contact.objects.get().job_title == "Head of Sales"
    assert set(Source.objects.values_list("code", flat=True)) >= {"Web", "Trade Show", "salesforce"}
    said = Collection.objects.filter(source__code="Trade Show").get()
    assert "job_title" in said.fields and said.external_id == ""
    assert_changes_nothing([lead("Trade Show", LONG, Title="Head of Sales")])
    assert bring([lead("Web", "0035g00000AbCde")]).decisions == ["created"]


def test_the_same_id_in_another_system_is_somebody_else() -> None:
    bring([lead("Web")], source="crm-north")
    assert bring([lead("Web")], source="crm-south").decisions == ["created"]
    assert bring([lead("Web", Title="Boss")], source="crm-north").decisions == ["updated"]
    assert Contact.objects.count() == 2


def test_an_id_alone_is_nobody() -> None:
    imported = bring([without_address("7"), without_address("8", last_name="Meier")])
    assert imported.decisions == ["rejected", "created"]
    (refused, _created) = imported.outcomes
    assert (refused.column, refused.remedy) == ("email", "Give one of them, or leave the row out.")
    assert Contact.objects.get().last_name == "Meier"


def test_an_id_alone_is_enough_for_somebody_we_know() -> None:
    bring([person(external_id="7")])
    assert bring([without_address("7", city="Oulu", unsubscribed="yes")]).decisions == ["suppressed"]
    assert suppression.find(["anna@example.org"])
    assert Contact.objects.get().in_marketing is False


@pytest.mark.parametrize(
    ("known", "row", "why"),
    [
        ([person()], person(first_name="Heinrich", last_name="Schmidt"), "The address is known"),
        ([person(external_id="7")], without_address("7", first_name="Heinrich", last_name="Schmidt"), "The id at the"),
        ([person(external_id="7"), person("b@example.org", external_id="7")], without_address("7"), "Several contacts"),
    ],
)
def test_a_waiting_row_says_why_it_waits(known: list[Cells], row: Cells, why: str) -> None:
    bring(known)
    imported = bring([row])
    waiting = QuarantinedRow.objects.get()
    assert sentence(waiting).startswith(why)
    assert imported.outcomes[0].reason == sentence(waiting)
    assert contact_of(waiting, restore(waiting)) is not None


def test_a_waiting_row_of_a_vendor_is_shown_beside_the_contact_with_its_id() -> None:
    bring([lead("Web")])
    assert bring([lead("Fair", **{"First Name": "Heinrich", "Last Name": "Schmidt"})]).decisions == ["quarantined"]
    waiting = QuarantinedRow.objects.get()
    assert contact_of(waiting, restore(waiting)) == Contact.objects.get()


def test_an_affiliation_that_ends_in_the_future_is_stored() -> None:
    assert bring([person(organisation="Acme Oy", affiliated_until="2099-01-31")]).decisions == ["created"]
    assert Affiliation.objects.get().ended_on == on("2099-01-31")


def test_an_unknown_day_of_collection_is_the_earliest_day_in_the_row_and_estimated() -> None:
    """E4."""
    member = {"Email Address": "anna@example.org", "First Name": "Anna", "Last Name": "Virtanen", "OPTIN_TIME": ""}
    bring([member | {"LAST_CHANGED": "2025-06-01 10:00:00"}])
    assert (the().collected_on, the().collected_estimated) == (on("2025-06-01"), True)
    bring([member | {"LAST_CHANGED": "2025-03-01 10:00:00"}])
    assert (the().collected_on, the().collected_estimated) == (on("2025-03-01"), True)
    bring([member | {"LAST_CHANGED": "2025-09-01 10:00:00"}])
    assert (the().collected_on, the().collected_estimated) == (on("2025-03-01"), True)
    bring([member | {"OPTIN_TIME": "2025-02-01 10:00:00", "LAST_CHANGED": "2024-01-01 10:00:00"}])
    assert (the().collected_on, the().collected_estimated) == (on("2025-02-01"), False)


@pytest.mark.parametrize("cell", ["anna@example.org; bob@example.org", "Anna <anna@example.org>"])
def test_everybody_in_the_cell_of_a_rejected_opt_out_has_objected(cell: str) -> None:
    bring([person(), person("bob@example.org")])
    assert bring([{"email": cell, "unsubscribed": "yes"}]).decisions == ["rejected"]
    assert the().in_marketing is False
    assert the("bob@example.org").in_marketing is ("bob" not in cell)


def test_a_wish_not_to_be_called_counts_although_its_row_is_rejected() -> None:
    bring([lead("Web", Email="anna@example.org")])
    bad = {"Title": "x" * 201}
    assert bring([lead("Web", Email="anna@example.org", **bad)]).decisions == ["rejected"]
    assert not Objection.objects.exists()
    assert bring([lead("Web", Email="anna@example.org", **bad) | {"Do Not Call": "1"}]).decisions == ["rejected"]
    assert (Objection.objects.get().channel, the().in_marketing) == ("phone", True)


def test_a_suppressed_prospect_is_not_stored_and_agreements_first_make_a_customer() -> None:
    row = person(unsubscribed="yes", in_marketing="no", organisation="Acme Oy")
    (outcome,) = bring([row]).outcomes
    assert (outcome.decision, outcome.remedy) == (
        "suppressed", "Import agreements first, if this person works for a customer.",
    )  # fmt: skip
    assert not Contact.objects.exists()
    (outcome,) = bring([person(unsubscribed="yes", in_marketing="no")]).outcomes
    assert (outcome.decision, outcome.remedy) == ("suppressed", "")
