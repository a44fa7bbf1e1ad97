"""Responses and visits that arrive under a restriction: stored aside unread, applied or dropped when it ends (S131)."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from django.db import connections, transaction
from django.urls import reverse
from pytest_django import Settings

from config import roles
from config.models import Actor, AuditEvent
from consent import aside, restrictions
from consent.models import AsideEngagement, Restriction
from consent.models.objections import RestrictionGround
from contacts.models import Contact, Engagement
from dsar import promises_of_rights
from tests.consent.conftest import (
    NOW,
    assert_changes_nothing,
    bring,
    bring_engagements,
    engagement_row,
    is_there,
    look,
    night,
    person,
    the,
)
from tests.staff import page_of, signed_in

pytestmark = pytest.mark.django_db
ACTOR = Actor.command()
EVENTS = [
    engagement_row(),
    engagement_row(kind="reply", occurred_at="2026-05-04T12:00:00+03:00"),
    engagement_row(kind="open", occurred_at="2026-06-04T12:00:00+03:00"),
]


@pytest.fixture(autouse=True)
def static_files(settings: Settings, tmp_path: Path) -> None:
    """The pages' folder, without which the server warns."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


@pytest.fixture
def anna() -> Contact:
    """A prospect whose time is over, unless she has done something since."""
    bring([person(collected_on="2022-01-10")])
    return the()


def restricted(contact: Contact, ground: RestrictionGround = RestrictionGround.ACCURACY) -> Restriction:
    return restrictions.restrict(contact.pk, ground, NOW, actor=ACTOR)


def lifted(restriction: Restriction, *, take_in: bool = True) -> None:
    restrictions.told(restriction, NOW, actor=ACTOR)
    restrictions.lift(restriction, NOW, actor=ACTOR, take_in=take_in)


def test_without_a_restriction_an_event_enters_the_timeline_and_moves_the_clock(anna: Contact) -> None:
    bring_engagements(EVENTS)
    assert Engagement.objects.count() == 3
    assert the().last_engaged_on == date(2026, 5, 4)
    assert not AsideEngagement.objects.exists()


def test_what_arrives_under_a_restriction_is_stored_and_read_by_nothing(anna: Contact) -> None:
    before = the()
    restricted(anna)
    imported = bring_engagements(EVENTS)
    assert imported.decisions == ["created"] * 3
    assert all("stored aside" in outcome.reason for outcome in imported.outcomes)
    assert AsideEngagement.objects.filter(contact=anna).count() == 3
    assert not Engagement.objects.exists()
    assert (the().last_engaged_on, the().collected_on) == (before.last_engaged_on, before.collected_on)
    page = signed_in(roles.PRIVACY_OFFICER).get(page_of(anna)).content.decode()
    assert "Processing is restricted" in page
    assert "click in a message" not in page


def test_the_same_file_again_changes_nothing(anna: Contact) -> None:
    bring_engagements(EVENTS[:1])
    restriction = restricted(anna)
    assert bring_engagements(EVENTS).decisions == ["unchanged", "created", "created"]
    assert_changes_nothing(EVENTS, kind="engagements")
    lifted(restriction)
    assert_changes_nothing(EVENTS, kind="engagements")
    assert Engagement.objects.count() == 3


def test_the_preview_decides_as_the_run_does(anna: Contact) -> None:
    restricted(anna)
    rows = [*EVENTS, EVENTS[0], engagement_row("nobody@example.org")]
    previewed = look(rows, kind="engagements").decisions
    assert not AsideEngagement.objects.exists()
    assert previewed == bring_engagements(rows).decisions == ["created"] * 3 + ["unchanged", "rejected"]


def test_a_visit_of_a_foreign_website_is_refused_under_a_restriction_too(anna: Contact) -> None:
    restricted(anna)
    rows = [engagement_row(kind=kind, url="https://shop.example/x") for kind in ("visit", "click")]
    assert bring_engagements(rows).decisions == ["rejected", "created"]
    assert AsideEngagement.objects.get().url == ""


@pytest.mark.parametrize("take_in", [True, False])
def test_lifting_takes_it_in_or_drops_it_and_the_night_judges_by_that(anna: Contact, take_in: bool) -> None:
    restriction = restricted(anna)
    bring_engagements(EVENTS)
    night(NOW.date())
    assert is_there()
    lifted(restriction, take_in=take_in)
    assert not AsideEngagement.objects.exists()
    assert Engagement.objects.count() == (3 if take_in else 0)
    assert the().last_engaged_on == (date(2026, 5, 4) if take_in else None)
    event = AuditEvent.objects.get(action__startswith="events stored aside")
    assert (event.action.endswith("taken in"), event.counts) == (take_in, {"events": 3})
    night(NOW.date())
    assert is_there() is take_in


def test_it_waits_for_the_last_of_several_restrictions(anna: Contact) -> None:
    first, second = restricted(anna), restricted(anna, RestrictionGround.CLAIMS)
    bring_engagements(EVENTS)
    lifted(first, take_in=False)
    assert AsideEngagement.objects.count() == 3
    lifted(second)
    assert Engagement.objects.count() == 3


def test_what_lies_before_an_objection_or_beyond_24_months_is_not_taken_in(anna: Contact) -> None:
    restriction = restricted(anna)
    bring_engagements([*EVENTS, engagement_row(kind="form", occurred_at="2024-02-01T12:00:00+02:00")])
    Contact.objects.filter(pk=anna.pk).update(in_marketing=False, left_marketing_on=date(2026, 5, 4))
    lifted(restriction)
    assert [one.kind for one in Engagement.objects.all()] == ["open"]
    assert not AsideEngagement.objects.exists()


def test_the_control_sees_what_was_forgotten_aside(anna: Contact) -> None:
    restriction = restricted(anna)
    bring_engagements(EVENTS)
    assert promises_of_rights.events_lie_aside(NOW).state == "kept"
    Restriction.objects.filter(pk=restriction.pk).update(notice_before_lift_at=NOW, lifted_at=NOW)
    assert aside.forgotten().count() == 3
    assert promises_of_rights.events_lie_aside(NOW).state == "broken"


def test_the_page_that_lifts_asks_what_becomes_of_it(anna: Contact) -> None:
    restriction = restricted(anna)
    restrictions.told(restriction, NOW, actor=ACTOR)
    bring_engagements(EVENTS)
    officer = signed_in(roles.PRIVACY_OFFICER)
    url = reverse("admin:consent_restriction_lift", args=[restriction.pk])
    assert "3 responses and visits have arrived meanwhile" in officer.get(url).content.decode()
    assert "This field is required" in officer.post(url, {"stored_aside": ""}).content.decode()
    assert AsideEngagement.objects.count() == 3
    assert officer.post(url, {"stored_aside": "drop"}).status_code == 302
    assert (AsideEngagement.objects.count(), Engagement.objects.count()) == (0, 0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_import_in_the_midst_of_lifting_loses_nothing(anna: Contact) -> None:
    """The import waits for whoever lifts, and then finds a contact that is free."""
    restriction = restricted(anna)
    bring_engagements(EVENTS[:1])
    restrictions.told(restriction, NOW, actor=ACTOR)
    began = threading.Event()

    def arrive() -> None:
        began.set()
        try:
            bring_engagements(EVENTS[1:])
        finally:
            connections.close_all()

    other = threading.Thread(target=arrive)
    with transaction.atomic():
        restrictions.lift(restriction, NOW, actor=ACTOR)
        other.start()
        assert began.wait(10)
        other.join(0.5)
    other.join(30)
    assert Engagement.objects.count() == 3
    assert not AsideEngagement.objects.exists()
