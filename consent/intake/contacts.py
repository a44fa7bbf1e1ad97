"""Decides about contact rows: created, updated, unchanged, suppressed, quarantined or rejected (domain section 9, E37).

The order of the questions is the order of the law: an opt-out takes effect before anything else, somebody who
objected is
never put back into marketing, somebody erased on request waits for a person's decision, somebody purged by a rule comes
back only with a later collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from consent.intake.filling import Filling
from consent.intake.known import Known, Person
from consent.intake.organisations import Organisations
from consent.intake.outcome import Context, RowOutcome
from consent.intake.quarantine import Met, Quarantine
from consent.intake.suppliers import trim
from consent.intake.wishes import Wishes
from consent.intake.writing import Writing
from consent.models.airlock import Decision, QuarantineReason
from consent.models.suppression import FormerReason
from contacts.formats.rows import ContactRow
from contacts.identity import names_clash
from contacts.models import Source
from contacts.suppliers import may_supply


class ContactChunk:
    """One chunk of contact rows: looks everything up once, decides row by row, writes set-wise."""

    def __init__(self, rows: Sequence[ContactRow], context: Context, *, same_person: bool = False) -> None:
        """`same_person`: staff decided that a row under another name is the same person (quarantine)."""
        self.rows = rows
        self.context = context
        self.same_person = same_person
        self.known = Known(rows, context)
        self.organisations = Organisations(rows, context, self.known.employers())
        self.quarantine = Quarantine(context)
        self.wishes = Wishes(rows, self.known, context)
        self.writing = Writing(context)
        self.filling = Filling(context, self.known, self.organisations, self.wishes, self.writing)

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order; later rows see what earlier ones will change."""
        return [self._decide(row) for row in self.rows]

    def write(self) -> list[Any]:
        """Store what was decided, inside the caller's transaction; returns the ids of contacts that changed."""
        self.organisations.write()
        self.writing.write()
        self.wishes.write()
        self.quarantine.write()
        return [person.id for person in self.writing.touched]

    def keep(self) -> None:
        """See Chunk."""
        self.organisations.keep()
        self.known.keep({**self.writing.touched, **self.writing.confirmed, **dict.fromkeys(self.wishes.objectors)})
        self.context.keep("suppressed", self.wishes.told)

    def _decide(self, row: ContactRow) -> RowOutcome:
        source = self.known.source_of(row, self.context)
        trim(row, source)
        matches = self.known.find(row)
        if len(matches) > 1:
            for person in matches:
                if row.unsubscribed or row.phone_opt_out:  # any of them may be meant
                    self._heed(row, person)
            return self._unlicensed(row, source) or self._ask(row, Met.SEVERAL)
        if matches:
            suppressed = self._heed(row, matches[0])
            return self._unlicensed(row, source) or self._meet(row, matches[0], suppressed=suppressed)
        self.wishes.take(row, None)
        if refused := self._unlicensed(row, source):
            self.wishes.object_(row, None)
            return refused
        return self._enter(row, suppressed=self.wishes.bars_marketing(row, None))

    def _unlicensed(self, row: ContactRow, source: Source) -> RowOutcome | None:
        """Nothing of a supplier enters without a licence in force today (S76); an objection in the row is heeded."""
        if may_supply(source, self.context.today):
            return None
        reason = _("The source “%(source)s” is a supplier without a licence in force.") % {"source": source.code}
        remedy = _("Enter the licence in the register of sources, then import the file again.")
        return self._outcome(row, Decision.REJECTED, reason, remedy, "source")

    def _heed(self, row: ContactRow, person: Person) -> bool:
        """Take the row's opt-outs for this contact; returns whether the contact must stay out of marketing."""
        self.wishes.take(row, person)
        self.wishes.object_(row, person)
        suppressed = self.wishes.bars_marketing(row, person)
        if suppressed and person.values["in_marketing"] and not self.wishes.only_bounced(row, person):
            self.writing.set_state(person, in_marketing=False, left_marketing_on=self.context.today)
        return suppressed

    def _meet(self, row: ContactRow, person: Person, *, suppressed: bool) -> RowOutcome:
        """Somebody the register knows: whether the row may change anything."""
        if barred := self._outdated(row):
            return barred
        if not self.same_person and names_clash(
            person.values["first_name"], person.values["last_name"], row.first_name, row.last_name
        ):
            if suppressed and not self._names_a_customer(row):
                return self._outcome(row, Decision.SUPPRESSED, _suppressed())
            by_address = row.email_key in person.addresses
            return self._ask(row, Met.ADDRESS if by_address else Met.ID)
        if person.restricted:
            reason = _("Processing of this contact is restricted; nothing was changed.")
            return self._outcome(row, Decision.SUPPRESSED if suppressed else Decision.UNCHANGED, reason)
        return self._fill(row, person, suppressed=suppressed)

    def _ask(self, row: ContactRow, met: Met) -> RowOutcome:
        """Whether the row is about a contact that is known, privacy staff decide."""
        self.quarantine.put(row, QuarantineReason.DUPLICATE, met)
        return self._outcome(row, Decision.QUARANTINED, str(met.label), _staff())

    def _enter(self, row: ContactRow, *, suppressed: bool) -> RowOutcome:
        """Somebody the register does not know: whether the row may enter, and into which register."""
        if not (row.email_key or row.first_name or row.last_name):
            reason = _("No contact has this id, and the row has neither a name nor an e-mail address.")
            return self._outcome(row, Decision.REJECTED, reason, _("Give one of them, or leave the row out."), "email")
        barred = self._barred_prospect(row) if suppressed else None
        if barred := barred or self._former(row):
            self.wishes.object_(row, None)
            return barred
        marketing = row.in_marketing and not suppressed
        person = self.writing.create(row, self.context, self.known, marketing=marketing)
        self.wishes.object_(row, person)
        person.objections |= self.known.objected[row.email_key]
        self.filling.fill(row, person, marketing=marketing)
        if suppressed:
            return self._outcome(row, Decision.SUPPRESSED, _suppressed())
        return self._outcome(row, Decision.CREATED, " ".join(row.notes))

    def _barred_prospect(self, row: ContactRow) -> RowOutcome | None:
        """A pure prospect who is on the list is not stored; a customer's contact is, outside marketing."""
        if self._names_a_customer(row):
            return None
        employed = row.organisation or row.organisation_domain
        remedy = _("Import agreements first, if this person works for a customer.") if employed else ""
        reason = _("The address is on the suppression list; nothing was stored.")
        return self._outcome(row, Decision.SUPPRESSED, reason, remedy)

    def _fill(self, row: ContactRow, person: Person, *, suppressed: bool) -> RowOutcome:
        """Fill what is empty or older; of somebody suppressed in the customer register only."""
        if suppressed and not self._is_about_a_customer(row, person):
            return self._outcome(row, Decision.SUPPRESSED, _suppressed())
        if seen := self._seen_before(row):
            return self._outcome(row, Decision.SUPPRESSED, _suppressed()) if suppressed else seen
        changed = self.filling.fill(row, person, marketing=row.in_marketing and not suppressed)
        if suppressed:
            return self._outcome(row, Decision.SUPPRESSED, _suppressed())
        return self._outcome(row, Decision.UPDATED if changed else Decision.UNCHANGED, " ".join(row.notes))

    def _is_about_a_customer(self, row: ContactRow, person: Person) -> bool:
        """Whether a row may fill the customer register: by the organisation it names, else by the contact's own."""
        if row.organisation or row.organisation_domain:
            return self._names_a_customer(row)
        return any(key in self.organisations.with_agreement for key in person.affiliations)

    def _names_a_customer(self, row: ContactRow) -> bool:
        named = self.organisations.find(row)
        return named is not None and named.id in self.organisations.with_agreement

    def _former(self, row: ContactRow) -> RowOutcome | None:
        """E37: erased on request waits for staff; purged by a rule needs a later collection."""
        found = self.known.former_of(row)
        if found is None:
            return None
        reason, on = found
        if reason == FormerReason.REQUEST:
            self.quarantine.put(row, QuarantineReason.ERASED)
            return self._outcome(row, Decision.QUARANTINED, _("This person was erased on request."), _staff())
        return self._not_after(row, on) if row.collected_on is None or row.collected_on <= on else None

    def _outdated(self, row: ContactRow) -> RowOutcome | None:
        """E37: what was purged by a rule does not come back by an old row, even when the person has come back."""
        found = self.known.former_of(row)
        if found is None or found[0] == FormerReason.REQUEST or row.collected_on is None or row.collected_on > found[1]:
            return None
        return self._not_after(row, found[1])

    def _not_after(self, row: ContactRow, on: date) -> RowOutcome:
        text = _("This person was purged on %(day)s, and the row was not collected after that.") % {"day": on}
        remedy = _("Only a new collection may bring the person back: give its day in collected_on.")
        return self._outcome(row, Decision.REJECTED, text, remedy, "collected_on")

    def _seen_before(self, row: ContactRow) -> RowOutcome | None:
        """The very same file was imported before: it brings no news, whatever has happened to the contact since."""
        if not self.context.same_file:
            return None
        return self._outcome(row, Decision.UNCHANGED, _("This file was imported before and brings nothing new."))

    def _outcome(
        self, row: ContactRow, decision: Decision, reason: str = "", remedy: str = "", column: str = ""
    ) -> RowOutcome:
        return RowOutcome(row.line, decision, reason, remedy, column)


def _suppressed() -> str:
    return _("The address is on the suppression list: never marketing.")


def _staff() -> str:
    return _("Privacy staff decide in the quarantine.")
