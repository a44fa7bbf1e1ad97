"""Decides about engagement rows: whose they are, and whether they move the 24-month clock (S95, E3, E4, E9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from config.dates import add_months, local_date
from config.policy.periods import ENGAGEMENT_MONTHS
from config.sql import insert_rows, update_rows
from consent.intake.outcome import Context, RowOutcome
from consent.models import Restriction
from consent.models.airlock import Decision
from consent.profiling import host_of, own_hosts
from contacts import merged
from contacts.formats.rows import EngagementRow
from contacts.models import Contact, Engagement
from contacts.models.engagement import COUNTING, EngagementKind

ON_OUR_WEBSITES = (EngagementKind.VISIT, EngagementKind.LOGIN)
"""What is web traffic: recorded on our own websites only (S55)."""
COLUMNS = ("contact", "kind", "occurred_at", "automated", "url", "referrer", "device", "external_id")


class EngagementChunk:
    """One chunk of engagement rows; locks the contacts, because an engagement may save one from a purge."""

    def __init__(self, rows: Sequence[EngagementRow], context: Context) -> None:
        self.rows = rows
        self.context = context
        address_keys = list({row.email_key for row in rows})
        former = merged.by_address(address_keys)
        meant = Q(email_key__among=address_keys)
        if former:
            meant |= Q(pk__among=list(former.values()))
        locked = Contact.objects.filter(meant).order_by("pk").select_for_update()
        columns = ("pk", "last_engaged_on", "collected_on", "collected_estimated", "left_marketing_on")
        found = [(key, list(rest)) for key, *rest in locked.values_list("email_key", *columns)]
        by_id = {known[0]: known for _key, known in found}
        self.people: dict[str, list[Any]] = {key: by_id[one] for key, one in former.items() if one in by_id}
        self.people |= {key: known for key, known in found if key}
        ids: list[UUID] = list(by_id)
        self.restricted = set(
            Restriction.objects.filter(contact__among=ids, lifted_at__isnull=True).values_list("contact", flat=True)
        )
        self.known = self._known(ids)
        self.hosts = own_hosts()
        self.fresh: list[tuple[Any, ...]] = []
        self.moved: dict[UUID, list[Any]] = {}

    def _known(self, ids: list[UUID]) -> set[tuple[UUID, datetime, str, str]]:
        moments = [row.occurred_at for row in self.rows]
        if not moments:
            return set()
        existing = Engagement.objects.filter(contact__among=ids, occurred_at__range=(min(moments), max(moments)))
        events = {self._key(row) for row in self.rows if row.email_key in self.people}
        return {
            *existing.values_list("contact_id", "occurred_at", "kind", "external_id"),
            *self.context.recall("event", events),
        }

    def _key(self, row: EngagementRow) -> tuple[UUID, datetime, str, str]:
        return (self.people[row.email_key][0], row.occurred_at, row.kind, row.external_id)

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order."""
        return [self._decide(row) for row in self.rows]

    def _decide(self, row: EngagementRow) -> RowOutcome:
        foreign = bool(row.url) and not self.hosts.own(host_of(row.url))
        if refused := self._refusal(row, foreign=foreign):
            return refused
        person, key = self.people[row.email_key], self._key(row)
        if key in self.known:
            return RowOutcome(row.line, Decision.UNCHANGED)
        self.known.add(key)
        on = local_date(row.occurred_at)
        if self._has_left(person, on):
            return RowOutcome(row.line, Decision.UNCHANGED, _("From before the contact left marketing; not kept."))
        self._move_clock(person, on, counts=row.kind in COUNTING and not row.automated)
        if add_months(on, ENGAGEMENT_MONTHS) < self.context.today:
            return RowOutcome(row.line, Decision.UNCHANGED, _("Older than 24 months; only its day was looked at."))
        url, note = (row.url, "") if not foreign else ("", _("The address lies outside our own websites; not kept."))
        self.fresh.append((person[0], row.kind, row.occurred_at, row.automated, url, "", "", row.external_id))
        return RowOutcome(row.line, Decision.CREATED, note)

    def _refusal(self, row: EngagementRow, *, foreign: bool) -> RowOutcome | None:
        """Why a row may not enter: nobody it is about, a restriction, or traffic outside our own websites (S55)."""
        person, column = self.people.get(row.email_key), "email"
        if person is None:
            reason = _("No contact has this address.")
            remedy = _("Import the contact first, or leave the row out.")
        elif person[0] in self.restricted:
            reason = _("Processing of this contact is restricted.")
            remedy = _("Import the row again when the restriction is lifted.")
        elif foreign and row.kind in ON_OUR_WEBSITES:
            reason, column = _("The address lies outside our own websites, where no visit is recorded."), "url"
            remedy = _("Add the host to our own websites in the admin, or leave the row out.")
        else:
            return None
        return RowOutcome(row.line, Decision.REJECTED, reason, remedy, column)

    def _has_left(self, person: list[Any], on: date) -> bool:
        """Whether an event would refill a register that has ended (E37)."""
        left = person[4]
        return left is not None and bool(on <= left)

    def _move_clock(self, person: list[Any], on: date, *, counts: bool) -> None:
        """The last engagement that counts; an estimated day of collection gives way to the earliest event (E4).

        An event past its own period (E46) is not stored and still dates both, as if it had been stored in time.
        """
        _pk, last, collected, estimated, _left = person
        if counts and (last is None or on > last):
            person[1] = on
            self.moved[person[0]] = person
        if estimated and on < collected:
            person[2] = on
            self.moved[person[0]] = person

    def keep(self) -> None:
        """See Chunk."""
        self.context.keep("event", dict.fromkeys(self.known, True))

    def write(self) -> list[Any]:
        """Store what was decided; returns the ids of the contacts whose due dates may have moved."""
        insert_rows(Engagement, COLUMNS, self.fresh)
        rows = [
            (pk, last, collected, self.context.at) for pk, last, collected, _estimated, _left in self.moved.values()
        ]
        update_rows(Contact, ("last_engaged_on", "collected_on", "updated_at"), rows)
        return list(self.moved)
