"""By field: which act of collection its present value rests on. The newer value wins, the person's own outranks it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from contacts.models import Collection, Contact

VALUES = (
    "salutation",
    "academic_title",
    "first_name",
    "last_name",
    "job_title",
    "job_function",
    "phone",
    "language",
    "country",
    "street",
    "postcode",
    "city",
    "state",
    "linkedin_url",
    "notification_preferences",
    "topics",
)
"""The fields an import may fill; the newer value wins, and the person's own outranks an import."""

Weight = tuple[bool, date, int]
"""Given by the person, collected when; of equals the one recorded last."""


def origins(contacts: Iterable[UUID]) -> dict[UUID, dict[str, Collection]]:
    """For each contact and field the collection that weighs most: one query, whatever the number of fields."""
    found: dict[UUID, dict[str, Collection]] = defaultdict(dict)
    rows = Collection.objects.filter(contact__among=list(contacts)).select_related("source", "merged_record")
    for one in rows.order_by("supplied_by_subject", "collected_on", "id"):
        found[one.contact_id].update(dict.fromkeys(one.fields, one))
    return found


def weight(contact: Contact, origin: Collection | None) -> Weight:
    """How much a value weighs; one without provenance counts as of the contact's first collection."""
    if origin is None:
        return False, contact.collected_on, 0
    return origin.supplied_by_subject, origin.collected_on, origin.pk
