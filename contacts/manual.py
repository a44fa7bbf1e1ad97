"""What follows from an entry by hand: its provenance, and the due dates that depend on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from contacts.models import Affiliation, Collection, Contact, FactSource, Organisation, Source
from contacts.models.provenance import SourceKind
from contacts.signals import contacts_changed

MANUAL = "manual"
CHUNK = 5_000
NOT_COLLECTED = {"in_marketing", "subsidiary", "collected_on", "collected_estimated"}
"""Fields of the form that say nothing about the person."""


def note_collection(contact: Contact, fields: Iterable[str], on: date) -> Collection | None:
    """Record that these fields were entered by hand on that day; None when none of them holds personal data."""
    names = sorted(name for name in fields if name in Contact.personal_data.personal and name not in NOT_COLLECTED)
    if not names:
        return None
    source = _by_hand()
    return Collection.objects.create(
        contact=contact, source=source, collected_on=on, supplied_by_subject=False, fields=names
    )


def note_facts(organisation: Organisation, fields: Iterable[str], on: date) -> None:
    """Record that these facts of an organisation were entered by hand on that day (S17)."""
    if names := sorted(set(fields) & set(Organisation.personal_data.organisational)):
        FactSource.objects.create(organisation=organisation, source=_by_hand(), collected_on=on, fields=names)


def _by_hand() -> Source:
    source, _created = Source.objects.get_or_create(
        code=MANUAL, defaults={"name": _("Entered by hand"), "kind": SourceKind.SALES}
    )
    return source


def people_of(organisations: Iterable[UUID]) -> list[UUID]:
    """The ids of all contacts with a link to these organisations."""
    links = Affiliation.objects.filter(organisation__in=list(organisations)).order_by("contact")
    return list(links.values_list("contact_id", flat=True).distinct())


def refresh(ids: Sequence[UUID]) -> None:
    """Tell whoever keeps due dates that these contacts changed; call it inside the writing transaction."""
    for start in range(0, len(ids), CHUNK):
        contacts_changed.send(sender=Contact, ids=list(ids[start : start + CHUNK]))
