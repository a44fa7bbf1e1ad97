"""Panels: the parts of the home page and of a record's page, which each app adds to in its own `panels.py`.

    @panel(order=20)
    def last_runs(request: HttpRequest) -> Panel | None: ...

    @record_panel("contacts.contact", order=30)
    def holds(request: HttpRequest, contact: Contact) -> Panel | None: ...

A panel asks for its own permission and answers None when the account lacks it. It reads and never writes. One that
shows nothing without rows names these (`rows`): the page asks for all such panels at once which of them have any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from config.together import filled

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
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Registered:
    """A panel with its place on the page, and the rows without which it shows nothing."""

    order: int
    function: Callable[..., Panel | None]
    rows: Callable[..., QuerySet[Any, Any]] | None


_HOME: list[_Registered] = []
_RECORDS: dict[str, list[_Registered]] = defaultdict(list)


def panel(*, order: int, rows: Callable[[], QuerySet[Any, Any]] | None = None) -> Callable[[HomePanel], HomePanel]:
    """Register a panel of the home page; lower orders come first."""

    def register(function: HomePanel) -> HomePanel:
        _HOME.append(_Registered(order, function, rows))
        return function

    return register


def record_panel(
    *pages: str, order: int, rows: Callable[[Any], QuerySet[Any, Any]] | None = None
) -> Callable[[RecordPanel], RecordPanel]:
    """Register a panel of the page of every record of a kind; lower orders come first.

    A page is the admin's of a model ("contacts.contact") or another by its name ("directory.contact").
    """

    def register(function: RecordPanel) -> RecordPanel:
        for page in pages:
            _RECORDS[page].append(_Registered(order, function, rows))
        return function

    return register


def home_panels(request: HttpRequest) -> list[Panel]:
    """The panels of the home page that this account may see, in their order."""
    return _made(_HOME, (), request)


def record_panels(request: HttpRequest, record: Model, page: str = "") -> list[Panel]:
    """The panels of one record's page (in the admin, unless another is named) that this account may see."""
    return _made(_RECORDS[page or record._meta.label_lower], (record,), request)


def _made(registered: list[_Registered], about: tuple[Any, ...], request: HttpRequest) -> list[Panel]:
    in_order = sorted(registered, key=lambda one: one.order)
    full = filled({one.function: one.rows(*about) for one in in_order if one.rows})
    made = (one.function(request, *about) for one in in_order if one.rows is None or one.function in full)
    return [one for one in made if one is not None]


def once(request: HttpRequest, read: Callable[..., Found], *about: Any) -> Found:
    """What several panels of one page show, read for the first of them: `read(*about)`."""
    known: dict[Any, Any] = request.__dict__.setdefault("_read_for_panels", {})
    if (read, *about) not in known:
        known[read, *about] = read(*about)
    return cast("Found", known[read, *about])
