"""`prepare` and `demo_data`: from an empty database to a first sign-in, and nothing twice."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from config.dates import now
from config.models import Controller, Subsidiary, User
from config.roles import ROLES
from consent.links import Page, read
from contacts.models import Contact, MergedRecord
from dsar.demo.accounts import PASSPHRASE
from retention.models import DueDate, ErasureRecord, RetentionRun

pytestmark = pytest.mark.django_db

STAFF = {"admin": True, "officer": True, "clerk": True, "auditor": True, "sales": True, "sales-finland": True}
ROLE_OF = {"officer": "privacy officer", "clerk": "privacy clerk", "auditor": "auditor", "sales": "sales"}


@pytest.fixture(autouse=True)
def development(settings: Settings) -> None:
    """Development mode; the test runner turns it off."""
    settings.DEBUG = True
    settings.BASE_URL = "http://127.0.0.1:8765"


def run(command: str, *arguments: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def rows() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}


def test_an_empty_database_gets_roles_controller_demo_data_and_the_way_in() -> None:
    text = run("prepare")
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
    assert Controller.objects.get().business_id == "0705579-2"
    assert Subsidiary.objects.exists()
    assert Contact.objects.count() > 500
    assert text.count(PASSPHRASE) == 1
    assert "admin, officer, clerk, auditor, sales, sales-finland." in text
    assert "Sign in at http://127.0.0.1:8765/admin/" in text


def test_preparing_again_changes_nothing_and_says_again_how_to_sign_in() -> None:
    run("prepare")
    before = rows()
    assert len(before["contacts.Contact"]) > 500
    text = run("prepare")
    assert rows() == before
    assert text.count(PASSPHRASE) == 1
    assert "Sign in at http://127.0.0.1:8765/admin/" in text


def test_a_database_with_an_account_gets_no_demo_data() -> None:
    User.objects.create_superuser("anna", "anna@example.org", "a-long-enough-passphrase")
    text = run("prepare")
    assert Group.objects.count() == len(ROLES)
    assert not Contact.objects.exists()
    assert PASSPHRASE not in text
    assert "/admin/" in text


def test_in_production_there_are_roles_and_the_controller_and_no_account(settings: Settings) -> None:
    settings.DEBUG = False
    text = run("prepare")
    assert Group.objects.count() == len(ROLES)
    assert Controller.objects.exists()
    assert not User.objects.exists()
    assert not Contact.objects.exists()
    assert not Subsidiary.objects.exists(), "invented companies are no list of subsidiaries (S66)"
    assert "python manage.py createsuperuser" in text
    assert PASSPHRASE not in text


def test_in_production_nothing_is_said_about_a_first_account_once_there_is_one(settings: Settings) -> None:
    settings.DEBUG = False
    User.objects.create_superuser("anna", "anna@example.org", "a-long-enough-passphrase")
    assert "createsuperuser" not in run("prepare")


def test_demo_data_are_refused_in_production_and_nothing_is_written(settings: Settings) -> None:
    settings.DEBUG = False
    before = rows()
    with pytest.raises(CommandError, match="refused while DEBUG is off"):
        run("demo_data")
    assert rows() == before


def test_demo_data_the_second_time_say_so_and_change_nothing() -> None:
    printed = run("demo_data", "--contacts", "120")
    assert "Invented 120 contacts" in printed
    (token,) = re.findall(r"/preferences/([^/\s]+)/", printed)
    link = read(token, Page.PREFERENCES)
    assert link is not None and Contact.objects.filter(pk=link.contact, in_marketing=True).exists()
    before = rows()
    assert run("demo_data", "--contacts", "300").strip() == "Demo data are there already. Nothing was changed."
    assert rows() == before


def test_demo_data_never_mix_with_other_contacts() -> None:
    Contact.objects.create(email="known@example.org", collected_on=now().date())
    with pytest.raises(CommandError, match="holds contacts already"):
        run("demo_data")
    assert Contact.objects.count() == 1
    assert not User.objects.exists()


@pytest.mark.parametrize("count", [99, 0, -1])
def test_too_few_contacts_are_refused(count: int) -> None:
    with pytest.raises(CommandError, match="at least 100"):
        run("demo_data", "--contacts", str(count))
    assert not User.objects.exists()


def test_there_is_one_demo_account_for_each_role_and_the_superuser() -> None:
    run("demo_data", "--contacts", "100")
    assert {user.username: user.is_staff for user in User.objects.all()} == STAFF
    for name, role in ROLE_OF.items():
        user = User.objects.get(username=name)
        assert [group.name for group in user.groups.all()] == [role]
        assert not user.is_superuser
    assert User.objects.get(username="admin").is_superuser


def test_every_demo_account_can_sign_in_with_the_printed_passphrase() -> None:
    text = run("demo_data", "--contacts", "100")
    passphrase = text.split()[-1]
    assert len(passphrase) >= 15
    for name in STAFF:
        assert authenticate(username=name, password=passphrase) is not None
        validate_password(passphrase, User.objects.get(username=name))
    assert authenticate(username="admin", password=passphrase[:-1]) is None


def test_an_account_that_exists_keeps_its_password_and_rights() -> None:
    User.objects.create_user("clerk", password="my-own-long-passphrase")
    run("demo_data", "--contacts", "100")
    clerk = User.objects.get(username="clerk")
    assert clerk.check_password("my-own-long-passphrase")
    assert not clerk.is_staff
    assert not clerk.groups.exists()


def test_a_database_that_has_seen_a_run_gets_people_and_no_second_run() -> None:
    RetentionRun.objects.create(on_date=now().date(), trigger="schedule", state="done", policy_version="2019-09")
    run("demo_data", "--contacts", "100")
    assert RetentionRun.objects.count() == 1
    assert Contact.objects.count() == DueDate.objects.count() == 100 - MergedRecord.objects.count()
    assert MergedRecord.objects.count() == 1
    assert not ErasureRecord.objects.exists()
