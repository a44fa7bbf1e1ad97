"""The gate between a session and every page: it ends what lasted too long, and asks for the second factor first.

A session ends eight hours after the sign-in, and after half an hour without a page (ASVS 7.3). Where REQUIRE_MFA is
set, one that rests on a password alone opens nothing but the pages that change that (ASVS 6.3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from config.dates import now
from config.sign_in.proof import is_strong, way_to_prove

LONGEST: Final = timedelta(hours=8)
IDLE: Final = timedelta(minutes=30)
NOTED: Final = timedelta(minutes=1)
"""How exactly the last page is remembered; every page would be a write."""
BEGUN, SEEN = "signed_in_at", "seen_at"

ALWAYS: Final = frozenset({"account_login", "account_logout", "admin:login", "admin:logout", "healthz", "readyz"})
PROVING: Final = frozenset({"mfa_reauthenticate", "mfa_reauthenticate_webauthn"})
SETTING_UP: Final = frozenset(
    {"mfa_index", "mfa_activate_totp", "mfa_add_webauthn", "mfa_view_recovery_codes", "account_reauthenticate"}
)
"""Names of the pages for a session without a second factor: whose account has one proves it, else sets one up."""


@receiver(user_logged_in)
def begin(request: HttpRequest, **_signal: Any) -> None:
    """Remember when the session began."""
    request.session[BEGUN] = request.session[SEEN] = now().isoformat()


def is_over(request: HttpRequest, at: datetime) -> bool:
    """Whether the session has lasted too long at `at` (aware), or nobody has used it for too long."""
    begun, seen = (datetime.fromisoformat(request.session[name]) for name in (BEGUN, SEEN))
    return at >= begun + LONGEST or at >= seen + IDLE


class Gate:
    """The middleware, after the account is known and before anything is read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Sign out whoever stayed too long; the page then treats them as a stranger."""
        if request.user.is_authenticated:
            at = now()
            if BEGUN not in request.session or is_over(request, at):
                logout(request)
            elif at >= datetime.fromisoformat(request.session[SEEN]) + NOTED:
                request.session[SEEN] = at.isoformat()
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponseRedirect | None:
        """Let a page be made, or lead to the second factor."""
        if not settings.REQUIRE_MFA or not request.user.is_authenticated or is_strong(request):
            return None
        way = way_to_prove(request.user)
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in ALWAYS | (PROVING if way else SETTING_UP):
            return None
        wanted = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse(way)}?{wanted}" if way else reverse("mfa_index"))
