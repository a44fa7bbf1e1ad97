"""Signing in leaves its trail: who came in by which means, who failed, who changed a factor; never what was typed.

A change of a factor is noted in the transaction that makes it (`urls.py`), so neither is there without the other.
"""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import user_logged_in
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent, User
from config.models.audit import ActorKind
from config.sign_in.proof import WAYS, records

FAILED = gettext_noop("sign-in failed")


@receiver(user_logged_in)
def signed_in(request: HttpRequest, user: User, **_signal: Any) -> None:
    """Somebody came in; the means are named, such as a password and an app."""
    means = {one.get("type", one["method"]) for one in records(request)}
    AuditEvent.record(Actor.person(user), gettext_noop("signed in"), user, fields=means)


@receiver(user_login_failed)
def failed(credentials: dict[str, Any], **_signal: Any) -> None:
    """A password did not fit; the account is named where there is one, what was typed never is."""
    user = User.objects.filter(username=credentials.get("username") or "").first()
    AuditEvent.record(Actor(ActorKind.PERSON), FAILED, user or User, fields=["password"])


@receiver(authentication_failed)
def failed_factor(user: User, authenticator: Any, **_signal: Any) -> None:
    """A code did not fit."""
    AuditEvent.record(Actor(ActorKind.PERSON), FAILED, user, fields=[authenticator.type])


@receiver(post_save, sender=Authenticator)
def added(instance: Any, created: bool, **_signal: Any) -> None:
    """A factor was set up, which also proves it: its first code was right, or the key was in the person's hand."""
    if not created or not _by_oneself(instance):
        return
    AuditEvent.record(
        Actor.person(instance.user), gettext_noop("second factor added"), instance.user, fields=[instance.type]
    )
    if instance.type in WAYS:
        record_authentication(context.request, instance.user, "mfa", id=instance.pk, type=instance.type)


@receiver(post_delete, sender=Authenticator)
def removed(instance: Any, **_signal: Any) -> None:
    """The person removed a factor; `recovery.py` notes for itself when somebody else did."""
    if _by_oneself(instance):
        AuditEvent.record(
            Actor.person(instance.user), gettext_noop("second factor removed"), instance.user, fields=[instance.type]
        )


def _by_oneself(factor: Any) -> bool:
    """Whether it is the account's own page that changes the factor."""
    return context.request is not None and context.request.user.pk == factor.user_id
