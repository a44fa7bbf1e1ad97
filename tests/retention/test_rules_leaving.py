"""What goes and what stays: leaving one register, being erased, and rows with a clock of their own."""

from __future__ import annotations

import datetime as dt
from datetime import date

import pytest

from config.dates import local_date
from consent.models import Consent, FormerAddress, Objection, SuppressionEntry
from contacts.models import Affiliation, Collection, Contact, SystemAccount
from contacts.models import Engagement as EngagementRow
from contacts.personal_data import Register
from retention import expiry
from retention.models import DueDate, ErasureRecord
from tests.retention.nights import (
    DAY,
    assert_erased,
    contact,
    moment,
    put,
    run_night,
    there,
)
from tests.retention.people import Agreement, Engagement, Link, Organisation, Person
from tests.retention.store import furnish

pytestmark = pytest.mark.django_db

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)
FORMER = Organisation("former", "", (Agreement(LONG_AGO, LONG_AGO, date(2024, 1, 1)),))
LAPSED = Organisation("lapsed", "", (Agreement(LONG_AGO, LONG_AGO, date(2021, 11, 22)),))


def noon(day: date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(10), dt.UTC)


# Leaving one register (11.2, 11.3, E12, E14) --------------------------------------------------------------------------


def test_leaving_marketing_takes_the_marketing_data_and_leaves_the_customer_data() -> None:
    click = Engagement(noon(date(2023, 5, 1)))
    stored = put(Person("anna", LONG_AGO, engagements=(click,), links=(Link("job", FORMER),)))
    furnish(stored)
    assert EngagementRow.objects.count() == 1
    run = run_night(ON)
    anna = contact(stored, "anna")
    assert (anna.in_marketing, anna.left_marketing_on, anna.topics, anna.last_engaged_on) == (False, ON, [], None)
    assert not EngagementRow.objects.exists()
    assert (Affiliation.objects.count(), SystemAccount.objects.count(), Collection.objects.count()) == (1, 1, 1)
    assert anna.notification_preferences == "monthly"
    assert (run.erased, run.left_register) == (0, 1)
    assert not ErasureRecord.objects.exists()


def test_a_consent_that_is_still_usable_ends_with_the_marketing_register() -> None:
    """E12: consent is a permission, no duty to keep."""
    stored = put(Person("anna", LONG_AGO, links=(Link("job", FORMER),)))
    furnish(stored)
    run_night(ON)
    latest = Consent.objects.order_by("-occurred_at").first()
    assert latest is not None
    assert (latest.state, local_date(latest.occurred_at), latest.contact_id) == (
        "ConsentExpired",
        ON,
        stored.persons["anna"],
    )


def test_a_consent_that_was_withdrawn_is_not_ended_again() -> None:
    stored = put(Person("anna", LONG_AGO, links=(Link("job", FORMER),)))
    furnish(stored)
    given = Consent.objects.get()
    withdrawn = given.occurred_at + DAY
    Consent.objects.create(
        contact_id=given.contact_id, purpose="news", channel="email", state="ConsentWithdrawn", occurred_at=withdrawn
    )
    run_night(ON)
    assert not contact(stored, "anna").in_marketing
    assert Consent.objects.filter(state="ConsentExpired").count() == 0


def test_the_valid_consent_of_a_silent_prospect_keeps_nobody() -> None:
    stored = put(Person("anna", LONG_AGO))
    furnish(stored)
    run_night(ON)
    assert not there(stored, "anna")


def test_a_run_of_one_rule_leaves_the_other_register_alone() -> None:
    stored = put(Person("anna", LONG_AGO, links=(Link("job", LAPSED),)), Person("ben", LONG_AGO, in_marketing=False))
    run_night(ON - DAY, rule=Register.MARKETING)
    assert (there(stored, "anna"), there(stored, "ben"), Affiliation.objects.count()) == (True, True, 1)
    assert not contact(stored, "anna").in_marketing
    run_night(ON, rule=Register.CUSTOMER)
    assert not there(stored, "anna")
    assert there(stored, "ben"), "in no register: only a run of both rules may judge that"
    run_night(ON + DAY)
    assert not there(stored, "ben")


# Being erased ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "rule", "due_on"),
    [
        (Person("anna", date(2024, 11, 22)), "MKT24", date(2026, 11, 22)),
        (Person("anna", LONG_AGO, in_marketing=False, links=(Link("job", LAPSED),)), "CUST5", date(2026, 11, 22)),
        (Person("anna", date(2024, 11, 20), links=(Link("job", LAPSED),)), "CUST5", date(2026, 11, 22)),
        (Person("anna", LONG_AGO, in_marketing=False), "NOREG", None),
    ],
)
def test_the_evidence_names_the_rule_whose_reason_ended_last(person: Person, rule: str, due_on: date | None) -> None:
    stored = assert_erased(ON, person)
    record = ErasureRecord.objects.get()
    assert (record.contact_id, record.rule, record.due_on) == (stored.persons["anna"], rule, due_on)
    assert (record.country, record.erased_at, record.chunk.run.on_date) == ("FI", moment(ON), ON)


def test_an_erasure_takes_every_row_and_leaves_digests_and_cut_links() -> None:
    click = Engagement(noon(date(2023, 5, 1)))
    stored = put(Person("anna", LONG_AGO, engagements=(click,), links=(Link("job", LAPSED),)))
    furnish(stored)
    anna = contact(stored, "anna")
    run_night(ON)
    left = [
        model.objects.count() for model in (Contact, EngagementRow, Affiliation, SystemAccount, Collection, DueDate)
    ]
    assert left == [0, 0, 0, 0, 0, 0]
    assert {(one.contact_id, one.state) for one in Consent.objects.all()} == {
        (None, "ConsentGiven"),
        (None, "ConsentExpired"),
    }
    assert [(one.contact_id, one.statement) for one in Objection.objects.all()] == [(None, "")]
    record, former = ErasureRecord.objects.get(), FormerAddress.objects.get()
    assert (record.digest, record.reference) == (anna.email_digest, anna.reference)
    assert (former.digest, former.reason, former.erased_on) == (anna.email_digest, "purge", ON)
    assert {label: count for label, count in record.counts.items() if count and label != "retention.DueDate"} == {
        "contacts.Engagement": 1,
        "contacts.Affiliation": 1,
        "contacts.SystemAccount": 1,
        "contacts.Collection": 1,
    }


def test_no_rule_deletes_a_suppression_entry() -> None:
    """E34, E45."""
    stored = put(Person("anna", LONG_AGO, in_marketing=False))
    digest = contact(stored, "anna").email_digest
    SuppressionEntry.objects.create(
        identifier="email", digest=digest, digest_version=1, reason="objection", authority=3
    )
    run_night(ON)
    expiry.expire(moment(ON))
    assert not there(stored, "anna")
    assert SuppressionEntry.objects.get().digest == digest


def test_the_run_after_an_outage_catches_everything_with_its_own_day() -> None:
    """E38: no old day is replayed."""
    stored = put(*(Person(f"person{day}", date(2024, 11, day)) for day in (1, 15, 30)))
    run_night(date(2026, 10, 31))
    run_night(date(2026, 11, 23))
    assert [there(stored, key) for key in stored.persons] == [False, False, True]
