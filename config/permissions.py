"""How an account comes by its permissions, and by the role that the read log names."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Concat, JSONObject

from config.aggregates import JSONList
from config.models import Subsidiary, User


class RolesBackend(ModelBackend):
    """Passwords as Django checks them, permissions from the roles alone.

    One given to an account past its roles would be seen on no page, so it has no effect; and no page asks for it.
    """

    def get_user_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """None: `config/roles.py` says what an account may do."""
        return set()

    def get_group_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Those of the roles; the account of a session brings them with it."""
        if user_obj.is_superuser or not hasattr(user_obj, "granted"):
            return super().get_group_permissions(user_obj, obj)
        return set(user_obj.granted or ()) if user_obj.is_active and obj is None else set()

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, in one statement with its role, what its roles may do, and its subsidiary.

        Of several roles the first of `config/roles.py` counts. `near` are the subsidiaries of the same region.
        """
        groups = Group.objects.filter(user=OuterRef("pk")).order_by("pk").values("name")
        name = Concat(F("content_type__app_label"), Value("."), F("codename"))
        granted = Permission.objects.filter(group__user=OuterRef("pk")).order_by().values("group__user")
        near = Subsidiary.objects.filter(region=OuterRef("subsidiary__region")).exclude(region="").order_by()
        company = JSONObject(id="id", country="country", serves="serves")
        accounts = User.objects.select_related("subsidiary").annotate(
            role=Subquery(groups[:1]),
            granted=Subquery(granted.annotate(all=JSONList(name)).values("all")),
            near=Subquery(near.values("region").annotate(all=JSONList(company)).values("all")),
        )
        account = accounts.filter(pk=user_id).first()
        return account if account and self.user_can_authenticate(account) else None
