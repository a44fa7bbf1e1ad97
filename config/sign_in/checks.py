"""What must be right before anybody can sign in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004  (Django's name)


@register(Tags.security)
def groups_stand_for_roles(**_kwargs: Any) -> list[CheckMessage]:
    """A group that stands for no role there is would silently shut people out."""
    from config.roles import ROLES  # noqa: PLC0415  (the models are ready only now)

    unknown = sorted({str(role) for role in settings.OIDC_ROLES.values()} - set(ROLES))
    known = ", ".join(ROLES)
    return [Error(f"OIDC_ROLES names no role of Obhut: {one}. The roles: {known}.", id="obhut.E010") for one in unknown]


@register(Tags.security, deploy=True)
def second_factor_is_required(**_kwargs: Any) -> list[CheckMessage]:
    """A password alone does not protect other people's data."""
    return (
        []
        if settings.REQUIRE_MFA
        else [Warning("REQUIRE_MFA is off: a password alone opens everything.", id="obhut.W001")]
    )
