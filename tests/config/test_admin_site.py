"""The admin site: home page, read-only evidence, no deletion, bounded lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.sites import site
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from config.admin_site.bases import ReadOnlyAdmin
from config.admin_site.lists import MOST_PAGES, CappedPaginator
from config.models import Actor, AuditEvent, User
from config.panels import _HOME
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES
from consent.models import AudienceExport, Consent, DisclosureBatch, Objection, Restriction, SuppressionEntry
from dsar.models import RightsRequest
from tests.staff import (
    add,
    at_work,
    break_glass,
    contact,
    customer,
    list_of,
    officer,
    page_of,
    rows_of_everything,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
TAKEN_IN_AT_THE_DESK = (
    AudienceExport,
    Consent,
    DisclosureBatch,
    Objection,
    Restriction,
    RightsRequest,
    SuppressionEntry,
)
"""Evidence that staff add by a form of its own, and never change."""
EVIDENCE = [model for model, page in site._registry.items() if isinstance(page, ReadOnlyAdmin)]


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def superuser_request() -> Any:
    request = RequestFactory().get(HOME)
    request.user = User(username="x", is_superuser=True, is_staff=True)
    return request


# Who may come in -----------------------------------------------------------------------------------------------------


def test_a_stranger_sees_the_login_page_with_a_sentence_about_obhut() -> None:
    answer = Client().get(HOME, follow=True)
    assert "only as long as the privacy policy allows" in text_of(answer)
    assert "Next run" not in text_of(answer)


@pytest.mark.parametrize("role", [PRIVACY_OFFICER, PRIVACY_CLERK, AUDITOR])
def test_staff_of_three_roles_see_the_runs_on_the_home_page(role: str) -> None:
    text = text_of(signed_in(role).get(HOME))
    for title in (
        "Today",
        "Next run",
        "Waiting for approval",
        "Imports",
        "Last runs",
        "Erasures in the next 24 months",
    ):
        assert title in text


def test_sales_open_the_home_page_and_see_only_the_way_into_the_directory() -> None:
    contact()
    text = text_of(signed_in(SALES).get(HOME))
    assert "Find a person" in text
    assert "Contacts by register" not in text
    assert "Next run" not in text
    assert "Imports" not in text


def test_an_account_without_a_role_is_told_what_to_do() -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert "Your role has no pages here. Ask a privacy officer" in text_of(client.get(HOME))


def test_an_account_that_is_not_staff_is_sent_to_the_login_page() -> None:
    client = Client()
    client.force_login(User.objects.create_user("outsider"))
    answer = client.get(HOME)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("model", ["contacts.contact", "contacts.organisation", "config.auditevent", "retention.hold"])
def test_sales_cannot_open_the_records_even_as_staff(model: str) -> None:
    assert officer().get(list_of(model)).status_code == 200
    assert signed_in(SALES).get(list_of(model)).status_code == 403


def test_the_home_page_asks_no_more_often_when_there_is_more_to_show() -> None:
    client = officer()
    client.get(HOME)
    with CaptureQueriesContext(connection) as few:
        client.get(HOME)
    for number in range(20):
        contact(email=f"somebody{number}@example.org")
    with CaptureQueriesContext(connection) as many:
        client.get(HOME)
    assert len(few) == len(many)
    assert len(_HOME) > 5


# Nothing is deleted, evidence is not changed -------------------------------------------------------------------------


def test_no_page_deletes_and_none_acts_on_many_rows_at_once() -> None:
    request = superuser_request()
    assert len(site._registry) > 15
    for model, page in site._registry.items():
        assert page.get_actions(request) == {}, model
        assert not page.has_delete_permission(request), model
    assert "delete_selected" not in [name for name, _act in site.actions]


def test_the_address_for_deleting_refuses_the_superuser_too() -> None:
    person = contact()
    answer = break_glass().post(page_of(person, "delete"), {"post": "yes"})
    assert answer.status_code == 403
    person.refresh_from_db()


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
def test_evidence_can_be_read_but_never_changed(model: Any) -> None:
    client = break_glass()
    label = model._meta.label_lower
    assert client.get(list_of(label)).status_code == 200
    if model not in TAKEN_IN_AT_THE_DESK:
        assert client.post(add(label), {}).status_code == 403
    row = model._default_manager.first()
    if row is not None and not model._meta.proxy:  # another view of a table, whose rows have their own pages
        assert client.post(page_of(row), {}).status_code == 403


def test_the_audit_trail_refuses_a_change_and_stays_as_it_was() -> None:
    event = AuditEvent.record(Actor.task(), "started", User)
    client = break_glass()
    assert client.get(page_of(event)).status_code == 200
    assert client.post(page_of(event), {"action": "nothing happened"}).status_code == 403
    event.refresh_from_db()
    assert event.action == "started"


def test_looking_at_every_list_and_form_changes_nothing() -> None:
    firm = customer()
    person = contact(at=firm)
    client = break_glass()
    client.get(HOME)
    before = rows_of_everything()
    assert before["contacts.Contact"] == 1
    opened = 0
    for model in site._registry:
        for address in (list_of(model._meta.label_lower), add(model._meta.label_lower)):
            opened += client.get(address).status_code == 200
    for address in (HOME, page_of(person), page_of(firm), page_of(person, "history")):
        assert client.get(address).status_code == 200
    assert opened > 20
    assert rows_of_everything() == before


def test_no_page_carries_styles_or_scripts_of_its_own() -> None:
    firm = customer()
    client = break_glass()
    addresses = [HOME, "/admin/login/", page_of(contact(at=firm)), page_of(firm)]
    for address in [*addresses, *(list_of(model._meta.label_lower) for model in site._registry)]:
        body = client.get(address, follow=True).content.decode()
        assert "<main" in body
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)[^>]*>", body) == []


# Lists ---------------------------------------------------------------------------------------------------------------


def test_there_are_at_most_two_hundred_pages_and_the_last_row_of_them_is_the_last() -> None:
    events = [AuditEvent(action=f"act {number}", model="x", actor_kind="task") for number in range(MOST_PAGES + 1)]
    AuditEvent.objects.bulk_create(events[:-1])
    exact = CappedPaginator(AuditEvent.objects.all(), 1)
    assert (exact.count, exact.num_pages, exact.more) == (MOST_PAGES, MOST_PAGES, False)
    events[-1].save()
    beyond = CappedPaginator(AuditEvent.objects.all(), 1)
    assert (beyond.count, beyond.num_pages, beyond.more) == (MOST_PAGES, MOST_PAGES, True)


def test_a_long_list_says_that_the_search_should_be_narrowed() -> None:
    rows = 50 * MOST_PAGES
    AuditEvent.objects.bulk_create(AuditEvent(action="act", model="x", actor_kind="task") for _number in range(rows))
    client = break_glass()
    first = client.get(list_of("config.auditevent"))
    assert f"{rows} found" in text_of(first)
    assert "Narrow the search" not in text_of(first)
    AuditEvent.record(Actor.task(), "one more", User)
    assert "Narrow the search to see others" in text_of(client.get(list_of("config.auditevent")))


def test_a_page_beyond_the_last_shows_the_last() -> None:
    for number in range(60):
        AuditEvent.record(Actor.task(), f"act {number}", User)
    client = break_glass()
    assert len(shown(client.get(list_of("config.auditevent")))) == 50
    for page in ("2", "3", "99999"):
        answer = client.get(list_of("config.auditevent"), {"p": page})
        assert [event.action for event in shown(answer)] == [f"act {number}" for number in reversed(range(10))]


def test_a_list_counts_and_fetches_in_one_statement() -> None:
    for number in range(60):
        AuditEvent.record(Actor.task(), f"act {number}", User)
    client = break_glass()
    with CaptureQueriesContext(connection) as queries:
        client.get(list_of("config.auditevent"), {"p": "2"})
    about = [query["sql"] for query in queries if "config_auditevent" in query["sql"]]
    assert len(about) == 1
    assert "LIMIT" in about[0]
