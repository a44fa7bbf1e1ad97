"""The button on an account's page that removes its second factors, for an officer or the superuser."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.admin_site.acts import Act
from config.models import Actor, User
from config.sign_in.recovery import remove_factors


def remove(request: HttpRequest, account: User) -> str:
    """Remove them. Raises ValueError for one's own account, and for break-glass unless break-glass asks."""
    if account.pk == request.user.pk:
        raise ValueError(_("Somebody else must do this for you. You change your own factors under “Sign-in”."))
    if account.is_superuser and not request.user.is_superuser:
        raise ValueError(_("Only another break-glass account may do this."))
    number = remove_factors(account, Actor.person(request.user))
    return _("Removed: %(number)s. The next sign-in sets up a new second factor.") % {"number": number}


REMOVE_FACTORS = Act(
    name="factors",
    title=gettext_lazy("Remove the second factors"),
    permission="config.recover_user",
    template="account/remove_factors.html",
    do=remove,
    possible=lambda account: Authenticator.objects.filter(user=account).exists(),
    refusal=gettext_lazy("This account has no second factor."),
    context=lambda account: {"factors": Authenticator.objects.filter(user=account).order_by("pk")},
    again=True,
)
