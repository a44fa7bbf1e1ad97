"""Fields that Django would fill slowly, with a template for each option or a query for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import CheckboxSelectMultiple
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_countries.widgets import LazySelect

Choices = Sequence[tuple[Any, Any]]


class CountrySelect(LazySelect):
    """The world's countries, made at once: with a template for each they take a tenth of a contact's page."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        """What the template of a select gives."""
        made = written(options(tuple(self.choices), get_language()), self.format_value(value)[0])
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), made)


@lru_cache(maxsize=64)
def options(choices: Choices, _language: str | None) -> dict[str, SafeString]:
    """Each choice as an option in that language; the world's countries are the same on every page."""
    return {str(value): format_html('<option value="{}">{}</option>', value, label) for value, label in choices}


def written(options: Mapping[str, SafeString], value: str) -> SafeString:
    """All of the options, with the one that is chosen."""
    chosen = options.get(value)
    made = (option.replace(" ", " selected ", 1) if option is chosen else option for option in options.values())
    return mark_safe("\n".join(made))  # noqa: S308  (escaped one by one)


class TickedFirst(CheckboxSelectMultiple):
    """A long list of boxes, of which those with a tick come first, so that what is chosen is seen at once."""

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> Any:
        """Django's boxes in another order."""
        return sorted(super().optgroups(name, value, attrs), key=lambda group: not group[1][0]["selected"])


class SearchSelect(AutocompleteSelect):
    """The search field of a form; its placeholder is also the name that is read out.

    `known` is the record that the field has been loaded with, which then need not be looked for.
    """

    known: Model | None = None

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        """Django's attributes, with words where it has none."""
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": _("Type to search")}

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        """The chosen record; what is no key at all is left out, and the field says what is wrong with it."""
        chosen = [one for one in value if _is_key(self.field.related_model, one)]
        if self.known is None or chosen != [str(self.known.pk)]:
            return super().optgroups(name, chosen, attrs)
        blank = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        return [(None, [*blank, self.create_option(name, chosen[0], str(self.known), True, 1)], 0)]


def _is_key(model: Any, text: Any) -> bool:
    try:
        model._meta.pk.to_python(text)
    except ValidationError:
        return False
    return True


__all__ = ["CountrySelect", "SearchSelect", "TickedFirst", "options", "written"]
