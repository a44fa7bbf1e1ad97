"""What the airlock decides about a contact row, and why: both sides of each line."""

from __future__ import annotations

from datetime import date

import pytest

from consent.models import QuarantinedRow
from consent.models.airlock import QuarantineReason
from consent.models.suppression import FormerReason
from contacts.models import Collection, Contact, Organisation
from contacts.models.people import derived_keys
from tests.consent.conftest import (
    DAY,
    NOW,
    TODAY,
    Cells,
    bring,
    customer,
    differences,
    employers,
    former,
    is_there,
    on,
    person,
    restrict,
    snapshot,
    suppress,
    the,
)

pytestmark = pytest.mark.django_db


# Created, updated, unchanged ------------------------------------------------------------------------------------------


def test_a_new_address_becomes_a_contact_with_all_its_values_keys_and_a_reference() -> None:
    cells = person(
        "Anna.Virtanen@Example.org", salutation="Ms", academic_title="Dr", job_title="CTO", job_function="IT",
        phone="+358 40 123 4567", language="fi", country="Finland", street="Tie 1", postcode="00100", city="Helsinki",
        state="Uusimaa", linkedin_url="https://linkedin.com/in/anna", notification_preferences="monthly",
        topics="backup; security", collected_on="2026-05-01",
    )  # fmt: skip
    assert bring([cells]).decisions == ["created"]
    anna = the("anna.virtanen@example.org")
    assert anna.email == "Anna.Virtanen@example.org"
    assert (anna.salutation, anna.academic_title, anna.job_title, anna.job_function) == ("Ms", "Dr", "CTO", "IT")
    assert (anna.phone, anna.language, anna.country.code) == ("+358401234567", "fi", "FI")
    assert (anna.street, anna.postcode, anna.city, anna.state) == ("Tie 1", "00100", "Helsinki", "Uusimaa")
    assert (anna.linkedin_url, anna.notification_preferences) == ("https://linkedin.com/in/anna", "monthly")
    assert anna.topics == ["backup", "security"]
    assert (anna.collected_on, anna.collected_estimated) == (date(2026, 5, 1), False)
    assert anna.reference.startswith("C-")
    found = {name: getattr(anna, name) for name in derived_keys("x@example.org", "", "")}
    assert found == derived_keys(anna.email, anna.first_name, anna.last_name, anna.phone)


@pytest.mark.parametrize(("cell", "expected"), [("", True), ("yes", True), ("no", False)])
def test_a_blank_in_marketing_means_yes(cell: str, *, expected: bool) -> None:
    assert bring([person(in_marketing=cell)]).decisions == ["created"]
    assert the().in_marketing is expected


def test_a_file_without_the_column_in_marketing_means_yes() -> None:
    bring("email\nanna@example.org\n")
    assert the().in_marketing


def test_an_in_marketing_of_no_takes_nobody_out_of_marketing() -> None:
    bring([person()])
    assert bring([person(in_marketing="no")]).decisions == ["unchanged"]
    assert the().in_marketing


def test_a_customer_contact_joins_marketing_when_a_row_says_so() -> None:
    bring([person(in_marketing="no")])
    assert bring([person(in_marketing="yes")]).decisions == ["updated"]
    assert the().in_marketing


def test_the_same_row_again_is_unchanged_and_an_empty_field_filled_is_updated() -> None:
    row = person(collected_on="2026-01-01")
    bring([row])
    assert bring([row]).decisions == ["unchanged"]
    assert bring([row | {"city": "Oulu"}]).decisions == ["updated"]
    assert the().city == "Oulu"


def test_an_empty_cell_never_empties_a_field() -> None:
    bring([person(city="Oulu", collected_on="2026-01-01")])
    bring([person(city="", collected_on="2026-02-01")])
    assert the().city == "Oulu"


def test_a_row_counts_as_updated_when_it_only_brings_a_new_employer() -> None:
    bring([person(collected_on="2026-01-01")])
    assert bring([person(organisation="Acme Oy", collected_on="2026-01-01")]).decisions == ["updated"]
    assert employers(the()) == {"Acme Oy"}


