"""Telling people of a material change: whom, once each, through crashes and refusals, with proof."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from pytest_django import Settings

from config.models import Actor, AuditEvent
from config.roles import PRIVACY_CLERK, seed_controller
from consent import notifications, objections, tasks
from consent.models import Notice, PolicyNotification, PolicyRecipient, PolicyVersion, Restriction
from consent.models.notifications import RecipientState
from consent.models.suppression import Authority, SuppressionReason
from consent.suppression import add as suppress
from contacts.models import Contact
from tests.consent.mails import PowerCutError
from tests.consent.pages import messages_sent
from tests.consent.reasons import published, told
from tests.staff import DAY, NOW, TODAY, at_work, contact, list_of, officer, page_of, shown, signed_in, text_of

pytestmark = pytest.mark.django_db

OFFICER = Actor.command()
NEW = "2026-11"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


@pytest.fixture
def change() -> PolicyVersion:
    """A material change, in English and German, in force today."""
    seed_controller()
    published(NEW, TODAY, "de", changes="Abschnitt 2.")
    return published(NEW, TODAY, changes="Section 2.")


def knowing(name: str = "anna", **fields: Any) -> Contact:
    """Somebody who was informed of the first version."""
    one = contact(name.title(), email=f"{name}@example.org", **fields)
    told(one, at=NOW - 300 * DAY)
    return one


def now() -> Any:
    return NOW


def tell(batch: PolicyNotification) -> bool:
    return notifications.work(batch, now)


def addresses() -> list[str]:
    return sorted(message.to[0] for message in mail.outbox)


def counts(batch: PolicyNotification, at: Any = NOW) -> dict[str, int]:
    """What became of the announcement, without what is nought."""
    return {name: count for name, count in notifications.progress(batch, at).items() if count}


# Who ------------------------------------------------------------------------------------------------------------------


def test_whoever_knows_an_earlier_version_is_told_and_nobody_else(change: PolicyVersion) -> None:
    knows, new, ignorant, restricted = knowing(), knowing("new"), contact(email="owes@example.org"), knowing("frozen")
    told(new, change)
    Restriction.objects.create(contact=restricted, ground="a", since_at=NOW - DAY)
    found = notifications.recipients(NEW, NOW)
    assert [row.pk for row in found] == [knows.pk]
    assert ignorant.pk not in {row.pk for row in found}
    Restriction.objects.update(notice_before_lift_at=NOW - DAY, lifted_at=NOW)
    assert {row.pk for row in notifications.recipients(NEW, NOW)} == {knows.pk, restricted.pk}


def test_an_opt_out_of_marketing_stops_no_service_message(change: PolicyVersion) -> None:
    one = knowing()
    objections.to_marketing(one.pk, NOW, method="e-mail", actor=OFFICER)
    assert tell(notifications.begin(NEW, OFFICER, NOW))
    assert addresses() == ["anna@example.org"]
    assert not Contact.objects.get(pk=one.pk).in_marketing, "and it lifts no objection"


def test_the_preview_counts_exactly_those_who_are_queued(change: PolicyVersion) -> None:
    knowing(), knowing("matti")
    nowhere, dead = contact("Nowhere"), knowing("dead")
    told(nowhere)
    suppress("dead@example.org", SuppressionReason.HARD_BOUNCE, Authority.MACHINE, NOW)
    counted = notifications.preview(NEW, NOW)
    assert counted == {"planned": 2, "unreachable": 2}
    batch = notifications.begin(NEW, OFFICER, NOW)
    assert (batch.planned, batch.unreachable) == (2, 2)
    queue = dict(PolicyRecipient.objects.values_list("contact", "state"))
    assert (queue[nowhere.pk], queue[dead.pk]) == ("unreachable", "unreachable")
    assert sorted(queue.values()) == ["unreachable", "unreachable", "waiting", "waiting"]
    assert AuditEvent.objects.get(action="announced").counts == counted


@pytest.mark.parametrize(
    ("day", "material", "why"),
    [(TODAY + DAY, True, "not published yet"), (TODAY, False, "no material change"), (TODAY, True, "")],
)
def test_only_a_material_version_in_force_is_announced(day: Any, material: bool, why: str) -> None:
    published(NEW, day, is_material=material)
    knowing()
    if why:
        with pytest.raises(ValueError, match=why):
            notifications.begin(NEW, OFFICER, NOW)
        assert not PolicyNotification.objects.exists()
    else:
        assert notifications.begin(NEW, OFFICER, NOW).planned == 1


def test_the_first_version_is_announced_to_nobody_and_every_other_one_once(change: PolicyVersion) -> None:
    assert "first version" in notifications.why_not("2019-09", NOW)
    notifications.begin(NEW, OFFICER, NOW)
    with pytest.raises(ValueError, match="announced already"):
        notifications.begin(NEW, OFFICER, NOW)


# Telling --------------------------------------------------------------------------------------------------------------


def test_each_person_gets_one_mail_in_their_language_and_a_notice_as_proof(change: PolicyVersion) -> None:
    anna, otto, matti = knowing(language="en"), knowing("otto", language="de"), knowing("matti", language="fi")
    batch = notifications.begin(NEW, OFFICER, NOW)
    assert tell(batch)
    assert addresses() == ["anna@example.org", "matti@example.org", "otto@example.org"]
    proofs = {row.contact_id: row for row in Notice.objects.filter(batch=batch.pk)}
    languages = {one: proofs[one.pk].policy.language for one in (anna, otto, matti)}
    assert languages == {anna: "en", otto: "de", matti: "de"}, "the first text where there is none in their language"
    for row in proofs.values():
        assert (row.kind, row.given_at, row.method) == ("change", NOW, "e-mail")
    assert not PolicyRecipient.objects.exists()
    assert batch.finished_at == NOW
    assert counts(batch) == {"told": 3}


def test_the_message_says_what_changed_and_where_it_stands_and_carries_no_advert(change: PolicyVersion) -> None:
    message = notifications.message(knowing(language="en"), change)
    assert message.to == ["anna@example.org"]
    assert message.from_email == "privacy-office@f-secure.com"
    for words in ("Section 2.", "https://www.f-secure.com", "privacy-office@f-secure.com", "It is no advertising"):
        assert words in message.body
    assert "&" not in message.body
    assert "List-Unsubscribe" not in message.extra_headers


def test_a_second_worker_and_a_repeated_message_tell_nobody_twice(change: PolicyVersion) -> None:
    knowing(), knowing("matti")
    batch = notifications.begin(NEW, OFFICER, NOW)
    tasks.announce(str(batch.pk))
    tasks.announce(str(batch.pk))
    assert tell(batch)
    assert len(mail.outbox) == 2
    assert Notice.objects.filter(batch=batch.pk).count() == 2


def test_a_worker_that_dies_leaves_one_person_unclear_and_the_next_goes_on(
    change: PolicyVersion, settings: Settings
) -> None:
    knowing("first"), knowing("last"), knowing("third")
    batch = notifications.begin(NEW, OFFICER, NOW)
    settings.EMAIL_BACKEND = "tests.consent.mails.Dying"
    with pytest.raises(PowerCutError):
        tell(batch)
    assert addresses() == ["first@example.org", "last@example.org"]
    assert PolicyRecipient.objects.get(contact__email="last@example.org").state == RecipientState.CLAIMED
    assert tell(batch)
    assert addresses() == ["first@example.org", "last@example.org", "third@example.org"]
    assert counts(batch) == {"told": 2, "waiting": 1}, "it may be somebody's work in progress"
    later = NOW + timedelta(minutes=16)
    assert counts(batch, later) == {"told": 2, "unclear": 1}


def test_the_unclear_are_sent_again_only_when_staff_say_so(change: PolicyVersion, settings: Settings) -> None:
    knowing("last")
    batch = notifications.begin(NEW, OFFICER, NOW)
    settings.EMAIL_BACKEND = "tests.consent.mails.Dying"
    with pytest.raises(PowerCutError):
        tell(batch)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert tell(batch)
    assert notifications.again(batch, OFFICER, NOW) == 0, "a fresh claim may be a worker's"
    later = NOW + timedelta(minutes=16)
    assert len(mail.outbox) == 1
    assert notifications.again(batch, OFFICER, later) == 1
    assert notifications.work(batch, lambda: later)
    assert len(mail.outbox) == 2
    assert counts(batch, later) == {"told": 1}


def test_a_refused_address_is_noted_and_stops_nobody_else(
    change: PolicyVersion, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    settings.EMAIL_BACKEND = "tests.consent.mails.Refusing"
    one = contact("Gone", email="anna@gone.example")
    told(one)
    knowing("matti")
    batch = notifications.begin(NEW, OFFICER, NOW)
    assert tell(batch)
    assert addresses() == ["matti@example.org"]
    assert counts(batch) == {"told": 1, "refused": 1}
    assert "SMTPRecipientsRefused" in caplog.text
    assert "gone.example" not in caplog.text
    assert not Notice.objects.filter(contact=one, kind="change").exists()


def test_without_a_mail_server_nobody_is_claimed_and_nothing_is_quoted(
    change: PolicyVersion, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    knowing()
    batch = notifications.begin(NEW, OFFICER, NOW)
    settings.EMAIL_BACKEND = "tests.consent.mails.Absent"
    with pytest.raises(notifications.Interrupted, match=r"^SMTPServerDisconnected$"):
        tell(batch)
    tasks.announce(str(batch.pk))
    assert PolicyRecipient.objects.get().state == RecipientState.WAITING
    assert "was interrupted: SMTPServerDisconnected" in caplog.text
    assert "anna@example.org" not in caplog.text


def test_whoever_is_restricted_or_told_otherwise_meanwhile_leaves_the_queue(change: PolicyVersion) -> None:
    frozen, informed, stays = knowing("frozen"), knowing("informed"), knowing("stays")
    batch = notifications.begin(NEW, OFFICER, NOW)
    Restriction.objects.create(contact=frozen, ground="a", since_at=NOW)
    told(informed, change)
    assert tell(batch)
    assert addresses() == [stays.email]
    assert counts(batch) == {"told": 1, "gone": 2}


def test_the_hourly_tidying_takes_up_what_a_crash_left(change: PolicyVersion) -> None:
    knowing()
    batch = notifications.begin(NEW, OFFICER, NOW)
    messages_sent()
    tasks.tidy()
    assert ("consent.tasks.announce", [str(batch.pk)], {}) in messages_sent()
    tell(batch)
    tasks.tidy()
    assert "consent.tasks.announce" not in [task for task, *_rest in messages_sent()]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_queue_and_nobody_is_told_twice(change: PolicyVersion) -> None:
    for number in range(30):
        knowing(f"person{number}")
    batch = notifications.begin(NEW, OFFICER, NOW)

    def worker() -> None:
        try:
            notifications.work(PolicyNotification.objects.get(pk=batch.pk), now)
        finally:
            connection.close()

    threads = [Thread(target=worker) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(addresses()) == len(set(addresses())) == 30
    assert Notice.objects.filter(batch=batch.pk).count() == 30
    assert not PolicyRecipient.objects.exists()


# Pages ----------------------------------------------------------------------------------------------------------------


def test_an_officer_sees_the_counts_confirms_and_follows_the_progress(
    change: PolicyVersion, django_capture_on_commit_callbacks: Any
) -> None:
    knowing(), told(contact("Nowhere"))
    client = officer()
    page = page_of(change, "announce")
    text = text_of(client.get(page))
    assert "by e-mail 1" in text
    assert "whom you must tell otherwise 1" in text
    assert "Section 2." in text
    assert not PolicyNotification.objects.exists(), "looking announces nothing"
    messages_sent()
    with django_capture_on_commit_callbacks(execute=True):
        assert "Confirmed: 1 people are being told." in text_of(client.post(page, follow=True))
    batch = PolicyNotification.objects.get()
    assert messages_sent() == [("consent.tasks.announce", [str(batch.pk)], {})]
    assert "0 of 1 people have been told." in text_of(client.get(page_of(batch)))
    tell(batch)
    text = text_of(client.get(page_of(batch)))
    assert "people have been told" not in text
    assert "told, with a notice as proof 1" in text
    assert "without a working address 1" in text
    assert "cannot be announced" in text_of(client.get(page))
    left = shown(client.get(list_of("consent.policyrecipient"), {"version": NEW, "state": "unreachable"}))
    assert [row.contact.first_name for row in left] == ["Nowhere"]


def test_a_clerk_follows_an_announcement_and_does_not_make_one(change: PolicyVersion) -> None:
    knowing()
    client = signed_in(PRIVACY_CLERK)
    assert client.get(page_of(change, "announce")).status_code == 403
    assert client.post(page_of(change, "announce")).status_code == 403
    batch = notifications.begin(NEW, OFFICER, NOW)
    assert "0 of 1 people" in text_of(client.get(page_of(batch)))
    again = reverse("admin:consent_policynotification_again", args=[batch.pk])
    assert client.post(again).status_code == 403


def test_the_refused_are_sent_again_from_the_page(change: PolicyVersion, settings: Settings) -> None:
    told(contact("Gone", email="anna@gone.example"))
    settings.EMAIL_BACKEND = "tests.consent.mails.Refusing"
    batch = notifications.begin(NEW, OFFICER, NOW)
    tell(batch)
    client = officer()
    assert "refused by the mail server 1" in text_of(client.get(page_of(batch, "again")))
    assert "1 people are being told again." in text_of(client.post(page_of(batch, "again"), follow=True))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    tell(batch)
    assert addresses() == ["anna@gone.example"]
    assert "Nobody is left" in text_of(client.get(page_of(batch, "again")))
