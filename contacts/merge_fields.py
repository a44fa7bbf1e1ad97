"""Whose value wins when two contacts become one: the newer one, and the person's own outranks it (S42, E36)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from contacts.models import Collection, Contact
from contacts.provenance import VALUES, origins, weight

NAME = ("first_name", "last_name")
ADDRESS = ("street", "postcode", "city", "state")
GROUPS: tuple[tuple[str, ...], ...] = (
    ("email",),
    NAME,
    ADDRESS,
    *((name,) for name in VALUES if name not in (*NAME, *ADDRESS)),
)
"""What is told together and must not be put together out of two records."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: both values, which of them the contact will have, and by whose word."""

    name: str
    mine: Any
    theirs: Any
    value: Any
    origin: Collection | None

    @property
    def taken_over(self) -> bool:
        """Whether the surviving contact gets a new value."""
        return bool(self.value != self.mine)

    @property
    def differs(self) -> bool:
        """Whether a value is lost: both say something, and not the same."""
        return bool(self.mine and self.theirs and self.mine != self.theirs)


def fields_of(survivor: Contact, merged: Contact) -> list[Field]:
    """Every value that either contact has, in the order of the form."""
    known = origins([survivor.pk, merged.pk])
    mine, theirs = known[survivor.pk], known[merged.pk]
    found = []
    for group in GROUPS:
        first, second = (survivor, mine), (merged, theirs)
        if _weight(*second, group) > _weight(*first, group):
            first, second = second, first
        for name in group:
            source = (
                second if not getattr(first[0], name) and group is not ADDRESS and getattr(second[0], name) else first
            )
            value = getattr(source[0], name)
            found.append(Field(name, getattr(survivor, name), getattr(merged, name), value, source[1].get(name)))
    return [one for one in found if one.mine or one.theirs]


def _weight(contact: Contact, known: dict[str, Collection], group: tuple[str, ...]) -> Any:
    """The weight of what a contact says in a group of fields; nothing said weighs nothing."""
    said = [weight(contact, known.get(name)) for name in group if getattr(contact, name)]
    return max(said, default=(False, date.min, 0))


def state_of(survivor: Contact, merged: Contact) -> dict[str, Any]:
    """Membership and dates of the one contact: the earliest collection, the latest engagement (E3, E36)."""
    both = (survivor, merged)
    first = min(one.collected_on for one in both)
    listed = [one for one in both if one.in_marketing]
    left = _latest(one.left_marketing_on for one in both)
    return {
        "collected_on": first,
        "collected_estimated": all(one.collected_estimated for one in both if one.collected_on == first),
        "last_engaged_on": _latest(one.last_engaged_on for one in both),
        "purged_before_on": _latest(one.purged_before_on for one in both),
        "in_marketing": bool(listed),
        "marketing_frozen": not listed and any(one.marketing_frozen for one in both),
        "left_marketing_on": left,
        "returned_on": _returned(listed, left),
        "subsidiary_id": survivor.subsidiary_id or merged.subsidiary_id,
    }


def _returned(listed: list[Contact], left: date | None) -> date | None:
    """From when the 24 months of somebody count who had left marketing and was collected anew (E37)."""
    if left is None or not listed:
        return None
    said = min(one.returned_on or one.collected_on for one in listed)
    return said if said > left else min((one.returned_on for one in listed if one.returned_on), default=None)


def _latest(days: Any) -> date | None:
    return max((day for day in days if day), default=None)
