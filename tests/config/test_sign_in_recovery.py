"""Whoever lost the second factor is helped by somebody else, and it never happens in silence."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from config.models import AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER
from tests.signing_in import HOME, PASSPHRASE, enter, trail, with_app
from tests.staff import account, at_work, break_glass, page_of, signed_in, text_of

pytestmark = pytest.mark.django_db
GONE = ("second factors removed by somebody else", ["recovery_codes", "totp"])


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def clerk(**fields: object) -> User:
    """Somebody who has a password, and an app that is about to be lost."""
    user = account(PRIVACY_CLERK, email="clerk@firm.example", **fields)
    user.set_password(PASSPHRASE)
    user.save()
    return user


def test_an_officer_removes_them_on_the_accounts_page_and_the_person_hears_of_it(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    user = clerk(language="de")
    session, _secret = with_app(user)
    client = signed_in(PRIVACY_OFFICER)
    assert "Remove the second factors" in text_of(client.get(page_of(user)))
    assert "Authenticator app" in text_of(client.get(page_of(user, "factors")))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page_of(user, "factors"), follow=True)
    assert "The next sign-in sets up a new second factor." in text_of(answer)
    assert not Authenticator.objects.exists()
    assert trail(user)[-1] == GONE
    event = AuditEvent.objects.latest("pk")
    assert event.actor_id == User.objects.get(username="privacy-officer").pk
    assert [one.to for one in mail.outbox] == [["clerk@firm.example"]]
    assert "/account/login/" in str(mail.outbox[0].body)
    assert session.get(HOME)["Location"].startswith("/admin/login/"), "signed out everywhere"
    later = Client()
    enter(later, user.username)
    assert later.get(HOME)["Location"] == reverse("mfa_index")


@pytest.mark.parametrize("role", [PRIVACY_CLERK, AUDITOR])
def test_no_other_role_can(role: str) -> None:
    user = User.objects.create_user("colleague", is_staff=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    assert signed_in(role).post(page_of(user, "factors")).status_code == 403
    assert Authenticator.objects.count() == 1


def test_nobody_removes_ones_own_this_way_and_an_officer_not_those_of_break_glass() -> None:
    client = signed_in(PRIVACY_OFFICER)
    own, glass = User.objects.get(), User.objects.create_superuser("glass")
    for user in (own, glass):
        Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
        client.post(page_of(user, "factors"))
    assert Authenticator.objects.count() == 2
    break_glass().post(page_of(glass, "factors"))
    assert Authenticator.objects.get().user == own


def test_the_command_does_the_same_when_no_officer_can_sign_in() -> None:
    user, out = clerk(), io.StringIO()
    with_app(user)
    call_command("remove_second_factors", user.username, stdout=out)
    assert "Removed: 2" in out.getvalue()
    assert trail(user)[-1] == GONE
    assert AuditEvent.objects.latest("pk").actor_kind == "command"
    for name in (user.username, "nobody"):
        with pytest.raises(CommandError):
            call_command("remove_second_factors", name)


def test_whoever_has_no_factor_has_no_button() -> None:
    user = clerk()
    assert "Remove the second factors" not in text_of(signed_in(PRIVACY_OFFICER).get(page_of(user)))
