"""Decides about engagement rows: whose they are, and whether they enter, wait aside or are refused (S55, S95)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from config.sql import insert_rows
from consent.intake.outcome import Context, RowOutcome
from consent.intake.timelines import Key, Timelines, key_of
from consent.models import AsideEngagement, Restriction
from consent.models.airlock import Decision
from consent.profiling import host_of, own_hosts
from contacts import merged
from contacts.formats.rows import EngagementRow
from contacts.models import Contact
from contacts.models.engagement import EngagementKind

ON_OUR_WEBSITES = (EngagementKind.VISIT, EngagementKind.LOGIN)
"""What is web traffic: recorded on our own websites only (S55)."""
ASIDE = ("contact", "kind", "occurred_at", "automated", "url", "external_id", "arrived_at")


class EngagementChunk:
    """One chunk of engagement rows."""

    def __init__(self, rows: Sequence[EngagementRow], context: Context) -> None:
        self.rows = rows
        self.context = context
        address_keys = list({row.email_key for row in rows})
        former = merged.by_address(address_keys)
        meant = Q(email_key__among=address_keys)
        if former:
            meant |= Q(pk__among=list(former.values()))
        moments = [row.occurred_at for row in rows]
        self.timelines = Timelines(Contact.objects.filter(meant), moments, context.at)
        people = self.timelines.people
        self.ids: dict[str, UUID] = {key: pk for key, pk in former.items() if pk in people}
        self.ids |= {person[-1]: pk for pk, person in people.items() if person[-1]}
        standing = Restriction.objects.filter(contact__among=list(people), lifted_at__isnull=True)
        self.restricted: set[UUID | None] = set(standing.values_list("contact", flat=True))
        self.timelines.known |= self._aside() | self._seen()
        self.hosts = own_hosts()
        self.aside: list[tuple[Any, ...]] = []

    def _aside(self) -> set[Key]:
        """The events that lie aside already."""
        if not self.restricted:
            return set()
        lying = AsideEngagement.objects.filter(contact__among=list(self.restricted))
        return set(lying.values_list("contact_id", "occurred_at", "kind", "external_id"))

    def _seen(self) -> set[Key]:
        """The events of these rows that earlier chunks of a preview had."""
        events = {key_of(self.ids[row.email_key], row) for row in self.rows if row.email_key in self.ids}
        return set(self.context.recall("event", events))

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order."""
        return [self._decide(row) for row in self.rows]

    def _decide(self, row: EngagementRow) -> RowOutcome:
        foreign = bool(row.url) and not self.hosts.own(host_of(row.url))
        if refused := self._refusal(row, foreign=foreign):
            return refused
        contact, kept = self.ids[row.email_key], replace(row, url="") if foreign else row
        if contact in self.restricted:
            decision, note = self._put_aside(contact, kept)
        else:
            decision, note = self.timelines.add(contact, kept)
        if foreign and decision is Decision.CREATED and not note:
            note = _("The address lies outside our own websites; not kept.")
        return RowOutcome(row.line, decision, note)

    def _put_aside(self, contact: UUID, row: EngagementRow) -> tuple[Decision, str]:
        """What arrives under a restriction is kept unread until it ends (domain section 10)."""
        if not self.timelines.is_new(contact, row):
            return Decision.UNCHANGED, ""
        event = (row.kind, row.occurred_at, row.automated, row.url, row.external_id)
        self.aside.append((contact, *event, self.context.at))
        return Decision.CREATED, _("Processing of this contact is restricted: stored aside, unread, until it ends.")

    def _refusal(self, row: EngagementRow, *, foreign: bool) -> RowOutcome | None:
        """Why a row may not enter: nobody it is about, or traffic outside our own websites (S55)."""
        column = "email"
        if row.email_key not in self.ids:
            reason = _("No contact has this address.")
            remedy = _("Import the contact first, or leave the row out.")
        elif foreign and row.kind in ON_OUR_WEBSITES:
            reason, column = _("The address lies outside our own websites, where no visit is recorded."), "url"
            remedy = _("Add the host to our own websites in the admin, or leave the row out.")
        else:
            return None
        return RowOutcome(row.line, Decision.REJECTED, reason, remedy, column)

    def keep(self) -> None:
        """See Chunk."""
        self.context.keep("event", dict.fromkeys(self.timelines.known, True))

    def write(self) -> list[Any]:
        """Store what was decided; returns the ids of the contacts whose due dates may have moved."""
        insert_rows(AsideEngagement, ASIDE, self.aside)
        return self.timelines.write()
