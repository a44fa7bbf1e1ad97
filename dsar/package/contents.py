"""An access answer before it is written down: the copy (Art. 15(3)) and what Art. 15(1) and (2) ask for besides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from config.models import Controller
from contacts.models import Contact
from dsar.models import AskedRight
from dsar.package import outside
from dsar.package.redaction import Withheld, refusals, withhold
from dsar.package.sections import Section, Telling
from dsar.package.story import sections
from dsar.package.tables import Subject, Table, subject_of, tables


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything a package holds, in the language that was active when it was gathered. `at` is aware."""

    reference: str
    references: tuple[str, ...]
    language: str
    at: datetime
    controller: Controller
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    withheld: tuple[Withheld, ...]

    @property
    def entries(self) -> int:
        """How many rows of data there are."""
        return sum(len(one.rows) for one in self.tables)


def copy_of(asked: AskedRight, contacts: Sequence[Contact]) -> tuple[Subject, list[Table], list[Withheld]]:
    """The copy alone (Art. 15(3)), without what was refused: whose, its tables, and what is withheld."""
    subject = subject_of(contacts)
    return subject, *withhold(tables(subject), subject, asked)


def gather(asked: AskedRight, contacts: Sequence[Contact], at: datetime, language: str) -> Contents:
    """The answer about the contacts, who are one person, as of `at` (aware); what was refused is withheld.

    The number of queries does not depend on the number of rows. The caller has activated the language.
    """
    subject, kept, withheld = copy_of(asked, contacts)
    controller = Controller.objects.get()
    given = [one for contact in contacts for one in outside.disclosures(contact.pk)]
    told = Telling(contacts, subject, kept, withheld, given, controller, at, frozenset(refusals(asked)))
    return Contents(
        reference=asked.request.reference,
        references=tuple(one.reference for one in contacts),
        language=language,
        at=at,
        controller=controller,
        sections=tuple(sections(told)),
        tables=tuple(kept),
        withheld=tuple(withheld),
    )
