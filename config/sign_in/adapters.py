"""What allauth asks us: who may have an account, what errors say, how secrets lie at rest."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.network import address_of
from config.sign_in.again import is_fresh

WRONG_CODE = gettext_lazy("This code is not right, or has been used already.")
PROVIDER = "sso"
"""How addresses and records name the identity provider; there is one."""


class Accounts(DefaultAccountAdapter):
    """Accounts are created by an officer or by the identity provider, never by signing up."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy("User name and password do not belong together."),
        "incorrect_password": gettext_lazy("This password is not right."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": gettext_lazy("Too many attempts. Please wait five minutes, then try again."),
        "rate_limited": gettext_lazy("Too many attempts. Please wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Where the request came from: what the proxy in front saw where there is one."""
        return address_of(request)

    def is_reauthentication_required(self, **_kwargs: Any) -> bool:
        """The rule of `again.py` holds for changes of a factor, too: a sign-in just now is proof enough."""
        return not is_fresh(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """The account's own means; one that has none is sent to the identity provider, which asks anew."""
        known: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if known or not settings.SOCIALACCOUNT_PROVIDERS or not user.is_authenticated:
            return known
        return [
            {"id": PROVIDER, "description": settings.OIDC_NAME, "url": reverse("openid_connect_login", args=[PROVIDER])}
        ]


class Factors(DefaultMFAAdapter):
    """Second factors: named for people, and sealed in the database."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": WRONG_CODE}

    def get_totp_issuer(self) -> str:
        """What the app on the phone calls us."""
        return f"Obhut {context.request.get_host()}"

    def get_totp_label(self, user: Any) -> str:
        """Whose code it is."""
        return str(user.get_username())

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """What the browser calls the passkey: the user name, no address."""
        name = user.get_username()
        return {**super().get_public_key_credential_user_entity(user), "name": name, "display_name": name}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """To whom a passkey belongs: this host."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Obhut"}

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002  (allauth's name)
        """A name for a passkey that nobody named."""
        return _("Passkey")

    def encrypt(self, text: str) -> str:
        """Seal a secret with the newest key."""
        return _fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open it with whichever key sealed it. Raises InvalidToken when that key is gone."""
        return _fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)).decrypt(encrypted_text).decode()


@cache
def _fernet(secrets: tuple[str, ...]) -> MultiFernet:
    """Keys for this one use, made from the secret key and its predecessors."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(one))) for one in secrets])


def _derived(secret: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"obhut second factors").derive(secret.encode())
