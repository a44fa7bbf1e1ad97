"""The list and the pages of imports: who sees what, who may act, and that nothing can be edited."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import roles
from consent.intake import uploads
from consent.models import ImportBatch
from consent.models.airlock import ImportKind, ImportState
from tests.consent.conftest import (
    csv_text,
    differences,
    is_there,
    person,
    run,
    snapshot,
)
from tests.consent.pages import (
    ADD,
    LIST,
    ROLES,
    act,
    clerk,
    files,
    form,
    page_of,
    said,
    signed_in,
    surroundings,
    text_of,
    upload,
)

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]


# Who may do what ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_only_who_may_view_imports_sees_the_list_a_page_and_the_report(role: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    client = signed_in(role)
    expected = 403 if role == roles.SALES else 200
    for address in (reverse(LIST), page_of(batch), reverse("admin:consent_importbatch_report", args=[batch.pk])):
        assert client.get(address).status_code == expected, address


@pytest.mark.parametrize("role", ROLES)
def test_only_privacy_staff_reach_the_upload_and_send_a_file(role: str) -> None:
    client = signed_in(role)
    may = role in (roles.PRIVACY_OFFICER, roles.PRIVACY_CLERK)
    assert client.get(reverse(ADD)).status_code == (200 if may else 403)
    assert client.post(reverse(ADD), form([person()])).status_code == (302 if may else 403)
    assert ImportBatch.objects.count() == len(files()) == int(may)


@pytest.mark.parametrize("what", ["confirm", "abandon", "look"])
@pytest.mark.parametrize("role", [roles.AUDITOR, roles.SALES])
def test_who_may_not_act_changes_nothing_by_sending_the_form_anyway(role: str, what: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    before = snapshot()
    answer = signed_in(role).post(reverse(f"admin:consent_importbatch_{what}", args=[batch.pk]))
    assert answer.status_code == 403
    batch.refresh_from_db()
    assert batch.state == ImportState.PREVIEWED
    assert len(files()) == 1
    assert not is_there()
    changed = differences(before, snapshot())
    assert set(changed) <= {"config.User", "config.User_groups", "sessions.Session"}


def test_an_auditor_sees_no_button(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    assert "Confirm import" in text_of(clerk.get(page_of(batch)))
    seen = text_of(signed_in(roles.AUDITOR).get(page_of(batch)))
    assert "What will happen" in seen
    assert "Confirm import" not in seen
    assert "Abandon" not in seen
    assert "Import a file" in text_of(clerk.get(reverse(LIST)))
    assert "Import a file" not in text_of(signed_in(roles.AUDITOR, "second").get(reverse(LIST)))


def test_somebody_who_is_not_signed_in_is_asked_to(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    pages = [reverse(LIST), reverse(ADD), page_of(batch)]
    pages += [reverse(f"admin:consent_importbatch_{act}", args=[batch.pk]) for act in ("confirm", "abandon", "report")]
    for address in pages:
        answer: Any = Client().post(address)
        assert answer.status_code == 302, address
        assert answer.url.startswith(reverse("admin:login"))
    batch.refresh_from_db()
    assert batch.state == ImportState.PREVIEWED


@pytest.mark.parametrize("what", ["upload", "confirm", "abandon", "look"])
def test_a_form_from_another_site_is_refused(what: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    client = signed_in(roles.PRIVACY_OFFICER, enforce_csrf_checks=True)
    address = reverse(ADD) if what == "upload" else reverse(f"admin:consent_importbatch_{what}", args=[batch.pk])
    assert client.post(address, form([person()])).status_code == 403
    batch.refresh_from_db()
    assert (ImportBatch.objects.count(), batch.state, len(files())) == (1, ImportState.PREVIEWED, 1)


def test_the_form_of_our_own_page_is_accepted() -> None:
    client = signed_in(roles.PRIVACY_OFFICER, enforce_csrf_checks=True)
    client.get(reverse(ADD))
    token = client.cookies["csrftoken"].value
    answer = client.post(reverse(ADD), form([person()]) | {"csrfmiddlewaretoken": token})
    assert answer.status_code == 302


def test_an_import_that_does_not_exist_is_not_found(clerk: Client) -> None:
    for key in ("01890000-0000-7000-8000-000000000000", "nonsense"):
        assert clerk.get(f"{reverse(LIST)}{key}/change/").status_code == 404
    assert clerk.post(f"{reverse(LIST)}01890000-0000-7000-8000-000000000000/confirm/").status_code == 404


# The list -------------------------------------------------------------------------------------------------------------


def test_the_list_tells_when_who_what_and_with_which_result_newest_first(clerk: Client) -> None:
    act(clerk, "confirm", upload(clerk, [person(), person("x")], name="first.csv"))
    upload(signed_in(roles.PRIVACY_OFFICER, "olivia"), [person()], name="second.csv")
    run(uploads.receive([csv_text([person()]).encode()], kind=ImportKind.CONTACTS))
    shown = text_of(clerk.get(reverse(LIST)))
    assert "1 rejected, 1 created" in shown
    assert shown.index("command line") < shown.index("second.csv") < shown.index("first.csv")
    assert "olivia" in shown
    assert "waiting for confirmation" in shown


def test_the_list_asks_the_database_the_same_whatever_its_length(clerk: Client) -> None:
    upload(clerk, [person()])
    with CaptureQueriesContext(connection) as few:
        clerk.get(reverse(LIST))
    for number in range(5):
        upload(signed_in(roles.PRIVACY_OFFICER, f"officer{number}"), [person()])
    with CaptureQueriesContext(connection) as many:
        shown = text_of(clerk.get(reverse(LIST)))
    assert "officer4" in shown
    assert len(many) == len(few)


def test_an_import_outlives_the_account_that_made_it(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    ImportBatch.objects.filter(pk=batch.pk).update(uploaded_by="01890000-0000-7000-8000-000000000000")
    assert "a former account" in text_of(clerk.get(page_of(batch)))


def test_nothing_of_an_import_can_be_edited_or_deleted(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    before = ImportBatch.objects.filter(pk=batch.pk).values().get()
    clerk.post(page_of(batch), {"file_name": "other.csv", "state": "done"})
    assert clerk.post(f"{reverse(LIST)}{batch.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ImportBatch.objects.filter(pk=batch.pk).values().get() == before


def test_no_message_names_a_person(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    answers = [
        act(clerk, "confirm", batch),
        act(clerk, "confirm", batch),
        act(clerk, "abandon", upload(clerk, [person()])),
    ]
    texts = [text for answer in answers for text in said(answer)]
    assert len(texts) == 2
    assert not any("Anna" in text or "example.org" in text for text in texts)
