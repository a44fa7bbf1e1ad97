"""The section "Rechtliche Grundlagen" of people we would like to sell to, clause by clause."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from config.models import Actor
from consent import assessments, consents
from consent.consents import Evidence
from consent.models import LegalBasis
from consent.models.consents import ConsentState
from consent.models.purposes import Basis
from consent.permission import Bar, may_use
from contacts.models import Contact
from tests.consent.reasons import assessed, basis, draft, told, weigh_everything
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW, TODAY, contact

pytestmark = pytest.mark.django_db

HAND = Actor.command()


def decision_maker(**fields: Any) -> Contact:
    """Somebody whose function is known, who can be called, and who has been informed."""
    known: dict[str, Any] = {
        "email": "anna@example.org",
        "phone": "+358401234567",
        "job_function": "Purchasing",
    } | fields
    one = contact(**known)
    told(one, at=NOW - 2 * DAY)
    return one


def consented(one: Contact, purpose: str = "marketing", channel: str = "phone") -> None:
    evidence = Evidence(method="form", by_subject=True, text="I agree.", language="en")
    consents.record(one.pk, purpose, channel, ConsentState.GIVEN, NOW - DAY, evidence=evidence, actor=HAND)


def withdrawn(one: Contact, purpose: str = "marketing", channel: str = "phone") -> None:
    assert consents.withdraw(one.pk, purpose, channel, NOW, method="link", actor=HAND)


class TestS24:
    """Wir erfassen Daten über natürliche Personen in einflussreichen Entscheidungsträgerpositionen in Unternehmen, die
    von unseren Services profitieren würden.
    """  # noqa: D205  (the clause as published)

    def test_only_whoever_holds_a_position_is_addressed_on_our_interest(self) -> None:
        weigh_everything()
        assert may_use(decision_maker().pk, "marketing", "phone", NOW).allowed
        somebody = decision_maker(email="otto@example.org", job_function="")
        assert may_use(somebody.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)


class TestS25:
    """Wir vertreten die Ansicht, dass eine solche Aktivität im berechtigten Interesse sowohl von F‑Secure als
    Verkäufer als auch von Ihrem Arbeitgeber als Käufer liegt.
    """  # noqa: D205  (the clause as published)

    def test_an_assessment_names_the_interests_of_both_sides(self) -> None:
        one = draft()
        one.full_clean()
        for side in ("our_interest", "their_interest"):
            words = getattr(one, side)
            setattr(one, side, "")
            with pytest.raises(ValidationError) as refused:
                one.full_clean()
            assert set(refused.value.message_dict) == {side}
            setattr(one, side, words)

    def test_every_purpose_for_prospects_rests_on_interests_or_needs_the_person(self) -> None:
        grounds = set(LegalBasis.objects.filter(register="marketing").values_list("basis", flat=True))
        assert grounds == {"legitimate_interests", "consent", "contract"}


class TestS26:
    """Wenn das berechtigte Interesse in Bezug auf eine Art der Datenverarbeitung nicht angemessen oder nicht anwendbar
    ist, holen wir Ihre ausdrückliche Einwilligung ein.
    """  # noqa: D205  (the clause as published)

    def test_without_an_assessment_in_force_only_consent_permits(self) -> None:
        one = decision_maker()
        draft(basis())
        assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)
        consented(one)
        assert may_use(one.pk, "marketing", "phone", NOW).allowed

    def test_past_its_review_an_assessment_permits_nothing_any_more(self) -> None:
        one = decision_maker()
        assessed(basis(), NOW - 9 * DAY, review_on=TODAY)
        assert may_use(one.pk, "marketing", "phone", NOW).allowed
        assert may_use(one.pk, "marketing", "phone", NOW + DAY).bars == (Bar.NO_GROUND,)

    def test_nobody_ships_an_approval_with_the_program(self) -> None:
        assert assessments.lacking(NOW).filter(register="marketing").count() > 5
        assert not assessments.waiting().exists()


class TestS27:
    """So ist beispielsweise die Einwilligung die rechtliche Grundlage für die Verarbeitung von Daten, die wir von
    Ihnen bei dem Besuch unserer Websites erfassen.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("register", ["marketing", "customer"])
    def test_visits_rest_on_consent_and_on_nothing_else(self, register: str) -> None:
        assert basis("website_activity", register).basis == Basis.CONSENT
        weigh_everything()
        one = decision_maker()
        assert may_use(one.pk, "marketing", "phone", NOW).allowed
        assert may_use(one.pk, "website_activity", "", NOW).bars == (Bar.NO_GROUND,)

    def test_no_other_ground_can_be_entered(self) -> None:
        ground = basis("website_activity")
        for other in set(Basis) - {Basis.CONSENT}:
            ground.basis = other
            with pytest.raises(ValidationError, match="by consent only"):
                ground.full_clean()
        ground.basis = Basis.CONSENT
        ground.full_clean()


class TestS28:
    """Sofern unsere Verarbeitung auf der Grundlage Ihrer Einwilligung geschieht, können Sie Ihre Einwilligung
    jederzeit widerrufen.
    """  # noqa: D205  (the clause as published)

    def test_a_withdrawal_ends_the_permission_at_once(self) -> None:
        one = decision_maker()
        consented(one)
        assert may_use(one.pk, "marketing", "phone", NOW - timedelta(seconds=1)).allowed
        withdrawn(one)
        assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)

    def test_it_is_for_the_purpose_and_channel_the_person_names(self) -> None:
        one = decision_maker()
        consented(one)
        consented(one, "know_how")
        withdrawn(one)
        assert may_use(one.pk, "know_how", "phone", NOW).allowed

    def test_a_withdrawal_of_the_same_moment_wins(self) -> None:
        one = decision_maker()
        evidence = Evidence(method="form", by_subject=True, text="I agree.", language="en")
        for state in (ConsentState.WITHDRAWN, ConsentState.GIVEN):
            consents.record(one.pk, "marketing", "phone", state, NOW, evidence=evidence, actor=HAND)
        assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NO_GROUND,)


@pytest.mark.parametrize("clause", [TestS24, TestS25, TestS26, TestS27, TestS28])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
