"""What the sections of an access answer are made of, and what they are told from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from config.models import Controller
from contacts.models import Contact
from dsar.package.outside import Given
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
    """What the sections are told from, read once. `at` is aware."""

    contacts: Sequence[Contact]
    subject: Subject
    tables: Sequence[Table]
    withheld: Sequence[Withheld]
    given: Sequence[Given]
    controller: Controller
    at: datetime


def moment(at: datetime) -> str:
    """A time of the controller's day, for people."""
    return date_format(localtime(at), "SHORT_DATETIME_FORMAT")
