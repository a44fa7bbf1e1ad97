"""The directory's "will reach" says what the permission rule says, for every person, purpose and channel."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config import roles
from consent.permission import permission_of, permitted, weighed
from consent.reach import EVERY, answers, askable, lines_of, reach
from contacts.models import Contact
from tests.consent.conftest import NOW
from tests.consent.permission_cast import assessed, consents, prospect
from tests.consent.permission_model import random_person, random_world
from tests.consent.test_permission_model import Register
from tests.sellers import browser, company, directory, entry, listed, restricted, seller
from tests.staff import at_work, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Any:
    with at_work(settings, tmp_path):
        yield


def officer() -> Client:
    return browser(seller(None, "officer", roles.PRIVACY_OFFICER))


def invented(size: int, seed: int) -> None:
    """So many random people, about whom everything there is was said."""
    random = Random(seed)
    register = Register(random_world(random))
    for number in range(size):
        register.enter(number, random_person(random))
    register.write()


def shown(client: Client, **query: str) -> dict[Any, Any]:
    """What the list says about each person without a name, over all its pages."""
    found: dict[Any, Any] = {}
    query["known"] = "no"
    page = directory(**query)
    while page:
        answer = client.get(page)
        found |= {card.pk: lines for card, lines in answer.context["found"].people}
        following = answer.context["found"].following
        page = f"{directory(**query)}&after={following}" if following else ""
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_column_says_what_the_rule_says_about_each_of_many_people(seed: int) -> None:
    invented(120, seed)
    client, purposes = officer(), askable()
    assert len(purposes) > 5
    for purpose in purposes[::3]:
        said = shown(client, purpose=purpose.code)
        assert said.keys() == set(Contact.objects.values_list("pk", flat=True))
        by_channel = {
            channel: {row.pk: permission_of(row) for row in weighed(purpose.code, channel, NOW)}
            for channel in EVERY
            if channel in purpose.channels
        }
        for key, lines in said.items():
            assert lines == lines_of([(channel, rows[key]) for channel, rows in by_channel.items()])


@pytest.mark.parametrize("seed", [3, 4])
def test_will_be_reached_by_finds_whom_the_rule_permits(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts.views.people.JUDGED", 40)
    monkeypatch.setattr("contacts.views.people.PER_PAGE", 7)
    invented(120, seed)
    client = officer()
    for purpose, channel in (("marketing", "email"), ("marketing", "phone"), ("support", "post")):
        expected = set(permitted(purpose, channel, NOW).values_list("pk", flat=True))
        if purpose in {one.code for one in askable()}:
            assert shown(client, purpose=purpose, channel=channel).keys() == expected


def test_one_statement_answers_for_many_people_as_for_each() -> None:
    invented(40, 5)
    everybody = list(Contact.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as queries:
        together = answers(everybody, NOW)
    assert len(queries) == 1
    assert {key: reach(key, NOW) for key in everybody} == together
    marketing = answers(everybody, NOW, "marketing", ("email",))
    for key in everybody:
        mine = [one for one in together[key] if one[:2] == ("marketing", "email")]
        assert marketing.get(key, []) == mine


def test_a_row_and_a_page_say_it_in_words() -> None:
    assessed("marketing")
    local = company("GmbH", "DE")
    person = prospect(first_name="Anna", last_name="Berg")
    client = browser(seller(local))
    text = text_of(client.get(directory(purpose="marketing")))
    assert "not by e-mail there is neither a consent nor another ground yes, by phone, post" in text
    consents(person)
    text = text_of(client.get(directory(purpose="marketing")))
    assert "yes, by e-mail yes, by phone, post" in text
    page = text_of(client.get(entry(person)))
    assert "May we contact this person?" in page
    assert "yes E-mail: consent of the person" in page


def test_a_restricted_person_is_not_among_those_who_will_be_reached() -> None:
    assessed("marketing")
    client = browser(seller(company("GmbH", "DE")))
    person = prospect(first_name="Anna", last_name="Berg")
    query = {"purpose": "marketing", "channel": "phone"}
    assert listed(client.get(directory(**query))) == ["Anna Berg"]
    restricted(person)
    assert listed(client.get(directory(**query))) == []
