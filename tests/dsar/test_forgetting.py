"""A closed case detaches (E35): with the person erased it keeps what was decided, and 36 months on it goes as a whole."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.dates import add_months, local_date
from config.models import Actor
from contacts.models import Contact
from dsar import forgetting
from dsar.models import CaseEvent, Match, Message, Requester, RightsRequest
from dsar.models.requests import Right, Status
from retention import expiry, purge
from retention.models import ErasureRecord
from retention.models.runs import RunTrigger
from retention.residue import scan
from tests.dsar.conftest import DAY, NOW, confirm, entered, fresh, move, person, work

pytestmark = pytest.mark.django_db(transaction=True)


def prospect() -> Contact:
    """Somebody whose 24 months are long over."""
    return person(collected_on=NOW.date() - timedelta(days=1200))


def night(days: int) -> None:
    """The nightly run of so many days from now."""
    at = NOW + days * DAY
    run = purge.begin(local_date(at), RunTrigger.COMMAND, Actor.command(), at)
    purge.work(run, Actor.command(), at)


def test_a_closed_case_keeps_its_file_while_the_person_is_here() -> None:
    person()
    request = entered(Right.ACCESS)
    confirm(request)
    move(request, Status.WITHDRAWN, note="Called.")
    assert forgetting.tidy(NOW) == 0
    assert Requester.objects.get().name == "Anna Virtanen"


def test_an_open_case_may_name_somebody_who_has_been_erased_and_a_closed_one_forgets() -> None:
    """E31: an erasure does not pause the rules, so the nightly run may come first."""
    prospect()
    request = entered(Right.ERASURE)
    confirm(request)
    assert fresh(request).requester.answer_to == "anna@example.org"
    night(0)
    assert ErasureRecord.objects.count() == 1
    assert Match.objects.get().contact is None
    assert Requester.objects.exists(), "somebody must be answered"
    assert list(scan()) == []
    move(request, Status.WITHDRAWN, note="It is done.")
    assert not Requester.objects.exists()
    assert set(Message.objects.values_list("body", "subject")) == {("", "")}
    assert set(CaseEvent.objects.values_list("note", flat=True)) == {""}
    closed = fresh(request)
    assert (closed.status, closed.requester_digest != "") == (Status.WITHDRAWN, True)


def test_a_person_erased_by_a_rule_after_the_case_is_forgotten_by_the_next_tick() -> None:
    prospect()
    request = entered(Right.ACCESS)
    confirm(request)
    move(request, Status.WITHDRAWN, note="Called.")
    night(29)
    assert not ErasureRecord.objects.exists(), "the request pauses the rules for 30 days (E30)"
    night(31)
    assert ErasureRecord.objects.count() == 1
    assert forgetting.tidy(NOW + 31 * DAY) == 1
    assert not Requester.objects.exists()
    assert forgetting.tidy(NOW + 32 * DAY) == 0


def test_the_file_goes_thirty_six_months_after_the_case_and_not_a_day_before() -> None:
    person()
    request = entered(Right.ACCESS)
    work()
    move(request, Status.WITHDRAWN, note="Called.")
    last = add_months(local_date(NOW), 36)
    days = (last - local_date(NOW)).days
    expiry.expire(NOW + days * DAY)
    assert RightsRequest.objects.exists()
    expiry.expire(NOW + (days + 1) * DAY)
    assert not RightsRequest.objects.exists()
    assert not CaseEvent.objects.exists() and not Message.objects.exists() and not Match.objects.exists()


def test_an_open_case_never_expires() -> None:
    entered(Right.ACCESS)
    expiry.expire(NOW + 3000 * DAY)
    assert RightsRequest.objects.exists()
