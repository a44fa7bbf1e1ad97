"""People with links in their mailbox, what they do with them, and what is in the database before and after."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.apps import apps
from django.test import Client
from django.utils import timezone

from config.models import Actor
from config.roles import seed_controller
from consent import consents, links, permission, preferences
from consent.models import Consent
from consent.models.consents import ConsentState
from contacts.models import Contact
from retention import purge
from retention.models.runs import RunTrigger
from tests.consent.conftest import NOW, TODAY
from tests.staff import contact

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
EMAIL = "anna@example.org"


CLOCK: list[Any] = []


@pytest.fixture(autouse=True)
def mailbox(db: None, _the_day_is_fixed: None) -> Iterator[None]:
    """A clock that stands still until `later` moves it, and the controller, whom the pages name."""
    seed_controller()
    with time_machine.travel(NOW, tick=False) as clock:
        CLOCK[:] = [clock]
        yield


def anna(**fields: Any) -> Contact:
    """A prospect in the marketing register who can be reached by e-mail."""
    return contact(**{"email": EMAIL, "language": "en", "country": "DE"} | fields)


def gone(person: Contact) -> Contact:
    """The person, erased by a nightly run because no register has a reason left."""
    Contact.objects.filter(pk=person.pk).update(in_marketing=False)
    night()
    assert not Contact.objects.filter(pk=person.pk).exists()
    return person


def night(at: datetime = NOW) -> None:
    """A whole nightly run."""
    run = purge.begin(at.date(), RunTrigger.COMMAND, Actor.command(), at, approve=True)
    assert purge.work(run, Actor.command(), at)


def path_of(address: str) -> str:
    """The path of a link."""
    return urlsplit(address).path


def centre(person: Contact) -> str:
    """Where the person's preferences are."""
    return path_of(links.preferences_link(person))


def leaving(person: Contact, purpose: str = "marketing", channel: str = "email") -> str:
    """Where the person unsubscribes."""
    return path_of(links.unsubscribe_link(person, purpose, channel))


def browser() -> Client:
    """A browser that has never been here, at a server that checks for forged requests."""
    return Client(enforce_csrf_checks=True)


def boxes(person: Contact) -> dict[str, bool]:
    """Each box of the page and whether it is on."""
    person.refresh_from_db()
    rows = preferences.rows(person, timezone.now())
    return {f"{row.purpose.code}:{choice.channel}": choice.on for row in rows for choice in row.choices}


def form(person: Contact, **changes: bool) -> dict[str, list[str]]:
    """What the page of a person sends after these boxes ("marketing__email") were changed."""
    shown = boxes(person)
    wanted = shown | {name.replace("__", ":"): on for name, on in changes.items()}
    assert wanted.keys() == shown.keys()
    return {
        "seen": [f"{box}:{'on' if on else 'off'}" for box, on in shown.items()],
        "want": [box for box, on in wanted.items() if on],
    }


def later(minutes: float = 1) -> None:
    """Some time passes."""
    CLOCK[0].shift(timedelta(minutes=minutes))


def choose(person: Contact, **changes: bool) -> Any:
    """Open the page a minute later, change boxes and save."""
    later()
    answer = browser().post(centre(person), form(person, **changes))
    assert answer.status_code == 200
    return answer


def allowed(person: Contact, purpose: str = "marketing", channel: str = "email") -> bool:
    """Whether nothing but the missing notice stands in the way."""
    answer = permission.may_use(person.pk, purpose, channel, timezone.now())
    return set(answer.bars) <= {permission.Bar.NOTICE_OWED}


def consented(person: Contact, purpose: str = "marketing", channel: str = "email", at: datetime = NOW) -> Consent:
    """A consent that the person gave a while ago."""
    evidence = consents.Evidence("form", by_subject=True, text="Yes", language="en")
    return consents.record(
        person.pk,
        purpose,
        channel,
        ConsentState.GIVEN,
        at - timedelta(days=30),
        evidence=evidence,
        actor=Actor.subject(),
    )


def everything(*, but: Container[str] = ()) -> dict[str, list[Any]]:
    """Every row of every table; `but` are labels of models to leave out."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.order_by().values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in but
    }


__all__ = ["TODAY", "mailbox"]
