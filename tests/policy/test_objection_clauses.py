"""The sections about the right to object and the right to withdraw a consent, clause by clause."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from config.models import Actor
from config.roles import seed_controller
from consent import objections
from consent.models import LegalBasis, Objection, Purpose
from consent.permission import Bar, may_use
from contacts.models import Contact
from tests.consent.letters import allowed, anna, boxes, browser, centre, consented, form
from tests.consent.reasons import told, weigh_everything
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, at_work, customer, text_of

pytestmark = pytest.mark.django_db

HAND = Actor.command()
SETTINGS = "https://elements.f-secure.com/settings"


@pytest.fixture(autouse=True)
def _at_work(settings: Settings, tmp_path: Path) -> Iterator[None]:
    seed_controller()
    with at_work(settings, tmp_path):
        yield


def reachable() -> Contact:
    """A customer's employee who may be called for advertising and for support."""
    weigh_everything(NOW - DAY)
    one = anna(phone="+358401234567", job_function="IT", at=customer())
    told(one, at=NOW - DAY)
    for purpose in ("marketing", "support"):
        assert may_use(one.pk, purpose, "phone", NOW).allowed
    return one


class TestS118:
    """Sie haben das Recht, bestimmten Verarbeitungen personenbezogener Daten zu widersprechen, einschließlich
    beispielsweise der Verarbeitung Ihrer personenbezogenen Daten zu Marketingzwecken oder zu anderweitigen Zwecken,
    für die ein berechtigtes Interesse besteht.
    """  # noqa: D205  (the clause as published)

    def test_an_objection_to_marketing_ends_it_at_once_and_leaves_the_service(self) -> None:
        one = reachable()
        objections.to_marketing(one.pk, NOW, method="phone", actor=HAND)
        assert Bar.OBJECTED in may_use(one.pk, "marketing", "phone", NOW).bars
        assert may_use(one.pk, "support", "phone", NOW).allowed
        assert not Contact.objects.get(pk=one.pk).in_marketing

    def test_an_objection_to_what_rests_on_interests_stops_it_until_it_is_weighed(self) -> None:
        one = reachable()
        objections.on_own_grounds(one.pk, NOW, statement="I am being stalked.", method="phone", actor=HAND)
        assert {Bar.OBJECTED, Bar.RESTRICTED} <= set(may_use(one.pk, "support", "phone", NOW).bars)


class TestS119:
    """In letzterem Fall müssen Sie eine rechtsgültige Begründung für Ihren Einspruch vorweisen."""

    def test_without_grounds_it_is_not_taken_in_and_marketing_needs_none(self) -> None:
        one = reachable()
        with pytest.raises(ValueError, match="situation"):
            objections.on_own_grounds(one.pk, NOW, statement=" ", method="phone", actor=HAND)
        assert not Objection.objects.exists()
        assert objections.to_marketing(one.pk, NOW, method="phone", actor=HAND).statement == ""


class TestS127:
    """In Fällen, in denen die Verarbeitung auf Ihrer Einwilligung beruht, haben Sie das Recht, Ihre
    Einwilligung jederzeit über entsprechende Einstellungen zu widerrufen.
    """  # noqa: D205  (the clause as published)

    def test_taking_the_tick_away_ends_what_rested_on_the_consent_at_once(self) -> None:
        one = anna()
        consented(one)
        assert allowed(one)
        browser().post(centre(one), form(one, marketing__email=False))
        assert not allowed(one)


class TestS128:
    """Für identifizierbare Service-Analysedaten finden Sie die Einstellungen in der Benutzeroberfläche des Services."""

    def test_the_centre_points_to_the_settings_of_the_service_and_has_no_box_for_it(self) -> None:
        one = anna()
        purpose = Purpose.objects.create(code="service_analytics", name="Service analytics", clause="S128")
        LegalBasis.objects.create(purpose=purpose, register="marketing", basis="consent")
        assert "service_analytics:" in boxes(one)
        assert "What you control elsewhere" not in text_of(browser().get(centre(one)))
        Purpose.objects.filter(pk=purpose.pk).update(settings_url=SETTINGS)
        page = browser().get(centre(one)).content.decode()
        assert f'<a href="{SETTINGS}">Service analytics</a>' in page
        assert "service_analytics:" not in boxes(one)

    def test_advertising_keeps_its_boxes_beside_a_pointer(self) -> None:
        one = anna()
        Purpose.objects.filter(code="marketing").update(settings_url=SETTINGS)
        assert "marketing:email" in boxes(one)
        assert SETTINGS in browser().get(centre(one)).content.decode()


class TestS129:
    """Sie haben auch das Recht, sich über das Preference Center (aufrufbar über den Link) von unserer
    Marketingkommunikation abzumelden.
    """  # noqa: D205  (the clause as published)

    def test_the_link_opens_the_centre_and_one_button_ends_all_marketing(self) -> None:
        one = anna()
        consented(one)
        assert allowed(one)
        assert "Your preferences" in text_of(browser().get(centre(one)))
        browser().post(centre(one), {"nothing": "1"})
        assert not allowed(one)
        assert not any(boxes(one).values())
        assert Objection.objects.get().method == "preference centre"
        assert not may_use(one.pk, "marketing", "email", timezone.now()).allowed


@pytest.mark.parametrize("clause", [TestS118, TestS119, TestS127, TestS128, TestS129])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
