"""Rule MKT24, case by case: who leaves the marketing register and when, on both sides of every boundary."""

from __future__ import annotations

import datetime as dt
from datetime import date, datetime

import pytest
import time_machine

from contacts.models import Contact
from contacts.models import Engagement as EngagementRow
from retention import expiry, plan
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
from tests.retention.people import Agreement, Engagement, Link, Organisation, Person, Restriction

pytestmark = pytest.mark.django_db

LONG_AGO = date(2015, 6, 1)
ON = date(2026, 11, 23)
RECENT = datetime(2026, 9, 1, 9, tzinfo=dt.UTC)


def silent(**more: object) -> Person:
    """Somebody in the marketing register who has not been heard of for years."""
    return Person("anna", LONG_AGO, **more)  # type: ignore[arg-type]


def firm(*agreements: Agreement, key: str = "acme") -> Organisation:
    return Organisation(key, key, agreements)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# 11.4, E3, E5, E6, E7 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("anchor", "last_day"),
    [
        (date(2024, 11, 22), date(2026, 11, 22)),
        (date(2024, 2, 29), date(2026, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
        (date(2024, 8, 31), date(2026, 8, 31)),
        (date(2024, 12, 31), date(2026, 12, 31)),
    ],
)
def test_somebody_silent_since_the_anchor_is_kept_24_calendar_months_and_no_day_more(
    anchor: date, last_day: date
) -> None:
    assert_kept_through(last_day, Person("anna", anchor))


@pytest.mark.parametrize(
    ("anchor", "last_day"), [(date(2024, 11, 22), date(2026, 11, 22)), (date(2024, 2, 29), date(2026, 2, 28))]
)
def test_an_engagement_counts_like_a_collection(anchor: date, last_day: date) -> None:
    click = Engagement(datetime.combine(anchor, dt.time(12), dt.UTC))
    assert_kept_through(last_day, silent(engagements=(click,)))


@pytest.mark.parametrize(
    ("moment", "last_day"),
    [
        ("2024-11-21T22:30+00:00", date(2026, 11, 22)),
        ("2024-11-21T21:59:59+00:00", date(2026, 11, 21)),
        ("2024-07-31T21:15+00:00", date(2026, 8, 1)),
        ("2024-07-31T20:59+00:00", date(2026, 7, 31)),
        ("2024-03-31T00:30+00:00", date(2026, 3, 31)),
    ],
)
def test_an_engagement_has_its_date_in_helsinki(moment: str, last_day: date) -> None:
    assert_kept_through(last_day, silent(engagements=(Engagement(at(moment)),)))


def test_the_latest_of_collection_and_engagements_is_the_anchor() -> None:
    early, late = Engagement(at("2024-01-10T10:00+00:00")), Engagement(at("2024-05-10T10:00+00:00"))
    assert_kept_through(date(2026, 6, 1), Person("anna", date(2024, 6, 1), engagements=(late, early)))
    assert_kept_through(date(2026, 5, 10), Person("ben", date(2024, 2, 1), engagements=(late, early)))


# E1, E8, E9, E11 ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", ["reply", "click", "form", "event", "survey", "contest", "visit", "login", "call_in", "consent"]
)
def test_every_act_of_the_person_keeps(kind: str) -> None:
    assert_kept(ON, silent(engagements=(Engagement(RECENT, kind),)))


@pytest.mark.parametrize("kind", ["open", "delivery", "bounce"])
def test_what_mail_servers_do_does_not_keep(kind: str) -> None:
    assert_erased(ON, silent(engagements=(Engagement(RECENT, kind),)))


@pytest.mark.parametrize("kind", ["click", "reply", "visit"])
def test_an_automated_act_does_not_keep(kind: str) -> None:
    assert_erased(ON, silent(engagements=(Engagement(RECENT, kind, automated=True),)))


def test_a_visit_alone_or_a_response_alone_keeps() -> None:
    """E1: "nicht reagiert oder nicht besucht" means neither, not one of the two."""
    visitor = silent(engagements=(Engagement(RECENT, "visit"),))
    writer = Person("ben", LONG_AGO, engagements=(Engagement(RECENT, "reply"),))
    stored = put(visitor, writer, Person("carla", LONG_AGO))
    run_night(ON)
    assert [there(stored, key) for key in ("anna", "ben", "carla")] == [True, True, False]


