"""Before an act that cannot be called back it is asked who is sitting here (ASVS 7.5.3).

    if (asked := ask_again(request)) is not None:
        return asked

Whoever proved it within the last quarter of an hour goes on. Anybody else is asked for the password, the second factor
or the identity provider, and comes back to the page; nothing that was sent is kept meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from config.dates import now
from config.sign_in.proof import proved_at

PERIOD: Final = timedelta(minutes=15)


def is_fresh(request: HttpRequest) -> bool:
    """Whether the account has proved who it is within the period."""
    proved = proved_at(request)
    return proved is not None and now() < proved + PERIOD


def ask_again(request: HttpRequest, back: str = "") -> HttpResponseRedirect | None:
    """The way to the question, or None when it need not be asked; `back` is where to return, else to this page.

    Raises PermissionDenied for an account that has nothing it could prove.
    """
    if is_fresh(request):
        return None
    ways = get_adapter(request).get_reauthentication_methods(request.user)
    if not ways:
        raise PermissionDenied
    if request.method == "POST":
        messages.info(request, _("Nothing was done yet. Please confirm that it is you, then send it once more."))
    return HttpResponseRedirect(f"{ways[0]['url']}?{urlencode({'next': back or request.get_full_path()})}")


def as_asked(request: HttpRequest) -> str:
    """The address that shows again what was chosen and sent, for pages that show a choice before they take it."""
    sent = request.POST.copy()
    sent.pop("csrfmiddlewaretoken", None)
    return f"{request.path}?{sent.urlencode()}"
