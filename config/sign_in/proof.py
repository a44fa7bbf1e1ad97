"""What the session of an account has proved, and when; read from the records that allauth keeps in the session."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

STRONG: Final = frozenset({"mfa", "socialaccount"})
"""A second factor or a passkey ("mfa" either way), or the word of the identity provider, which asks for its own."""
WAYS: Final = {
    Authenticator.Type.TOTP: "mfa_reauthenticate",
    Authenticator.Type.WEBAUTHN: "mfa_reauthenticate_webauthn",
}
"""What counts as a second factor, and the page that asks for it; recovery codes only stand in for one."""


def records(request: HttpRequest) -> list[dict[str, Any]]:
    """How the account of this session has proved who it is, the oldest first; nothing for a stranger."""
    found: list[dict[str, Any]] = get_authentication_records(request, request.user)
    return found


def is_strong(request: HttpRequest) -> bool:
    """Whether the session rests on more than a password."""
    return any(one["method"] in STRONG for one in records(request))


def proved_at(request: HttpRequest) -> datetime | None:
    """When the account last proved who it is, by signing in or by confirming it (aware, UTC); None if it never did."""
    known = records(request)
    return datetime.fromtimestamp(known[-1]["at"], UTC) if known else None


def way_to_prove(user: Any) -> str:
    """The name of the page where an account proves its second factor; empty when it has none."""
    kinds = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    return next((page for kind, page in WAYS.items() if kind in kinds), "")
