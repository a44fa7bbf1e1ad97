"""An objection on own grounds restricts until it is weighed; a restriction ends only after a notice (Art. 18, 21(1))."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from config.models import Actor, AuditEvent
from consent import objections, restrictions
from consent.models import Balancing, Objection, Restriction
from consent.models.objections import BalancingResult, RestrictionGround
from consent.permission import Bar
from contacts.models import Contact
from tests.consent.conftest import DAY, NOW, TODAY
from tests.consent.permission_cast import ask, assessed, bars, consents, prospect, works_for

pytestmark = pytest.mark.django_db
ACTOR = Actor.command()


@pytest.fixture
def anna() -> Contact:
    """A customer's employee whom we support on the ground of interests."""
    person = prospect()
    works_for(person)
    assessed("support")
    assert ask(person, "support").allowed
    return person


def objected(person: Contact, **more: Any) -> Objection:
    """An objection on own grounds, taken in by phone."""
    known: dict[str, Any] = {"statement": "I am being stalked.", "method": "phone", "actor": ACTOR} | more
    return objections.on_own_grounds(person.pk, NOW - DAY, **known)


def weighed(objection: Objection, result: BalancingResult) -> Balancing:
    """The decision."""
    return objections.balance(objection, result, "Their safety.", NOW - DAY, actor=ACTOR)


def test_it_is_recorded_and_restricts_everything_until_it_is_weighed(anna: Contact) -> None:
    objection = objected(anna)
    restriction = Restriction.objects.get()
    assert (restriction.contact, restriction.objection, restriction.ground) == (anna, objection, "d")
    assert bars(anna, "support") == {Bar.RESTRICTED, Bar.OBJECTED}
    actions = AuditEvent.objects.values_list("action", flat=True)
    assert {"objected on own grounds", "restricted"} <= set(actions)


def test_it_needs_grounds_and_somebody(anna: Contact) -> None:
    with pytest.raises(ValueError, match="situation"):
        objected(anna, statement="  ")
    assert not Objection.objects.exists() and not Restriction.objects.exists()


def test_outweighed_the_restriction_is_lifted_after_the_person_was_told(anna: Contact) -> None:
    objection = objected(anna)
    restriction = Restriction.objects.get()
    for step in (restrictions.told, restrictions.lift):
        with pytest.raises(ValueError, match="weighed"):
            step(restriction, NOW, actor=ACTOR)
    weighed(objection, BalancingResult.OVERRIDDEN)
    assert bars(anna, "support") == {Bar.RESTRICTED}
    with pytest.raises(ValueError, match="Tell the person"):
        restrictions.lift(restriction, NOW, actor=ACTOR)
    restrictions.told(restriction, NOW - DAY, actor=ACTOR)
    assert bars(anna, "support") == {Bar.RESTRICTED}
    restrictions.lift(restriction, NOW, actor=ACTOR)
    assert ask(anna, "support").allowed
    with pytest.raises(ValueError, match="already"):
        restrictions.lift(restriction, NOW, actor=ACTOR)


def test_nobody_is_told_tomorrow_that_it_ends_today(anna: Contact) -> None:
    restriction = restrictions.restrict(anna.pk, RestrictionGround.ACCURACY, NOW - DAY, actor=ACTOR)
    restrictions.told(restriction, NOW + DAY, actor=ACTOR)
    with pytest.raises(ValueError, match="Tell the person"):
        restrictions.lift(restriction, NOW, actor=ACTOR)
    restrictions.lift(restriction, NOW + DAY, actor=ACTOR)


def test_the_first_notice_counts(anna: Contact) -> None:
    restriction = restrictions.restrict(anna.pk, RestrictionGround.ACCURACY, NOW - DAY, actor=ACTOR)
    restrictions.told(restriction, NOW - DAY, actor=ACTOR)
    assert restrictions.told(restriction, NOW, actor=ACTOR).notice_before_lift_at == NOW - DAY


def test_the_database_refuses_a_restriction_lifted_without_a_notice(anna: Contact) -> None:
    restriction = restrictions.restrict(anna.pk, RestrictionGround.ACCURACY, NOW, actor=ACTOR)
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.filter(pk=restriction.pk).update(lifted_at=NOW)


def test_upheld_interests_stay_barred_even_when_the_restriction_is_over(anna: Contact) -> None:
    objection = objected(anna)
    weighed(objection, BalancingResult.UPHELD)
    restriction = Restriction.objects.get()
    restrictions.told(restriction, NOW, actor=ACTOR)
    restrictions.lift(restriction, NOW, actor=ACTOR)
    assert bars(anna, "support") == {Bar.OBJECTED}


@pytest.mark.parametrize(
    ("result", "purpose", "consented", "stays"),
    [
        (BalancingResult.UPHELD, "", False, False),
        (BalancingResult.UPHELD, "", True, True),
        (BalancingResult.UPHELD, "support", False, True),
        (BalancingResult.OVERRIDDEN, "", False, True),
    ],
)
def test_an_objection_upheld_to_everything_ends_the_marketing_register_unless_the_person_consents(
    anna: Contact, result: BalancingResult, purpose: str, consented: bool, stays: bool
) -> None:
    if consented:
        consents(anna)
    weighed(objected(anna, purpose=purpose), result)
    anna.refresh_from_db()
    assert (anna.in_marketing, anna.left_marketing_on) == ((True, None) if stays else (False, TODAY - DAY))


def test_a_decision_needs_grounds_and_is_made_once(anna: Contact) -> None:
    objection = objected(anna)
    with pytest.raises(ValueError, match="grounds"):
        objections.balance(objection, BalancingResult.UPHELD, " ", NOW, actor=ACTOR)
    weighed(objection, BalancingResult.UPHELD)
    with pytest.raises(ValueError, match="already"):
        weighed(objection, BalancingResult.OVERRIDDEN)
    assert Balancing.objects.get().result == BalancingResult.UPHELD


def test_an_objection_to_marketing_is_never_weighed(anna: Contact) -> None:
    objection = objections.to_marketing(anna.pk, NOW, method="phone", actor=ACTOR)
    with pytest.raises(ValueError, match="absolute"):
        weighed(objection, BalancingResult.OVERRIDDEN)
    assert not Restriction.objects.exists()


@pytest.mark.postgres
def test_the_evidence_cannot_be_changed(anna: Contact) -> None:
    objection = objected(anna)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Objection.objects.filter(pk=objection.pk).update(statement="")
    decision = weighed(objection, BalancingResult.UPHELD)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Balancing.objects.filter(pk=decision.pk).update(grounds="")
