"""What sales see of an address, and how they come to see more: for a reason, on record, not too often (R16)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config import roles
from config.models import AuditEvent, Subsidiary, User
from contacts.masking import masked_email, masked_phone
from contacts.models import Contact
from contacts.revealing import ALARM_PER_DAY, MOST_PER_HOUR, Reason, TooManyError, alarms, reveal, reveals
from tests.sellers import browser, company, directory, entry, seller
from tests.staff import NOW, at_work, contact, customer, text_of

pytestmark = pytest.mark.django_db

SECRETS = {
    "email": "aino.laine@pohjola.example",
    "phone": "+358401234567",
    "street": "Mannerheimintie 1",
    "postcode": "00100",
    "linkedin_url": "https://linkedin.example/in/aino",
}
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


@pytest.fixture
def local() -> Subsidiary:
    return company("Oy", "FI")


@pytest.fixture
def account(local: Subsidiary) -> User:
    return seller(local)


@pytest.fixture
def person() -> Contact:
    return contact("Aino", "Laine", at=customer("Pohjola Oy"), city="Helsinki", **SECRETS)


# Masks ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("anna@example.com", "a***@example.com"),
        ("a@example.com", "a***@example.com"),
        ('"a@b"@example.com', '"***@example.com'),
        ("no address", "•••"),
        ("", ""),
    ],
)
def test_of_an_address_the_first_letter_and_the_domain_are_left(address: str, shown: str) -> None:
    assert masked_email(address) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+358401234567", "••• 567"),
        ("040 123 / 040 456", "••• 456"),
        ("123456", "•••"),
        ("1234567", "••• 567"),
        ("", ""),
    ],
)
def test_of_a_number_the_last_three_digits_are_left(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


def test_what_is_masked_is_nowhere_in_the_source(account: User, person: Contact) -> None:
    client, firm = browser(account), person.affiliations.get().organisation
    officer = browser(seller(None, "officer", roles.PRIVACY_OFFICER))
    for door in (directory(), entry(person), reverse("directory:contacts_organisation_page", args=[firm.pk])):
        source = client.get(door).content.decode()
        assert "Aino Laine" in source
        for name, secret in SECRETS.items():
            assert secret not in source, (door, name)
    seen = text_of(client.get(entry(person)))
    assert "a***@pohjola.example" in seen and "••• 567" in seen
    everything = text_of(officer.get(entry(person)))
    assert all(secret in everything for secret in SECRETS.values())


# Revealing ------------------------------------------------------------------------------------------------------------


def press(client: Client, person: Contact, reason: str = "answer") -> Any:
    return client.post(entry(person, "reveal"), {"reason": reason})


def test_a_reason_reveals_it_once_and_is_recorded_without_a_value(account: User, person: Contact) -> None:
    client = browser(account)
    answer = press(client, person)
    seen = text_of(answer)
    assert all(secret in seen for secret in SECRETS.values())
    assert "no-store" in answer["Cache-Control"]
    event = AuditEvent.objects.get()
    assert (event.actor_id, event.action, event.object_id) == (account.pk, "revealed: answer", person.pk)
    assert event.fields == ["email", "linkedin_url", "phone", "postal_address"]
    assert SECRETS["email"] not in client.get(entry(person)).content.decode(), "the next look is masked again"


@pytest.mark.parametrize("reason", ["", "curiosity"])
def test_without_a_reason_nothing_is_revealed(reason: str, account: User, person: Contact) -> None:
    answer = press(browser(account), person, reason)
    assert answer.status_code == 400
    assert not any(secret in answer.content.decode() for secret in SECRETS.values())
    assert not AuditEvent.objects.exists()


def test_opening_the_address_of_the_button_reveals_nothing(account: User, person: Contact) -> None:
    answer = browser(account).get(entry(person, "reveal"))
    assert (answer.status_code, answer["Location"]) == (302, entry(person))
    assert not AuditEvent.objects.exists()


def test_privacy_staff_see_everything_and_press_nothing(person: Contact) -> None:
    client = browser(seller(None, "officer", roles.PRIVACY_OFFICER))
    assert "Show the details" not in text_of(client.get(entry(person)))
    assert press(client, person).status_code == 302


def test_the_thirty_first_within_an_hour_is_refused_and_told_when_it_is_possible(
    account: User, person: Contact
) -> None:
    client = browser(account)
    for minute in range(MOST_PER_HOUR):
        with time_machine.travel(NOW + minute * MINUTE, tick=False):
            assert press(client, person).status_code == 200
    for moment in (NOW + 30 * MINUTE, NOW + HOUR - timedelta(seconds=1)):
        with time_machine.travel(moment, tick=False):
            answer = press(client, person)
            assert answer.status_code == 429
            assert "The next one is possible at 13:00." in answer.content.decode()
            assert SECRETS["email"] not in answer.content.decode()
    assert reveals(account.pk, NOW - HOUR).count() == MOST_PER_HOUR
    with time_machine.travel(NOW + HOUR, tick=False):
        assert press(client, person).status_code == 200


def test_each_account_has_its_own_hour(local: Subsidiary, account: User, person: Contact) -> None:
    for _time in range(MOST_PER_HOUR):
        reveal(account.pk, person, Reason.ANSWER, NOW)
    with pytest.raises(TooManyError):
        reveal(account.pk, person, Reason.ANSWER, NOW)
    reveal(seller(local, "other").pk, person, Reason.ANSWER, NOW)


def many(account: User, person: Contact, number: int) -> None:
    """So many reveals, as slowly as the hour allows."""
    for each in range(number):
        moment = NOW + each * (HOUR / MOST_PER_HOUR) + timedelta(seconds=each)
        with time_machine.travel(moment, tick=False):
            reveal(account.pk, person, Reason.ANSWER, moment)


def test_the_hundredth_within_a_day_raises_the_alarm_once(account: User, person: Contact) -> None:
    user = seller(None, "officer", roles.PRIVACY_OFFICER)
    many(account, person, ALARM_PER_DAY - 1)
    assert not alarms(NOW - HOUR).exists()
    with time_machine.travel(NOW + 5 * HOUR, tick=False):
        officer = browser(user)
        assert "Many contacts revealed" not in text_of(officer.get(reverse("admin:index")))
        for _time in range(3):
            reveal(account.pk, person, Reason.ANSWER, NOW + 5 * HOUR)
        raised = alarms(NOW - HOUR).get()
        assert (raised.object_id, raised.counts) == (account.pk, {"contacts.Contact": ALARM_PER_DAY})
        home = text_of(officer.get(reverse("admin:index")))
        assert "Many contacts revealed" in home and account.username in home
    with time_machine.travel(NOW + timedelta(days=8), tick=False):
        officer = browser(user)
        assert "Many contacts revealed" not in text_of(officer.get(reverse("admin:index")))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_windows_at_once_find_no_room_for_one_more(account: User, person: Contact) -> None:
    for _time in range(MOST_PER_HOUR - 1):
        reveal(account.pk, person, Reason.ANSWER, NOW)
    outcomes: list[str] = []

    def press_at_once() -> None:
        try:
            reveal(account.pk, person, Reason.ANSWER, NOW)
            outcomes.append("shown")
        except TooManyError:
            outcomes.append("refused")
        finally:
            connection.close()

    windows = [threading.Thread(target=press_at_once) for _window in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "shown"]
