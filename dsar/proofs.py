"""The links and codes that prove who has an address: made anew from the row when their mail leaves, and kept nowhere.

Whoever could read them in the case could prove the identity of the person themselves. A letter on file says
"[[link]]" and "[[code]]" instead.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.crypto import salted_hmac

from contacts.references import ALPHABET
from dsar.models import IdentityCheck, Message, RightsRequest
from dsar.models.correspondence import MessageKind

LINK: Final = "[[link]]"
CODE: Final = "[[code]]"
CODE_LENGTH: Final = 8


def code_for(purpose: str, about: str) -> str:
    """A code that is the same whenever it is made for the same thing."""
    made = salted_hmac(purpose, about, algorithm="sha256").digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in made[:CODE_LENGTH])


def filled(message: Message) -> str:
    """The text that leaves: with the link and the code in their places."""
    if message.kind == MessageKind.RECEIPT:
        return message.body.replace(LINK, confirmation_link(message.request))
    checks = IdentityCheck.objects.filter(match=message.match, sent_at=message.created_at).exclude(secret_digest="")
    if message.kind != MessageKind.IDENTITY or (check := checks.first()) is None:  # the question who somebody is
        return message.body
    return message.body.replace(LINK, identity_link(check)).replace(CODE, identity_code(check))


# The identity of whoever has an address on file -----------------------------------------------------------------------


def identity_code(check: IdentityCheck) -> str:
    """The code that the person may read to staff on the phone."""
    return code_for("dsar.identity.code.1", str(check.pk))


def identity_link(check: IdentityCheck) -> str:
    """The page on which whoever reads the mail says that they asked; its token carries the check and its code."""
    token = _identity().sign_object([str(check.pk), identity_code(check)])
    return f"{settings.BASE_URL}{reverse('dsar:identity', args=[token])}"


def read_identity(token: str) -> tuple[str, str] | None:
    """The key of the check and the code that a link carries; None when it is not ours."""
    return _read(_identity(), token)


def _identity() -> Signer:
    return Signer(salt="dsar.identity.1", sep="~")


# The address that a request came from ---------------------------------------------------------------------------------


def confirmation_link(request: RightsRequest) -> str:
    """The page on which whoever has the address confirms that they asked."""
    token = _confirmation().sign_object([str(request.pk), request.requester_digest])
    return f"{settings.BASE_URL}{reverse('dsar:confirm', args=[token])}"


def read_confirmation(token: str) -> tuple[str, str] | None:
    """The key of the request and the digest of the address that a link carries; None when it is not ours."""
    return _read(_confirmation(), token)


def _confirmation() -> Signer:
    return Signer(salt="dsar.confirm.1", sep="~")


def _read(signer: Signer, token: str) -> tuple[str, str] | None:
    try:
        key, proof = signer.unsign_object(token)
    except BadSignature:
        return None
    return key, proof


__all__ = [
    "CODE",
    "LINK",
    "code_for",
    "confirmation_link",
    "filled",
    "identity_code",
    "identity_link",
    "read_confirmation",
    "read_identity",
]
