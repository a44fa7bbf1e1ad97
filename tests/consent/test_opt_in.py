"""Double opt-in: asked by mail, confirmed by a press of a button, once; unconfirmed it expires with the data."""

from __future__ import annotations

import re
import smtplib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.core.mail import EmailMessage
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from config.models import Actor, AuditEvent
from config.policy.periods import OPT_IN_DAYS
from consent import consents, opt_in, tasks
from consent.consents import Evidence
from consent.links import opt_in_link, token_digest
from consent.models import Consent, Notice, Objection
from consent.permission import may_use
from contacts.models import Collection, Contact, Source
from tests.consent.conftest import NOW, TODAY
from tests.consent.letters import allowed, anna, browser, centre, everything, later, mailbox, night, path_of
from tests.retention.threads import Thread
from tests.staff import customer, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["mailbox"]

TEXT = "Yes, send me your know-how by e-mail."
FORTNIGHT = timedelta(days=OPT_IN_DAYS)
SECOND = timedelta(seconds=1)


def ask(person: Contact, at: datetime | None = None, language: str = "en") -> Consent:
    """The person filled in a form."""
    evidence = Evidence("form", by_subject=True, text=TEXT, language=language)
    return opt_in.request(person.pk, "know_how", at or timezone.now(), evidence=evidence, actor=Actor.subject())


def states(person: Contact) -> list[str]:
    return [event.state for event in person.consents.order_by("occurred_at")]


def newcomer(**fields: Any) -> Contact:
    """Somebody a form has just brought, in no register yet."""
    return anna(in_marketing=False, **fields)


# Asking -----------------------------------------------------------------------------------------------------------------


def test_a_request_is_kept_with_its_wording_and_permits_nothing() -> None:
    person = newcomer()
    event = ask(person)
    assert (event.state, event.text, event.language) == ("ConsentRequested", TEXT, "en")
    assert not allowed(person, "know_how")
    token = path_of(opt_in_link(event)).strip("/").split("/")[-1]
    assert event.token_digest == token_digest(token)
    assert token not in str(everything())


def test_whoever_confirms_was_informed_on_that_page_and_may_be_written_to() -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later()
    browser().get(address)
    assert not Notice.objects.exists()
    for _twice in range(2):
        browser().post(address)
        assert may_use(person.pk, "know_how", "email", timezone.now()).allowed
    assert Notice.objects.get().method == "double opt-in"


def test_asking_again_while_the_request_is_open_or_the_consent_in_force_asks_nothing() -> None:
    person = newcomer()
    event = ask(person)
    later()
    assert ask(person) == event
    browser().post(path_of(opt_in_link(event)))
    later()
    ask(person)
    assert states(person) == ["ConsentRequested", "ConsentGiven"]


def test_somebody_without_an_address_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="needs an e-mail address"):
        ask(newcomer(email=""))


def test_a_task_is_sent_after_the_commit_with_the_id_of_the_request(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda *message: sent.append(message))
    with django_capture_on_commit_callbacks(execute=True):
        event = ask(newcomer())
        assert sent == []
    assert sent == [(tasks.mail_opt_in.name, [str(event.pk)])]


# The mail ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "subject", "sentence"),
    [
        ("en", "Please confirm your consent", "To confirm, open this page"),
        ("de", "Bitte bestätigen Sie Ihre Einwilligung", "Der Link gilt bis 7. Dezember 2026."),
        ("fi", "Vahvistakaa suostumuksenne", "Linkki on voimassa 7. joulukuuta 2026 asti."),
    ],
)
def test_the_mail_speaks_the_language_of_the_form(
    mailoutbox: list[EmailMessage], language: str, subject: str, sentence: str
) -> None:
    event = ask(newcomer(language="en"), language=language)
    assert opt_in.mail(event.pk, NOW)
    (mail,) = mailoutbox
    assert (mail.subject, mail.to) == (subject, ["anna@example.org"])
    assert mail.from_email == "F-Secure Corporation <privacy-office@f-secure.com>"
    assert sentence in mail.body and TEXT in mail.body and opt_in_link(event) in mail.body
    assert "<" not in mail.body and "&" not in mail.body


