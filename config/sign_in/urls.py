"""The pages of signing in, one by one: what allauth could do besides (signing up, changing addresses) has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as provider
from django.db.transaction import atomic
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache

from config.sign_in import views


def page(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """A page of which no browser and no proxy keeps a copy."""
    return path(route, never_cache(view), name=name)


urlpatterns = [
    page("", views.SignIn.as_view(), name="mfa_index"),
    page("login/", account.login, name="account_login"),
    page("logout/", account.logout, name="account_logout"),
    page("inactive/", account.account_inactive, name="account_inactive"),
    page("confirm/", account.reauthenticate, name="account_reauthenticate"),
    page("factor/", mfa.authenticate, name="mfa_authenticate"),
    page("factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    page("app/", atomic(totp.activate_totp), name="mfa_activate_totp"),
    page("app/remove/", atomic(totp.deactivate_totp), name="mfa_deactivate_totp"),
    page("codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    page("codes/new/", atomic(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    page("passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    page("passkeys/add/", atomic(passkeys.add_webauthn), name="mfa_add_webauthn"),
    page("passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    page("passkeys/confirm/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    page("passkeys/<int:pk>/remove/", atomic(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    page("oidc/cancelled/", provider.login_cancelled, name="socialaccount_login_cancelled"),
    page("oidc/error/", provider.login_error, name="socialaccount_login_error"),
    page("oidc/<slug:provider_id>/login/", views.login, name="openid_connect_login"),
    page("oidc/<slug:provider_id>/login/callback/", views.callback, name="openid_connect_callback"),
]
