"""The person's rows out of every declared table: one query for each, however many rows there are (S110; Art. 15(3))."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import DateField, DateTimeField, Field, ForeignKey, Model, Q, QuerySet
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from config import keys
from config.admin_site.words import field_name
from config.sql import array, compiled
from consent.words import purpose_name
from contacts.models import Contact
from contacts.personal_data import declaration, declared_models
from dsar.models import Match, RightsRequest
from dsar.models.decisions import DataCategory
from dsar.models.matches import MatchState
from dsar.package.places import (
    BY_DIGEST,
    FIELDS_LEFT_OUT,
    FREE_TEXT,
    LEFT_OUT,
    NAMED_BY,
    OF_REQUESTS,
    THROUGH,
    TITLES,
    category_of,
)
from retention.models import Hold

Cell = str | int | float | bool | list[Any] | dict[str, Any] | None
EMPTY: Final[tuple[Cell, ...]] = (None, "", [], {})
"""Cells that say nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field in the package: its name, its category, and the path to its value."""

    name: str
    category: DataCategory
    path: str
    field: Field[Any, Any]
    is_free_text: bool = False

    @property
    def title(self) -> str:
        """What the field is called, in the language of the moment; a link is called like what it leads to."""
        if self.name in TITLES:
            return capfirst(str(TITLES[self.name]))
        name: Any = self.field.verbose_name
        if isinstance(self.field, ForeignKey) and not isinstance(name, Promise):
            name = self.field.related_model._meta.verbose_name
        return capfirst(str(name))

    @property
    def end(self) -> Field[Any, Any]:
        """The field that the path leads to."""
        field: Any = self.field
        for name in self.path.split("__")[1:]:
            field = field.related_model._meta.get_field(name)
        return field  # type: ignore[no-any-return]

    def words(self, value: Cell) -> str:
        """A value for people: codes in words, yes and no, days as people write them, lists as lines."""
        if value in EMPTY:
            return ""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, list):
            return "\n".join(map(self._item, value))
        return self._item(value) if isinstance(value, dict) else self._text(value)

    def _item(self, item: Any) -> str:
        """One of a list: a field of the contact by its name."""
        if not isinstance(item, str):
            return json.dumps(item, ensure_ascii=False)
        return capfirst(field_name(Contact._meta.label, item)) if self.name == "fields" else item

    def _text(self, value: Any) -> str:
        end, text = self.end, str(value)
        if end.choices:
            return str(dict(end.flatchoices).get(value, value))
        if self.name == "purpose":
            return purpose_name(text)
        if isinstance(end, DateTimeField):
            return date_format(datetime.fromisoformat(text), "SHORT_DATETIME_FORMAT")
        return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT") if isinstance(end, DateField) else text


@dataclass(slots=True)
class Table:
    """One declared table with the person's rows; each row has a cell for each column, in JSON's own types."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True)
class Subject:
    """The person: the ids of every record that is theirs, their requests, and their digests under every key."""

    contacts: tuple[UUID, ...]
    requests: tuple[UUID, ...]
    digests: tuple[str, ...]
    addresses: frozenset[str]


NOBODY: Final = Subject((UUID(int=1),), (UUID(int=2),), ("nobody",), frozenset())
"""Stands for the person in a statement that is about nobody yet."""


def subject_of(contacts: Sequence[Contact]) -> Subject:
    """Everything by which rows of one person are found; the contacts are all the records the person has."""
    known = [key for one in contacts for key in (one.email_key, one.phone) if key]
    digests = tuple(digest for key in known for _version, digest in keys.all_digests(key))
    mine = Match.objects.filter(contact__in=contacts, state=MatchState.CONFIRMED)
    found = RightsRequest.objects.filter(Q(pk__in=mine.values("request")) | Q(requester_digest__in=digests))
    requests = tuple(found.order_by("pk").values_list("pk", flat=True))
    addresses = frozenset(key.casefold() for one in contacts for key in (one.email_key, one.email) if key)
    return Subject(tuple(one.pk for one in contacts), requests, digests, addresses)