def test_the_batch_holds_the_counts_that_the_rows_add_up_to() -> None:
    suppress("gone@example.org")
    imported = bring([person(), person(), person("gone@example.org"), person("nonsense")])
    assert imported.batch.counts == {"created": 1, "unchanged": 1, "suppressed": 1, "rejected": 1} == imported.counts
    assert (imported.batch.rows_total, imported.batch.rows_done) == (4, 4)


# Rejected -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (person("nonsense"), "email"),
        (person(""), "email"),
        (person(collected_on="2026-11-24"), "collected_on"),
        (person(consent_at="2026-11-24"), "consent_at"),
        (person(collected_on="3.4.26"), "collected_on"),
        (person(in_marketing="perhaps"), "in_marketing"),
        (person(consent_email="perhaps"), "consent_email"),
        (person(unsubscribed="perhaps"), "unsubscribed"),
        (person(city="x" * 201), "city"),
    ],
)
def test_a_rejected_row_names_line_column_reason_and_remedy_and_stops_no_other(cells: Cells, column: str) -> None:
    imported = bring([person("bob@example.org"), cells, person("carla@example.org")])
    assert imported.decisions == ["created", "rejected", "created"]
    rejected = imported.outcomes[1]
    assert (rejected.line, rejected.column) == (3, column)
    assert rejected.reason and rejected.remedy
    assert Contact.objects.count() == 2


def test_the_day_of_the_import_is_no_future() -> None:
    assert bring([person(collected_on="2026-11-23")]).decisions == ["created"]


# Suppressed -----------------------------------------------------------------------------------------------------------


def test_a_suppressed_prospect_is_not_stored_at_all() -> None:
    suppress("anna@example.org")
    before = snapshot()
    imported = bring([person(organisation="Acme Oy", topics="backup"), person("bob@example.org")])
    assert imported.decisions == ["suppressed", "created"]
    assert not is_there()
    assert is_there("bob@example.org")
    assert not Organisation.objects.exists()
    assert Collection.objects.exclude(contact=the("bob@example.org")).count() == 0
    assert "consent.SuppressionEntry" not in differences(before, snapshot())


def test_a_suppressed_person_at_a_customer_fills_the_customer_register_but_never_marketing() -> None:
    customer()
    suppress("anna@example.org")
    row = person(
        organisation="ACME", phone="+358401234567", consent_email="yes", consent_at="2026-01-01", consent_text="Yes."
    )
    assert bring([row]).decisions == ["suppressed"]
    assert the().in_marketing is False
    assert the().phone == "+358401234567"
    assert employers(the()) == {"Acme Oy"}
    assert bring([row | {"collected_on": "2026-11-23", "in_marketing": "yes"}]).decisions == ["suppressed"]
    assert the().in_marketing is False


def test_a_row_that_names_no_organisation_fills_a_suppressed_contact_by_the_employer_on_record() -> None:
    customer()
    suppress("anna@example.org")
    bring([person(organisation="Acme Oy", collected_on="2026-01-01")])
    assert bring([person(phone="+358401234567", collected_on="2026-02-01")]).decisions == ["suppressed"]
    assert (the().phone, the().in_marketing) == ("+358401234567", False)


def test_an_organisation_without_any_agreement_makes_nobody_a_customer() -> None:
    Organisation.objects.create(name="Acme Oy")
    suppress("anna@example.org")
    assert bring([person(organisation="Acme Oy")]).decisions == ["suppressed"]
    assert not is_there()


def test_a_contact_whose_address_has_been_suppressed_leaves_marketing_with_the_next_row() -> None:
    bring([person(collected_on="2026-01-01")])
    suppress("anna@example.org")
    assert the().in_marketing
    assert bring([person(collected_on="2026-02-01", city="Oulu")]).decisions == ["suppressed"]
    assert (the().in_marketing, the().left_marketing_on) == (False, TODAY)
    assert the().city == ""


