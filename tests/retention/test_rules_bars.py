"""What stands in the way of a rule whose time has come, case by case: holds, restrictions, requests, data gaps."""

from __future__ import annotations

import datetime as dt
from datetime import date

import pytest

from config.models import Actor, AuditEvent
from consent.models import Consent
from consent.models import Restriction as RestrictionRow
from contacts.models import Affiliation, Contact
from contacts.models import Engagement as EngagementRow
from retention import expiry, holding
from retention.bars import Bar, bars_of
from retention.models import DataGap
from retention.models import Hold as HoldRow
from tests.retention.nights import (
    DAY,
    assert_erased,
    assert_kept,
    assert_kept_through,
    contact,
    moment,
    put,
    run_night,
    there,
)
from tests.retention.people import Agreement, Engagement, Hold, Link, Organisation, Person, Request, Restriction
from tests.retention.store import BEFORE, furnish

pytestmark = pytest.mark.django_db

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)
LATER = date(2027, 3, 1)
OLD_CLICK = Engagement(dt.datetime(2023, 5, 1, tzinfo=dt.UTC))
FORMER = Organisation("former", "", (Agreement(LONG_AGO, LONG_AGO, date(2021, 11, 22)),))
CUSTOMER = Organisation("customer", "", (Agreement(LONG_AGO, LONG_AGO),))


def due(**more: object) -> Person:
    """Somebody due under the marketing rule for years."""
    return Person("anna", LONG_AGO, engagements=(OLD_CLICK,), **more)  # type: ignore[arg-type]


# E28 ------------------------------------------------------------------------------------------------------------------


def test_a_legal_hold_keeps_through_its_last_day() -> None:
    assert_kept_through(ON, due(holds=(Hold(ON),)))


def test_a_released_hold_keeps_nobody() -> None:
    assert_erased(ON, due(holds=(Hold(LATER, released=True),)))


@pytest.mark.parametrize("part", ["all", "marketing", "customer"])
def test_a_hold_of_any_part_keeps_the_person(part: str) -> None:
    assert_kept(ON, due(holds=(Hold(LATER, part),)))


def test_a_due_contact_under_a_hold_leaves_marketing_at_once_and_the_data_stays() -> None:
    stored = put(due(holds=(Hold(LATER),)))
    furnish(stored)
    run = run_night(ON)
    anna = contact(stored, "anna")
    assert (anna.in_marketing, anna.left_marketing_on, anna.topics) == (False, ON, ["backup"])
    assert EngagementRow.objects.count() == 1
    assert Consent.objects.get().state == "ConsentGiven"
    assert (run.erased, run.left_register, run.blocked) == (0, 1, 1)


def test_a_contact_under_a_hold_who_is_not_due_stays_in_marketing() -> None:
    stored = assert_kept(ON, Person("anna", date(2026, 1, 1), holds=(Hold(LATER),)))
    assert contact(stored, "anna").in_marketing


def test_a_hold_of_the_customer_part_lets_the_marketing_data_go() -> None:
    stored = assert_kept(ON, due(holds=(Hold(LATER, "customer"),), links=(Link("job", FORMER),)))
    assert not contact(stored, "anna").in_marketing
    assert not EngagementRow.objects.exists()
    assert Affiliation.objects.exists()


def test_a_hold_of_the_marketing_part_lets_the_customer_data_go() -> None:
    stored = assert_kept(ON, due(in_marketing=False, holds=(Hold(LATER, "marketing"),), links=(Link("job", FORMER),)))
    assert not Affiliation.objects.exists()
    assert contact(stored, "anna").topics == ["backup"]


def test_a_held_contact_leaves_marketing_the_same_night_that_takes_a_link() -> None:
    stored = assert_kept(ON, due(holds=(Hold(LATER, "marketing"),), links=(Link("job", FORMER),)))
    assert not Affiliation.objects.exists()
    assert not contact(stored, "anna").in_marketing
    assert EngagementRow.objects.exists()


def test_the_data_of_a_held_contact_stays_when_rows_expire_by_their_own_clock() -> None:
    stored = assert_kept(ON, due(holds=(Hold(LATER),)))
    expiry.expire(moment(ON))
    assert there(stored, "anna")
    assert EngagementRow.objects.count() == 1


def test_a_released_hold_lets_the_next_night_erase() -> None:
    """E33: no grace."""
    stored = assert_kept(ON, due(holds=(Hold(LATER),)))
    holding.release(HoldRow.objects.get(), Actor.command(), moment(ON) + dt.timedelta(hours=9))
    run_night(ON + DAY)
    assert not there(stored, "anna")


