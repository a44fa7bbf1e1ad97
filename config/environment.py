"""What the environment must say before Obhut starts, and the refusal when it does not."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import ImproperlyConfigured

SECRET_LENGTH = 50
KEY_LENGTH = 32
DISTINCT_CHARACTERS = 8
LAST_VERSION = 32_767
"""What fits the column beside each digest; 0 stands for no digest at all."""


def secret(name: str, value: str, *, debug: bool, length: int = KEY_LENGTH) -> str:
    """Return the secret, or refuse to start when it is missing or weak and `debug` is off.

    With `debug` on a missing secret is replaced by a value that is visibly unfit for production.

    Raises ImproperlyConfigured, naming the variable and never its value.
    """
    if debug:
        return value or f"development-only-{name.lower().replace('_', '-')}-".ljust(length, "0")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set. Set it to a random value of at least {length} characters.")
    if (
        len(value) < length
        or len(set(value)) < DISTINCT_CHARACTERS
        or value.startswith(("django-insecure", "development-only"))
    ):
        raise ImproperlyConfigured(f"{name} is too weak. Use a random value of at least {length} characters.")
    return value


def versioned_keys(name: str, value: str, *, debug: bool) -> dict[int, bytes]:
    """Parse `2:...,1:...` into keys by version; the highest version writes, the others only recognise.

    Raises ImproperlyConfigured for a missing or weak key, a version that is no number, or one given twice.
    """
    if debug and not value:
        return {1: secret(name, "", debug=True).encode()}
    if not value:
        secret(name, "", debug=False)
    keys: dict[int, bytes] = {}
    for part in value.split(","):
        version, colon, key = part.strip().partition(":")
        known = version.isascii() and version.isdecimal() and 0 < int(version) <= LAST_VERSION
        if not colon or not known or int(version) in keys:
            raise ImproperlyConfigured(f"{name} must read like 2:<newer key>,1:<older key>, each version once.")
        keys[int(version)] = secret(name, key, debug=debug).encode()
    return keys


def identity_provider(server: str, client: str, client_secret: str) -> dict[str, Any]:
    """What allauth needs to know of the identity provider; nothing when there is none.

    Raises ImproperlyConfigured, naming what is missing, for half a description.
    """
    if not server:
        return {}
    if missing := [
        name for name, value in (("OIDC_CLIENT_ID", client), ("OIDC_CLIENT_SECRET", client_secret)) if not value
    ]:
        raise ImproperlyConfigured(f"OIDC_SERVER_URL is set, and {' and '.join(missing)} is not.")
    known = {"server_url": server, "oauth_pkce_enabled": True}
    app = {"provider_id": "sso", "name": "sso", "client_id": client, "secret": client_secret, "settings": known}
    return {"openid_connect": {"APPS": [app]}}


def group_roles(name: str, value: str) -> dict[str, str]:
    """Parse `{"group": "role", ...}`; nothing when it is empty. Raises ImproperlyConfigured for anything else."""
    try:
        found = json.loads(value or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(role, str) for role in found.values()):
        raise ImproperlyConfigured(f'{name} must read like {{"a group": "privacy clerk", "another": "sales"}}.')
    return found