def test_a_row_without_address_does_not_bring_a_suppressed_contact_into_marketing() -> None:
    customer()
    suppress("anna@example.org")
    row = person(organisation="Acme Oy", external_id="5", source="crm")
    bring([row])
    assert the().in_marketing is False
    imported = bring([row | {"email": ""}])
    assert the().in_marketing is False
    assert imported.decisions == ["suppressed"]


# Quarantined ----------------------------------------------------------------------------------------------------------


def test_the_same_address_under_a_clearly_different_name_waits_for_staff() -> None:
    bring([person()])
    imported = bring([person(first_name="Heinrich", last_name="Schmidt", city="Oulu")])
    assert imported.decisions == ["quarantined"]
    assert imported.outcomes[0].reason and imported.outcomes[0].remedy
    waiting = QuarantinedRow.objects.get()
    assert (waiting.reason, waiting.line) == (QuarantineReason.DUPLICATE, 2)
    assert waiting.row["last_name"] == "Schmidt"
    assert (the().last_name, the().city) == ("Virtanen", "")


@pytest.mark.parametrize(
    "name",
    [("Anna", "Virtanen-Korhonen"), ("A.", "Virtanen"), ("", ""), ("Virtanen", "Anna"), ("ANNA", "VIRTANEN")],
)
def test_another_spelling_of_the_name_is_the_same_person(name: tuple[str, str]) -> None:
    bring([person()])
    assert bring([person(first_name=name[0], last_name=name[1], city="Oulu")]).decisions == ["updated"]


def test_somebody_erased_on_request_waits_for_staff_whatever_the_day_of_collection() -> None:
    former("anna@example.org", FormerReason.REQUEST, on("2026-01-10"))
    before = snapshot()
    imported = bring([person(collected_on="2026-11-01")])
    assert imported.decisions == ["quarantined"]
    assert QuarantinedRow.objects.get().reason == QuarantineReason.ERASED
    assert set(differences(before, snapshot())) <= {"consent.QuarantinedRow", "contacts.Source"}


def test_of_two_contacts_with_the_same_key_at_one_source_a_row_without_address_waits_for_staff() -> None:
    bring([person("a@example.org", external_id="5", source="crm")])
    bring([person("b@example.org", external_id="5", source="crm")])
    assert Contact.objects.count() == 2
    assert bring([person("", external_id="5", source="crm", city="Oulu")]).decisions == ["quarantined"]
    assert not Contact.objects.filter(city="Oulu").exists()


# Restricted -----------------------------------------------------------------------------------------------------------


def test_nothing_about_a_restricted_contact_changes() -> None:
    bring([person(collected_on="2026-01-01"), person("bob@example.org", first_name="Bob", collected_on="2026-01-01")])
    restrict(the())
    before = snapshot()
    rows = [
        person(city="Oulu", organisation="New Oy", collected_on="2025-01-01", supplied_by_subject="yes"),
        person(consent_email="yes", consent_at="2026-02-01", consent_text="Yes."),
        person("bob@example.org", first_name="Bob", city="Oulu", collected_on="2026-01-01"),
    ]
    imported = bring(rows)
    assert imported.decisions == ["unchanged", "unchanged", "updated"]
    assert imported.outcomes[0].reason
    changed = differences(before, snapshot())
    assert set(changed) == {"contacts.Contact", "contacts.Collection"}
    assert len(changed["contacts.Contact"]) == len(changed["contacts.Collection"]) == 1


def test_a_restriction_that_was_lifted_bars_nothing() -> None:
    bring([person()])
    restriction = restrict(the())
    restriction.notice_before_lift_at = restriction.lifted_at = NOW
    restriction.save()
    assert bring([person(city="Oulu")]).decisions == ["updated"]


def test_the_objection_of_a_restricted_contact_is_still_heard() -> None:
    bring([person()])
    restrict(the())
    assert bring([person(unsubscribed="yes")]).decisions == ["suppressed"]
    assert bring([person("ANNA@example.org")], NOW + DAY).decisions == ["suppressed"]
