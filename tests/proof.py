"""What a sign-in by `force_login` has proved: as much as anybody must who may open a page."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest


def as_if_proved(request: HttpRequest, user: Any, **_signal: Any) -> None:
    """Note a second factor in a session that `force_login` made; a sign-in through the pages notes its own."""
    if not hasattr(request, "allauth"):
        record_authentication(request, user, "mfa", type="totp")
