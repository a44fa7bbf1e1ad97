"""Before an export and before an approval it is asked who is sitting here, and one comes back (ASVS 7.5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.dates import now
from config.models import Actor, User
from config.sign_in.again import PERIOD
from consent.models import AudienceExport, DisclosureBatch
from dsar.desk.acts import ACTS, APPROVALS
from dsar.models.requests import Right
from retention import purge
from retention.models import RetentionRun
from retention.models.runs import RunTrigger
from tests.consent.disclosure_cast import buyer, purpose, recipient
from tests.consent.reasons import draft
from tests.dsar.conftest import entered
from tests.signing_in import PASSPHRASE, code, officer, with_app
from tests.staff import DAY, NOW, TODAY, add, at_work, page_of, text_of

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


@pytest.fixture
def user() -> User:
    return officer()


def confirmed(client: Client, way: str, back: str) -> None:
    """Enter the password where the way leads, and come back."""
    assert way.startswith(reverse("account_reauthenticate")), way
    page = text_of(client.get(way))
    assert "Nothing was done yet" in page, "the way led through a form that was sent"
    assert "still you" in page
    assert client.post(way, {"password": "something-else-altogether"}).status_code == 200, "asked again"
    assert client.post(way, {"password": PASSPHRASE})["Location"] == back


@pytest.mark.parametrize(("age", "asks"), [(PERIOD - SECOND, False), (PERIOD, True)])
def test_a_waiting_run_is_approved_by_whoever_has_just_proved_who_they_are(
    user: User, age: timedelta, asks: bool
) -> None:
    client, _secret = with_app(user)
    purge.begin(TODAY + DAY, RunTrigger.COMMAND, Actor.command(), now())
    run = RetentionRun.objects.get()
    address = page_of(run, "approve")
    with time_machine.travel(NOW + age, tick=False):
        page = client.get(address)
        assert (page.status_code == 302) is asks
        sent = client.post(address)
        run.refresh_from_db()
        assert (run.state == "waiting") is asks
        if asks:
            confirmed(client, sent["Location"], address)
            client.post(address)
            run.refresh_from_db()
            assert run.state == "running"


def test_the_code_of_the_app_is_another_way(user: User) -> None:
    client, secret = with_app(user)
    address = page_of(draft(), "approve")
    with time_machine.travel(NOW + PERIOD, tick=False):
        password = client.get(address)["Location"]
        other = client.get(password).context["reauthentication_alternatives"][0]["url"]
        assert client.post(other, {"code": code(secret)})["Location"] == address
        assert client.get(address).status_code == 200


def test_an_audience_leaves_after_the_question_and_the_choice_is_still_there(user: User) -> None:
    client, _secret = with_app(user)
    address = add("consent.audienceexport")
    chosen = {"title": "Autumn letter", "purpose": "", "channel": "email", "country": "FI"}
    with time_machine.travel(NOW + PERIOD, tick=False):
        chosen["purpose"] = str(client.get(address).context["form"].fields["purpose"].queryset.get(code="marketing").pk)
        assert "Autumn letter" in client.get(address, chosen).content.decode(), "looking at the counts is free"
        way = client.post(address, chosen)["Location"]
        assert AudienceExport.objects.count() == 0
        assert client.post(way, {"password": PASSPHRASE})["Location"].startswith(f"{address}?title=Autumn")
        assert b"reference" in client.post(address, chosen).getvalue()
        assert AudienceExport.objects.count() == 1


def test_data_is_passed_on_after_the_question_and_every_ticked_field_is_still_there(user: User) -> None:
    client, _secret = with_app(user)
    address, one = add("consent.disclosurebatch"), buyer()
    chosen = {"recipient": recipient().pk, "purpose": purpose().pk, "what_for": "Orders", "file_format": "csv"}
    with time_machine.travel(NOW + PERIOD, tick=False):
        way = client.post(address, {**chosen, "contact": one.pk, "fields_wanted": ["email", "country"]})["Location"]
        assert DisclosureBatch.objects.count() == 0
        back = client.post(way, {"password": PASSPHRASE})["Location"]
        assert client.get(back).context["form"].cleaned_data["fields_wanted"] == ("email", "country")


def test_an_answer_to_a_request_is_approved_after_the_question_and_other_acts_are_not_asked(user: User) -> None:
    client, _secret = with_app(user)
    case = entered(Right.ACCESS)
    page = reverse("admin:dsar_rightsrequest_change", args=[case.pk])
    assert set(ACTS) > APPROVALS
    with time_machine.travel(NOW + PERIOD, tick=False):
        for act in APPROVALS:
            way = client.post(reverse("admin:dsar_rightsrequest_act", args=[case.pk, act]))["Location"]
            assert way.startswith(reverse("account_reauthenticate"))
        assert client.post(reverse("admin:dsar_rightsrequest_act", args=[case.pk, "search"]))["Location"] == page
        confirmed(client, way, page)
        assert client.post(reverse("admin:dsar_rightsrequest_act", args=[case.pk, "approve"]))["Location"] == page


def test_nothing_that_was_sent_lies_in_the_session_meanwhile(user: User) -> None:
    client, _secret = with_app(user)
    address = add("consent.audienceexport")
    with time_machine.travel(NOW + PERIOD, tick=False):
        chosen = {"title": "Amsel", "channel": "email", "country": "FI"}
        client.post(address, chosen)
        assert "Amsel" not in str(dict(client.session))
