"""The pages of signing in, one by one: what allauth could do besides (signing up, changing addresses) has none."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as provider
from django.db.transaction import atomic
from django.urls import path

from config.sign_in import views

urlpatterns = [
    path("", views.SignIn.as_view(), name="mfa_index"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("factor/", mfa.authenticate, name="mfa_authenticate"),
    path("factor/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("app/", atomic(totp.activate_totp), name="mfa_activate_totp"),
    path("app/remove/", atomic(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/new/", atomic(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path("passkeys/", passkeys.list_webauthn, name="mfa_list_webauthn"),
    path("passkeys/add/", atomic(passkeys.add_webauthn), name="mfa_add_webauthn"),
    path("passkeys/login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("passkeys/confirm/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/<int:pk>/remove/", atomic(passkeys.remove_webauthn), name="mfa_remove_webauthn"),
    path("oidc/cancelled/", provider.login_cancelled, name="socialaccount_login_cancelled"),
    path("oidc/error/", provider.login_error, name="socialaccount_login_error"),
    path("oidc/<slug:provider_id>/login/", views.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", views.callback, name="openid_connect_callback"),
]
