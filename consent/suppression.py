"""The suppression list: one way to ask it, one way to add to it; nothing here takes an entry away (Art. 21(3))."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from config import keys
from consent.models import SuppressionEntry
from consent.models.suppression import Authority, Identifier, SuppressionReason


def digests_of(key: str) -> set[tuple[str, str]]:
    """(identifier, digest) under which a normalised address may be listed: itself and its domain, under every key."""
    domain = key.rpartition("@")[2]
    return {(str(Identifier.EMAIL), digest) for _version, digest in keys.all_digests(key)} | {
        (str(Identifier.DOMAIN), digest) for _version, digest in keys.all_digests(domain)
    }


def find(address_keys: Iterable[str], *, channel: str = "email") -> dict[str, SuppressionEntry]:
    """Which of the normalised addresses are listed for marketing over the channel, with the weightiest entry of each.

    A match under an old key adds an entry under the newest, so that the old key can be retired one day.
    """
    asked = defaultdict(set)
    for key in set(address_keys):
        for one in digests_of(key):
            asked[one].add(key)
    entries = SuppressionEntry.objects.filter(
        Q(channel="") | Q(channel=channel), purpose="", digest__among=list({digest for _kind, digest in asked})
    )
    found: dict[str, SuppressionEntry] = {}
    for entry in entries.order_by("authority", "-since_at"):
        for key in asked.get((entry.identifier, entry.digest), ()):
            found[key] = entry
    renew = [(key, entry) for key, entry in found.items() if entry.digest_version != keys.newest_version()]
    for key, entry in renew:
        _copy_under_newest_key(key, entry)
    return found


def is_suppressed(key: str) -> bool:
    """Whether a normalised address, or its whole domain, must not be used for marketing by e-mail."""
    return key in find([key])


def add(
    key: str,
    reason: SuppressionReason,
    authority: Authority,
    since_at: datetime,
    *,
    identifier: Identifier = Identifier.EMAIL,
    purpose: str = "",
    channel: str = "",
) -> SuppressionEntry:
    """Put a normalised identifier on the list, or return the entry it already has in this scope.

    An entry that rests on a lesser word is raised to the weightier one.
    """
    entry, created = SuppressionEntry.objects.get_or_create(
        identifier=identifier,
        digest=keys.digest(key),
        purpose=purpose,
        channel=channel,
        defaults={
            "digest_version": keys.newest_version(),
            "reason": reason,
            "authority": authority,
            "since_at": since_at,
        },
    )
    if not created and entry.authority < authority:
        entry.authority, entry.reason, entry.since_at = authority, reason, since_at
        entry.save(update_fields=["authority", "reason", "since_at"])
    return entry


def add_by_digest(
    digest: str, version: int, since_at: datetime, *, purpose: str = "", channel: str = ""
) -> tuple[SuppressionEntry, bool]:
    """The same on the word of a person whose address we no longer hold, only its digest under the key `version`.

    Returns the entry, and whether it is new.
    """
    return SuppressionEntry.objects.get_or_create(
        identifier=Identifier.EMAIL,
        digest=digest,
        purpose=purpose,
        channel=channel,
        defaults={
            "digest_version": version,
            "reason": SuppressionReason.OBJECTION,
            "authority": Authority.PERSON,
            "since_at": since_at,
        },
    )


def _copy_under_newest_key(key: str, entry: SuppressionEntry) -> None:
    identifier = Identifier(entry.identifier)
    listed = key if identifier is Identifier.EMAIL else key.rpartition("@")[2]
    add(
        listed,
        SuppressionReason(entry.reason),
        Authority(entry.authority),
        entry.since_at,
        identifier=identifier,
        purpose=entry.purpose,
        channel=entry.channel,
    )
