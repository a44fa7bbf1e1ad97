"""The suppression list: one way to ask it, one way to add to it, one way off it (Art. 21(3); domain section 9).

An entry names an e-mail address, a phone number or a whole domain by its keyed digest, and what it stops: a purpose and
a channel, empty meaning all. The weightier word stands: a machine's, then staff's, then the person's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config import keys
from config.models import Actor, AuditEvent
from config.sql import array, update_rows
from consent.models import SuppressionEntry, SuppressionRemoval
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts import merged
from contacts.identity import clean_phone, email_key
from contacts.models import Contact
from contacts.models.people import keys_from

CHUNK = 5_000
Named = tuple[Identifier, str]
"""A kind of identifier and its normalised text, which is never stored."""


def normalised(identifier: Identifier, text: str) -> str:
    """The form of an identifier that is digested. Raises ValueError, saying why, for what is none."""
    text = text.strip()
    if identifier is Identifier.EMAIL:
        return email_key(text)
    if identifier is Identifier.DOMAIN:
        return email_key(f"x@{text.removeprefix('*').removeprefix('@')}").rpartition("@")[2]
    number = clean_phone(text, "")
    if not number.startswith("+"):
        raise ValueError(_("Write the number with its country code, such as +358401234567."))
    return number


def identifiers_of(address_key: str | None, phone: str = "") -> list[Named]:
    """What a person may be listed by: the address, its domain, and the number."""
    found = (
        [(Identifier.EMAIL, address_key), (Identifier.DOMAIN, address_key.rpartition("@")[2])] if address_key else []
    )
    return [*found, (Identifier.PHONE, phone)] if phone else found


def find(address_keys: Iterable[str], *, channel: str = "email", purpose: str = "") -> dict[str, SuppressionEntry]:
    """Which of the normalised addresses are listed, for a purpose ("" is all marketing) over a channel.

    Gives the weightiest entry of each, found under every key; one under an old key is copied under the newest.
    """
    named = {key: identifiers_of(key) for key in set(address_keys)}
    members: dict[Named, list[str]] = defaultdict(list)
    for key, identifiers in named.items():
        for one in identifiers:
            members[one].append(key)
    digests = keys.digests_of(text for _identifier, text in members)
    asked = {
        (str(identifier), digest): mine for (identifier, text), mine in members.items() for digest in digests[text]
    }
    entries = SuppressionEntry.objects.filter(
        digest__among=array(digest for _kind, digest in asked),
        purpose__in=("", purpose),
        channel__in=("", channel),
    )
    found: dict[str, SuppressionEntry] = {}
    for entry in entries.order_by("authority", "-since_at"):
        for key in asked.get((entry.identifier, entry.digest), ()):
            found[key] = entry
    renew(one for key in found for one in named[key])
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


def remove(entry: SuppressionEntry, text: str, *, method: str, actor: Actor, at: datetime) -> SuppressionRemoval:
    """Take an entry off the list, under every key, because the person wishes it; the proof stays.

    `text` is the address, number or domain as the person gives it; raises ValueError when the entry is not about it.
    An objection on record still stands: only a new consent of the person lifts that.
    """
    identifier = Identifier(entry.identifier)
    digests = {digest for _version, digest in keys.all_digests(normalised(identifier, text))}
    if entry.digest not in digests:
        raise ValueError(_("This entry is about another address. Look the address up in the list first."))
    scope = {"identifier": identifier, "purpose": entry.purpose, "channel": entry.channel}
    kept = ("digest", "digest_version", "reason", "authority", "since_at")
    with transaction.atomic():
        proof = SuppressionRemoval.objects.create(
            **scope,
            **{name: getattr(entry, name) for name in kept},
            removed_at=at,
            method=method,
            actor_id=actor.user_id,
        )
        SuppressionEntry.objects.filter(digest__in=digests, **scope).delete()
        AuditEvent.record(actor, gettext_noop("removed from the suppression list"), entry, batch=proof.pk)
    return proof


# A new key ------------------------------------------------------------------------------------------------------------


def renew(named: Iterable[Named]) -> int:
    """Copy the entries of these identifiers that lie under an older key to the newest, in every scope.

    Returns how many were added or raised: none while there is one key, and none the second time.
    """
    if len(settings.HMAC_KEYS) == 1:
        return 0
    newest = keys.newest_version()
    texts = {(str(kind), digest): text for kind, text in set(named) for _version, digest in keys.all_digests(text)}
    entries = list(SuppressionEntry.objects.filter(digest__among=[digest for _kind, digest in texts]))
    words: dict[tuple[str, ...], int] = {
        _scope(entry, texts): entry.authority for entry in entries if entry.digest_version == newest
    }
    renewed = 0
    for entry in sorted(entries, key=lambda one: (-one.authority, one.since_at)):
        if (entry.identifier, entry.digest) in texts and words.get(_scope(entry, texts), 0) < entry.authority:
            words[_scope(entry, texts)] = entry.authority
            _copy(entry, texts[entry.identifier, entry.digest])
            renewed += 1
    return renewed


def _scope(entry: SuppressionEntry, texts: dict[tuple[str, str], str]) -> tuple[str, ...]:
    return entry.identifier, texts.get((entry.identifier, entry.digest), ""), entry.purpose, entry.channel


def _copy(entry: SuppressionEntry, text: str) -> None:
    add(
        text,
        SuppressionReason(entry.reason),
        Authority(entry.authority),
        entry.since_at,
        identifier=Identifier(entry.identifier),
        purpose=entry.purpose,
        channel=entry.channel,
    )


def contacts_changed(ids: Iterable[Any], **_kwargs: Any) -> None:
    """Whoever was written after a rotation carries digests of the newest key: so must the entries about them."""
    if len(settings.HMAC_KEYS) > 1:
        rows = Contact.objects.filter(pk__among=list(ids)).values_list("email_key", "phone")
        renew(one for address, phone in rows for one in identifiers_of(address, phone))
        renew(_of_merged(ids))


def _of_merged(contacts: Iterable[Any]) -> Iterable[Named]:
    """What records merged into these contacts may be listed by."""
    return (one for _contact, key in merged.addresses_of(contacts) for one in identifiers_of(key))


def renew_contacts() -> int:
    """Compare the next contacts that carry digests of an old key with the list, and give them those of the newest.

    One chunk and one transaction; returns how many there were, so 0 says that everybody is done. Until then the
    permission rule leaves them alone.
    """
    with transaction.atomic():
        reachable = Contact.objects.exclude(email_key=None, phone="").exclude(digest_version=keys.newest_version())
        columns = ("pk", "email_key", "first_name", "last_name", "phone")
        rows = list(reachable.order_by("pk").select_for_update().values_list(*columns)[:CHUNK])
        renew(one for _pk, address, _first, _last, phone in rows for one in identifiers_of(address, phone))
        renew(_of_merged([pk for pk, *_rest in rows]))
        fresh = [(pk, keys_from(*names)) for pk, *names in rows]
        fields = ("email_digest", "domain_digest", "phone_digest", "digest_version")
        update_rows(Contact, fields, [(pk, *(derived[name] for name in fields)) for pk, derived in fresh])
    return len(rows)
