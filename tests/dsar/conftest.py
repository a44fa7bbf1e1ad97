"""The rights desk under test: requests, people in the register, staff, and a worker that does what it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.contrib.auth.models import Group
from pytest_django import Settings

import dsar.tasks  # noqa: F401  (registers what messages name)
from config import roles
from config.models import Actor, User
from contacts.models import Contact
from dsar import answers, intake, matching, outcomes, workflow
from dsar.case import Case
from dsar.intake import Asker, Wish
from dsar.models import Match, Message, RightsRequest
from dsar.models.correspondence import MessageState
from dsar.models.decisions import Decision
from dsar.models.matches import MatchState
from dsar.models.requests import ReceivedBy, Right, Status
from dsar.rights import procedure_of
from tests.consent.pages import messages_sent

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""When staff work, unless a test says otherwise: a Monday noon in Helsinki."""
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ANNA = Asker(name="Anna Virtanen", email="anna@example.org")


@pytest.fixture(autouse=True)
def _the_day_is_fixed(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """It is noon on the day, and the server has its folder of static files, without which it warns."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    with time_machine.travel(NOW, tick=True):
        messages_sent()
        yield


@pytest.fixture(autouse=True)
def _house(request: pytest.FixtureRequest) -> None:
    """The roles and the controller that every installation has."""
    if any(request.node.get_closest_marker(name) for name in ("django_db",)):
        request.getfixturevalue("db")
        roles.create_roles()
        roles.seed_controller()


def account(role: str, name: str = "") -> Actor:
    """The hand of somebody in a role."""
    user, _created = User.objects.get_or_create(
        username=name or role.replace(" ", "-"), defaults={"is_staff": True, "email": f"{name or 'one'}@f.example"}
    )
    user.groups.add(Group.objects.get(name=role))
    return Actor.person(user)


def clerk() -> Actor:
    """A privacy clerk."""
    return account(roles.PRIVACY_CLERK)


def officer() -> Actor:
    """A privacy officer."""
    return account(roles.PRIVACY_OFFICER)


def person(email: str = "anna@example.org", **fields: Any) -> Contact:
    """Somebody in the register since 2024."""
    known = {"first_name": "Anna", "last_name": "Virtanen", "collected_on": date(2024, 5, 2), "in_marketing": True}
    return Contact.objects.create(email=email, **{**known, **fields})


def entered(
    *rights: Right,
    asker: Asker = ANNA,
    at: datetime = NOW,
    received_at: datetime | None = None,
    by: ReceivedBy = ReceivedBy.PHONE,
    contact: Contact | None = None,
    **wish: Any,
) -> RightsRequest:
    """A request that a clerk enters."""
    asked = Wish(rights=rights or (Right.RECTIFICATION,), text="Please.", **wish)
    return intake.enter(asker, asked, by, received_at or at, at, actor=clerk(), contact=contact)


def work() -> int:
    """A worker does what it was sent, and what follows from that; returns how many messages there were."""
    done = 0
    while sent := messages_sent():
        for task, args, kwargs in sent:
            current_app.tasks[task](*args, **kwargs)
            done += 1
    return done


def fresh(request: RightsRequest) -> RightsRequest:
    """The request as it is stored."""
    return RightsRequest.objects.get(pk=request.pk)


def case_of(request: RightsRequest, at: datetime = NOW) -> Case:
    """The case as it stands."""
    return Case(fresh(request), at)


def confirm(request: RightsRequest, at: datetime = NOW) -> Match:
    """A clerk confirms the best candidate."""
    match = Match.objects.filter(request=request).order_by("-score")[0]
    return matching.decide(match.pk, MatchState.CONFIRMED, at, actor=clerk())


def move(request: RightsRequest, to: Status, at: datetime = NOW, note: str = "", actor: Actor | None = None) -> None:
    """Move the case."""
    workflow.move(request.pk, to, at, actor=actor or clerk(), note=note)


def decide_all(request: RightsRequest, decision: Decision = Decision.GRANTED, at: datetime = NOW, **why: Any) -> None:
    """The same outcome for every category of every right."""
    for asked in case_of(request).to_assess:
        outcomes.decide(asked.pk, procedure_of(asked.right).categories(asked), decision, at, actor=clerk(), **why)


def write_answer(request: RightsRequest, at: datetime = NOW) -> Message:
    """A clerk writes the answer."""
    return answers.draft(request.pk, at, actor=clerk())


def mail_states(request: RightsRequest) -> dict[str, MessageState]:
    """How far each kind of message has come."""
    return {str(one.kind): MessageState(one.state) for one in Message.objects.filter(request=request)}
