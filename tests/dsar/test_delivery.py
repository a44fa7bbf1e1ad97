"""Fetching a package (R20, R24): link, code, a few days; nothing on a GET, and nothing readable at rest."""

from __future__ import annotations

import re
import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from dsar import delivery, sealed
from dsar.models import Attachment, CaseEvent, Delivery
from dsar.models.requests import Right, Status
from tests.dsar.cases import answered, carried_out, identified
from tests.dsar.conftest import DAY, HOUR, NOW, clerk, fresh, move, work
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _static_files(settings: Settings, tmp_path: Path) -> None:
    """The server's folder of static files, without which it warns."""
    settings.STATIC_ROOT = tmp_path


def sent() -> tuple[Delivery, str]:
    """A package whose answer has left, and its link."""
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    answer = answered(asked)
    (link,) = re.findall(r"http[^\s]+(/requests/package/[^\s]+)", answer.body)
    mail.outbox.clear()
    return Delivery.objects.get(), link


def token(link: str) -> str:
    return link.rstrip("/").rpartition("/")[2]


def code_from_mail() -> str:
    work()
    found: list[str] = re.findall(r"^([0-9A-Z]{8})$", str(mail.outbox[-1].body), re.MULTILINE)
    return found[0]


def passed(link: str) -> dict[str, str]:
    """The form of the last page, after the right code."""
    client = Client()
    client.post(reverse("dsar:package_code"), {"token": token(link)})
    page = client.post(reverse("dsar:package_proof"), {"token": token(link), "code": code_from_mail().lower()})
    (proof,) = re.findall(r'name="proof" value="([^"]+)"', page.content.decode())
    return {"token": token(link), "proof": proof}


def test_the_link_in_the_answer_leads_to_the_file() -> None:
    package, link = sent()
    page = Client().get(link)
    assert page.status_code == 200 and page["Cache-Control"] == "no-store" and page["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in page and not page.cookies
    answer = Client().post(reverse("dsar:package_file"), passed(link))
    body = answer.getvalue()
    assert zipfile.is_zipfile(BytesIO(body))
    assert answer["Content-Disposition"].startswith("attachment") and answer["Cache-Control"] == "no-store"
    package.refresh_from_db()
    assert (package.downloads, package.first_download_at is not None) == (1, True)
    assert CaseEvent.objects.filter(kind="package", subject="fetched").count() == 1
    assert [one.to for one in mail.outbox] == [["anna@example.org"]]


def test_a_get_changes_nothing_and_sends_no_code() -> None:
    package, link = sent()
    before = Delivery.objects.values().get()
    for address in (link, "dsar:package_code", "dsar:package_proof", "dsar:package_file"):
        where = address if address.startswith("/") else reverse(address)
        for method in ("get", "head"):
            getattr(Client(), method)(where)
    work()
    assert Delivery.objects.values().get() == before and mail.outbox == []
    assert package.downloads == 0


def test_the_token_is_in_no_later_address() -> None:
    _package, link = sent()
    page = Client().get(link).content.decode()
    (action,) = re.findall(r'<form method="post" action="([^"]+)"', page)
    assert token(link) not in action
    answer = Client().post(action, {"token": token(link)})
    assert answer.status_code == 200 and not answer.has_header("Location")
    assert token(link) not in " ".join(re.findall(r'(?:href|action|src)="([^"]*)"', answer.content.decode()))


def test_a_code_works_once_for_a_quarter_of_an_hour_and_five_attempts() -> None:
    package, _link = sent()
    assert delivery.send_code(package, NOW)
    package.refresh_from_db()
    right = delivery.code_of(package)
    assert delivery.check(package, right, NOW + 15 * MINUTE + timedelta(seconds=1)) == ""
    assert delivery.check(package, right, NOW + 15 * MINUTE)
    assert delivery.check(package, right, NOW + MINUTE) == ""
    assert delivery.send_code(package, NOW + MINUTE)
    for _attempt in range(5):
        assert delivery.check(package, "WRONGONE", NOW + MINUTE) == ""
    package.refresh_from_db()
    assert delivery.check(package, delivery.code_of(package), NOW + MINUTE) == ""


def test_three_codes_an_hour() -> None:
    package, _link = sent()
    assert [delivery.send_code(package, NOW + one * MINUTE) for one in range(4)] == [True, True, True, False]
    assert delivery.send_code(package, NOW + HOUR + MINUTE)


def test_a_pass_is_good_for_a_quarter_of_an_hour_and_its_own_package() -> None:
    package, link = sent()
    form = passed(link)
    with time_machine.travel(NOW + 16 * MINUTE):
        assert Client().post(reverse("dsar:package_file"), form).status_code == 404
    assert Client().post(reverse("dsar:package_file"), {**form, "proof": "x"}).status_code == 404
    assert delivery.passed(package, form["proof"])


@pytest.mark.parametrize(("after", "works"), [(7 * DAY - MINUTE, True), (7 * DAY + MINUTE, False)])
def test_it_can_be_fetched_for_seven_days(after: timedelta, works: bool) -> None:
    package, link = sent()
    assert (delivery.find(token(link), NOW + after) is not None) == works
    delivery.expire(NOW + after)
    package.refresh_from_db()
    assert (package.ended_at is None) == works


@pytest.mark.parametrize(("after", "works"), [(24 * HOUR - MINUTE, True), (24 * HOUR + MINUTE, False)])
def test_a_day_after_the_first_download_the_key_is_destroyed(after: timedelta, works: bool, settings: Any) -> None:
    package, link = sent()
    delivery.fetch(package, NOW, clerk())
    path = settings.UPLOAD_DIR / package.attachment.path
    assert path.exists()
    assert (delivery.find(token(link), NOW + after) is not None) == works
    delivery.expire(NOW + after)
    file = Attachment.objects.get(pk=package.attachment_id)
    assert ((file.sealed_key is not None), path.exists()) == (works, works)
    if not works:
        with pytest.raises(ValueError, match="cannot be opened"):
            delivery.look(package, NOW, clerk())


def test_nothing_can_be_fetched_before_the_answer_has_left() -> None:
    asked = identified(Right.ACCESS, well_known())
    carried_out(asked)
    package = Delivery.objects.get()
    assert Client().get(f"/requests/package/{delivery.token_of(package)}/").status_code == 404
    move(asked.request, Status.WITHDRAWN, note="no longer wanted")
    delivery.expire(NOW)
    package.refresh_from_db()
    assert package.ended_at is not None and fresh(asked.request).closed_at is not None


@pytest.mark.parametrize("bad", ["x", "x~y", "0" * 32])
def test_a_foreign_token_opens_nothing(bad: str) -> None:
    assert Client().get(f"/requests/package/{bad}/").status_code == 404


def test_stealing_the_folder_and_the_database_gives_nothing(settings: Any) -> None:
    package, _link = sent()
    file = package.attachment
    content = (settings.UPLOAD_DIR / file.path).read_bytes()
    assert b"Virtanen" not in content and b"PK\x03\x04" not in content
    settings.EXPORT_KEY = "another-export-key-of-somebody-else-0123456789"
    with pytest.raises(sealed.LostKeyError):
        sealed.unseal(file.pk, file.path, file.sealed_key)


def test_a_file_belongs_to_its_row() -> None:
    package, _link = sent()
    from uuid import uuid4

    with pytest.raises(sealed.LostKeyError):
        sealed.unseal(uuid4(), package.attachment.path, package.attachment.sealed_key)
