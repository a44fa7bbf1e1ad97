"""Changes by hand leave a trail without values, and accounts are changed by whoever may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.sites import site
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.admin_site.bases import ReadOnlyAdmin
from config.models import Actor, AuditEvent, Subsidiary, User
from config.roles import AUDITOR, PRIVACY_CLERK
from tests.staff import (
    account,
    at_work,
    break_glass,
    list_of,
    officer,
    page_of,
    shown,
    signed_in,
    text_of,
)

pytestmark = pytest.mark.django_db

HOME = "/admin/"
EVIDENCE = [model for model, page in site._registry.items() if isinstance(page, ReadOnlyAdmin)]


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


# The audit trail and the log -----------------------------------------------------------------------------------------


def test_a_change_by_hand_is_in_the_trail_by_field_name_and_account_and_never_by_value() -> None:
    client = officer()
    subsidiary = Subsidiary.objects.create(name="Old name", country="FI")
    client.post(page_of(subsidiary), {"name": "Secret new name", "country": "FI", "region": ""})
    subsidiary.refresh_from_db()
    assert subsidiary.name == "Secret new name"
    event = AuditEvent.objects.get(action="changed")
    assert (event.model, event.object_id, event.fields) == ("config.Subsidiary", subsidiary.pk, ["name"])
    assert event.actor_id == User.objects.get(username="privacy-officer").pk
    assert "Secret" not in str([list(LogEntry.objects.values_list()), list(AuditEvent.objects.values_list())])


def test_a_form_sent_unchanged_leaves_no_event() -> None:
    subsidiary = Subsidiary.objects.create(name="Same", country="FI")
    officer().post(page_of(subsidiary), {"name": "Same", "country": "FI", "region": ""})
    assert not AuditEvent.objects.filter(model="config.Subsidiary").exists()


def test_the_trail_of_one_record_is_found_by_its_id() -> None:
    one, other = (
        Subsidiary.objects.create(name="One", country="FI"),
        Subsidiary.objects.create(name="Two", country="FI"),
    )
    for record in (one, other):
        AuditEvent.record(Actor.task(), "seen", record)
    found = shown(signed_in(AUDITOR).get(list_of("config.auditevent"), {"q": str(one.pk)}))
    assert [event.object_id for event in found] == [one.pk]
    assert shown(signed_in(PRIVACY_CLERK).get(list_of("config.auditevent"), {"q": "no id"})) == []


def test_the_trail_names_the_account_and_can_be_limited_to_it() -> None:
    clerk = account(PRIVACY_CLERK)
    AuditEvent.record(Actor.person(clerk), "changed", User)
    AuditEvent.record(Actor.task(), "expired", User)
    client = officer()
    assert "privacy-clerk" in text_of(client.get(list_of("config.auditevent")))
    found = shown(client.get(list_of("config.auditevent"), {"account": "privacy-clerk"}))
    assert [event.action for event in found] == ["changed"]


# Accounts ------------------------------------------------------------------------------------------------------------


def test_setting_a_password_is_in_the_trail() -> None:
    user = account(PRIVACY_CLERK)
    phrase = "four-quiet-herons-at-dusk"
    address = reverse("admin:auth_user_password_change", args=[user.pk])
    answer = break_glass().post(address, {"password1": phrase, "password2": phrase, "usable_password": "true"})
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password(phrase)
    event = AuditEvent.objects.get(action="changed", object_id=user.pk)
    assert "password" in " ".join(event.fields)


def test_only_the_superuser_may_change_a_superuser() -> None:
    boss = User.objects.create_superuser("boss")
    clerk = account(PRIVACY_CLERK)
    manager = User.objects.create_user("manager", is_staff=True)
    managers = Group.objects.create(name="managers")
    managers.permissions.add(Permission.objects.get(codename="change_user"))
    manager.groups.add(managers)
    client = Client()
    client.force_login(manager)
    assert client.post(page_of(clerk), {}).status_code == 200
    assert client.post(page_of(boss), {}).status_code == 403


def test_a_role_page_says_what_the_role_may_do() -> None:
    account(AUDITOR)
    client = break_glass()
    group = Group.objects.get(name=AUDITOR)
    assert [(one.name, one.members) for one in shown(client.get(list_of("auth.group"))) if one.pk == group.pk] == [
        (AUDITOR, 1)
    ]
    assert "erasure records: view" in text_of(client.get(page_of(group)))
