"""The company's identity provider: its word says who somebody is, and its groups say in which role.

    OIDC_ROLES={"obhut-officers": "privacy officer", "sales-dach": "sales"}

At every sign-in an account from the provider gets exactly the roles that its groups stand for. Whoever is in none of
them has no role, gets no session, and reads why; a first visitor of that kind gets no account either. An account is
recognised by the provider's own id for it, never by an address, and a local account is never joined to one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent, User
from config.roles import ROLES

logger = logging.getLogger(__name__)
PERSON = {"first_name": "given_name", "last_name": "family_name", "email": "email"}
"""Our field, and the claim that fills it at every sign-in."""
LONGEST = 150
"""What fits each of these fields."""


def roles_of(groups: Any) -> list[str]:
    """The roles that the groups of a claim stand for; the claim may be a list, or one name."""
    named = [groups] if isinstance(groups, str) else groups if isinstance(groups, Iterable) else ()
    found = {settings.OIDC_ROLES.get(str(one)) for one in named}
    return [role for role in ROLES if role in found]


def claims_of(extra: dict[str, Any]) -> dict[str, Any]:
    """What the provider said, the signed token and the answer about the person as one.

    Raises ValueError when the two are not about the same person (OpenID Connect Core, 5.3.2).
    """
    token, about = extra.get("id_token") or {}, extra.get("userinfo") or {}
    if not token.get("sub") or about.get("sub", token["sub"]) != token["sub"]:
        raise ValueError("The token and the answer about the person are not about the same person.")
    return {**token, **about}


class IdentityProvider(DefaultSocialAccountAdapter):
    """What becomes of somebody whom the provider has signed in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Nobody signs up; `pre_social_login` makes the account of whoever has a role."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Give the account its roles, or refuse with a page that says why.

        Raises ImmediateHttpResponse with the refusal.
        """
        try:
            claims = claims_of(sociallogin.account.extra_data)
        except ValueError as problem:
            logger.error("%s", problem)
            raise ImmediateHttpResponse(_refusal(request, "socialaccount/authentication_error.html")) from None
        wanted = roles_of(claims.get(settings.OIDC_GROUPS_CLAIM))
        with transaction.atomic():
            if sociallogin.is_existing or wanted:
                _settle(request, sociallogin, claims, wanted)
        if not wanted or sociallogin.state.get("process") != "login":
            raise ImmediateHttpResponse(_refusal(request, "socialaccount/no_role.html"))


def _refusal(request: HttpRequest, template: str) -> Any:
    return render(request, template, status=403)


def _settle(request: HttpRequest, sociallogin: Any, claims: dict[str, Any], wanted: list[str]) -> None:
    """Bring the account in line with what the provider said; of which only name and address are kept."""
    user = sociallogin.user if sociallogin.is_existing else _new(claims)
    for field, claim in PERSON.items():
        setattr(user, field, str(claims.get(claim) or getattr(user, field))[:LONGEST])
    user.is_staff = bool(wanted)
    user.save()
    account = sociallogin.account
    sociallogin.user = account.user = user
    account.extra_data = {}
    account.save()
    held = sorted(user.groups.values_list("name", flat=True))
    if held != sorted(wanted):
        user.groups.set(Group.objects.filter(name__in=wanted))
        AuditEvent.record(Actor.person(user), gettext_noop("roles set by identity provider"), user, fields=["groups"])


def _new(claims: dict[str, Any]) -> User:
    """An account without a password, under a user name that nobody has."""
    proposals = [claims.get("preferred_username"), claims.get("email"), "user"]
    user = User(username=get_adapter().generate_unique_username(proposals), is_staff=True)
    user.set_unusable_password()
    return user
