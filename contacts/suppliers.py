"""The register of suppliers (S16, S76-S79): what a third party may give us, and whether we may use it.

One condition for the list, the airlock, and the controls.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from django.db.models import Q

from contacts.models import Source
from contacts.models.provenance import SourceKind

OTHERS: Final = (SourceKind.THIRD_PARTY, SourceKind.PUBLIC)
"""Sources of S16, to which the person did not turn."""
LICENSED: Final = (SourceKind.THIRD_PARTY,)
"""Sources whose data may be used with a licence only; what is public needs none."""
NAMED: Final = (SourceKind.THIRD_PARTY, SourceKind.PARTNER)
"""Sources that somebody supplies, who must be named with where they have the data from."""

NOT_FROM_OTHERS: Final = (
    "street",
    "linkedin_url",
    "topics",
    "notification_preferences",
    "affiliated_from",
    "affiliated_until",
    "supplied_by_subject",
    "consent_email",
    "consent_at",
    "consent_text",
)
"""Fields of an import's row that S16 does not list: whatever a third party or a public source says there is not stored.

Neither is a consent: nobody consents to us through somebody else's list. An objection is always heeded."""


def in_force(on: date) -> Q:
    """The source has a licence, and the day `on` lies in it."""
    begun = Q(licence_from_on__isnull=True) | Q(licence_from_on__lte=on)
    lasting = Q(licence_until_on__isnull=True) | Q(licence_until_on__gte=on)
    return ~Q(licence="") & begun & lasting


def may_supply(source: Source, on: date) -> bool:
    """Whether data of this source may be taken in on the day `on`: the same condition for one source in memory."""
    if source.kind not in LICENSED:
        return True
    begun = source.licence_from_on is None or source.licence_from_on <= on
    lasting = source.licence_until_on is None or source.licence_until_on >= on
    return bool(source.licence) and begun and lasting


def without_licence(on: date) -> Q:
    """Suppliers that need a licence and have none in force on the day `on`."""
    return Q(kind__in=LICENSED) & ~in_force(on)


def undescribed() -> Q:
    """Suppliers of whom a notice could not say who they are, or where they have the data from (Art. 14(2)(f))."""
    return Q(kind__in=NAMED) & (Q(supplier="") | Q(origin=""))
