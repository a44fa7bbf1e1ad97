"""Coming back after an erasure (E37): by a rule with a new collection, after a request only by decision of staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from consent.models import QuarantinedRow
from consent.models.suppression import FormerAddress, FormerReason
from contacts.models import Contact, Engagement
from tests.consent.conftest import (
    DAY,
    NOW,
    TODAY,
    bring,
    bring_engagements,
    customer,
    engagement_row,
    former,
    is_there,
    night,
    on,
    person,
    suppress,
    the,
)

pytestmark = pytest.mark.django_db

ERASED = on("2026-05-10")


# Purged by a rule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("collected_on", "decision"),
    [("2026-05-09", "rejected"), ("2026-05-10", "rejected"), ("2026-05-11", "created"), ("", "rejected")],
)
def test_somebody_purged_comes_back_only_with_a_collection_after_the_erasure(collected_on: str, decision: str) -> None:
    former("anna@example.org", FormerReason.PURGE, ERASED)
    imported = bring([person(collected_on=collected_on)])
    assert imported.decisions == [decision]
    assert is_there() is (decision == "created")
    if decision == "rejected":
        outcome = imported.outcomes[0]
        assert (outcome.line, outcome.column) == (2, "collected_on")
        assert "2026-05-10" in outcome.reason and outcome.remedy


def test_somebody_who_comes_back_is_a_new_contact_marked_with_the_day_of_the_purge() -> None:
    bring([person(collected_on="2024-05-09", city="Oulu", topics="backup")])
    old = the()
    night(ERASED)
    assert not is_there()
    assert FormerAddress.objects.get().reason == FormerReason.PURGE
    assert bring([person(collected_on="2026-06-01")]).decisions == ["created"]
    new = the()
    assert (new.purged_before_on, new.collected_on, new.collected_estimated) == (ERASED, on("2026-06-01"), False)
    assert new.pk != old.pk and new.reference != old.reference
    assert (new.city, new.topics) == ("", [])


def test_a_contact_who_was_never_purged_is_not_marked() -> None:
    bring([person()])
    assert the().purged_before_on is None


def test_of_two_purges_the_later_one_counts() -> None:
    former("anna@example.org", FormerReason.PURGE, on("2023-01-01"))
    former("anna@example.org", FormerReason.PURGE, ERASED)
    assert bring([person(collected_on="2026-05-10")]).decisions == ["rejected"]
    bring([person(collected_on="2026-05-11")])
    assert the().purged_before_on == ERASED


def test_the_next_row_of_the_file_finds_who_has_come_back() -> None:
    former("anna@example.org", FormerReason.PURGE, ERASED)
    rows = [person(collected_on="2026-05-01"), person(collected_on="2026-06-01"), person(city="Oulu")]
    assert bring(rows).decisions == ["rejected", "created", "updated"]


def test_a_purged_address_is_recognised_in_another_spelling() -> None:
    former("anna@example.org", FormerReason.PURGE, ERASED)
    assert bring([person(" Ａnna@EXAMPLE.org")]).decisions == ["rejected"]


def test_a_purged_and_suppressed_prospect_is_suppressed() -> None:
    former("anna@example.org", FormerReason.PURGE, ERASED)
    suppress("anna@example.org")
    assert bring([person(collected_on="2026-06-01")]).decisions == ["suppressed"]
    assert not is_there()


def test_a_purged_and_suppressed_person_at_a_customer_comes_back_outside_marketing() -> None:
    customer()
    former("anna@example.org", FormerReason.PURGE, ERASED)
    suppress("anna@example.org")
    assert bring([person(organisation="Acme Oy", collected_on="2026-05-10")]).decisions == ["rejected"]
    assert bring([person(organisation="Acme Oy", collected_on="2026-05-11")]).decisions == ["suppressed"]
    assert (the().in_marketing, the().purged_before_on) == (False, ERASED)


# Erased on request ----------------------------------------------------------------------------------------------------


def test_a_request_outweighs_a_later_purge() -> None:
    former("anna@example.org", FormerReason.REQUEST, on("2020-01-01"))
    former("anna@example.org", FormerReason.PURGE, on("2024-01-01"))
    assert bring([person(collected_on="2026-01-01")]).decisions == ["quarantined"]
    assert not is_there()


def test_somebody_erased_on_request_and_suppressed_is_not_stored_even_in_quarantine() -> None:
    former("anna@example.org", FormerReason.REQUEST, ERASED)
    suppress("anna@example.org")
    assert bring([person(collected_on="2026-06-01")]).decisions == ["suppressed"]
    assert not is_there() and not QuarantinedRow.objects.exists()


def test_an_opt_out_of_somebody_erased_on_request_is_heard_without_a_quarantine() -> None:
    former("anna@example.org", FormerReason.REQUEST, ERASED)
    assert bring([person(unsubscribed="yes"), person()]).decisions == ["suppressed", "suppressed"]
    assert not is_there() and not QuarantinedRow.objects.exists()


# Left the marketing register ------------------------------------------------------------------------------------------


def left_marketing() -> Contact:
    """Somebody whom a night has taken out of marketing and who stays in the customer register."""
    customer(ends_on=on("2025-01-01"))
    bring([person(collected_on="2020-01-01", organisation="Acme Oy")])
    night(TODAY)
    assert (the().in_marketing, the().left_marketing_on) == (False, TODAY)
    return the()


@pytest.mark.parametrize("collected_on", ["", "2020-01-01", "2026-11-22", "2026-11-23"])
def test_who_left_marketing_does_not_come_back_with_an_old_collection(collected_on: str) -> None:
    left_marketing()
    bring([person(collected_on=collected_on, city="Oulu")], NOW + DAY)
    assert (the().city, the().in_marketing, the().returned_on) == ("Oulu", False, None)


def test_who_left_marketing_comes_back_with_a_collection_after_that_and_the_clock_starts_there() -> None:
    left_marketing()
    assert bring([person(collected_on="2026-11-24")], NOW + DAY).decisions == ["updated"]
    anna = the()
    assert (anna.in_marketing, anna.returned_on) == (True, on("2026-11-24"))
    assert anna.collected_on == on("2020-01-01")
    night(on("2028-11-24"))
    assert the().in_marketing
    night(on("2028-11-25"))
    assert not the().in_marketing


def test_an_objection_that_took_somebody_out_is_not_undone_by_a_new_collection() -> None:
    bring([person(collected_on="2026-01-01")])
    bring([person(unsubscribed="yes")])
    assert bring([person(collected_on="2026-11-24")], NOW + DAY).decisions == ["suppressed"]
    assert the().in_marketing is False


# The day of collection and the clock (E3, E4, E8) ---------------------------------------------------------------------


def test_without_a_day_of_collection_the_day_of_the_import_is_taken_and_marked_as_estimated() -> None:
    bring([person()])
    assert (the().collected_on, the().collected_estimated) == (TODAY, True)


def test_the_day_is_the_controllers_not_the_one_in_utc() -> None:
    from datetime import UTC, datetime

    bring([person()], datetime(2026, 11, 22, 22, 30, tzinfo=UTC))
    assert the().collected_on == TODAY
    bring([person("bob@example.org")], datetime(2026, 11, 22, 21, 30, tzinfo=UTC))
    assert the("bob@example.org").collected_on == TODAY - DAY


def in_one_file(*rows: dict[str, str]) -> None:
    """All rows at once."""
    bring(rows)


def one_by_one(*rows: dict[str, str]) -> None:
    """Each row in a file of its own."""
    for row in rows:
        bring([row])


@pytest.mark.parametrize("bringing", [in_one_file, one_by_one])
@pytest.mark.parametrize("days", [("2025-01-01", "2024-01-01", "2026-01-01"), ("", "2024-01-01", "2026-01-01")])
def test_the_earliest_known_day_stays(bringing: Callable[..., None], days: tuple[str, ...]) -> None:
    bringing(*(person(collected_on=day) for day in days))
    assert (the().collected_on, the().collected_estimated) == (on("2024-01-01"), False)


def test_a_later_day_does_not_make_a_contact_younger_whose_day_was_estimated() -> None:
    bring([person()], NOW - 400 * DAY)
    bring([person(collected_on="2026-11-01")])
    assert the().collected_on == TODAY - 400 * DAY


@pytest.mark.parametrize("kind", ["open", "click", "bounce"])
def test_an_estimated_day_gives_way_to_the_earliest_event_whatever_it_is(kind: str) -> None:
    bring([person()])
    bring_engagements([engagement_row(kind=kind, occurred_at="2025-03-01T22:30:00Z"), engagement_row()])
    assert (the().collected_on, the().collected_estimated) == (on("2025-03-02"), True)


def test_an_estimated_day_gives_way_to_an_earlier_consent() -> None:
    bring([person(consent_email="yes", consent_at="2025-04-01", consent_text="Yes.")])
    assert (the().collected_on, the().collected_estimated) == (on("2025-04-01"), True)


def test_a_known_day_is_not_moved_by_an_event() -> None:
    bring([person(collected_on="2026-01-01")])
    bring_engagements([engagement_row(occurred_at="2025-03-01T12:00:00Z")])
    assert (the().collected_on, the().collected_estimated) == (on("2026-01-01"), False)


def test_no_import_of_contacts_moves_the_clock() -> None:
    bring([person(collected_on="2024-11-22")])
    for number in range(3):
        bring([person(collected_on="2026-11-20", phone=f"+35840111111{number}", supplied_by_subject="yes")])
        bring([person(city="Oulu" * (number + 1), consent_email="yes")])
    assert (the().collected_on, the().returned_on, the().last_engaged_on) == (on("2024-11-22"), None, None)
    night(TODAY)
    assert not is_there()


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ({"kind": "click"}, True),
        ({"kind": "click", "automated": "yes"}, False),
        ({"kind": "open"}, False),
        ({"kind": "delivery"}, False),
        ({"kind": "bounce"}, False),
        ({"kind": "visit"}, True),
        ({"kind": "login"}, True),
        ({"kind": "call_in", "automated": "yes"}, False),
    ],
)
def test_only_an_act_of_the_person_moves_the_clock(cells: dict[str, str], *, kept: bool) -> None:
    bring([person(collected_on="2024-11-22")])
    assert bring_engagements([engagement_row(**cells)]).decisions == ["created"]
    assert (the().last_engaged_on is not None) is kept
    night(TODAY)
    assert is_there() is kept


def test_the_clock_stands_at_the_latest_act_in_the_controllers_day() -> None:
    bring([person(collected_on="2020-01-01")])
    bring_engagements(
        [
            engagement_row(occurred_at="2026-02-28T22:30:00Z"),
            engagement_row(occurred_at="2026-01-01T12:00:00Z"),
            engagement_row(occurred_at="2026-03-05T12:00:00Z", kind="open"),
        ]
    )
    assert the().last_engaged_on == date(2026, 3, 1)
    bring_engagements([engagement_row(occurred_at="2026-02-01T12:00:00Z")])
    assert the().last_engaged_on == date(2026, 3, 1)


@pytest.mark.parametrize(("occurred_at", "rows"), [("2024-11-23T10:00:00Z", 1), ("2024-11-22T10:00:00Z", 0)])
def test_an_act_past_its_own_period_is_not_stored_and_stays_the_last_engagement(occurred_at: str, rows: int) -> None:
    """E46: no due date depends on whether the file came before the row's own clock ran out or after it."""
    bring([person(collected_on="2020-01-01")])
    assert bring_engagements([engagement_row(occurred_at=occurred_at)]).decisions == [
        "created" if rows else "unchanged"
    ]
    assert Engagement.objects.count() == rows
    assert the().last_engaged_on == on(occurred_at[:10])


@pytest.mark.parametrize("cells", [{"kind": "open"}, {"automated": "yes"}])
def test_an_old_event_that_is_no_act_of_the_person_is_no_engagement(cells: dict[str, str]) -> None:
    bring([person(collected_on="2020-01-01")])
    bring_engagements([engagement_row(occurred_at="2024-11-22T10:00:00Z", **cells)])
    assert the().last_engaged_on is None
