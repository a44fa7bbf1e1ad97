"""People whom the demo knows twice, and suppliers with and without a licence in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from config.dates import add_months
from config.models import Actor
from contacts import conversions, duplicates
from contacts.merging import merge
from contacts.models import Affiliation, Contact
from contacts.models.people import derived_keys
from contacts.models.provenance import Origin
from contacts.relationship import ties

TWINS: Final = 4
"""How many people are known twice; the first of them has been made one contact already."""


def licences(today: date) -> dict[str, dict[str, Any]]:
    """By the end of a source's code what the register of suppliers says about it."""
    return {
        "list": {
            "origin": Origin.PUBLIC,
            "licence": "Order 2026-114",
            "licence_from_on": add_months(today, -8),
            "licence_until_on": add_months(today, 4),
        },
        "partner": {"origin": Origin.PARTNER},
        "fair-list": {
            "origin": Origin.DIRECT,
            "licence": "Contract 2024-031",
            "licence_from_on": add_months(today, -30),
            "licence_until_on": add_months(today, -6),
        },
    }


def bring_together(at: datetime, today: date) -> int:
    """Let some people be known under two addresses, find them, and merge the first; returns the pairs that wait."""
    pairs = list(_colleagues(today))
    for kept, twin in pairs:
        keys = derived_keys(twin.email, kept.first_name, kept.last_name, twin.phone)
        named = {name: getattr(kept, name) for name in ("first_name", "last_name", "salutation", "academic_title")}
        Contact.objects.filter(pk=twin.pk).update(**named, **keys)
    if pairs:
        merge(pairs[0][0].pk, pairs[0][1].pk, actor=Actor.command(), at=at)
    conversions.record(at, Actor.command())
    return duplicates.refresh(Actor.command(), at)


def _colleagues(today: date) -> Iterator[tuple[Contact, Contact]]:
    """Two people of one customer each, whom nothing keeps from being merged."""
    tied = ties(today).filter(contact__restrictions=None, contact__holds=None, ended_on=None)
    seen: dict[Any, Contact] = {}
    found = 0
    links: Any = Affiliation.objects.filter(pk__in=tied.values("pk")).select_related("contact").order_by("pk")
    for link in links:
        first = seen.pop(link.organisation_id, None)
        if first is None:
            seen[link.organisation_id] = link.contact
            continue
        yield first, link.contact
        found += 1
        if found == TWINS:
            return
