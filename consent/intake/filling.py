"""What a row may change about a contact it is about: values, membership, employer, consent and provenance."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import uuid_utils.compat as uuid

from consent.intake.known import Known, Link, Person, Rank
from consent.intake.organisations import Organisations
from consent.intake.outcome import Context
from consent.intake.wishes import Wishes
from consent.intake.writing import Writing
from contacts.formats.rows import ContactRow
from contacts.provenance import VALUES

_VALUES_OF = attrgetter(*VALUES)


class Filling:
    """Fills contacts from rows: empty fields always, filled ones only with a weightier value."""

    def __init__(
        self, context: Context, known: Known, organisations: Organisations, wishes: Wishes, writing: Writing
    ) -> None:
        self.context = context
        self.known = known
        self.organisations = organisations
        self.wishes = wishes
        self.writing = writing

    def fill(self, row: ContactRow, person: Person, *, marketing: bool) -> bool:
        """Take over what the row brings; returns whether anything is new."""
        rank = self._rank(row)
        self.known.claim(row, person)
        given = {name: value for name, value in zip(VALUES, _VALUES_OF(row), strict=True) if value}
        changes = [
            self._values(given, row, person, rank),
            self._state(row, person, marketing=marketing),
            self._affiliation(row, person, rank),
            self._consent(row, person, marketing=marketing),
        ]
        present = {name for name, value in given.items() if person.values[name] == value}
        return self._collection(row, person, rank, present, changed=any(changes)) or any(changes)

    def _rank(self, row: ContactRow) -> Rank:
        source = self.known.source_of(row, self.context)
        on = row.collected_on or self.context.today
        return Rank(bool(row.supplied_by_subject), on, source.pk, self.context.batch)

    def _values(self, given: dict[str, Any], row: ContactRow, person: Person, rank: Rank) -> bool:
        """The newer value of a field wins, and the person's own outranks an import; returns whether any changed."""
        changed = False
        for name, value in given.items():
            if name in ("notification_preferences", "topics") and self._has_left(name, row, person):
                continue
            current, old = person.values[name], person.ranks.get(name)
            if value == current:
                if old is not None and old.equals(rank):  # what this file says first, its other rows do not undo
                    person.ranks[name] = rank
            elif not current or self._outranks(rank, old, person):
                self.writing.set_value(person, name, value)
                changed = True
        return changed

    def _has_left(self, name: str, row: ContactRow, person: Person) -> bool:
        """Whether a field left with its register, and the row was not collected after that (E37)."""
        if name == "notification_preferences" and not person.is_new and not person.affiliations:
            organisation = self.organisations.find(row)
            return organisation is not None and self.organisations.is_over(organisation, row.collected_on)
        left = person.values["left_marketing_on"]
        if left is None or person.values["in_marketing"]:
            return False
        return row.collected_on is None or bool(row.collected_on <= left)

    def _outranks(self, new: Rank, old: Rank | None, person: Person) -> bool:
        """Whether a new value replaces the present one; one without provenance counts as of the first collection.

        Of several rows of one file with the same day the first wins.
        """
        if old is None:
            old = Rank(by_subject=False, collected_on=person.values["collected_on"])
        return new.weight > old.weight or (new.equals(old) and new.batch != old.batch)

    def _state(self, row: ContactRow, person: Person, *, marketing: bool) -> bool:
        """Membership and day of collection: the earliest known day stays (E3, E4); an import never moves it forward."""
        state: dict[str, Any] = {}
        on, collected = row.collected_on, person.values["collected_on"]
        if on and (on < collected or (on == collected and person.values["collected_estimated"])):
            state |= {"collected_on": on, "collected_estimated": False}
        elif row.seen_on and row.seen_on < collected and person.values["collected_estimated"]:
            state |= {"collected_on": row.seen_on}
        left = person.values["left_marketing_on"]
        if marketing and not person.values["in_marketing"] and (left is None or (on and on > left)):
            state |= {"in_marketing": True, "returned_on": on if left else None}
        if row.email_key and not person.values["email_key"]:
            state |= {"email": row.email, "email_key": row.email_key}
            self.known.by_key[row.email_key] = person
        if state:
            self.writing.set_state(person, **state)
        return bool(state)

    def _affiliation(self, row: ContactRow, person: Person, rank: Rank) -> bool:
        """The dated link to the organisation, and the organisation's own empty facts."""
        organisation = self.organisations.find_or_create(row)
        if organisation is None:
            return False
        source = self.known.source_of(row, self.context)
        changed = self.organisations.fill(organisation, row, source.pk, rank.collected_on)
        link = person.affiliations.get(organisation.id)
        if link is None and not person.is_new and self.organisations.is_over(organisation, row.collected_on):
            return changed
        if link is None:
            link = Link(
                uuid.uuid7(), person.id, organisation.id, row.affiliated_from, row.affiliated_until, is_new=True
            )
            person.affiliations[organisation.id] = link
            self.writing.affiliate(person, link)
            return True
        return self._redate(row, person, link, rank) or changed

    def _redate(self, row: ContactRow, person: Person, link: Link, rank: Rank) -> bool:
        """Empty dates are filled and older ones replaced, unless the two would contradict each other."""
        weightier = self._outranks(rank, person.ranks.get("organisation"), person)
        started, ended = link.started_on or row.affiliated_from, link.ended_on
        if row.affiliated_until and (ended is None or weightier):
            ended = row.affiliated_until
        if (started, ended) == (link.started_on, link.ended_on) or (started and ended and ended < started):
            return False
        link.started_on, link.ended_on = started, ended
        self.writing.reaffiliate(person, link)
        return True

    def _consent(self, row: ContactRow, person: Person, *, marketing: bool) -> bool:
        """The consent as evidence."""
        if not self.wishes.consent(row, person, marketing=marketing):
            return False
        self.writing.touched[person] = None
        return True

    def _collection(self, row: ContactRow, person: Person, rank: Rank, present: set[str], *, changed: bool) -> bool:
        """Provenance: the fields whose present value this row brought or confirmed; they take its weight.

        A source that says again what it said before is not written again, and weighs no more than before.
        """
        employer = row.organisation or row.organisation_domain
        address = {"email"} if row.email and row.email_key == person.values["email_key"] else set()
        names = frozenset(present | address | ({"organisation"} if employer else set()))
        known = any(
            source == rank.source_id
            and by_subject == rank.by_subject
            and names <= fields
            and (row.collected_on is None or row.collected_on == on)
            for source, on, by_subject, fields in person.collections
        )
        if known and not changed:
            return False
        self.writing.collect(person, row, rank, names, self.known.at_source(row)[0])
        return not known
