"""The pages of signing in that are our own: what an account signs in with, and the way to the identity provider."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase

from config.sign_in.proof import is_strong


class SignIn(IndexView):
    """What the account signs in with, and the way to more; where a second factor is missing, that alone."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What allauth knows, and whether the account must set up a second factor first."""
        must = settings.REQUIRE_MFA and not is_strong(self.request)
        return {**super().get_context_data(**kwargs), "must": must}


class SignedTokens(OpenIDConnectOAuth2Adapter):
    """The provider's tokens count only with its signature, although they come straight from its server."""

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        found: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return found


def login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """The way to the provider, which asks somebody who is signed in here to prove it once more."""
    sent = QueryDict(mutable=True)
    sent.update({"next": request.GET.get("next", "")})
    if request.user.is_authenticated:
        sent["auth_params"] = "prompt=login&max_age=0"
    request.GET = sent  # type: ignore[assignment]  # what was sent besides is not for us to pass on
    return _at_provider(OAuth2LoginView, request, provider_id)


def callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Where the provider sends people back to."""
    return _at_provider(OAuth2CallbackView, request, provider_id)


def _at_provider(view: Any, request: HttpRequest, provider_id: str) -> HttpResponseBase:
    try:
        answer: HttpResponseBase = view.adapter_view(SignedTokens(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return answer
