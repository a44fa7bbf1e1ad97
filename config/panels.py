"""Panels: the parts of the home page and of a record's page, which each app adds to in its own `panels.py`.

    @panel(order=20)
    def last_runs(request: HttpRequest) -> Panel | None: ...

    @record_panel("contacts.contact", order=30)
    def holds(request: HttpRequest, contact: Contact) -> Panel | None: ...

A panel asks for its own permission and answers None when the account lacks it. It reads and never writes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled box: a template and what it is filled with; the rest says how much room and attention it wants."""

    title: str | StrPromise
    template: str
    context: dict[str, Any] = field(default_factory=dict)
    wide: bool = False
    tall: bool = False
    alert: bool = False


HomePanel = Callable[[HttpRequest], Panel | None]
RecordPanel = Callable[[HttpRequest, Any], Panel | None]

_HOME: list[tuple[int, HomePanel]] = []
_RECORDS: dict[str, list[tuple[int, RecordPanel]]] = defaultdict(list)


def panel(*, order: int) -> Callable[[HomePanel], HomePanel]:
    """Register a panel of the home page; lower orders come first."""

    def register(function: HomePanel) -> HomePanel:
        _HOME.append((order, function))
        return function

    return register


def record_panel(*pages: str, order: int) -> Callable[[RecordPanel], RecordPanel]:
    """Register a panel of the page of every record of a kind; lower orders come first.

    A page is the admin's of a model ("contacts.contact") or another by its name ("directory.contact").
    """

    def register(function: RecordPanel) -> RecordPanel:
        for page in pages:
            _RECORDS[page].append((order, function))
        return function

    return register


def home_panels(request: HttpRequest) -> list[Panel]:
    """The panels of the home page that this account may see, in their order."""
    made = (function(request) for _order, function in sorted(_HOME, key=lambda item: item[0]))
    return [one for one in made if one is not None]


def record_panels(request: HttpRequest, record: Model, page: str = "") -> list[Panel]:
    """The panels of one record's page (in the admin, unless another is named) that this account may see."""
    registered = sorted(_RECORDS[page or record._meta.label_lower], key=lambda item: item[0])
    made = (function(request, record) for _order, function in registered)
    return [one for one in made if one is not None]
