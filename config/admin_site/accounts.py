"""How pages name an account that evidence knows by its id only."""

from __future__ import annotations

from uuid import UUID

from config.models import Actor, User


def username(account: UUID | None) -> str:
    """The account behind an id kept as evidence; a dash when there is none any more."""
    found = User.objects.filter(pk=account).first() if account else None
    return found.get_username() if found else "–"


def hand(actor: Actor) -> str:
    """Whose hand it was, in words: the account, or the kind of hand where there is none."""
    return username(actor.user_id) if actor.user_id else str(actor.kind.label)
