"""How an account comes by its permissions."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend


class RolesBackend(ModelBackend):
    """Passwords as Django checks them, permissions from the roles alone.

    One given to an account past its roles would be seen on no page, so it has no effect; and no page asks for it.
    """

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None: `config/roles.py` says what an account may do."""
        return set()
