"""Rows that wait for privacy staff: put aside once, admitted, dropped or expired after 30 days (E37)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from config.models import Actor, AuditEvent
from consent import suppression
from consent.intake import quarantine
from consent.models import QuarantinedRow
from consent.models.airlock import ImportState
from consent.models.suppression import FormerAddress, FormerReason
from contacts.models import Collection, Contact
from tests.consent.conftest import (
    DAY,
    NOW,
    TODAY,
    assert_changes_nothing,
    bring,
    consents,
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

OTHER = person(first_name="Heinrich", last_name="Schmidt", city="Oulu", collected_on="2026-03-01")
STAFF = Actor.command()


def waiting(row: dict[str, str] = OTHER) -> QuarantinedRow:
    """A row that has just been put aside."""
    assert bring([row]).decisions == ["quarantined"]
    return QuarantinedRow.objects.get()


# Put aside ------------------------------------------------------------------------------------------------------------


def test_a_row_waits_once_however_often_it_comes() -> None:
    bring([person()])
    assert bring([OTHER, OTHER]).decisions == ["quarantined", "quarantined"]
    bring([OTHER, OTHER | {"collected_on": "2026-03-01", "state": ""}])
    assert QuarantinedRow.objects.count() == 1
    assert_changes_nothing([OTHER])
    bring([OTHER | {"city": "Turku"}])
    assert QuarantinedRow.objects.count() == 2


def test_a_row_without_address_waits_once_too() -> None:
    bring([person("", external_id="7", source="crm")])
    row = OTHER | {"email": "", "external_id": "7", "source": "crm"}
    assert bring([row]).decisions == ["quarantined"]
    assert_changes_nothing([row])
    assert QuarantinedRow.objects.count() == 1


def test_the_row_is_kept_as_the_file_gave_it() -> None:
    bring([person()])
    row = OTHER | {
        "topics": "backup; cloud", "consent_email": "yes", "consent_at": "2026-02-01T10:00:00", "consent_text": "Yes.",
        "organisation": "Acme Oy", "affiliated_from": "2025-01-01", "supplied_by_subject": "yes", "in_marketing": "no",
    }  # fmt: skip
    restored = quarantine.restore(waiting(row))
    assert (restored.first_name, restored.email, restored.email_key) == (
        "Heinrich",
        "anna@example.org",
        "anna@example.org",
    )
    assert restored.topics == ("backup", "cloud")
    assert restored.consent_at is not None and restored.consent_at.isoformat() == "2026-02-01T08:00:00+00:00"
    assert (restored.collected_on, restored.affiliated_from) == (date(2026, 3, 1), date(2025, 1, 1))
    assert (restored.supplied_by_subject, restored.in_marketing, restored.unsubscribed) == (True, False, False)


# Admitted -------------------------------------------------------------------------------------------------------------


def test_the_same_person_after_all_is_filled_from_the_row() -> None:
    bring([person(collected_on="2025-01-01")])
    quarantine.admit(waiting(OTHER | {"organisation": "Acme Oy"}), STAFF, NOW)
    anna = the()
    assert (anna.first_name, anna.last_name, anna.city) == ("Heinrich", "Schmidt", "Oulu")
    assert employers(anna) == {"Acme Oy"}
    assert not QuarantinedRow.objects.exists()
    assert AuditEvent.objects.filter(action="admitted from quarantine").count() == 1


def test_somebody_erased_on_request_may_enter_when_staff_say_so() -> None:
    former("anna@example.org", FormerReason.REQUEST, on("2026-01-01"))
    quarantine.admit(waiting(), STAFF, NOW + DAY)
    assert the().last_name == "Schmidt"
    assert the().collected_on == on("2026-03-01")
    assert not FormerAddress.objects.exists()
    assert bring([OTHER]).decisions == ["unchanged"]


def test_who_is_admitted_without_a_day_of_collection_gets_the_day_of_the_decision() -> None:
    former("anna@example.org", FormerReason.REQUEST, on("2026-01-01"))
    quarantine.admit(waiting(OTHER | {"collected_on": ""}), STAFF, NOW + DAY)
    assert the().collected_on == TODAY + DAY


def test_an_objection_that_came_meanwhile_outweighs_the_admission() -> None:
    former("anna@example.org", FormerReason.REQUEST, on("2026-01-01"))
    row = waiting()
    suppress("anna@example.org")
    quarantine.admit(row, STAFF, NOW)
    assert not is_there()
    assert suppression.is_suppressed("anna@example.org")
    assert not QuarantinedRow.objects.exists()


def test_an_admitted_row_of_a_suppressed_customer_stays_out_of_marketing() -> None:
    customer()
    bring([person(organisation="Acme Oy")])
    row = waiting(OTHER | GIVEN)
    suppress("anna@example.org")
    quarantine.admit(row, STAFF, NOW)
    assert the().in_marketing is False
    assert "ConsentGiven" not in consents(the())


GIVEN = {"consent_email": "yes", "consent_at": "2026-02-01T10:00:00", "consent_text": "Yes."}


def test_an_admission_changes_nothing_about_a_restricted_contact() -> None:
    bring([person(collected_on="2025-01-01")])
    row = waiting()
    restrict(the())
    before = snapshot()
    quarantine.admit(row, STAFF, NOW)
    assert set(differences(before, snapshot())) <= {"consent.QuarantinedRow"}


def test_the_admitted_row_belongs_to_the_import_it_came_with() -> None:
    bring([person(collected_on="2025-01-01")])
    row = waiting()
    assert row.batch.state == ImportState.DONE
    quarantine.admit(row, STAFF, NOW + DAY)
    assert Collection.objects.filter(contact=the(), batch=row.batch_id).exists()


# Dropped and expired --------------------------------------------------------------------------------------------------


def test_a_dropped_row_is_gone_and_changes_nobody() -> None:
    bring([person()])
    row = waiting()
    key = row.pk
    before = snapshot()
    quarantine.drop(row, STAFF)
    assert set(differences(before, snapshot())) == {"consent.QuarantinedRow"}
    assert not QuarantinedRow.objects.exists()
    event = AuditEvent.objects.get(action="dropped from quarantine")
    assert (event.object_id, event.counts, event.fields) == (key, {}, [])


def test_a_row_expires_after_thirty_days() -> None:
    bring([person()])
    row = waiting()
    received = row.received_at
    assert quarantine.expire(received + timedelta(days=30)) == 0
    assert QuarantinedRow.objects.exists()
    assert quarantine.expire(received + timedelta(days=30, seconds=1)) == 1
    assert not QuarantinedRow.objects.exists()
    assert the().last_name == "Virtanen"


def test_expiry_leaves_younger_rows() -> None:
    bring([person()])
    waiting()
    bring([OTHER | {"city": "Turku"}], NOW + 20 * DAY)
    QuarantinedRow.objects.filter(row__city="Turku").update(received_at=NOW + 20 * DAY)
    assert quarantine.expire(NOW + 31 * DAY) == 1
    assert QuarantinedRow.objects.get().row["city"] == "Turku"


def test_a_row_for_somebody_who_was_erased_meanwhile_does_not_bring_the_person_back() -> None:
    bring([person()])
    row = waiting()
    Collection.objects.filter(contact=the()).delete()
    Contact.objects.all().delete()
    former("anna@example.org", FormerReason.REQUEST, TODAY)
    quarantine.admit(row, STAFF, NOW)
    assert not is_there()
