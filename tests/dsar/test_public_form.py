"""The public form (S132, S151; R21, R22): the same answer for everybody, a link to confirm, and no flood."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.models import Objection, SuppressionEntry
from contacts.models import Contact
from dsar import flood, proofs
from dsar.models import AskedRight, IdentityCheck, IntakeAttempt, Match, Message, RightsRequest
from dsar.models.matches import Level, MatchState
from dsar.models.requests import Right, Status
from tests.consent.conftest import snapshot
from tests.dsar.conftest import DAY, HOUR, NOW, case_of, confirm, entered, fresh, move, person, work

pytestmark = pytest.mark.django_db(transaction=True)

FORM = "/requests/"


def filled(email: str = "anna@example.org", **fields: Any) -> dict[str, Any]:
    known = {
        "rights": ["access"],
        "name": "Anna Virtanen",
        "email": email,
        "text": "Please.",
        "organisation": "",
        "phone": "",
    }
    return {**known, **fields}


def send(client: Client | None = None, **fields: Any) -> Any:
    return (client or Client()).post(FORM, filled(**fields))


def links(kind: str) -> list[str]:
    """The paths of the links of that kind in the mails sent so far, the newest last."""
    found = [
        one for message in mail.outbox for one in re.findall(r"https?://\S+", str(message.body)) if f"/{kind}/" in one
    ]
    return [urlsplit(one).path for one in found]


def test_a_request_gets_a_reference_a_clock_and_a_mail_to_confirm() -> None:
    answer = send(rights=["access", "rectification"])
    assert (answer.status_code, answer["Location"]) == (302, "/requests/received/?language=en")
    request = RightsRequest.objects.get()
    assert (request.received_by, request.received_at, request.status) == ("form", request.logged_at, Status.RECEIVED)
    assert set(request.asked.values_list("right", flat=True)) == {"access", "rectification"}
    work()
    assert [message.to for message in mail.outbox] == [["anna@example.org"]]
    assert request.reference in mail.outbox[0].subject + str(mail.outbox[0].body)
    assert Client().get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("language", ["de", "en", "fi"])
def test_the_pages_and_the_mail_speak_the_language_that_was_chosen(language: str) -> None:
    page = Client().get(f"{FORM}?language={language}")
    assert page["Content-Language"] == language
    answer = Client().post(f"{FORM}?language={language}", filled())
    assert Client().get(answer["Location"])["Content-Language"] == language
    assert RightsRequest.objects.get().language == language


# Nobody learns who is known ---------------------------------------------------------------------------------------------


def test_the_answer_is_the_same_to_the_byte_and_asks_the_database_the_same_whether_the_person_is_known() -> None:
    person("known@example.org")
    send(Client(REMOTE_ADDR="192.0.2.99"), email="first@example.org")  # gives out the first reference of all
    seen: dict[str, Any] = {}
    for email in ("known@example.org", "stranger@example.org"):
        client = Client(REMOTE_ADDR=f"192.0.2.{len(seen) + 1}")
        with CaptureQueriesContext(connection) as queries:
            answer = send(client, email=email, rights=["access", "marketing_objection"])
        statements = [re.sub(r"'[^']*'|[0-9a-f]{32}|\d+", "?", one["sql"]) for one in queries.captured_queries]
        headers = dict(answer.headers.items())
        seen[email] = (answer.status_code, answer.content, headers, statements)
        assert "contacts_contact" not in " ".join(statements)
    assert seen["known@example.org"] == seen["stranger@example.org"]


def test_both_get_the_same_mail_apart_from_reference_and_link() -> None:
    person("known@example.org")
    for email in ("known@example.org", "stranger@example.org"):
        send(Client(REMOTE_ADDR=f"192.0.2.{len(email)}"), email=email)
    work()
    texts = [re.sub(r"R-\w{6}|https?://\S+", "?", f"{one.subject}\n{one.body}") for one in mail.outbox]
    assert len(texts) == 2
    assert texts[0] == texts[1]


def test_nothing_is_looked_for_before_the_worker_comes() -> None:
    person()
    send()
    assert not Match.objects.exists()
    work()
    assert Match.objects.get().state == MatchState.OPEN


# Confirming -------------------------------------------------------------------------------------------------------------


def test_a_get_on_any_link_changes_nothing_in_the_whole_database() -> None:
    person()
    send()
    work()
    request = RightsRequest.objects.get()
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="To be sure.")
    work()
    before = snapshot()
    for path in [
        FORM,
        "/requests/received/",
        *links("confirm"),
        *links("identity"),
        "/requests/confirm/x/",
        "/requests/identity/x/",
    ]:
        for method in ("get", "head"):
            assert getattr(Client(), method)(path).status_code in (200, 404)
    assert snapshot() == before


def test_confirming_an_address_on_file_identifies_the_person_and_carries_out_the_fast_lane() -> None:
    anna = person()
    send(rights=["marketing_objection", "rectification"])
    work()
    request = RightsRequest.objects.get()
    assert not AskedRight.objects.filter(done_at__isnull=False).exists()
    assert Client().post(links("confirm")[0]).status_code == 200
    anna.refresh_from_db()
    assert not anna.in_marketing
    assert Objection.objects.get().contact == anna
    assert AskedRight.objects.get(right="marketing_objection").done_at
    assert Match.objects.get().state == MatchState.CONFIRMED
    assert case_of(request).level == Level.ADDRESS


def test_a_request_for_the_fast_lane_alone_is_answered_and_closed_once_it_is_confirmed() -> None:
    person()
    send(rights=["marketing_objection"])
    work()
    Client().post(links("confirm")[0])
    work()
    assert RightsRequest.objects.get().status == Status.FULFILLED
    assert Message.objects.get(kind="answer").state == "sent"


def test_somebody_unknown_is_suppressed_all_the_same() -> None:
    send(email="stranger@example.org", rights=["marketing_objection"])
    work()
    Client().post(links("confirm")[0])
    work()
    assert SuppressionEntry.objects.count() == 1
    assert RightsRequest.objects.get().status == Status.FULFILLED


def test_confirming_before_the_worker_came_is_heeded_by_the_worker() -> None:
    person()
    send(rights=["marketing_objection"])

    token = urlsplit(proofs.confirmation_link(RightsRequest.objects.get())).path
    assert Client().post(token).status_code == 200
    assert not AskedRight.objects.get().done_at
    work()
    assert AskedRight.objects.get().done_at


def test_confirming_twice_or_with_a_tampered_link_changes_nothing() -> None:
    person()
    send()
    work()
    path = links("confirm")[0]
    Client().post(path)
    before = snapshot()
    assert Client().post(path).status_code == 200
    assert Client().post(path.replace("~", "~x")).status_code == 404
    assert Client().post("/requests/confirm/abc/").status_code == 404
    assert snapshot() == before


def test_an_identity_link_works_once_and_not_after_fourteen_days() -> None:
    person()
    request = entered(Right.RECTIFICATION)
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="Called from a hidden number.")
    work()
    path = links("identity")[0]
    with time_machine.travel(NOW + 14 * DAY + HOUR):
        assert Client().post(path).status_code == 404
    assert Client().get(path).status_code == 200
    assert Client().post(path).status_code == 200
    assert case_of(request).level == Level.ADDRESS
    assert (Client().get(path).status_code, Client().post(path).status_code) == (404, 404)


def test_an_identity_link_dies_with_the_case() -> None:
    person()
    request = entered(Right.RECTIFICATION)
    move(request, Status.AWAITING_IDENTITY, note="Called from a hidden number.")
    work()
    move(request, Status.WITHDRAWN, note="Called again.")
    assert Client().post(links("identity")[0]).status_code == 404
    assert not IdentityCheck.objects.filter(passed_at__isnull=False).exists()


# Headers ----------------------------------------------------------------------------------------------------------------


def test_the_pages_need_no_cookie_no_script_and_leak_no_address() -> None:
    person()
    send()
    work()
    for path in (FORM, "/requests/received/", links("confirm")[0]):
        answer = Client().get(path)
        assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
        assert not answer.cookies
        assert b"<script" not in answer.content
        assert b"style=" not in answer.content
        assert "default-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    "name", ["Anna\r\nBcc: evil@example.org", "Anna\u2028Bcc: evil@example.org", "Anna\nSubject: hello"]
)
def test_no_name_becomes_a_header(name: str) -> None:
    send(name=name)
    work()
    assert [message.to for message in mail.outbox] == [["anna@example.org"]]
    assert "Bcc" not in mail.outbox[0].message().as_string().split("\n\n", 1)[0]


@pytest.mark.parametrize("email", ["a@example.org, b@example.org", "a@example.org\nb@example.org", "nobody", ""])
def test_only_one_address_is_an_address(email: str) -> None:
    assert send(email=email).status_code == 200
    assert not RightsRequest.objects.exists()


def test_a_form_without_a_wish_says_so() -> None:
    answer = send(rights=[])
    assert answer.status_code == 200
    assert "Please choose what you want." in answer.content.decode()
    assert not RightsRequest.objects.exists()


# Floods -----------------------------------------------------------------------------------------------------------------


def test_the_fourth_use_for_one_address_within_an_hour_is_refused_and_mails_nobody() -> None:
    for number in range(3):
        assert send(Client(REMOTE_ADDR=f"192.0.2.{number}")).status_code == 302
    answer = send(Client(REMOTE_ADDR="192.0.2.9"), email="ANNA@example.org")
    assert answer.status_code == 429
    assert "privacy-office@f-secure.com" in answer.content.decode()
    work()
    assert (RightsRequest.objects.count(), len(mail.outbox)) == (3, 3)
    assert send(Client(REMOTE_ADDR="192.0.2.9"), email="other@example.org").status_code == 302


def test_the_twenty_first_use_from_one_network_address_is_refused() -> None:
    client = Client(REMOTE_ADDR="192.0.2.1")
    codes = [send(client, email=f"one{number}@example.org").status_code for number in range(21)]
    assert codes == [302] * 20 + [429]


@pytest.mark.parametrize(("after", "code"), [(timedelta(minutes=59), 429), (timedelta(minutes=61), 302)])
def test_an_hour_later_the_form_works_again(after: timedelta, code: int) -> None:
    for number in range(3):
        send(Client(REMOTE_ADDR=f"192.0.2.{number}"))
    with time_machine.travel(NOW + after):
        assert send(Client(REMOTE_ADDR="192.0.2.8")).status_code == code


def test_uses_are_forgotten_after_a_day_and_name_nobody() -> None:
    send()
    assert {one.digest for one in IntakeAttempt.objects.all()}.isdisjoint({"anna@example.org", "127.0.0.1"})
    assert flood.tidy(NOW + DAY - HOUR) == 0
    assert flood.tidy(NOW + DAY + HOUR) == 2


def test_a_contact_is_never_changed_by_the_form_alone() -> None:
    anna = person()
    before = Contact.objects.filter(pk=anna.pk).values().get()
    send(rights=["marketing_objection", "withdrawal", "erasure"])
    work()
    assert Contact.objects.filter(pk=anna.pk).values().get() == before
    assert fresh(RightsRequest.objects.get()).status == Status.RECEIVED