def test_frozen_marketing_data_goes_after_the_release_though_a_customer_link_keeps_the_person() -> None:
    leaver = Link("job", CUSTOMER, date(2025, 1, 1))
    stored = put(due(holds=(Hold(LATER),), links=(leaver,)))
    furnish(stored)
    run_night(ON)
    assert not contact(stored, "anna").in_marketing
    assert EngagementRow.objects.exists()
    holding.release(HoldRow.objects.get(), Actor.command(), moment(ON) + dt.timedelta(hours=9))
    run_night(ON + DAY)
    assert there(stored, "anna")
    assert not EngagementRow.objects.exists()
    assert contact(stored, "anna").topics == []
    assert Consent.objects.latest("recorded_at").state == "ConsentExpired"


def test_a_hold_placed_by_the_service_keeps() -> None:
    stored = put(due())
    holding.place(contact(stored, "anna"), "matter 7", LATER, Actor.command(), moment(ON))
    run_night(ON)
    assert there(stored, "anna")


# E29 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", list("abcd"))
def test_a_restriction_of_any_ground_pauses_both_rules(ground: str) -> None:
    stored = put(due(restrictions=(Restriction(),), links=(Link("job", FORMER),)))
    RestrictionRow.objects.update(ground=ground)
    run_night(ON)
    assert contact(stored, "anna").in_marketing
    assert Affiliation.objects.exists()
    assert EngagementRow.objects.exists()


def test_a_restriction_of_one_category_pauses_everything_too() -> None:
    stored = put(due(restrictions=(Restriction(),)))
    RestrictionRow.objects.update(categories=["phone"])
    run_night(ON)
    assert there(stored, "anna")


def test_a_lifted_restriction_lets_the_next_night_erase() -> None:
    stored = assert_kept(ON, due(restrictions=(Restriction(),)))
    RestrictionRow.objects.update(notice_before_lift_at=moment(ON), lifted_at=moment(ON))
    run_night(ON + DAY)
    assert not there(stored, "anna")


def test_a_restriction_pauses_however_long_it_lasts() -> None:
    """It began seven years ago and nobody has lifted it; no clock of evidence may end it."""
    stored = put(due(restrictions=(Restriction(),)))
    assert RestrictionRow.objects.get().since_at == BEFORE
    expiry.expire(moment(ON))
    run_night(ON)
    assert there(stored, "anna")


def test_the_data_of_a_restricted_contact_stays_when_rows_expire_by_their_own_clock() -> None:
    put(due(restrictions=(Restriction(),)))
    expiry.expire(moment(ON))
    assert EngagementRow.objects.count() == 1


# E30, E31, E32 --------------------------------------------------------------------------------------------------------


def test_an_open_request_pauses_both_rules() -> None:
    stored = put(due(requests=(Request(),), links=(Link("job", FORMER),)))
    run_night(ON)
    assert contact(stored, "anna").in_marketing
    assert Affiliation.objects.exists()


def test_a_closed_request_pauses_thirty_days() -> None:
    """Closed less than 30 days ago on 22 November, 30 days ago on the 23rd."""
    assert_kept_through(date(2026, 11, 22), due(requests=(Request(date(2026, 10, 24)),)))


@pytest.mark.parametrize(("closed_on", "last_day"), [(ON, ON + 29 * DAY), (ON - 40 * DAY, None)])
def test_a_request_pauses_from_its_opening_until_30_days_after_its_end(closed_on: date, last_day: date | None) -> None:
    stored = put(due())
    hold = holding.pause(contact(stored, "anna"), "request 7", Actor.command(), moment(ON))
    run_night(ON)
    assert there(stored, "anna")
    holding.end_pause(hold, closed_on, Actor.command())
    if last_day:
        run_night(last_day)
        assert there(stored, "anna")
    run_night((last_day or ON) + DAY)
    assert not there(stored, "anna")


def test_opening_and_closing_are_in_the_trail_and_only_a_requests_hold_is_closed() -> None:
    stored = put(due())
    anna = contact(stored, "anna")
    holding.end_pause(holding.pause(anna, "request 7", Actor.command(), moment(ON)), ON, Actor.command())
    assert list(AuditEvent.objects.order_by("id").values_list("action", "object_id")) == [
        ("held", anna.pk),
        ("end of hold set", anna.pk),
    ]
    legal = holding.place(anna, "matter 7", LATER, Actor.command(), moment(ON))
    with pytest.raises(HoldRow.DoesNotExist):
        holding.end_pause(legal, ON, Actor.command())