def test_the_link_of_the_mail_opens_the_page_that_confirms(mailoutbox: list[EmailMessage]) -> None:
    person = newcomer()
    opt_in.mail(ask(person).pk, NOW)
    (found,) = re.findall(r"https?://\S+", str(mailoutbox[0].body))
    later()
    assert "Yes, I consent" in text_of(browser().get(urlsplit(found).path))
    assert "Your consent is confirmed." in text_of(browser().post(urlsplit(found).path))
    assert allowed(person, "know_how")


def test_a_mail_is_sent_once_and_a_lost_message_is_sent_by_the_next_tidying(mailoutbox: list[EmailMessage]) -> None:
    event = ask(newcomer())
    assert list(opt_in.unmailed(NOW)) == [event]
    assert opt_in.mail(event.pk, NOW)
    assert not opt_in.mail(event.pk, NOW)
    assert list(opt_in.unmailed(NOW)) == []
    assert len(mailoutbox) == 1
    assert AuditEvent.objects.get(action="opt-in mailed").object_id == event.pk


def test_a_mail_server_that_is_away_delays_the_mail_and_no_address_reaches_the_log(
    mailoutbox: list[EmailMessage], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event = ask(newcomer())
    refused = smtplib.SMTPRecipientsRefused({"anna@example.org": (550, b"no such user")})
    with monkeypatch.context() as away:
        away.setattr(EmailMessage, "send", lambda self: (_ for _ in ()).throw(refused))
        assert not opt_in.mail(event.pk, NOW)
    assert str(event.pk) in caplog.text and "SMTPRecipientsRefused" in caplog.text
    assert "anna" not in caplog.text
    assert opt_in.mail(event.pk, NOW) and len(mailoutbox) == 1


def test_no_mail_goes_to_somebody_erased_nor_for_a_request_that_is_over(mailoutbox: list[EmailMessage]) -> None:
    person = newcomer()
    event = ask(person)
    assert not opt_in.mail(event.pk, NOW + FORTNIGHT + SECOND)
    Contact.objects.update(in_marketing=False)
    night()
    assert not Contact.objects.exists()
    assert not opt_in.mail(event.pk, NOW)
    assert mailoutbox == []


def test_the_link_survives_a_change_of_the_secret_key_while_the_former_one_is_known(settings: Settings) -> None:
    event = ask(newcomer())
    link, former = opt_in_link(event), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key " * 6, [former]
    assert opt_in_link(event) == link
    settings.SECRET_KEY_FALLBACKS = []
    assert opt_in_link(event) == ""
    assert not opt_in.mail(event.pk, NOW)


# Confirming -------------------------------------------------------------------------------------------------------------


def test_confirming_is_a_consent_told_us_by_the_person_with_the_wording_of_the_request() -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later()
    answer = browser().post(address, REMOTE_ADDR="192.0.2.77")
    assert "Your consent is confirmed." in text_of(answer)
    given = person.consents.get(state="ConsentGiven")
    assert (given.text, given.language, given.method) == (TEXT, "en", "double opt-in")
    assert (given.by_subject, given.source_ip, given.purpose, given.channel) == (True, "192.0.2.0", "know_how", "email")
    person.refresh_from_db()
    assert (person.in_marketing, person.last_engaged_on) == (True, TODAY)


def test_reading_the_page_confirms_nothing() -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    before = everything()
    for _scan in range(3):
        assert "Yes, I consent" in text_of(browser().get(address))
    assert everything() == before


def test_fifty_presses_are_one_consent() -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later()
    first = browser().post(address)
    once = everything()
    for _again in range(49):
        later()
        assert browser().post(address).content == first.content
    assert everything() == once
    assert browser().get(address).content == first.content


def test_after_a_withdrawal_the_old_link_gives_nothing_back() -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later()
    browser().post(address)
    later()
    browser().post(centre(person), {"nothing": "1"})
    before = everything()
    later()
    assert browser().post(address).status_code == browser().get(address).status_code == 404
    assert everything() == before


def test_a_request_withdrawn_before_its_confirmation_cannot_be_confirmed() -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later()
    browser().post(centre(person), {"nothing": "1"})
    later()
    assert browser().post(address).status_code == 404
    assert states(person) == ["ConsentRequested", "ConsentWithdrawn"]


@pytest.mark.parametrize(("after", "status"), [(FORTNIGHT, 200), (FORTNIGHT + SECOND, 404)])
def test_a_link_works_for_a_fortnight(after: timedelta, status: int) -> None:
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later(after.total_seconds() / 60)
    assert browser().get(address).status_code == browser().post(address).status_code == status
    assert ("ConsentGiven" in states(person)) is (status == 200)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_presses_at_the_same_moment_are_one_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(current_app, "send_task", lambda *message: None)
    person = newcomer()
    address = path_of(opt_in_link(ask(person)))
    later()
    threads = [Thread(lambda: browser().post(address)) for _press in range(8)]
    assert [thread.finish() for thread in threads] == [None] * 8
    assert states(person) == ["ConsentRequested", "ConsentGiven"]


# Expiring ---------------------------------------------------------------------------------------------------------------


def test_the_night_after_the_form_waits_for_the_answer() -> None:
    person = newcomer()
    ask(person)
    night(NOW + timedelta(hours=16))
    assert Contact.objects.get() == person


@pytest.mark.parametrize(("after", "expired"), [(FORTNIGHT, 0), (FORTNIGHT + SECOND, 1)])
def test_a_request_expires_after_a_fortnight(after: timedelta, expired: int) -> None:
    person = newcomer()
    ask(person)
    assert opt_in.expire(NOW + after) == expired
    assert (states(person)[-1] == "ConsentExpired") is bool(expired)
    assert opt_in.expire(NOW + after + SECOND) == (0 if expired else 1)


def test_whoever_came_by_the_request_alone_is_erased_by_the_night_after_its_expiry() -> None:
    person = newcomer()
    ask(person)
    later(60 * 24 * OPT_IN_DAYS + 1)
    tasks.tidy()
    person.refresh_from_db()
    assert (person.in_marketing, states(person)) == (False, ["ConsentRequested", "ConsentExpired"])
    night(timezone.now())
    assert not Contact.objects.exists()
    assert {event.contact for event in Consent.objects.all()} == {None}


@pytest.mark.parametrize("basis", ["prospect", "customer", "consent", "collection"])
def test_whoever_is_here_for_another_reason_stays(basis: str) -> None:
    person = anna() if basis == "prospect" else newcomer(at=customer() if basis == "customer" else None)
    ask(person)
    later()
    if basis == "consent":
        evidence = Evidence("form", by_subject=True, text="Yes")
        consents.give(person.pk, "surveys", "email", timezone.now(), evidence=evidence)
    if basis == "collection":
        source = Source.objects.create(code="fair")
        Collection.objects.create(contact=person, source=source, collected_on=TODAY + timedelta(days=1))
    opt_in.expire(NOW + FORTNIGHT + SECOND)
    person.refresh_from_db()
    assert person.in_marketing is (basis != "customer")
    assert person.consents.filter(state="ConsentExpired").exists()
    night(NOW + FORTNIGHT + timedelta(days=1))
    assert Contact.objects.get() == person


def test_a_stranger_cannot_bring_somebody_back_who_refused_by_filling_in_a_form() -> None:
    person = newcomer(at=customer())
    browser().post(centre(person), {"nothing": "1"})
    Contact.objects.update(left_marketing_on=TODAY)
    later()
    event = ask(person)
    person.refresh_from_db()
    assert not person.in_marketing
    later()
    browser().post(path_of(opt_in_link(event)))  # but the person can, from their own mailbox
    person.refresh_from_db()
    assert (person.in_marketing, person.returned_on) == (True, TODAY)
    assert allowed(person, "know_how") and Objection.objects.exists()
