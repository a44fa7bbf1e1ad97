"""What an event adds to the timeline of a contact, and which of the contact's days it moves (S95, E3, E4, E9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from config.dates import add_months, local_date
from config.policy.periods import ENGAGEMENT_MONTHS
from config.sql import insert_rows, update_rows
from consent.models.airlock import Decision
from contacts.models import Contact, Engagement
from contacts.models.engagement import COUNTING

COLUMNS = ("contact", "kind", "occurred_at", "automated", "url", "referrer", "device", "external_id")

Key = tuple[UUID, datetime, str, str]
"""What makes an event the same one: whose, when, of which kind, and its key at the source."""


class Event(Protocol):
    """One response or visit, from a file or stored aside; `occurred_at` is aware."""

    kind: Any
    occurred_at: Any
    automated: Any
    url: Any
    external_id: Any


class Timelines:
    """The timelines of some contacts, who are locked: an event may save one from a purge.

    `people` says who; `moments` are those of the events to come; `at` (aware) is when they arrive.
    """

    def __init__(self, people: QuerySet[Contact, Contact], moments: Sequence[datetime], at: datetime) -> None:
        self.at = at
        self.today = local_date(at)
        columns = ("pk", "last_engaged_on", "collected_on", "collected_estimated", "left_marketing_on", "email_key")
        locked = people.order_by("pk").select_for_update().values_list(*columns)
        self.people: dict[UUID, list[Any]] = {pk: [pk, *rest] for pk, *rest in locked}
        self.known = self._known(moments)
        self.fresh: list[tuple[Any, ...]] = []
        self.moved: dict[UUID, list[Any]] = {}

    def _known(self, moments: Sequence[datetime]) -> set[Key]:
        if not moments:
            return set()
        near = Engagement.objects.filter(
            contact__among=list(self.people), occurred_at__range=(min(moments), max(moments))
        )
        return set(near.values_list("contact_id", "occurred_at", "kind", "external_id"))

    def is_new(self, contact: UUID, event: Event) -> bool:
        """Whether the contact's event is here for the first time; from now on it is known."""
        key = key_of(contact, event)
        new = key not in self.known
        self.known.add(key)
        return new

    def add(self, contact: UUID, event: Event) -> tuple[Decision, str]:
        """Decide about an event, which moves what it moves; returns the decision with its reason."""
        if not self.is_new(contact, event):
            return Decision.UNCHANGED, ""
        person, on = self.people[contact], local_date(event.occurred_at)
        if self._has_left(person, on):
            return Decision.UNCHANGED, _("From before the contact left marketing; not kept.")
        self._move_clock(person, on, counts=event.kind in COUNTING and not event.automated)
        if add_months(on, ENGAGEMENT_MONTHS) < self.today:
            return Decision.UNCHANGED, _("Older than 24 months; only its day was looked at.")
        row = (contact, event.kind, event.occurred_at, event.automated, event.url, "", "", event.external_id)
        self.fresh.append(row)
        return Decision.CREATED, ""

    def _has_left(self, person: list[Any], on: date) -> bool:
        """Whether an event would refill a register that has ended (E37)."""
        left = person[4]
        return left is not None and bool(on <= left)

    def _move_clock(self, person: list[Any], on: date, *, counts: bool) -> None:
        """The last engagement that counts; an estimated day of collection gives way to the earliest event (E4).

        An event past its own period (E46) is not stored and still dates both, as if it had been stored in time.
        """
        _pk, last, collected, estimated, *_rest = person
        if counts and (last is None or on > last):
            person[1] = on
            self.moved[person[0]] = person
        if estimated and on < collected:
            person[2] = on
            self.moved[person[0]] = person

    def write(self) -> list[UUID]:
        """Store what was decided; returns the ids of the contacts whose due dates may have moved."""
        insert_rows(Engagement, COLUMNS, self.fresh)
        rows = [(pk, last, collected, self.at) for pk, last, collected, *_rest in self.moved.values()]
        update_rows(Contact, ("last_engaged_on", "collected_on", "updated_at"), rows)
        return list(self.moved)


def key_of(contact: UUID, event: Event) -> Key:
    """What makes the event of a contact the same one."""
    return (contact, event.occurred_at, event.kind, event.external_id)
