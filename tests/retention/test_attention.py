"""What the rules leave to people, on both sides of every boundary; the home page counts it and a list shows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from config.models import Actor, AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES
from consent.models import Restriction
from contacts.models import Agreement, Contact, Organisation
from retention import attention, due, holding, purge
from retention.models import DueDate, Hold, RetentionRun
from retention.models.runs import RunTrigger
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    at_work,
    contact,
    customer,
    list_of,
    officer,
    page_of,
    shown,
    signed_in,
    signed_in_again,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
LONG_AGO = date(2015, 1, 1)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def lines(client: Client) -> dict[str, tuple[int, str]]:
    """The lines of "To be checked" by label: how many, and where the list is."""
    panels = {str(panel.title): panel.context for panel in client.get(HOME).context["panels"]}
    rows: list[dict[str, Any]] = panels.get("To be checked", {}).get("rows", [])
    return {str(row["label"]): (row["count"], row["url"]) for row in rows}


def listed(client: Client, label: str) -> list[Any]:
    """The rows of the list that a line leads to; as many as it says."""
    count, url = lines(client)[label]
    rows = shown(client.get(url))
    assert len(rows) == count
    return rows


def night(on: date = TODAY) -> RetentionRun:
    run = purge.begin(on, RunTrigger.SCHEDULE, Actor.task(), NOW, approve=True)
    assert purge.work(run, Actor.task(), NOW)
    return run


def test_while_nothing_is_open_there_is_nothing_to_check() -> None:
    contact(at=customer(until=TODAY))
    night()
    assert lines(officer()) == {}


# Open-ended agreements without a sign of life (E19) -------------------------------------------------------------------

SILENT = "Open-ended agreements, silent for 36 months"


def agreement(at: Organisation | None = None, **dates: Any) -> Agreement:
    """An open-ended licence that began long ago."""
    firm = at or Organisation.objects.create(name="Nordlicht Oy")
    fields = {"party": "customer", "kind": "licence", "starts_on": LONG_AGO, **dates}
    return Agreement.objects.create(organisation=firm, **fields)


def to_review(on: date = TODAY) -> list[Agreement]:
    return list(attention.silent_agreements(on))


@pytest.mark.parametrize(("heard_on", "listed_"), [(date(2023, 11, 23), False), (date(2023, 11, 22), True)])
def test_an_agreement_is_listed_after_36_months_without_login_or_contact(heard_on: date, *, listed_: bool) -> None:
    one = agreement()
    contact(at=one.organisation, last_engaged_on=LONG_AGO)
    contact(at=one.organisation, last_engaged_on=heard_on, in_marketing=False)
    assert to_review() == ([one] if listed_ else [])


@pytest.mark.parametrize(("begun_on", "listed_"), [(date(2023, 11, 23), False), (date(2023, 11, 22), True)])
def test_an_agreement_nobody_was_heard_from_is_listed_36_months_after_it_began(
    begun_on: date, *, listed_: bool
) -> None:
    one = agreement(starts_on=begun_on, signed_on=LONG_AGO)
    assert to_review() == ([one] if listed_ else [])


def test_another_agreement_is_contact_for_as_long() -> None:
    one = agreement()
    agreement(one.organisation, kind="order", starts_on=date(2023, 11, 23), ends_on=TODAY)
    assert to_review() == []
    assert to_review(TODAY + DAY) == [one]


@pytest.mark.parametrize("dates", [{"ends_on": date(2030, 1, 1)}, {"terminated_on": TODAY}, {"signed_on": TODAY + DAY}])
def test_an_agreement_with_an_end_or_not_yet_signed_is_not_listed(dates: dict[str, Any]) -> None:
    agreement(**dates)
    assert to_review() == []


def test_a_sign_of_life_from_somebody_elsewhere_or_dated_ahead_is_none() -> None:
    one = agreement()
    contact(at=customer(until=TODAY), last_engaged_on=TODAY)
    contact(at=one.organisation, last_engaged_on=TODAY + DAY)
    assert to_review() == [one]


@pytest.mark.parametrize(("reviewed_on", "listed_"), [(date(2025, 11, 23), False), (date(2025, 11, 22), True)])
def test_a_reviewed_agreement_comes_back_after_a_year(reviewed_on: date, *, listed_: bool) -> None:
    one = agreement(reviewed_on=reviewed_on)
    assert to_review() == ([one] if listed_ else [])


def test_the_home_page_leads_to_the_agreements_and_a_review_takes_one_off_the_list_for_a_year() -> None:
    one = agreement()
    customer("Ends soon Oy", until=TODAY)
    client = officer()
    assert listed(client, SILENT) == [one]
    page = text_of(client.get(page_of(one, "review")))
    assert "Does this agreement still exist?" in page and "Nobody has reviewed this yet" in page
    assert Agreement.objects.filter(reviewed_on=None).count() == 2, "a GET changes nothing"
    assert "The review is recorded" in text_of(client.post(page_of(one, "review"), follow=True))
    one.refresh_from_db()
    account = User.objects.get(username="privacy-officer")
    assert (one.reviewed_on, one.reviewed_by) == (TODAY, account.pk)
    event = AuditEvent.objects.get(action="reviewed")
    assert (event.object_id, event.actor_id, event.fields) == (one.pk, account.pk, ["reviewed_by", "reviewed_on"])
    assert SILENT not in lines(client)
    assert "privacy-officer" in text_of(client.get(page_of(one))).split("Reviewed by")[1]
    with time_machine.travel(NOW + timedelta(days=366), tick=False):
        assert listed(signed_in_again(PRIVACY_OFFICER), SILENT) == [one]


def test_an_agreement_that_has_an_end_is_not_reviewed() -> None:
    over = agreement(ends_on=TODAY)
    client = officer()
    assert "nothing to review" in text_of(client.post(page_of(over, "review"), follow=True))
    over.refresh_from_db()
    assert over.reviewed_on is None


def test_whoever_may_not_change_agreements_may_not_review_them() -> None:
    one = agreement()
    client = signed_in(AUDITOR)
    assert client.post(page_of(one, "review")).status_code == 403
    assert signed_in(PRIVACY_CLERK).post(page_of(one, "review")).status_code == 302


def test_a_review_moves_no_due_date() -> None:
    one = agreement()
    person = contact(at=one.organisation, collected_on=LONG_AGO)
    before = DueDate.objects.values_list("marketing_on", "erase_on").get()
    officer().post(page_of(one, "review"))
    due.refresh(TODAY)
    assert DueDate.objects.values_list("marketing_on", "erase_on").get() == before == (None, None)
    assert Contact.objects.get() == person


# Relationships without an agreement (E25) -----------------------------------------------------------------------------


def test_a_relationship_leaves_the_list_when_somebody_adds_the_agreement() -> None:
    customer("Nordlicht GmbH")
    namesake = Organisation.objects.create(name="Nordlicht Oy")
    contact(at=namesake, in_marketing=False)
    assert due.list_gaps(TODAY, TODAY) == 1
    client = officer()
    assert len(listed(client, "Relationships without an agreement")) == 1
    agreement(namesake)
    assert "Relationships without an agreement" not in lines(client)
    assert shown(client.get(list_of("retention.datagap"))) == []


# Holds (E28) ----------------------------------------------------------------------------------------------------------


def test_a_legal_hold_is_listed_thirty_days_before_its_end_and_while_it_is_in_force() -> None:
    last = {days: holding.place(contact(), f"{days}", TODAY + days * DAY, Actor.command(), NOW) for days in (0, 30, 31)}
    released = holding.place(contact(), "released", TODAY + DAY, Actor.command(), NOW)
    holding.release(released, Actor.command(), NOW)
    Hold.objects.create(contact=contact(), kind="request", matter="closed", until_on=TODAY + DAY)
    assert set(listed(officer(), "Legal holds that end within 30 days")) == {last[0], last[30]}
    assert set(attention.ending_holds(TODAY + DAY)) == {last[30], last[31]}


# Restrictions (E29) ---------------------------------------------------------------------------------------------------

STANDING = "Restrictions nobody has looked at for 90 days"


@pytest.mark.parametrize(("days", "listed_"), [(89, False), (90, True)])
@pytest.mark.parametrize("reviewed", [False, True])
def test_a_restriction_is_listed_every_90_days(days: int, *, listed_: bool, reviewed: bool) -> None:
    one = Restriction.objects.create(
        contact=contact(),
        ground="a",
        since_at=NOW - (400 if reviewed else days) * DAY,
        reviewed_on=TODAY - days * DAY if reviewed else None,
    )
    assert list(attention.standing_restrictions(TODAY)) == ([one] if listed_ else [])


def test_a_lifted_restriction_is_not_listed() -> None:
    Restriction.objects.create(
        contact=contact(), ground="a", since_at=NOW - 400 * DAY, notice_before_lift_at=NOW, lifted_at=NOW
    )
    assert list(attention.standing_restrictions(TODAY)) == []


def test_the_officer_looks_at_a_standing_restriction_and_is_reminded_again_after_90_days() -> None:
    one = Restriction.objects.create(contact=contact(), ground="a", since_at=NOW - 90 * DAY)
    client = officer()
    assert listed(client, STANDING) == [one]
    assert "Does the ground of this restriction still exist?" in text_of(client.get(page_of(one, "review")))
    client.post(page_of(one, "review"))
    one.refresh_from_db()
    assert (one.reviewed_on, one.lifted_at) == (TODAY, None)
    assert AuditEvent.objects.filter(action="reviewed", object_id=one.pk).exists()
    assert STANDING not in lines(client)
    with time_machine.travel(NOW + 90 * DAY, tick=False):
        assert listed(signed_in_again(PRIVACY_OFFICER), STANDING) == [one]
    assert signed_in(PRIVACY_CLERK).post(page_of(one, "review")).status_code == 403


# Doubtful dates (E4, E8) ----------------------------------------------------------------------------------------------


def test_a_run_reports_estimated_days_of_collection_and_the_home_page_leads_to_them() -> None:
    guessed = contact(collected_estimated=True)
    contact()
    run = night()
    assert (run.planned["estimated"], run.planned["ahead"]) == (1, 0)
    client = officer()
    assert "Contacts whose day of collection is estimated: 1" in text_of(client.get(page_of(run)))
    assert listed(client, "Contacts whose day of collection is estimated") == [guessed]


@pytest.mark.parametrize("field", ["collected_on", "returned_on", "last_engaged_on"])
def test_a_run_reports_dates_that_lie_ahead(field: str) -> None:
    odd, fine = contact(), contact()
    for one, day in ((odd, TODAY + DAY), (fine, TODAY)):
        setattr(one, field, day)
        one.save()
    assert night().planned["ahead"] == 1
    assert listed(officer(), "Contacts with a date in the future") == [odd]


@pytest.mark.parametrize("on", [LONG_AGO, TODAY, TODAY + 900 * DAY])
def test_a_run_for_any_day_reports_what_is_in_the_future_of_today(on: date) -> None:
    contact(collected_estimated=True, last_engaged_on=TODAY + DAY)
    run = purge.begin(on, RunTrigger.COMMAND, Actor.command(), NOW)
    assert (run.planned["estimated"], run.planned["ahead"]) == (1, 1)


# The alarm (E26) ------------------------------------------------------------------------------------------------------


def alarm(client: Client) -> int:
    panels = {str(panel.title): panel.context for panel in client.get(HOME).context["panels"]}
    return int(panels.get("Due and still here", {}).get("late", 0))


@pytest.mark.parametrize(("collected_on", "late"), [(date(2024, 11, 21), 0), (date(2024, 11, 20), 1)])
def test_whoever_has_been_due_for_48_hours_raises_the_alarm(collected_on: date, late: int) -> None:
    """Kept through 21 November and due from the 22nd; kept through the 20th and due from the 21st, two days ago."""
    contact(collected_on=collected_on)
    client = officer()
    assert alarm(client) == late
    assert ("contact has been due for 48 hours or more" in text_of(client.get(HOME))) == bool(late)
    night()
    assert alarm(client) == 0


@pytest.mark.parametrize(("ended_on", "late"), [(date(2021, 11, 21), 0), (date(2021, 11, 20), 1)])
def test_a_due_customer_link_raises_the_alarm_too(ended_on: date, late: int) -> None:
    contact(at=customer(until=ended_on), in_marketing=False)
    assert alarm(officer()) == late


def test_whoever_is_protected_raises_no_alarm() -> None:
    held, restricted = contact(collected_on=LONG_AGO), contact(collected_on=LONG_AGO)
    holding.place(held, "Dispute", TODAY + DAY, Actor.command(), NOW)
    Restriction.objects.create(contact=restricted, ground="b", since_at=NOW)
    contact(at=customer(), collected_on=LONG_AGO)
    client = officer()
    assert alarm(client) == 0
    holding.release(Hold.objects.get(), Actor.command(), NOW)
    assert alarm(client) == 1


@pytest.mark.parametrize("role", [SALES])
def test_nobody_sees_counts_of_what_they_may_not_open(role: str) -> None:
    agreement()
    contact(collected_on=LONG_AGO, collected_estimated=True)
    client = signed_in(role)
    assert (lines(client), alarm(client)) == ({}, 0)