def test_a_request_and_doubtful_data_never_block_an_erasure_the_person_asks_for_and_a_legal_hold_does() -> None:
    """E28, E31, E33."""
    stored = put(
        due(requests=(Request(),)), Person("ben", LONG_AGO, holds=(Hold(LATER),)), gap(key="carla"), others=(NAMESAKE,)
    )
    found = {key: bars_of(ON, [pk])[pk] for key, pk in stored.persons.items()}
    assert {key: set(one.erasure) for key, one in found.items()} == {
        "anna": {Bar.RIGHTS_REQUEST},
        "ben": {Bar.LEGAL_HOLD},
        "carla": {Bar.DATA_GAP},
    }
    assert {key: set(one.against_request()) for key, one in found.items()} == {
        "anna": set(),
        "ben": {Bar.LEGAL_HOLD},
        "carla": set(),
    }


def test_a_request_without_a_hold_pauses_nothing() -> None:
    """E31, E32: a request for erasure and an objection to marketing place none."""
    assert_erased(ON, due())
    assert not HoldRow.objects.exists()


# E10, E25, E45 --------------------------------------------------------------------------------------------------------

NAMESAKE = Organisation("namesake", "virma", (Agreement(LONG_AGO, LONG_AGO),))


def gap(ended_on: date | None = None, *, key: str = "anna", in_marketing: bool = False) -> Person:
    """Somebody linked to an organisation without agreements that has a customer's name, save for the legal form."""
    link = Link("job", Organisation("gap", "virma"), ended_on)
    return Person(key, LONG_AGO, in_marketing=in_marketing, links=(link,))


def test_a_relationship_without_agreement_is_held_back_thirty_days_from_its_first_listing() -> None:
    stored = assert_kept(ON, gap(), others=(NAMESAKE,))
    assert DataGap.objects.get().first_listed_on == ON
    for days in (1, 15, 30):
        run_night(ON + days * DAY)
        assert there(stored, "anna")
    assert DataGap.objects.get().first_listed_on == ON
    run_night(ON + 31 * DAY)
    assert not there(stored, "anna")
    assert not DataGap.objects.exists()


def test_without_a_namesake_nothing_is_held_back() -> None:
    stranger = Organisation("stranger", "muu", (Agreement(LONG_AGO, LONG_AGO),))
    assert_erased(ON, gap(), others=(stranger,))


def test_a_namesake_without_a_live_agreement_holds_nobody_back() -> None:
    over = Organisation("namesake", "virma", (Agreement(LONG_AGO, LONG_AGO, ON - DAY),))
    assert_erased(ON, gap(), others=(over,))


def test_an_organisation_with_any_agreement_is_no_gap() -> None:
    expired = Organisation("gap", "virma", (Agreement(LONG_AGO, LONG_AGO, date(2020, 1, 1)),))
    person = Person("anna", LONG_AGO, in_marketing=False, links=(Link("job", expired),))
    assert_erased(ON, person, others=(NAMESAKE,))


def test_marketing_is_not_covered_by_a_gap() -> None:
    assert_erased(ON, gap(in_marketing=True), others=(NAMESAKE,))
    assert not DataGap.objects.exists()


def test_the_link_of_a_leaver_is_held_back_too() -> None:
    stored = assert_kept(ON, gap(date(2026, 10, 1)), others=(NAMESAKE,))
    run_night(ON + 31 * DAY)
    assert not there(stored, "anna")


def test_the_link_of_somebody_who_left_more_than_five_years_ago_is_not_held_back() -> None:
    assert_erased(ON, gap(date(2021, 11, 22)), others=(NAMESAKE,))


def test_an_agreement_that_closes_the_gap_keeps() -> None:
    stored = assert_kept(ON, gap(), others=(NAMESAKE,))
    acme = Affiliation.objects.get().organisation
    acme.agreements.create(party="customer", kind="licence", starts_on=LONG_AGO, ends_on=ON)
    run_night(ON + 31 * DAY)
    assert there(stored, "anna")


def test_somebody_who_left_marketing_by_an_objection_has_no_reason_left() -> None:
    """E10, E45: an objection is no reason to keep."""
    stored = put(Person("anna", date(2026, 10, 1)), Person("ben", date(2026, 10, 1)))
    furnish(stored)
    Contact.objects.filter(pk=stored.persons["anna"]).update(in_marketing=False)
    run_night(ON)
    assert not there(stored, "anna")
    assert there(stored, "ben")
