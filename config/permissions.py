"""How an account comes by its permissions, and by the role that the read log names."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group
from django.db.models import OuterRef, Subquery

from config.models import User


class RolesBackend(ModelBackend):
    """Passwords as Django checks them, permissions from the roles alone.

    One given to an account past its roles would be seen on no page, so it has no effect; and no page asks for it.
    """

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None: `config/roles.py` says what an account may do."""
        return set()

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, in one statement with its role: of several, the first of `config/roles.py`."""
        groups = Group.objects.filter(user=OuterRef("pk")).order_by("pk").values("name")
        account = User.objects.annotate(role=Subquery(groups[:1])).filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None
