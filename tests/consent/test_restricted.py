"""While processing is restricted the data is stored and not used: every operation of domain section 10 that we have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from config import roles
from config.models import Actor
from consent import audience, consents, objections
from consent.audience import Selection
from consent.consents import Evidence
from consent.models import Consent, Purpose, Restriction
from consent.models.consents import Channel, ConsentState
from consent.permission import may_use
from contacts.models import Contact, Engagement
from tests.consent.conftest import (
    DAY,
    NOW,
    TODAY,
    bring,
    bring_engagements,
    engagement_row,
    is_there,
    night,
    the,
)
from tests.consent.conftest import person as row
from tests.consent.permission_cast import assessed, prospect, works_for
from tests.consent.permission_cast import consents as consented
from tests.staff import page_of, sent, signed_in

pytestmark = pytest.mark.django_db
ACTOR = Actor.command()


def adverts(person: Contact) -> bool:
    return may_use(person.pk, "marketing", "email", NOW).allowed


def service_message(person: Contact) -> bool:
    return may_use(person.pk, "support", "email", NOW).allowed


def in_an_audience(person: Contact) -> bool:
    selection = Selection(Purpose.objects.get(code="marketing"), Channel.EMAIL, title="x")
    record, file = audience.export(selection, NOW, actor=ACTOR)
    file.close()
    return record.included == 1


def profile(person: Contact) -> bool:
    return may_use(person.pk, "profiling", "", NOW).allowed


def enriched_by_an_import(_person: Contact) -> bool:
    bring([row(city="Oulu", collected_on="2026-11-20")])
    return the().city == "Oulu"


def engagement_arrives(_person: Contact) -> bool:
    bring_engagements([engagement_row()])
    return Engagement.objects.filter(kind="click").exists()


def erased_by_a_rule(person: Contact) -> bool:
    Contact.objects.filter(pk=person.pk).update(collected_on=TODAY.replace(year=2020))
    person.affiliations.all().delete()
    night(TODAY)
    return not is_there()


def edited_by_hand(person: Contact) -> bool:
    entry = {"email": person.email, "country": "DE", "job_function": person.job_function, "phone": person.phone}
    place = {"street": person.street, "city": "Potsdam"}
    signed_in(roles.PRIVACY_OFFICER).post(page_of(person), sent(person, **entry, **place))
    return the().city == "Potsdam"


def read_by_privacy_staff(person: Contact) -> bool:
    return signed_in(roles.PRIVACY_OFFICER).get(page_of(person)).status_code == 200


def read_by_sales(person: Contact) -> bool:
    return signed_in(roles.SALES).get(page_of(person)).status_code == 200


def objection_is_heeded(person: Contact) -> bool:
    objections.to_marketing(person.pk, NOW, method="phone", actor=ACTOR)
    return not the().in_marketing


def opt_out_in_an_import_is_heeded(person: Contact) -> bool:
    bring([row(unsubscribed="yes")])
    return person.objections.exists()


def consent_is_withdrawn(person: Contact) -> bool:
    return consents.withdraw(person.pk, "marketing", "email", NOW, method="link", actor=ACTOR) is not None


def consent_is_recorded(person: Contact) -> bool:
    evidence = Evidence("form", by_subject=True)
    consents.record(person.pk, "know_how", "email", ConsentState.GIVEN, NOW, evidence=evidence, actor=ACTOR)
    return Consent.objects.filter(purpose="know_how").exists()


OPERATIONS: list[tuple[Callable[[Contact], bool], bool, bool]] = [
    (adverts, True, False),
    (service_message, True, False),
    (in_an_audience, True, False),
    (profile, True, False),
    (enriched_by_an_import, True, False),
    (engagement_arrives, True, False),
    (erased_by_a_rule, True, False),
    (edited_by_hand, True, False),
    (read_by_sales, False, False),
    (read_by_privacy_staff, True, True),
    (objection_is_heeded, True, True),
    (opt_out_in_an_import_is_heeded, True, True),
    (consent_is_withdrawn, True, True),
    (consent_is_recorded, True, True),
]
"""Each operation: whether it works for somebody whose processing is free, and whether while it is restricted."""


@pytest.fixture
def anna() -> Contact:
    """Somebody for whom everything of the table works."""
    person = prospect()
    works_for(person)
    assessed("support")
    consented(person)
    consented(person, purpose="profiling", channel="")
    return person


@pytest.fixture(autouse=True)
def static_files(settings: Settings, tmp_path: Any) -> None:
    """The pages' folder, without which the server warns."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


@pytest.mark.parametrize("restricted", [False, True], ids=["free", "restricted"])
@pytest.mark.parametrize(("operation", "free", "barred"), OPERATIONS, ids=[one[0].__name__ for one in OPERATIONS])
def test_the_table(
    operation: Callable[[Contact], bool], free: bool, barred: bool, restricted: bool, anna: Contact
) -> None:
    if restricted:
        Restriction.objects.create(contact=anna, ground="b", since_at=NOW - DAY)
    assert operation(anna) is (barred if restricted else free)


def test_a_dispute_about_what_is_stored_may_be_put_right_by_hand_but_nothing_new_begins(anna: Contact) -> None:
    Restriction.objects.create(contact=anna, ground="a", since_at=NOW - DAY)
    assert edited_by_hand(anna)
    Contact.objects.filter(pk=anna.pk).update(in_marketing=False)
    anna.refresh_from_db()
    client = signed_in(roles.PRIVACY_CLERK)
    client.post(page_of(anna), sent(anna, email=anna.email, street=anna.street, city="Potsdam"))
    assert not the().in_marketing
