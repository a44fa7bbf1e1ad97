"""The pages that refuse: each says what happened and what to do, and needs neither a session nor a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.views.defaults import server_error
from pytest_django import Settings

from config.roles import PRIVACY_OFFICER, SALES
from tests.staff import account, add, at_work, list_of, officer, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def check(answer: Any, status: int, *sentences: str) -> None:
    """The page is ours, with these sentences and the way home."""
    assert answer.status_code == status
    body = answer.content.decode()
    assert [one for one in (*sentences, "Go to the home page", "<title>", "| Obhut</title>") if one not in body] == []


def test_a_page_of_another_role_says_whom_to_ask() -> None:
    check(signed_in(SALES).get(list_of("contacts.contact")), 403, "Not for your role", "ask a privacy officer")


def test_an_address_that_leads_nowhere_says_that_contacts_are_erased() -> None:
    check(officer().get("/nowhere"), 404, "There is no such page", "contacts are erased when their time is over")


def test_a_form_sent_too_late_says_that_nothing_was_changed() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(account(PRIVACY_OFFICER))
    answer = client.post(add("contacts.source"), {"code": "fair"})
    check(answer, 403, "Please send the form again", "Nothing was changed", "Open the page again")


def test_a_fault_of_ours_says_so_without_asking_the_database(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer: HttpResponse = server_error(RequestFactory().get("/"))
    check(answer, 500, "This is our fault", "was not saved", "try again")
