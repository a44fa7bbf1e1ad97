"""Decides about contact rows: created, updated, unchanged, suppressed, quarantined or rejected (domain section 9, E37).

The order of the questions is the order of the law: somebody who objected is never put back into marketing, somebody erased
on request waits for a person's decision, somebody purged by a rule may come back only with a later collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import uuid_utils.compat as uuid
from django.utils.translation import gettext as _

from config.dates import local_date
from consent.intake.known import VALUES, Known, Person, Rank
from consent.intake.organisations import Organisations
from consent.intake.outcome import Context, RowOutcome
from consent.intake.quarantine import Quarantine
from consent.intake.wishes import Wishes
from consent.intake.writing import Writing
from consent.models.airlock import Decision, QuarantineReason
from consent.models.suppression import FormerReason
from contacts.formats.rows import ContactRow
from contacts.identity import names_clash
from contacts.models import Affiliation


class ContactChunk:
    """One chunk of contact rows: looks everything up once, decides row by row, writes set-wise."""

    def __init__(self, rows: Sequence[ContactRow], context: Context, *, same_person: bool = False) -> None:
        """`same_person`: staff decided that a row under another name is the same person (quarantine)."""
        self.rows = rows
        self.same_person = same_person
        self.context = context
        self.known = Known(rows, context)
        self.organisations = Organisations(rows, context)
        self.quarantine = Quarantine(context)
        self.wishes = Wishes(rows, context)
        self.writing = Writing(context)

    def decide(self) -> list[RowOutcome]:
        """The outcome of every row, in order; later rows see what earlier ones will change."""
        return [self._decide(row) for row in self.rows]

    def write(self) -> list[Any]:
        """Store what was decided, inside the caller's transaction; returns the ids of contacts that changed."""
        self.organisations.write()
        self.writing.write(self.known)
        self.wishes.write()
        self.quarantine.write()
        return [person.id for person in self.writing.touched]

    def _decide(self, row: ContactRow) -> RowOutcome:
        person = self.known.find(row, self.context)
        organisation = self.organisations.find(row)
        is_customer = bool(organisation and organisation.pk in self.organisations.with_agreement) or not row.in_marketing
        opted_out = self.wishes.take(row, person)
        suppressed = opted_out or row.email_key in self.known.suppressed or bool(person and person.objected)
        if suppressed and person is None and not is_customer:
            return self._outcome(row, Decision.SUPPRESSED, _("The address is on the suppression list; nothing was stored."))
        if person is None and (barred := self._former(row)):
            return barred
        if person and not self.same_person and names_clash(
            person.values["first_name"], person.values["last_name"], row.first_name, row.last_name
        ):
            self.quarantine.put(row, QuarantineReason.DUPLICATE)
            reason = _("The address is known under a clearly different name.")
            return self._outcome(row, Decision.QUARANTINED, reason, _("Privacy staff decide whether this is one person."))
        if person and person.restricted:
            reason = _("Processing of this contact is restricted; nothing was changed.")
            return self._outcome(row, Decision.SUPPRESSED if suppressed else Decision.UNCHANGED, reason)
        if suppressed:
            return self._fill_customer_register(row, person)
        return self._fill(row, person, marketing=row.in_marketing)

    def _former(self, row: ContactRow) -> RowOutcome | None:
        """E37: erased on request waits for staff; purged by a rule needs a later collection."""
        reason, on = self.known.former.get(row.email_key, ("", None))
        if not reason or on is None:
            return None
        if reason == FormerReason.REQUEST:
            self.quarantine.put(row, QuarantineReason.ERASED)
            text = _("This person was erased on request.")
            return self._outcome(row, Decision.QUARANTINED, text, _("Privacy staff decide whether the row may enter."))
        if row.collected_on is None or row.collected_on <= on:
            text = _("This person was purged on %(day)s, and the row was not collected after that.") % {"day": on}
            remedy = _("Only a new collection may bring the person back: give its day in collected_on.")
            return self._outcome(row, Decision.REJECTED, text, remedy, "collected_on")
        return None

    def _fill_customer_register(self, row: ContactRow, person: Person | None) -> RowOutcome:
        """A suppressed address: the row may fill the customer register, never marketing."""
        if person is None:
            person = self.writing.create(row, self.context, self.known, marketing=False)
            self.wishes.attach(person)
            self._fill_person(row, person, marketing=False)
        elif any(key in self.organisations.with_agreement for key in person.affiliations):
            self._fill_person(row, person, marketing=False)
        if person.values["in_marketing"]:
            self.writing.set_state(person, in_marketing=False, left_marketing_on=self.context.today)
        text = _("The address is on the suppression list: never marketing.")
        return self._outcome(row, Decision.SUPPRESSED, text)

    # Filling -----------------------------------------------------------------------------------------------------------

    def _fill(self, row: ContactRow, person: Person | None, *, marketing: bool) -> RowOutcome:
        """Create the contact, or fill what is empty or older; says which of the two, or that nothing changed."""
        is_new = person is None
        if person is None:
            person = self.writing.create(row, self.context, self.known, marketing=marketing)
        changes = self._fill_person(row, person, marketing=marketing)
        decision = Decision.CREATED if is_new else Decision.UPDATED if changes else Decision.UNCHANGED
        return self._outcome(row, decision, " ".join(row.notes))

    def _fill_person(self, row: ContactRow, person: Person, *, marketing: bool) -> bool:
        """Values, membership, employer, consent and provenance; returns whether anything is new."""
        changes = self._fill_values(row, person)
        changes |= self._fill_state(row, person, marketing=marketing)
        changes |= self._fill_affiliation(row, person)
        if marketing and self.wishes.consent(row, person):
            if person.values["collected_estimated"] and row.consent_at:
                earliest = min(person.values["collected_on"], local_date(row.consent_at))
                self.writing.set_state(person, collected_on=earliest)
            self.writing.touched[person] = None
            changes = True
        return self._note_collection(row, person, changes) or changes

    def _fill_values(self, row: ContactRow, person: Person) -> bool:
        """The newer value of a field wins, and the person's own outranks an import; returns whether any changed.

        Of several rows of one file with the same day the first wins, so that the file says the same when it comes again.
        """
        rank = self._rank(row)
        changed = False
        for name in VALUES:
            value = list(row.topics) if name == "topics" else getattr(row, name)
            if not value or value == person.values[name]:
                continue
            if not person.values[name] or self._outranks(rank, person.ranks.get(name), person):
                self.writing.set_value(person, name, value, rank)
                changed = True
        return changed

    def _rank(self, row: ContactRow) -> Rank:
        source = self.known.source_of(row, self.context)
        on = row.collected_on or self.context.today
        return Rank(bool(row.supplied_by_subject), on, source.pk, self.context.batch)

    def _outranks(self, new: Rank, old: Rank | None, person: Person) -> bool:
        """Whether a new value replaces the present one; a value without provenance counts as of the first collection."""
        if old is None:
            old = Rank(False, person.values["collected_on"])
        if (new.by_subject, new.collected_on) != (old.by_subject, old.collected_on):
            return (new.by_subject, new.collected_on) > (old.by_subject, old.collected_on)
        same_import = old.batch == self.context.batch or old.batch in self.context.same_file
        return new.source_id == old.source_id and not same_import

    def _fill_state(self, row: ContactRow, person: Person, *, marketing: bool) -> bool:
        """Membership and day of collection: the earliest known day stays, a known day replaces an estimated one."""
        state: dict[str, Any] = {}
        on = row.collected_on
        if on and (person.values["collected_estimated"] or on < person.values["collected_on"]):
            state |= {"collected_on": on, "collected_estimated": False}
        left = person.values["left_marketing_on"]
        if marketing and not person.values["in_marketing"] and (left is None or (on and on > left)):
            state |= {"in_marketing": True, "returned_on": on if left else None}
        if row.email_key and not person.values["email_key"]:
            state |= {"email": row.email, "email_key": row.email_key}
        if state and not person.is_new:
            self.writing.set_state(person, **state)
        return bool(state)

    def _fill_affiliation(self, row: ContactRow, person: Person) -> bool:
        """The dated link to the organisation, and the organisation's own empty facts."""
        organisation = self.organisations.find_or_create(row)
        if organisation is None:
            return False
        changed = self.organisations.fill(organisation, row)
        link = person.affiliations.get(organisation.pk)
        if link is None:
            link = Affiliation(
                id=uuid.uuid7(), contact_id=person.id, organisation=organisation,
                started_on=row.affiliated_from, ended_on=row.affiliated_until,
            )
            person.affiliations[organisation.pk] = link
            self.writing.affiliate(person, link)
            return True
        started = link.started_on or row.affiliated_from
        ended = row.affiliated_until or link.ended_on
        if (started, ended) != (link.started_on, link.ended_on):
            link.started_on, link.ended_on = started, ended
            self.writing.reaffiliate(person, link)
            return True
        return changed

    def _note_collection(self, row: ContactRow, person: Person, changed: bool) -> bool:
        """Provenance: what this row brought. A source that says again what it said before is not written again."""
        rank = self._rank(row)
        names = frozenset(name for name in (*VALUES, "email", "organisation") if getattr(row, name))
        known = any(
            source == rank.source_id
            and by_subject == rank.by_subject
            and names <= fields
            and (row.collected_on is None or row.collected_on == on)
            for source, on, by_subject, fields in person.collections
        )
        if known and not changed:
            return False
        self.writing.collect(person, row, rank, names)
        return not known

    def _outcome(
        self, row: ContactRow, decision: Decision, reason: str = "", remedy: str = "", column: str = ""
    ) -> RowOutcome:
        return RowOutcome(row.line, decision, reason, remedy, column)
