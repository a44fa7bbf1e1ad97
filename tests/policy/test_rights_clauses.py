"""S110 to S131: each right is carried out; each control is green, and turns red when the fact is planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.policy.controls import Judge, State
from consent.models import Objection, RecipientNotice, Restriction
from consent.models.objections import ObjectionGround
from contacts.models import Collection, Contact, Source
from dsar import promises_of_rights as promises
from dsar.models import AskedRight, Correction, Delivery, ExecutionTask, Match, Outcome, RightsRequest
from dsar.models.decisions import Ground
from dsar.models.requests import Right
from dsar.package import places
from dsar.rights import rectification
from tests.consent.disclosure_cast import recipient
from tests.dsar.cases import answered, carried_out, identified
from tests.dsar.conftest import NOW, _house, _the_day_is_fixed, clerk, entered, person  # noqa: F401
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def state(control: Judge, at: Any = NOW) -> State:
    return control(at).state


def done(right: Right, ground: str = "") -> AskedRight:
    anna = well_known()
    asked = identified(right, anna)
    if right == Right.RECTIFICATION:
        rectification.propose(Match.objects.get(contact=anna), "city", "Oulu", NOW, actor=clerk())
    carried_out(asked, ground=ground)
    answered(asked)
    return asked


def overwritten(asked: AskedRight) -> None:
    """Another source changes what the person corrected."""
    anna = Contact.objects.get(last_name="Virtanen")
    Contact.objects.filter(pk=anna.pk).update(city="Turku")
    Collection.objects.create(
        contact=anna, source=Source.objects.get(code="list"), collected_on=NOW.date(), fields=["city"]
    )


def back(asked: AskedRight) -> None:
    """Somebody erased is in the register all the same."""
    Match.objects.filter(request=asked.request_id).update(contact=person("back@example.org"))


CASES: list[tuple[Judge, Right, str, Callable[[AskedRight], Any]]] = [
    (promises.packages_are_handed_over, Right.ACCESS, "", lambda asked: Delivery.objects.all().delete()),
    (promises.packages_are_handed_over, Right.PORTABILITY, "", lambda asked: Delivery.objects.all().delete()),
    (
        promises.transmissions_are_done,
        Right.PORTABILITY,
        "",
        lambda asked: ExecutionTask.objects.create(asked=asked, kind="transmit", by_hand=True),
    ),
    (
        promises.corrections_are_made,
        Right.RECTIFICATION,
        "",
        lambda asked: Correction.objects.update(applied_at=None),
    ),
    (promises.own_words_stand, Right.RECTIFICATION, "", overwritten),
    (promises.erasures_are_done, Right.ERASURE, Ground.NOT_NEEDED, back),
    (promises.erasures_are_reasoned, Right.ERASURE, Ground.NOT_NEEDED, lambda asked: Outcome.objects.update(ground="")),
    (
        promises.recipients_are_told,
        Right.RESTRICTION,
        Ground.DISPUTED,
        lambda asked: RecipientNotice.objects.create(
            recipient=recipient(), reason="restricted", reference="C-7K3M9Q", batch=asked.request_id
        ),
    ),
    (promises.restrictions_stand, Right.RESTRICTION, Ground.DISPUTED, lambda asked: Restriction.objects.all().delete()),
]


@pytest.mark.parametrize(("control", "right", "ground", "plant"), CASES)
def test_a_control_is_green_and_turns_red(control: Judge, right: Right, ground: str, plant: Any) -> None:
    assert state(control) is State.KEPT
    asked = done(right, ground)
    assert state(control) is State.KEPT
    plant(asked)
    assert state(control) is State.BROKEN


def test_s110_a_field_without_a_place_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sie haben das Recht, uns zu fragen, welche personenbezogenen Daten wir über Sie gespeichert haben."""
    assert state(promises.copies_are_complete) is State.KEPT
    monkeypatch.delitem(places.LEFT_OUT, "consent.OwnHost")
    verdict = promises.copies_are_complete(NOW)
    assert verdict.state is State.BROKEN and "consent.OwnHost.host" in verdict.evidence


def test_s110_a_package_that_outlived_its_time_is_seen() -> None:
    done(Right.ACCESS)
    assert state(promises.packages_are_handed_over, NOW + 7 * DAY) is State.KEPT
    assert state(promises.packages_are_handed_over, NOW + 7 * DAY + timedelta(hours=2)) is State.BROKEN


def test_s118_an_objection_that_restricts_nothing_is_seen() -> None:
    """Sie haben das Recht, bestimmten Verarbeitungen personenbezogener Daten zu widersprechen."""
    anna = person()
    assert state(promises.objections_are_heeded) is State.KEPT
    entered(Right.OBJECTION, contact=anna)
    assert state(promises.objections_are_heeded) is State.KEPT
    Restriction.objects.update(lifted_at=NOW, notice_before_lift_at=NOW)
    assert state(promises.objections_are_heeded) is State.BROKEN
    assert Objection.objects.filter(ground=ObjectionGround.OWN_SITUATION).count() == 1


def test_s118_a_marketing_objection_that_waits_is_seen() -> None:
    entered(Right.MARKETING_OBJECTION, contact=person())
    assert state(promises.objections_are_heeded) is State.KEPT
    AskedRight.objects.update(done_at=None)
    assert RightsRequest.objects.exists() and state(promises.objections_are_heeded) is State.BROKEN
