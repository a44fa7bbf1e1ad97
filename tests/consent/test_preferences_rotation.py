"""Links from before a rotation of the digest key, of people who are gone: whoever has the address now opts out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from config.models import Actor
from consent import old_links, suppression, tasks
from consent.models import Objection, SuppressionEntry
from contacts.merging import merge
from contacts.models import Contact
from tests.consent.conftest import NOW
from tests.consent.letters import (
    ONE_CLICK,
    allowed,
    anna,
    browser,
    centre,
    consented,
    everything,
    gone,
    later,
    leaving,
    mailbox,
)

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]
NOTHING = {"nothing": "1"}


@pytest.fixture
def old(rotate: Callable[[], None]) -> dict[Callable[..., str], str]:
    """The addresses of the links of somebody who was purged, after which the key was rotated."""
    person = gone(anna())
    links = {page: page(person) for page in (centre, leaving)}
    rotate()
    return links


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was sent to the workers."""
    messages: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *message: messages.append(message))
    return messages


def press(address: str, form: dict[str, str]) -> None:
    later()
    assert browser().post(address, form).status_code == 200


def collected_anew(**fields: Any) -> Contact:
    """Somebody with that address, collected under the new key, who may be written to."""
    person = anna(**fields)
    consented(person)
    assert allowed(person)
    return person


def test_nothing_at_all_reaches_whoever_was_collected_anew_under_another_key(
    old: dict[Any, str], sent: list[Any], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    person, other = collected_anew(), collected_anew(email="other@example.org")
    consented(person, "website_activity", "", at=NOW + timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        press(old[centre], NOTHING)
    assert sent == [(tasks.compare_old_links.name,)]
    tasks.compare_old_links()
    person.refresh_from_db()
    assert not person.in_marketing and not allowed(person)
    assert not allowed(person, "website_activity", "")
    assert suppression.is_suppressed("anna@example.org")
    assert allowed(other)


def test_one_click_ends_what_the_message_was_about_and_nothing_else(old: dict[Any, str]) -> None:
    person = collected_anew()
    consented(person, "know_how", at=NOW + timedelta(seconds=1))
    press(old[leaving], ONE_CLICK)
    tasks.compare_old_links()
    assert not allowed(person) and allowed(person, "know_how")


def test_so_does_whoever_the_address_leads_to_by_a_merge(old: dict[Any, str]) -> None:
    person = anna(email="other@example.org")
    merge(person.pk, anna().pk, actor=Actor.command(), at=NOW)
    consented(person)
    press(old[centre], NOTHING)
    tasks.compare_old_links()
    assert not allowed(person)


def test_compared_again_and_again_it_is_one_objection(old: dict[Any, str]) -> None:
    person = collected_anew()
    press(old[centre], NOTHING)
    assert old_links.compare(timezone.now()) == 1
    once = everything()
    assert old_links.compare(timezone.now()) == 1
    assert everything() == once
    assert Objection.objects.get(contact=person).raised_at == timezone.now()


def test_a_consent_given_before_the_comparison_stands(old: dict[Any, str]) -> None:
    person = collected_anew()
    press(old[centre], NOTHING)
    later()
    consented(person, "know_how", at=timezone.now() + timedelta(days=30))
    tasks.compare_old_links()
    person.refresh_from_db()
    assert person.in_marketing and allowed(person, "know_how") and not allowed(person)


def test_a_lost_message_is_made_up_for_by_the_tidying(old: dict[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    person = collected_anew()
    press(old[centre], NOTHING)
    monkeypatch.setattr(tasks.compare_old_links, "delay", tasks.compare_old_links)
    monkeypatch.setattr(tasks.renew, "delay", lambda: None)
    later(25)
    tasks.tidy()
    assert not allowed(person)
    later(60 * 24)
    assert not old_links.unmatched(timezone.now()).exists()


def test_under_the_same_key_nothing_needs_comparing(sent: list[Any]) -> None:
    press(centre(gone(anna())), NOTHING)
    assert SuppressionEntry.objects.exists() and not old_links.unmatched(timezone.now()).exists()
    assert not sent
