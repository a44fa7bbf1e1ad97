"""How pages name an account that evidence knows by its id only."""

from __future__ import annotations

from uuid import UUID

from config.models import User


def username(account: UUID | None) -> str:
    """The account behind an id kept as evidence; a dash when there is none any more."""
    found = User.objects.filter(pk=account).first() if account else None
    return found.get_username() if found else "–"
