"""Periods that change, and rows with a clock of their own."""

from __future__ import annotations

import datetime as dt
from datetime import date

import pytest

from config.policy.periods import Period
from consent.models import Consent
from contacts.models import Engagement as EngagementRow
from contacts.models import Organisation as OrganisationRow
from retention import due, expiry, rules
from retention.models import DueDate
from tests.retention.nights import (
    DAY,
    assert_kept,
    assert_kept_through,
    contact,
    moment,
    put,
    run_night,
    there,
)
from tests.retention.people import Agreement, Engagement, Link, Organisation, Person, add_months
from tests.retention.store import furnish

pytestmark = pytest.mark.django_db

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)
LAPSED = Organisation("lapsed", "", (Agreement(LONG_AGO, LONG_AGO, date(2021, 11, 22)),))


def noon(day: date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(10), dt.UTC)


# E40 ------------------------------------------------------------------------------------------------------------------

CHANGE = date(2026, 6, 1)


def published(months: int) -> tuple[Period, Period]:
    return Period("S95", 24, date(2019, 9, 1)), Period("S95", months, CHANGE)


def test_a_shorter_period_applies_to_everybody_from_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MARKETING_PERIODS", published(12))
    assert_kept_through(CHANGE - DAY, Person("anna", date(2025, 3, 1)))


@pytest.mark.parametrize(("collected_on", "last_day"), [(CHANGE - DAY, date(2028, 5, 31)), (CHANGE, date(2029, 6, 1))])
def test_a_longer_period_applies_only_to_data_collected_under_it(
    monkeypatch: pytest.MonkeyPatch, collected_on: date, last_day: date
) -> None:
    monkeypatch.setattr(rules, "MARKETING_PERIODS", published(36))
    assert_kept_through(last_day, Person("anna", collected_on))


def test_the_customer_period_changes_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    periods = (Period("S97", 60, date(2019, 9, 1)), Period("S97", 36, CHANGE))
    monkeypatch.setattr(rules, "CUSTOMER_PERIODS", periods)
    over = Organisation("over", "", (Agreement(LONG_AGO, LONG_AGO, date(2023, 1, 1)),))
    assert_kept_through(CHANGE - DAY, Person("anna", LONG_AGO, in_marketing=False, links=(Link("job", over),)))


def test_the_five_years_of_an_empty_organisation_change_in_the_same_way_and_not_before_their_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    periods = (Period("S97", 60, date(2019, 9, 1)), Period("S97", 36, CHANGE))
    monkeypatch.setattr(expiry, "CUSTOMER_PERIODS", periods)
    put(Person("anna", ON), others=[Organisation("over", "", (Agreement(LONG_AGO, LONG_AGO, date(2023, 1, 1)),))])
    expiry.expire(noon(CHANGE - DAY))
    assert OrganisationRow.objects.exists()
    expiry.expire(noon(CHANGE))
    assert not OrganisationRow.objects.exists()


# E46, E47 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("happened_on", "rows"), [(date(2024, 11, 23), 1), (date(2024, 11, 22), 0)])
def test_an_engagement_row_goes_when_it_is_older_than_24_calendar_months(happened_on: date, rows: int) -> None:
    put(Person("anna", ON - DAY, engagements=(Engagement(noon(happened_on)),)))
    expiry.expire(moment(ON))
    assert EngagementRow.objects.count() == rows


def test_due_dates_do_not_change_when_engagement_rows_go() -> None:
    old = Engagement(noon(date(2024, 11, 22)))
    tied = Organisation("live", "", (Agreement(LONG_AGO, LONG_AGO),))
    stored = put(
        Person("anna", LONG_AGO, engagements=(old,)),
        Person("ben", LONG_AGO, engagements=(old,), links=(Link("b", tied),)),
    )
    due.refresh(date(2026, 11, 22))
    before = set(DueDate.objects.values_list())
    expiry.expire(noon(date(2027, 6, 1)))
    assert not EngagementRow.objects.exists()
    due.refresh(date(2026, 11, 22))
    assert set(DueDate.objects.values_list()) == before
    assert contact(stored, "ben").last_engaged_on == date(2024, 11, 22)


def test_the_proof_of_a_consent_in_force_does_not_expire() -> None:
    """E35: its clock begins with withdrawal, expiry or closing."""
    furnish(put(Person("anna", date(2026, 1, 1))))
    expiry.expire(moment(ON))
    assert Consent.objects.get().state == "ConsentGiven"


def test_the_proof_of_a_consent_that_ended_with_the_person_goes_after_36_months() -> None:
    """E12, E35: the purge ended it on ON."""
    furnish(put(Person("anna", LONG_AGO)))
    run_night(ON)
    assert set(Consent.objects.values_list("contact", flat=True)) == {None}
    expiry.expire(moment(add_months(ON, 36)))
    assert Consent.objects.exists()
    expiry.expire(moment(add_months(ON, 36) + DAY))
    assert not Consent.objects.exists()


@pytest.mark.parametrize(("day", "rows"), [(add_months(ON, 36), 2), (add_months(ON, 36) + DAY, 0)])
def test_the_proof_of_a_withdrawn_consent_goes_36_months_after_the_withdrawal(day: date, rows: int) -> None:
    stored = put(Person("anna", day - DAY))
    furnish(stored)
    given = Consent.objects.get()
    at = moment(ON)
    Consent.objects.create(
        contact_id=given.contact_id,
        digest=given.digest,
        digest_version=1,
        purpose=given.purpose,
        channel=given.channel,
        state="ConsentWithdrawn",
        occurred_at=at,
        recorded_at=at,
    )
    expiry.expire(moment(day))
    assert Consent.objects.count() == rows


def alone(*agreements: Agreement) -> bool:
    """Whether an organisation with these agreements and nobody in it is still there after the night's expiry."""
    put(others=(Organisation("acme", "", agreements),))
    assert OrganisationRow.objects.count() == 1
    expiry.expire(moment(ON))
    return OrganisationRow.objects.exists()


@pytest.mark.parametrize(
    ("agreements", "kept"),
    [
        ((), False),
        ((Agreement(LONG_AGO, LONG_AGO),), True),
        ((Agreement(LONG_AGO, LONG_AGO, add_months(ON, -60)),), True),
        ((Agreement(LONG_AGO, LONG_AGO, add_months(ON, -60) - DAY),), False),
        ((Agreement(LONG_AGO, LONG_AGO, date(9999, 12, 30)),), True),
        ((Agreement(ON, date(2027, 6, 1)),), True),
        ((Agreement(date(2026, 1, 1), date(2026, 6, 1), None, date(2026, 5, 31)),), False),  # E23: ignored completely
    ],
)
def test_an_organisation_without_contacts_goes_when_no_agreement_is_inside_five_years(
    agreements: tuple[Agreement, ...], kept: bool
) -> None:
    assert alone(*agreements) == kept


def test_an_organisation_with_a_contact_stays() -> None:
    stored = put(Person("anna", date(2026, 1, 1), links=(Link("job", Organisation("acme")),)))
    expiry.expire(moment(ON))
    assert there(stored, "anna")
    assert OrganisationRow.objects.count() == 1


def test_an_organisation_goes_with_its_last_contact() -> None:
    assert_kept(ON - DAY, Person("anna", LONG_AGO, in_marketing=False, links=(Link("job", LAPSED),)))
    run_night(ON)
    expiry.expire(moment(ON))
    assert not OrganisationRow.objects.exists()
