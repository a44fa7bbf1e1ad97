"""Signing in: a password alone opens nothing, and whatever happens at the door is in the audit trail (S103)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.models import AuditEvent, User
from config.roles import PRIVACY_OFFICER, SALES
from config.sign_in import urls
from config.sign_in.gate import IDLE, LONGEST
from tests.config.test_settings import manage
from tests.conftest import ROOT
from tests.sellers import directory
from tests.signing_in import HOME, PASSPHRASE, code, enter, officer, recovery_codes, trail, with_app
from tests.staff import NOW, account, at_work, list_of, signed_in, text_of

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
SET_UP = "/account/"


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


# A password alone ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", [HOME, directory(), list_of("contacts.contact"), "/admin/password_change/", "/requests/"]
)
def test_without_a_second_factor_nothing_opens_but_the_way_to_one(address: str) -> None:
    user, client = officer(), Client()
    enter(client, user.username)
    answer = client.get(address)
    assert (answer.status_code, answer["Location"]) == (302, SET_UP)
    assert "a password alone is not enough" in text_of(client.get(SET_UP))
    assert client.post(address, {}).headers.get("Location") == SET_UP


def test_a_second_factor_that_was_just_set_up_opens_everything() -> None:
    client, _secret = with_app(officer())
    assert "Next run" in text_of(client.get(HOME))
    assert client.get(directory()).status_code == 200


def test_the_next_sign_in_asks_for_the_code_before_there_is_a_session() -> None:
    user = officer()
    _client, secret = with_app(user)
    later = Client()
    assert enter(later, user.username, next=directory())["Location"] == reverse("mfa_authenticate")
    assert later.get(HOME)["Location"].startswith("/admin/login/")
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        answer = later.post(reverse("mfa_authenticate"), {"code": code(secret)})
        assert answer["Location"] == directory()
        assert later.get(directory()).status_code == 200


def test_a_code_opens_once_and_a_wrong_one_never() -> None:
    user = officer()
    _client, secret = with_app(user)
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        for attempt, opens in ((code(secret, 5), False), (code(secret), True), (code(secret), False)):
            client = Client()
            enter(client, user.username)
            answer = client.post(reverse("mfa_authenticate"), {"code": attempt})
            assert (answer.status_code == 302) is opens
            if not opens:
                assert "This code is not right" in text_of(answer)


def test_a_recovery_code_stands_in_for_the_phone_and_works_once() -> None:
    user = officer()
    client, _secret = with_app(user)
    codes = recovery_codes(client)
    assert len(codes) == 10
    assert recovery_codes(client) == [], "shown once"
    for opens in (True, False):
        later = Client()
        enter(later, user.username)
        assert (later.post(reverse("mfa_authenticate"), {"code": codes[3]}).status_code == 302) is opens


def test_a_session_from_before_the_factor_must_prove_it_and_cannot_change_it() -> None:
    user, elsewhere = officer(), Client()
    enter(elsewhere, user.username)
    _client, secret = with_app(user)
    for address in (HOME, SET_UP, reverse("mfa_deactivate_totp"), reverse("mfa_add_webauthn")):
        assert elsewhere.get(address)["Location"].startswith(reverse("mfa_reauthenticate"))
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        page = elsewhere.get(HOME)["Location"]
        answer = elsewhere.post(page, {"code": code(secret), "next": HOME})
        assert answer["Location"] == HOME
        assert "Next run" in text_of(elsewhere.get(HOME))


def test_secrets_of_the_second_factor_do_not_lie_open_and_survive_a_new_secret_key(settings: Settings) -> None:
    user = officer()
    _client, secret = with_app(user)
    stored = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert secret not in stored
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-" + "0123456789" * 4
    assert Authenticator.objects.get(user=user, type="totp").wrap().validate_code(code(secret, 1))


# Where a password is enough, because nobody's data is there ----------------------------------------------------------


def test_in_development_a_password_is_enough(settings: Settings) -> None:
    settings.REQUIRE_MFA = False
    user, client = officer(), Client()
    assert enter(client, user.username)["Location"] == HOME
    assert "Next run" in text_of(client.get(HOME))


def test_the_second_factor_is_required_unless_debugging_and_its_absence_is_reported() -> None:
    show = ("shell", "--no-imports", "-c", "from django.conf import settings; print(settings.REQUIRE_MFA)")
    for said, debug, required in (("", "false", "True"), ("", "true", "False"), ("true", "true", "True")):
        assert manage(*show, REQUIRE_MFA=said, DEBUG=debug).stdout.split() == [required]
    done = manage("check", "--deploy", "--fail-level", "WARNING", REQUIRE_MFA="false")
    assert "REQUIRE_MFA is off" in done.stderr


# The door ------------------------------------------------------------------------------------------------------------


def test_there_is_one_page_to_sign_in_and_nobody_signs_up() -> None:
    client = Client()
    assert client.get("/admin/login/?next=/contacts/")["Location"] == "/account/login/?next=%2Fcontacts%2F"
    assert client.get("/account/signup/").status_code == 404
    assert client.get("/account/password/reset/").status_code == 404


def test_an_unknown_name_a_wrong_password_and_a_closed_account_look_alike() -> None:
    user, closed = officer(), account(SALES, is_active=False)
    closed.set_password(PASSPHRASE)
    closed.save()
    pages = [
        enter(Client(), "nobody-here", "x" * 20),
        enter(Client(), user.username, "x" * 20),
        enter(Client(), closed.username),
    ]
    texts = {text_of(page) for page in pages}
    assert len(texts) == 1
    assert "do not belong together" in texts.pop()


def test_failed_attempts_run_out_for_a_name_whether_there_is_an_account_or_not() -> None:
    officer()
    for name in ("privacy-officer", "nobody-here"):
        for attempt in range(6):
            page = text_of(enter(Client(REMOTE_ADDR=f"192.0.2.{attempt}"), name, "wrong"))
            assert ("Too many attempts" in page) is (attempt == 5)
    assert "Too many attempts" in text_of(enter(Client(REMOTE_ADDR="192.0.2.99"), "privacy-officer"))


def test_codes_run_out_too() -> None:
    user = officer()
    with_app(user)
    client = Client()
    enter(client, user.username)
    for attempt in range(6):
        page = text_of(client.post(reverse("mfa_authenticate"), {"code": "000000"}))
        assert ("Too many attempts" in page) is (attempt == 5)


def test_a_sign_in_gets_a_new_session_key() -> None:
    user, client = officer(), Client()
    client.get(reverse("account_login"))
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["sessionid"] = session.session_key or ""
    enter(client, user.username)
    assert client.cookies["sessionid"].value != session.session_key


def test_every_page_of_signing_in_is_written_here_and_speaks_as_we_do() -> None:
    views: list[Any] = [getattr(one.callback, "view_class", None) for one in urls.urlpatterns]
    names = {view.template_name for view in views if getattr(view, "template_name", None)}
    assert len(names) > 10
    assert [name for name in names if not (ROOT / "templates" / name).is_file()] == []


@pytest.mark.parametrize("page", ["account_login", "mfa_index", "mfa_activate_totp", "mfa_view_recovery_codes"])
def test_no_browser_keeps_a_copy_of_these_pages(page: str) -> None:
    client = with_app(officer())[0] if page == "mfa_view_recovery_codes" else Client()
    if page in ("mfa_index", "mfa_activate_totp"):
        enter(client, officer().username)
    answer = client.get(reverse(page))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_a_short_password_is_refused_and_a_new_one_is_in_the_trail() -> None:
    user = officer()
    client, _secret = with_app(user)
    for new, taken in (("fourteen-signs", False), ("fifteen-signs!!", True)):
        form = {"old_password": PASSPHRASE, "new_password1": new, "new_password2": new}
        assert (client.post("/admin/password_change/", form).status_code == 302) is taken
        assert (("password changed", ["password"]) in trail(user)) is taken


# How long it lasts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("idle", "lasts"), [(IDLE - SECOND, True), (IDLE, False)])
def test_a_session_ends_after_half_an_hour_without_a_page(idle: timedelta, lasts: bool) -> None:
    client = signed_in(PRIVACY_OFFICER)
    client.get(HOME)
    with time_machine.travel(NOW + idle, tick=False):
        assert (client.get(HOME).status_code == 200) is lasts


@pytest.mark.parametrize(("age", "lasts"), [(LONGEST - SECOND, True), (LONGEST, False)])
def test_a_session_ends_after_eight_hours_however_busy(age: timedelta, lasts: bool) -> None:
    client = signed_in(PRIVACY_OFFICER)
    for minutes in range(20, 480, 20):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            assert client.get(HOME).status_code == 200
    with time_machine.travel(NOW + age, tick=False):
        assert (client.get(HOME).status_code == 200) is lasts


# The trail -----------------------------------------------------------------------------------------------------------


def test_every_step_is_in_the_audit_trail_without_what_was_typed() -> None:
    user = officer()
    enter(Client(), user.username, "not-the-passphrase")
    enter(Client(), "somebody-unknown", "not-the-passphrase")
    _client, secret = with_app(user)
    client = Client()
    enter(client, user.username)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        client.post(reverse("mfa_authenticate"), {"code": code(secret)})
        client.post(reverse("mfa_generate_recovery_codes"))
        client.post(reverse("mfa_deactivate_totp"))
    assert trail(user) == [
        ("sign-in failed", ["password"]),
        ("signed in", ["password"]),
        ("second factor added", ["totp"]),
        ("second factor added", ["recovery_codes"]),
        ("sign-in failed", ["totp"]),
        ("signed in", ["password", "totp"]),
        ("second factor removed", ["recovery_codes"]),
        ("second factor added", ["recovery_codes"]),
        ("second factor removed", ["totp"]),
        ("second factor removed", ["recovery_codes"]),
    ]
    unknown = AuditEvent.objects.get(action="sign-in failed", object_id=None)
    written: Any = str(list(AuditEvent.objects.values()))
    assert unknown.model == User._meta.label
    assert [one for one in ("somebody-unknown", "passphrase", secret, "000000") if one in written] == []


def test_groups_of_the_provider_must_stand_for_roles(settings: Settings) -> None:
    settings.OIDC_ROLES = {"staff": SALES}
    assert [one for one in run_checks(tags=["security"]) if one.id == "obhut.E010"] == []
    settings.OIDC_ROLES = {"staff": "sails"}
    assert "sails" in str(run_checks(tags=["security"]))
