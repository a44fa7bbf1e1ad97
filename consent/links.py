"""Signed links to the public pages (S129; Art. 7(3), 21(2)): no account, no expiry for opting out.

A token carries the contact's id and the keyed digest of the address it was sent to, with the key's version, so that
opting out works after the person has been erased. It can be used for nothing else: an unsubscribe link does not open
the preference centre, and neither opens anything but its own page.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse
from django.utils.crypto import salted_hmac

from config import keys
from consent.models import Consent
from consent.models.consents import Channel
from contacts import merged
from contacts.models import Contact


class Page(StrEnum):
    """What a link is for; each page has a salt of its own."""

    PREFERENCES = "preferences"
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Link:
    """Whom a link was sent to, in which language, and what it opts out of: "" means every purpose or channel."""

    contact: UUID
    digest: str
    digest_version: int
    language: str
    purpose: str = ""
    channel: str = ""

    def was_sent_to(self, contact: Contact) -> bool:
        """Whether the contact, or a record merged into it, has the address this link was sent to.

        False when its key has been retired.
        """
        if contact.digest_version == self.digest_version and contact.email_digest == self.digest:
            return True
        if not self.digest or self.digest_version not in settings.HMAC_KEYS:
            return False
        former = [key for _contact, key in merged.addresses_of([contact.pk])]
        return any(keys.digest(key, self.digest_version) == self.digest for key in (contact.email_key, *former) if key)


def preferences_link(contact: Contact) -> str:
    """The address of the contact's preference centre."""
    return _address(Page.PREFERENCES, contact)


def unsubscribe_link(contact: Contact, purpose: str = "", channel: str = "") -> str:
    """The address at which the contact opts out of a purpose and channel, of all where they are empty."""
    return _address(Page.UNSUBSCRIBE, contact, purpose, channel)


def unsubscribe_headers(contact: Contact, purpose: str, channel: str = Channel.EMAIL) -> dict[str, str]:
    """The headers of a message that offer one-click unsubscribing (RFC 2369, 8058); both belong under the DKIM seal."""
    return {
        "List-Unsubscribe": f"<{unsubscribe_link(contact, purpose, channel)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def read(token: str, page: Page) -> Link | None:
    """What a token says; None when it is not ours: unknown, tampered with, truncated, or signed by a retired key."""
    try:
        contact, *rest = _signer(page).unsign_object(token)
    except BadSignature:
        return None
    return Link(UUID(contact), *rest)


def _address(page: Page, contact: Contact, purpose: str = "", channel: str = "") -> str:
    link = Link(contact.pk, contact.email_digest, contact.digest_version, contact.language, purpose, str(channel))
    known, *rest = astuple(link)
    token = _signer(page).sign_object([str(known), *rest])
    return f"{settings.BASE_URL}{reverse(f'consent:{page}', args=[token])}"


def _signer(page: Page) -> Signer:
    """The number is the version of what a token contains: a later form must not be mistaken for this one."""
    return Signer(salt=f"consent.{page}.1", sep="~")


# Double opt-in ------------------------------------------------------------------------------------------------------


def opt_in_token(contact: UUID, purpose: str, channel: str, at: datetime, key: str = "") -> str:
    """The token of the request made at `at`: nobody can guess it, and a task can make it again from the stored event.

    Only its SHA-256 is stored, so the database cannot confirm a consent.
    """
    asked = f"{contact} {purpose} {channel} {at.astimezone(UTC).isoformat()}"
    made = salted_hmac("consent.opt-in.1", asked, secret=key or None, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def token_digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def opt_in_link(event: Consent) -> str:
    """The address that confirms a requested consent; "" when the key it was made with has been retired."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = opt_in_token(subject_of(event), event.purpose, event.channel, event.occurred_at, key)
        if token_digest(token) == event.token_digest:
            return f"{settings.BASE_URL}{reverse('consent:confirm', args=[token])}"
    return ""


def subject_of(event: Consent) -> UUID:
    """Whose consent an event is about. Raises ValueError once the person has been erased."""
    contact: UUID | None = event.contact_id
    if contact is None:
        raise ValueError("The person has been erased: there is nobody to ask.")
    return contact