def models_in_package() -> Iterator[type[Model]]:
    """The declared tables with a place in the package, the contact first."""
    yield Contact
    for model, data in declared_models():
        label = model._meta.label
        has_place = data.subject or label in THROUGH or label in OF_REQUESTS or label in BY_DIGEST
        if has_place and label not in LEFT_OUT and model is not Contact:
            yield model


def rows_of(model: type[Model], subject: Subject) -> QuerySet[Any, Any]:
    """The person's rows of one table; the text of the query is the same for everybody."""
    label, rows = model._meta.label, model._base_manager.all()
    if model is Hold:
        rows = rows.filter(is_secret=False)
    if model is Contact:
        return rows.filter(pk__among=array(subject.contacts))
    if label in OF_REQUESTS:
        return rows.filter(**{f"{OF_REQUESTS[label]}__among": array(subject.requests)})
    if label in BY_DIGEST:
        return rows.filter(**{f"{BY_DIGEST[label]}__among": array(subject.digests)})
    if label in THROUGH:
        return rows.filter(**{f"{THROUGH[label]}__among": array(subject.contacts)}).distinct()
    data = declaration(model)
    return rows.filter(**{f"{data.subject if data else ''}__among": array(subject.contacts)})


def tables(subject: Subject) -> list[Table]:
    """Every table with any row of the person, in the order of the floors, and each row in the order of its key."""
    found = []
    for model in _filled(subject):
        columns = columns_of(model)
        rows = rows_of(model, subject).order_by("pk").values_list(*(one.path for one in columns))
        cells = [list(map(plain, row)) for row in rows]
        found.append(Table(model._meta.label_lower, capfirst(str(model._meta.verbose_name_plural)), columns, cells))
    return found


def _filled(subject: Subject) -> list[type[Model]]:
    """The tables with any row of the person, found in one statement: most tables have none, and need no other."""
    models, sql, params = _question(connection.vendor)
    meant = dict(zip(_values(NOBODY), _values(subject), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [meant.get(one, one) for one in params])
        answers = cursor.fetchone() or ()
    return [model for model, yes in zip(models, answers, strict=True) if yes]


@cache
def _question(_vendor: str) -> tuple[list[type[Model]], str, list[Any]]:
    """The statement about nobody, made once: which tables have rows, with the parameters to exchange."""
    models, parts, params = list(models_in_package()), [], list[Any]()
    for model in models:
        sql, values = compiled(rows_of(model, NOBODY).order_by().values_list("pk"))
        parts.append(f"EXISTS ({sql})")
        params += values
    return models, f"SELECT {', '.join(parts)}", params


def _values(subject: Subject) -> tuple[Any, ...]:
    """The parameters that speak of the person."""
    return array(subject.contacts), array(subject.requests), array(subject.digests)


@cache
def columns_of(model: type[Model]) -> tuple[Column, ...]:
    """The fields of a table that have a place in the package."""
    return tuple(column for one in model._meta.local_concrete_fields if (column := _column(model, one)) is not None)


def _column(model: type[Model], one: Field[Any, Any]) -> Column | None:
    named = NAMED_BY.get(f"{model.__name__}.{one.name}") or NAMED_BY.get(one.name)
    if named and isinstance(one, ForeignKey):
        path = named
    elif one.name in FIELDS_LEFT_OUT or one.primary_key:
        return None
    else:
        path = one.name
    return Column(
        name=one.name,
        category=category_of(model._meta.label, one.name),
        path=path,
        field=one,
        is_free_text=is_free_text(model, one.name),
    )


def is_free_text(model: type[Model], name: str) -> bool:
    """Whether a field holds what somebody wrote freely."""
    return f"{model.__name__}.{name}" in FREE_TEXT


def plain(value: Any) -> Cell:
    """A value as JSON has it: instants in ISO 8601 with their offset, days as ISO dates, nothing rounded or escaped."""
    if value is None or type(value) in (str, int, bool):
        return value  # type: ignore[no-any-return]
    if isinstance(value, datetime):
        return value.astimezone(settings.CONTROLLER_ZONE).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict | float):
        return value
    return float(value) if isinstance(value, Decimal) else str(value)
