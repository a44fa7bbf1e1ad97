"""Rule CUST5, case by case: until when a customer link is kept, on both sides of every boundary."""

from __future__ import annotations

from datetime import date

import pytest

from config.dates import add_months
from contacts.models import Affiliation, SystemAccount
from contacts.models import Agreement as AgreementRow
from tests.retention.nights import DAY, assert_erased, assert_kept, assert_kept_through, contact, put, run_night, there
from tests.retention.people import Agreement, Link, Organisation, Person
from tests.retention.store import furnish

pytestmark = pytest.mark.django_db

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)


def employee(*agreements: Agreement, ended_on: date | None = None) -> Person:
    """Somebody in the customer register only, through one organisation with these agreements."""
    return Person(
        "anna", LONG_AGO, in_marketing=False, links=(Link("job", Organisation("acme", "", agreements), ended_on),)
    )


def licence(ends_on: date | None = None, **more: object) -> Agreement:
    return Agreement(LONG_AGO, LONG_AGO, ends_on, **more)  # type: ignore[arg-type]


def links() -> int:
    return Affiliation.objects.count()


# 11.4, E21, E26 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_end", "last_day"),
    [
        (date(2021, 11, 22), date(2026, 11, 22)),
        (date(2024, 2, 29), date(2029, 2, 28)),
        (date(2023, 2, 28), date(2028, 2, 28)),
        (date(2021, 8, 31), date(2026, 8, 31)),
    ],
)
def test_a_customer_link_is_kept_five_calendar_years_after_the_last_end(last_end: date, last_day: date) -> None:
    assert_kept_through(last_day, employee(licence(last_end)))


def test_an_early_termination_is_the_end() -> None:
    assert_kept_through(ON, employee(licence(date(2025, 1, 1), terminated_on=date(2021, 11, 23))))


def test_a_termination_after_the_end_changes_nothing() -> None:
    assert_kept_through(ON, employee(licence(date(2021, 11, 23), terminated_on=date(2025, 1, 1))))


def test_a_partner_is_kept_like_a_customer() -> None:
    assert_kept_through(ON, employee(licence(date(2021, 11, 23), party="partner")))


# E19, E20 -------------------------------------------------------------------------------------------------------------


def test_an_open_ended_agreement_never_ends() -> None:
    assert_kept(date(2099, 1, 1), employee(licence()))


def test_the_latest_of_overlapping_agreements_counts() -> None:
    assert_kept_through(ON, employee(licence(date(2021, 11, 23)), licence(date(2019, 1, 1)), licence(date(2021, 1, 1))))


def test_a_renewal_after_a_gap_starts_the_clock_anew() -> None:
    renewed = Agreement(date(2019, 5, 1), date(2019, 5, 1), date(2021, 11, 23))
    assert_kept_through(ON, employee(licence(date(2015, 1, 1)), renewed))


def test_a_live_renewal_stops_the_clock() -> None:
    renewed = Agreement(date(2026, 11, 1), date(2026, 11, 1), date(2027, 10, 31))
    assert_kept(ON, employee(licence(date(2015, 1, 1)), renewed))


@pytest.mark.parametrize(("signed_on", "kept"), [(ON, True), (ON + DAY, False)])
def test_a_new_agreement_stops_the_clock_from_its_signature_on(signed_on: date, kept: bool) -> None:
    """E22: signed, starting next year."""
    ahead = Agreement(signed_on, date(2027, 6, 1))
    stored = put(employee(licence(date(2015, 1, 1)), ahead))
    run_night(ON)
    assert there(stored, "anna") == kept


# E23, E24 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("others", [(), (licence(date(2021, 11, 22)),)])
def test_an_agreement_cancelled_before_its_start_expires_nothing(others: tuple[Agreement, ...]) -> None:
    cancelled = Agreement(date(2026, 1, 1), date(2026, 6, 1), None, date(2026, 5, 31))
    assert_erased(ON, employee(cancelled, *others))


@pytest.mark.parametrize("terminated_on", [date(2022, 6, 1), date(2022, 6, 2)])
def test_an_agreement_terminated_on_or_after_its_first_day_has_run(terminated_on: date) -> None:
    ran = Agreement(date(2022, 6, 1), date(2022, 6, 1), None, terminated_on)
    assert_kept(ON, employee(ran))


def test_a_trial_keeps_while_it_is_live_and_starts_no_five_years() -> None:
    assert_kept_through(ON, employee(licence(ON, starts_five_years=False)))


def test_a_live_trial_postpones_five_years_that_are_over() -> None:
    assert_kept_through(ON, employee(licence(date(2019, 1, 1)), licence(ON, starts_five_years=False)))


def test_an_ended_trial_does_not_lengthen_the_five_years() -> None:
    trial = licence(date(2025, 1, 1), starts_five_years=False)
    assert_kept_through(ON, employee(licence(date(2021, 11, 23)), trial))


def test_somebody_who_left_stays_with_a_running_trial_for_five_years_at_most() -> None:
    """Five years from leaving, while the organisation is a customer (E17); nothing follows a trial that has ended (E24)."""
    left_on = add_months(ON, -60)
    assert_kept_through(ON, employee(licence(None, starts_five_years=False), ended_on=left_on))
    assert_kept(ON + 2 * DAY, employee(licence(ON + 2 * DAY, starts_five_years=False), ended_on=left_on + 2 * DAY))
    assert_erased(ON + 3 * DAY, employee(licence(ON + 2 * DAY, starts_five_years=False), ended_on=ON))


