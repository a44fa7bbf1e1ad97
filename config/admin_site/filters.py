"""Filters of a list: short lists of choices and free text, shown in one form with the search box."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy

from config.admin_site.widgets import Choices, options, written

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin
    from django_stubs_ext import StrPromise


class ChoiceFilter(SimpleListFilter):
    """A filter with fixed choices; they never come from a DISTINCT over the table.

    `unset` is what the list shows while nothing is chosen.
    """

    template = "admin/filter_choice.html"
    unset: StrPromise = gettext_lazy("any")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The options, made at once: a template takes longer for all countries than the database for the list."""
        yield written(options(tuple(self.lookup_choices), get_language()), self.value() or "")


class TextFilter(SimpleListFilter):
    """A filter by what somebody types, or by what a link from another page says; `hidden` shows it only when set."""

    template = "admin/filter_text.html"
    hidden = False

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
        return ()

    def has_output(self) -> bool:
        return not self.hidden or bool(self.value())

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        return iter(())

    def value(self) -> str | None:
        return (super().value() or "").strip() or None


def choice_filter(field: str, choices: Choices, title: str | StrPromise, name: str = "") -> type[ChoiceFilter]:
    """A filter on one field by its declared choices; `name` is its parameter where the field is across a link."""
    known = {str(value): value for value, _label in choices}
    label: Any = title

    class FieldChoice(ChoiceFilter):
        parameter_name = name or field
        title = label

        def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> Choices:
            return choices

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            wanted = self.value() or ""
            return queryset.filter(**{field: known[wanted]}) if wanted in known else queryset

    return FieldChoice
