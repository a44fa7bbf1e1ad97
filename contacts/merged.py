"""Where the address, the id and the reference of a merged record lead: to the contact that survived."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from config import keys
from config.sql import array
from contacts.models import Contact, MergedRecord

MOST = 50


def by_address(address_keys: Iterable[str]) -> dict[str, UUID]:
    """Of these normalised addresses those of merged records, with the contact each leads to."""
    found = MergedRecord.objects.filter(email_key__among=array(address_keys))
    return {str(key): contact for key, contact in found.values_list("email_key", "contact_id")}


def addresses_of(contacts: Iterable[UUID]) -> list[tuple[UUID, str]]:
    """The addresses of records merged into these contacts, each beside its contact."""
    found = MergedRecord.objects.filter(contact__among=array(contacts)).exclude(email_key=None)
    return [(contact, str(key)) for contact, key in found.values_list("contact_id", "email_key")]


def by_digest(digest: str, version: int) -> list[UUID]:
    """The contacts that merged records lead to whose address has this digest under the key `version`.

    Nobody when that key has been retired. A record keeps no digest, so each is made here: merged records are few beside
    the contacts, whose digests should be asked first.
    """
    if not digest or version not in settings.HMAC_KEYS:
        return []
    rows = MergedRecord.objects.exclude(email_key=None).order_by().values_list("email_key", "contact_id").iterator()
    return [contact for key, contact in rows if keys.digest(str(key), version) == digest]


def contact_with(address_key: str) -> Contact | None:
    """The contact with this address now, or with a merged record that had it."""
    own = Contact.objects.filter(email_key=address_key).first()
    return own or Contact.objects.filter(merged_records__email_key=address_key).first()


def survivor_of(former_id: UUID) -> MergedRecord | None:
    """The merged record that once had this id, with its contact."""
    return MergedRecord.objects.filter(former_id=former_id).select_related("contact").first()


def leading_from(condition: Q) -> list[UUID]:
    """The contacts that merged records lead to, for a search; no more than anybody would look through."""
    return list(MergedRecord.objects.filter(condition).order_by().values_list("contact_id", flat=True)[:MOST])