def test_somebody_who_left_before_the_licence_began_stays_for_five_years() -> None:
    """Customer from signature (E22)."""
    signed = Agreement(date(2021, 1, 1), date(2030, 1, 1), None, None)
    assert_kept_through(ON, employee(signed, ended_on=add_months(ON, -60)))


@pytest.mark.parametrize("kind", ["trial", "beta"])
def test_trials_and_betas_start_no_five_years(kind: str) -> None:
    stored = put(employee(licence(date(2022, 1, 1))))
    AgreementRow.objects.update(kind=kind)
    run_night(ON)
    assert not there(stored, "anna")


@pytest.mark.parametrize("kind", ["licence", "subscription", "order", "partner"])
def test_every_other_kind_starts_five_years(kind: str) -> None:
    stored = put(employee(licence(date(2022, 1, 1), starts_five_years=False)))
    AgreementRow.objects.update(kind=kind)
    run_night(ON)
    assert there(stored, "anna")


def test_saving_completes_the_missing_of_signature_and_start() -> None:
    stored = put(employee())
    acme = stored.organisations["acme"]
    bare = {"organisation_id": acme, "party": "customer", "kind": "licence", "ends_on": date(2021, 11, 23)}
    AgreementRow(**bare, starts_on=date(2020, 1, 1)).save()
    AgreementRow(**bare, signed_on=date(2020, 1, 1)).save()
    assert set(AgreementRow.objects.values_list("signed_on", "starts_on")) == {(date(2020, 1, 1), date(2020, 1, 1))}
    run_night(ON)
    assert there(stored, "anna")
    run_night(ON + DAY)
    assert not there(stored, "anna")


@pytest.mark.parametrize("ends_on", [date(9999, 12, 31), date(9999, 12, 30), date(9998, 12, 31), date(2999, 12, 31)])
def test_an_end_far_in_the_future_stops_no_run(ends_on: date) -> None:
    """Other systems write such days for "open-ended"."""
    stored = put(employee(licence(ends_on)), Person("ben", LONG_AGO))
    run_night(ON)
    assert there(stored, "anna")
    assert not there(stored, "ben")


# E16, E17 -------------------------------------------------------------------------------------------------------------


def test_a_leaver_goes_five_years_after_leaving_though_the_customer_stays() -> None:
    assert_kept_through(ON, employee(licence(), ended_on=date(2021, 11, 23)))


def test_a_leaver_goes_with_the_organisation_when_that_is_earlier() -> None:
    assert_kept_through(ON, employee(licence(date(2021, 11, 23)), ended_on=date(2024, 1, 1)))


def test_a_leaver_whose_five_years_are_over_is_not_kept_by_a_live_trial() -> None:
    assert_erased(ON, employee(licence(), licence(None, starts_five_years=False), ended_on=date(2021, 11, 22)))


def test_each_link_has_its_own_clock_and_the_last_takes_the_person() -> None:
    acme = Organisation("acme", "", (licence(date(2021, 11, 23)),))
    beta = Organisation("beta", "", (licence(date(2022, 3, 1)),))
    stored = put(Person("anna", LONG_AGO, in_marketing=False, links=(Link("a", acme), Link("b", beta))))
    furnish(stored)
    run_night(ON)
    assert (links(), SystemAccount.objects.count()) == (2, 2)
    run_night(ON + DAY)
    assert Affiliation.objects.get().pk == stored.links["b"]
    assert SystemAccount.objects.get().organisation_id == stored.organisations["beta"]
    assert contact(stored, "anna").notification_preferences == "monthly"
    run_night(date(2027, 3, 1))
    assert there(stored, "anna")
    run_night(date(2027, 3, 2))
    assert not there(stored, "anna")


def test_a_leaver_keeps_her_other_job() -> None:
    acme = Organisation("acme", "", (licence(),))
    beta = Organisation("beta", "", (licence(),))
    former = Link("old", acme, date(2021, 11, 22))
    stored = assert_kept(ON, Person("anna", LONG_AGO, in_marketing=False, links=(former, Link("new", beta))))
    assert Affiliation.objects.get().pk == stored.links["new"]


def test_the_marketing_register_outlives_the_last_link() -> None:
    acme = Organisation("acme", "", (licence(date(2021, 11, 22)),))
    stored = assert_kept(ON, Person("anna", date(2026, 1, 1), links=(Link("job", acme),)))
    assert links() == 0
    assert contact(stored, "anna").in_marketing
    assert contact(stored, "anna").notification_preferences == ""


# E45 ------------------------------------------------------------------------------------------------------------------


def test_somebody_in_no_register_goes_with_the_next_run() -> None:
    assert_erased(ON, Person("anna", ON, in_marketing=False))


@pytest.mark.parametrize("agreements", [(), (Agreement(ON + DAY, ON + DAY),), (Agreement(ON + DAY, ON - DAY),)])
def test_a_link_whose_agreements_never_began_keeps_nobody(agreements: tuple[Agreement, ...]) -> None:
    assert_erased(ON, employee(*agreements))


def test_a_pure_prospect_who_never_began_stays_for_marketing_alone() -> None:
    stored = assert_kept(ON, Person("anna", date(2026, 1, 1), links=(Link("job", Organisation("acme")),)))
    assert contact(stored, "anna").in_marketing
    assert links() == 1
