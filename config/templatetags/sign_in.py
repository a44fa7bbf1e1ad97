"""What the sign-in pages offer besides a password."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from config.sign_in.adapters import PROVIDER

register = template.Library()


@register.simple_tag
def provider() -> dict[str, Any] | None:
    """The identity provider, by name and address; None where there is none."""
    if not settings.SOCIALACCOUNT_PROVIDERS:
        return None
    return {"name": settings.OIDC_NAME, "url": reverse("openid_connect_login", args=[PROVIDER])}


@register.simple_tag
def way(name: str) -> str:
    """How people call a way to confirm that it is them."""
    words = {
        "reauthenticate": _("Use your password"),
        "mfa_reauthenticate": _("Use your authenticator app or a recovery code"),
        "mfa_reauthenticate:webauthn": _("Use a passkey"),
    }
    return words.get(name, str(settings.OIDC_NAME))
