"""Whoever objected to marketing and stays as a customer loses the marketing data with the next night (E10)."""

from __future__ import annotations

import datetime as dt

import pytest

from config.models import Actor
from consent import objections
from consent.models import Restriction
from contacts.models import Affiliation, Contact, Engagement
from retention import expiry
from retention.models import Hold
from tests.retention.nights import moment, run_night
from tests.staff import DAY, NOW, TODAY, contact, customer

pytestmark = pytest.mark.django_db

TONIGHT = TODAY + DAY


def night() -> None:
    run_night(TONIGHT)
    expiry.expire(moment(TONIGHT))


def objector() -> Contact:
    """A customer's employee with marketing data, who objects to all marketing."""
    one = contact(at=customer(), email="anna@example.org", topics=["backup"], last_engaged_on=TODAY)
    Engagement.objects.create(contact=one, kind="open", occurred_at=NOW - dt.timedelta(days=3))
    objections.to_marketing(one.pk, NOW, method="letter", actor=Actor.command())
    return one


def data_of(one: Contact) -> tuple[list[str], int]:
    one.refresh_from_db()
    return one.topics, one.engagements.count()


def test_the_marketing_data_goes_with_the_next_night_and_the_customer_data_stays() -> None:
    one, other = objector(), contact("Ben", topics=["backup"])
    assert data_of(one) == (["backup"], 1)
    night()
    assert data_of(one) == ([], 0)
    assert (one.in_marketing, one.left_marketing_on, one.last_engaged_on) == (False, TODAY, None)
    assert Affiliation.objects.filter(contact=one).exists()
    assert data_of(other) == (["backup"], 0)


@pytest.mark.parametrize("bar", ["hold", "restriction"])
def test_under_a_hold_or_restriction_it_waits(bar: str) -> None:
    one = objector()
    if bar == "hold":
        Hold.objects.create(contact=one, matter="claim", until_on=TONIGHT)
    else:
        Restriction.objects.create(contact=one, ground="a", since_at=NOW)
    night()
    assert data_of(one) == (["backup"], 1)
    Hold.objects.update(released_at=NOW)
    Restriction.objects.update(notice_before_lift_at=NOW, lifted_at=NOW)
    expiry.expire(moment(TONIGHT))
    assert data_of(one) == ([], 0)
