"""What other records tell about a contact: disclosures to recipients, and look-ups by staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent import ledger
from consent.models.recipients import RecipientKind
from contacts.look_ups import looked_up
from contacts.models import Contact


@dataclass(frozen=True, slots=True)
class Given:
    """One disclosure: to whom, when (aware), of which fields and what for; `third_country` outside the EEA, else "".

    Where `may_tell` is False an answer leaves it out, for the reason in `untold_because`. Courts and authorities that
    asked in a particular inquiry are no recipients to tell of changes (Art. 4(9), 19).
    """

    recipient_id: UUID
    recipient: str
    country: str
    at: datetime
    purpose: str
    fields: tuple[str, ...]
    third_country: str = ""
    safeguard: str = ""
    may_tell: bool = True
    untold_because: str = ""
    hears_of_changes: bool = True


@dataclass(frozen=True, slots=True)
class LookUp:
    """A look-up as the person may know it: when (aware), for what purpose, in which role."""

    at: datetime
    purpose: str
    role: str


def disclosures(contact: UUID) -> Iterable[Given]:
    """What was passed on of one contact, the newest first."""
    for one in ledger.given(contact):
        yield Given(
            recipient_id=one.recipient.pk,
            recipient=one.recipient.name,
            country=one.recipient.country.name,
            at=one.disclosed_at,
            purpose=one.purpose,
            fields=one.fields,
            third_country=one.third_country,
            safeguard=one.safeguard,
            may_tell=one.may_tell,
            untold_because=one.untold_because,
            hears_of_changes=one.recipient.kind != RecipientKind.AUTHORITY,
        )


def look_ups(contact: Contact) -> Iterable[LookUp]:
    """Who looked at one contact, the newest first."""
    return (LookUp(one.at, str(one.purpose.label), one.role) for one in looked_up(contact))


def recipients(people: Iterable[Contact]) -> dict[UUID, str]:
    """Who must be told when something about these contacts changes: each recipient once, with its name (Art. 19)."""
    given = (one for contact in people for one in disclosures(contact.pk))
    return {one.recipient_id: one.recipient for one in given if one.hears_of_changes}