READ, VISITED = date(2024, 11, 22), date(2026, 9, 1)


def twice(*days: tuple[str, date]) -> Person:
    return silent(engagements=tuple(Engagement(datetime.combine(day, dt.time(12), dt.UTC), kind) for kind, day in days))


@pytest.mark.parametrize(
    ("person", "due"),
    [
        (twice(("visit", VISITED)), True),
        (twice(("reply", VISITED)), True),
        (twice(("login", VISITED), ("visit", VISITED)), True),
        (twice(("reply", VISITED), ("login", VISITED)), False),
        (twice(("reply", READ), ("visit", VISITED)), True),
        (twice(("reply", READ + DAY), ("visit", VISITED)), False),
        (twice(("visit", READ), ("form", VISITED)), True),
        (twice(("visit", READ + DAY), ("form", VISITED)), False),
    ],
)
def test_the_plan_says_whom_the_stricter_reading_would_purge_and_the_run_keeps_them(
    person: Person, *, due: bool
) -> None:
    """E1: under that reading the earlier of the last response and the last visit starts the 24 months."""
    stored = put(person, Person("ben", date(2025, 1, 1)))
    answer = plan.make(ON).as_json()
    assert (answer["rules"]["marketing"]["due"], answer["erase"]) == (0, 0)
    assert answer["stricter_reading"] == {"due": int(due), "erase": int(due)}
    run_night(ON)
    assert there(stored, "anna")


def test_the_stricter_reading_counts_the_same_when_the_old_rows_have_gone() -> None:
    """E46: the row of the last visit went on its own clock, and its absence says as much."""
    put(twice(("visit", READ), ("form", VISITED)), Person("ben", ON, engagements=(Engagement(RECENT),)))
    before = plan.make(ON).as_json()
    assert before["stricter_reading"] == {"due": 1, "erase": 1}
    expiry.expire(moment(ON))
    assert EngagementRow.objects.count() == 2
    assert plan.make(ON).as_json() == before


def test_the_stricter_reading_respects_ties_and_holds() -> None:
    tied = silent(engagements=(Engagement(RECENT, "visit"),), links=(Link("job", firm(Agreement(LONG_AGO, LONG_AGO))),))
    put(tied, Person("ben", LONG_AGO, engagements=(Engagement(RECENT, "visit"),), restrictions=(Restriction(),)))
    assert plan.make(ON).as_json()["stricter_reading"] == {"due": 0, "erase": 0}


def test_an_engagement_dated_after_the_run_does_not_keep() -> None:
    ahead = Engagement(datetime(2031, 1, 1, tzinfo=dt.UTC))
    assert_erased(ON, silent(engagements=(ahead,)))


def test_an_engagement_behind_one_dated_after_the_run_still_keeps() -> None:
    ahead, real = Engagement(datetime(2031, 1, 1, tzinfo=dt.UTC)), Engagement(RECENT)
    assert_kept_through(date(2028, 9, 1), silent(engagements=(ahead, real)))


@pytest.mark.parametrize(("recorded_on", "last_day"), [(date(2024, 11, 22), ON - DAY), (date(2024, 11, 23), ON)])
def test_a_collection_dated_after_the_run_counts_as_of_its_recording(recorded_on: date, last_day: date) -> None:
    """E8: one bad clock must not grant eternal life."""
    with time_machine.travel(moment(recorded_on), tick=False):
        stored = put(Person("anna", date(2099, 1, 1)))
    run_night(last_day)
    assert there(stored, "anna")
    run_night(last_day + DAY)
    assert not there(stored, "anna")


def test_a_return_dated_after_the_run_counts_as_of_the_recording_too() -> None:
    with time_machine.travel(moment(date(2024, 11, 22)), tick=False):
        stored = put(Person("anna", LONG_AGO), Person("ben", LONG_AGO))
    Contact.objects.filter(pk=stored.persons["anna"]).update(returned_on=date(2099, 1, 1))
    Contact.objects.filter(pk=stored.persons["ben"]).update(returned_on=ON)
    run_night(ON)
    assert [there(stored, key) for key in ("anna", "ben")] == [False, True]


