"""What the sections of an access answer are made of, and what they are told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model
from django.utils.formats import date_format
from django.utils.timezone import localtime

from config.models import Controller
from consent.models import Disclosure
from contacts.models import Contact
from dsar.models.decisions import DataCategory
from dsar.package.outside import Given
from dsar.package.places import category_of
from dsar.package.redaction import Withheld
from dsar.package.tables import Subject, Table


@dataclass(frozen=True, slots=True)
class Section:
    """One point of the list: its code, the article, a title, sentences, and rows under headers."""

    code: str
    article: str
    title: str
    sentences: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """What the sections are told from, read once; `refused` are categories they say nothing of. `at` is aware."""

    contacts: Sequence[Contact]
    subject: Subject
    tables: Sequence[Table]
    withheld: Sequence[Withheld]
    given: Sequence[Given]
    controller: Controller
    at: datetime
    refused: frozenset[DataCategory] = frozenset()

    @property
    def passed_on(self) -> Sequence[Given]:
        """The disclosures, unless their category was refused."""
        return self.given if self.may_tell(Disclosure) else ()

    def may_tell(self, table: type[Model]) -> bool:
        """Whether sections may tell what is in a table: its category was not refused, as the copy would be."""
        return category_of(table._meta.label) not in self.refused


def moment(at: datetime) -> str:
    """A time of the controller's day, for people."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
