"""What merging two contacts must not undo: a restriction, and the person's word under either address (Art. 18, 21)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

from django.utils.translation import gettext as _

from config import keys
from config.dates import local_date
from consent.grounds import own_marketing_consent_at
from consent.models import Consent, Objection, Restriction, SuppressionEntry
from consent.models.consents import USABLE, ConsentState
from consent.models.objections import ObjectionGround
from consent.models.suppression import Identifier, SuppressionReason
from contacts.merging import Merge
from contacts.models import Contact


def restricted_stays_alone(survivor: Contact, merged: Contact, **_kwargs: Any) -> list[str]:
    """While processing is restricted the data is only stored: it cannot be merged (domain section 10)."""
    if Restriction.objects.filter(contact__in=(survivor.pk, merged.pk), lifted_at__isnull=True).exists():
        return [_("Processing of one of the two contacts is restricted. They can be merged when that is lifted.")]
    return []


def objections_hold(
    survivor: Contact, merged: Contact, values: dict[str, Any], at: datetime, **_kwargs: Any
) -> dict[str, Any]:
    """An objection of either keeps the one contact out of marketing (domain section 9)."""
    if not (values["in_marketing"] and _stands_against_marketing(survivor, merged, at=at)):
        return {}
    left = values["left_marketing_on"] or local_date(at)
    return {"in_marketing": False, "left_marketing_on": left, "returned_on": None}


def entries_hold(merge: Merge, **_kwargs: Any) -> None:
    """Entries of the suppression list hold for both addresses and numbers."""
    both = (merge.survivor, merge.merged)
    for identifier, texts in (
        (Identifier.EMAIL, {one.email_key for one in both if one.email_key}),
        (Identifier.PHONE, {one.phone for one in both if one.phone}),
    ):
        for entry, text in _missing(identifier, texts):
            merge.steps.create(_copied(entry, text))


def _missing(identifier: Identifier, texts: set[Any]) -> Iterator[tuple[SuppressionEntry, str]]:
    """Each entry about one of a person's texts, with another one that has none in the same scope; never a bounce."""
    text_of = {digest: text for text in texts for _version, digest in keys.all_digests(text)}
    entries = SuppressionEntry.objects.filter(identifier=identifier, digest__in=list(text_of))
    found = sorted(entries, key=lambda entry: (-entry.authority, entry.since_at))
    scopes = {(text_of[entry.digest], entry.purpose, entry.channel) for entry in found}
    for entry, text in product(found, sorted(texts)):
        scope = (text, entry.purpose, entry.channel)
        if entry.reason != SuppressionReason.HARD_BOUNCE and scope not in scopes:
            scopes.add(scope)
            yield entry, text


def _copied(entry: SuppressionEntry, text: str) -> SuppressionEntry:
    return SuppressionEntry(
        identifier=entry.identifier,
        digest=keys.digest(text),
        digest_version=keys.newest_version(),
        purpose=entry.purpose,
        channel=entry.channel,
        reason=entry.reason,
        authority=entry.authority,
        since_at=entry.since_at,
    )


def _stands_against_marketing(*people: Contact, at: datetime) -> bool:
    """Whether one of them said no to all marketing, which no consent of the person since has lifted (section 9)."""
    raised = Objection.objects.filter(contact__in=people, ground=ObjectionGround.MARKETING, purpose="", channel="")
    addresses = [one.email_key for one in people if one.email_key]
    listed = SuppressionEntry.objects.filter(
        identifier=Identifier.EMAIL,
        digest__in=[digest for address in addresses for _version, digest in keys.all_digests(address)],
        purpose="",
        channel="",
    ).exclude(reason=SuppressionReason.HARD_BOUNCE)
    said = [*raised.values_list("raised_at", flat=True), *listed.values_list("since_at", flat=True)]
    consented = own_marketing_consent_at([one.pk for one in people], at)
    return any(consented is None or consented <= moment for moment in said)


def said_since(contact: Contact, since: datetime, **_kwargs: Any) -> list[str]:
    """What the person has said since the merge was said as one person: two contacts would not both heed it."""
    reasons = []
    if Restriction.objects.filter(contact=contact, lifted_at__isnull=True).exists():
        reasons.append(_("Processing of this contact is restricted: nothing may be changed."))
    ended = Consent.objects.filter(contact=contact, recorded_at__gt=since).exclude(
        state__in=(*USABLE, ConsentState.REQUESTED, ConsentState.UNKNOWN)
    )
    if Objection.objects.filter(contact=contact, recorded_at__gt=since).exists() or ended.exists():
        reasons.append(_("The person has objected or withdrawn a consent since; two contacts would not both heed it."))
    return reasons