# E12, E13, E14, E15, E16, E18 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("party", ["customer", "partner"])
@pytest.mark.parametrize("five_years", [True, False])
def test_a_tie_to_a_customer_or_partner_keeps_through_its_last_day(party: str, five_years: bool) -> None:
    last = date(2026, 11, 22)
    tie = firm(Agreement(LONG_AGO, LONG_AGO, last, party=party, starts_five_years=five_years))
    stored = put(silent(links=(Link("job", tie),)))
    run_night(last)
    assert contact(stored, "anna").in_marketing
    run_night(last + DAY)
    assert there(stored, "anna") == five_years, (
        "the five years keep the person in the customer register, a trial nobody"
    )
    if five_years:
        assert not contact(stored, "anna").in_marketing


def test_the_end_of_the_tie_gives_no_extra_months() -> None:
    """E15: the relationship ended yesterday, the last engagement is three years old."""
    ended = firm(Agreement(LONG_AGO, LONG_AGO, ON - DAY, starts_five_years=False))
    click = Engagement(datetime(2023, 11, 1, tzinfo=dt.UTC))
    assert_erased(ON, silent(engagements=(click,), links=(Link("job", ended),)))


def test_a_former_customer_keeps_nobody_in_marketing() -> None:
    former = firm(Agreement(LONG_AGO, LONG_AGO, date(2024, 1, 1)))
    stored = assert_kept(ON, silent(links=(Link("job", former),)))
    assert not contact(stored, "anna").in_marketing


def test_one_live_tie_of_several_is_enough() -> None:
    gone = firm(Agreement(LONG_AGO, LONG_AGO, LONG_AGO), key="gone")
    live = firm(Agreement(LONG_AGO, LONG_AGO, starts_five_years=False), key="live")
    stored = assert_kept(ON, silent(links=(Link("old", gone), Link("new", live))))
    assert contact(stored, "anna").in_marketing


def test_nobody_inherits_the_tie_of_another_organisation() -> None:
    """E18: only recorded links count."""
    parent = firm(Agreement(LONG_AGO, LONG_AGO), key="parent")
    assert_erased(ON, silent(links=(Link("job", firm(key="child")),)), others=(parent,))


@pytest.mark.parametrize(("ended_on", "in_marketing"), [(ON, True), (ON - DAY, False), (ON + DAY, True), (None, True)])
def test_a_leaver_is_tied_through_the_last_day_of_the_job(ended_on: date | None, in_marketing: bool) -> None:
    """E17."""
    live = firm(Agreement(LONG_AGO, LONG_AGO))
    stored = assert_kept(ON, silent(links=(Link("job", live, ended_on),)))
    assert contact(stored, "anna").in_marketing == in_marketing


@pytest.mark.parametrize("signed_on", [ON, ON - DAY])
def test_an_agreement_ties_from_its_signature_on(signed_on: date) -> None:
    """E22: signed, and starting in a year."""
    ahead = firm(Agreement(signed_on, date(2027, 11, 1)))
    stored = assert_kept(ON, silent(links=(Link("job", ahead),)))
    assert contact(stored, "anna").in_marketing


def test_an_agreement_does_not_tie_before_its_signature() -> None:
    ahead = firm(Agreement(ON + DAY, date(2027, 11, 1)))
    assert_erased(ON, silent(links=(Link("job", ahead),)))


def test_an_agreement_cancelled_before_its_start_does_not_tie() -> None:
    """E23: terminated between signature and start; it is ignored even before the day of the termination."""
    cancelled = firm(Agreement(date(2026, 1, 1), date(2027, 6, 1), None, date(2027, 5, 31)))
    assert_erased(ON, silent(links=(Link("job", cancelled),)))


def test_an_agreement_terminated_on_its_first_day_ties_that_day() -> None:
    once = firm(Agreement(ON, ON, None, ON, starts_five_years=False))
    assert_kept_through(ON, silent(links=(Link("job", once),)))


def test_a_termination_before_the_end_ends_the_tie() -> None:
    """E21."""
    cut = firm(Agreement(LONG_AGO, LONG_AGO, date(2030, 1, 1), ON, starts_five_years=False))
    assert_kept_through(ON, silent(links=(Link("job", cut),)))


def test_somebody_outside_the_marketing_register_is_no_business_of_its_rule() -> None:
    live = firm(Agreement(LONG_AGO, LONG_AGO))
    stored = assert_kept(ON, silent(in_marketing=False, links=(Link("job", live),)))
    assert contact(stored, "anna").notification_preferences == "monthly"
