"""Whoever has lost the phone and the recovery codes: somebody else removes the second factors, and it shows."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import now
from config.models import Actor, AuditEvent, User


def remove_factors(user: User, actor: Actor) -> int:
    """Remove every second factor of an account, end its sessions and tell the person; returns how many there were.

    The next sign-in sets up a new one. It is in the audit trail, and in a mail to whoever has an address on file.
    Raises ValueError when there is none to remove.
    """
    with transaction.atomic():
        factors = Authenticator.objects.select_for_update().filter(user=user)
        kinds = list(factors.values_list("type", flat=True))
        if not kinds:
            raise ValueError(_("This account has no second factor."))
        factors.delete()
        AuditEvent.record(actor, gettext_noop("second factors removed by somebody else"), user, fields=set(kinds))
        end_sessions(user)
        transaction.on_commit(lambda: _tell(user))
    return len(kinds)


def end_sessions(user: User) -> None:
    """Sign an account out everywhere. Sessions do not say whose they are, and there are only those of our staff."""
    for session in Session.objects.filter(expire_date__gt=now()):
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def _tell(user: User) -> None:
    if not user.email:
        return
    with translation.override(user.language or settings.LANGUAGE_CODE):
        text = render_to_string("account/factors_removed.txt", {"address": settings.BASE_URL})
        send_mail(_("Your second factors for Obhut were removed"), text, None, [user.email])
