"""The demo's accounts: one for each role, and the superuser. They exist in development mode only."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from config.models import Subsidiary, User
from config.models.accounts import Sees
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES

PASSPHRASE: Final = "quiet-herons-by-the-lake"  # noqa: S105  (printed on purpose, never used outside development)
SUPERUSER: Final = "admin"
LOGINS: Final = {
    "officer": (PRIVACY_OFFICER, "FI"),
    "clerk": (PRIVACY_CLERK, "FI"),
    "auditor": (AUDITOR, "SE"),
    "sales": (SALES, "DE"),
    "sales-finland": (SALES, "FI"),
}
"""User name, role and country of the demo accounts besides the superuser."""
WHOLE_REGION: Final = ("sales-finland",)
"""Accounts that see every subsidiary of their region."""


def create_accounts() -> None:
    """Create the demo accounts that do not exist yet; one that exists keeps its password and groups.

    Needs the roles (`config.roles.create_roles`).
    """
    password = make_password(PASSPHRASE)
    existing = set(User.objects.values_list("username", flat=True))
    if SUPERUSER not in existing:
        _account(SUPERUSER, password, is_staff=True, is_superuser=True)
    for name, (role, country) in LOGINS.items():
        if name in existing:
            continue
        local = Subsidiary.objects.filter(country=country).first()
        sees = Sees.REGION if name in WHOLE_REGION else Sees.SUBSIDIARY
        user = _account(name, password, is_staff=True, country=country, subsidiary=local, sees=sees)
        user.groups.add(Group.objects.get(name=role))


def _account(name: str, password: str, **fields: object) -> User:
    user = User(username=name, email=f"{name}@example.org", password=password)
    for field, value in fields.items():
        setattr(user, field, value)
    user.save()
    return user


def logins() -> str:
    """The demo accounts that can sign in, with their password, as a sentence; empty when there are none."""
    names = [SUPERUSER, *LOGINS]
    found = set(User.objects.filter(username__in=names, is_staff=True).values_list("username", flat=True))
    if not found:
        return ""
    return _("Demo accounts: %(names)s. The password of each, unless it was changed: %(password)s") % {
        "names": ", ".join(name for name in names if name in found),
        "password": PASSPHRASE,
    }
