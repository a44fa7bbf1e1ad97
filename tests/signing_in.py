"""Somebody at the sign-in pages: types a password, reads a code from the phone, looks at the audit trail."""

from __future__ import annotations

import re
import time
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.test import Client
from django.urls import reverse

from config.models import AuditEvent, User
from config.roles import PRIVACY_OFFICER
from tests.staff import account

PASSPHRASE = "seven-cranes-over-the-marsh"
HOME = "/admin/"


def officer(**fields: Any) -> User:
    """A privacy officer with a password and no second factor."""
    user = account(PRIVACY_OFFICER, **fields)
    user.set_password(PASSPHRASE)
    user.save()
    return user


def code(secret: str, steps: int = 0) -> str:
    """What the app shows now, or some half minutes later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps)))


def enter(client: Client, username: str, password: str = PASSPHRASE, **more: str) -> Any:
    """Send the sign-in form."""
    return client.post(reverse("account_login"), {"login": username, "password": password, **more})


def set_up_app(client: Client) -> str:
    """Set up the authenticator app in a session that rests on the password; returns its key."""
    page = client.get(reverse("mfa_activate_totp"))
    assert page.status_code == 200, page.headers
    secret: str = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer.headers.get("Location") == reverse("mfa_view_recovery_codes"), answer.content.decode()
    return secret


def recovery_codes(client: Client) -> list[str]:
    """The codes that the page shows, once."""
    return re.findall(r"<li>(\d{8})</li>", client.get(reverse("mfa_view_recovery_codes")).content.decode())


def with_app(user: User) -> tuple[Client, str]:
    """A browser in which the account has just set up the app, and the app's key."""
    client = Client()
    assert enter(client, user.username).headers["Location"] == HOME
    return client, set_up_app(client)


def rows_about(user: User) -> None:
    """A row in every table of signing in."""
    address = EmailAddress.objects.create(user=user, email="somebody@firm.example")
    EmailConfirmation.objects.create(email_address=address, key="k")
    Authenticator.objects.create(user=user, type="totp", data={"secret": "s"})
    known = SocialAccount.objects.create(user=user, provider="sso", uid="1")
    app = SocialApp.objects.create(provider="openid_connect", name="sso", client_id="1")
    SocialToken.objects.create(account=known, app=app, token="t")


def trail(user: User) -> list[tuple[str, list[str]]]:
    """(action, fields) of the events about an account, the oldest first."""
    return list(AuditEvent.objects.filter(object_id=user.pk).order_by("pk").values_list("action", "fields"))
