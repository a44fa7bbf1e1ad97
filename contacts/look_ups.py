"""Who looked at a contact: what the person is told (C-579/21), and what a breach is investigated with (Art. 33)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from config.models import AccessEvent, AccessKind, ReadingPurpose
from config.models.access import AccessEvents
from contacts.models import Contact


@dataclass(frozen=True, slots=True)
class LookUp:
    """A look-up as the person concerned may know it: aware datetime, purpose, role and how; never the account."""

    at: datetime
    purpose: ReadingPurpose
    role: str
    kind: AccessKind


def look_ups(contact: Contact) -> AccessEvents:
    """The look-ups of one contact, and of the records merged into it, newest first.

    Refused ones are left out: nobody saw anything then.
    """
    former = (one.former_id for one in contact.merged_records.all())
    return AccessEvent.objects.of([contact.pk, *former]).exclude(kind=AccessKind.REFUSED)


def looked_up(contact: Contact) -> Iterator[LookUp]:
    """When, for what purpose and in which role somebody looked at a contact, newest first: all that the log has."""
    for row in look_ups(contact).iterator():
        yield LookUp(row.at, ReadingPurpose(row.purpose), row.role, AccessKind(row.kind))
