"""Fields that are filled without a template for each option or a query for each row."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from config.admin_site.widgets import CountrySelect, SearchSelect, TickedFirst
from contacts.models import Affiliation, Contact, Organisation

OPTION = re.compile(r'<option value="([^"]*)"( selected)?[^>]*>([^<]*)</option>')


def options(html: str) -> list[tuple[str, bool, str]]:
    """The value of each option, whether it is chosen, and its label."""
    spelled = re.sub(r'<option selected value="([^"]*)"', r'<option value="\1" selected', html)
    return [(value, bool(chosen), label) for value, chosen, label in OPTION.findall(spelled)]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("country", ["FI", "", None, "XX"])
def test_the_countries_are_those_of_the_stock_widget(language: str, country: str | None) -> None:
    field: Any = Contact._meta.get_field("country")
    with translation.override(language):
        stock = field.formfield().widget.render("country", country, {"id": "c", "required": True})
        quick = field.formfield(widget=CountrySelect).widget.render("country", country, {"id": "c", "required": True})
    assert options(quick) == options(stock)
    assert len(options(quick)) > 200
    assert quick.startswith('<select name="country" id="c" required>')


def test_what_is_ticked_comes_first() -> None:
    boxes = TickedFirst(choices=[("AT", "Austria"), ("FI", "Finland"), ("SE", "Sweden")]).render("serves", ["SE"])
    assert re.findall(r'value="(..)"', boxes) == ["SE", "AT", "FI"]
    assert boxes.count("checked") == 1


@pytest.mark.django_db
def test_a_record_that_is_known_is_not_looked_for(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    firm, other = (Organisation.objects.create(name=name) for name in ("A <firm>", "Another"))
    link: Any = Affiliation._meta.get_field("organisation")
    field = link.formfield(widget=SearchSelect(link, admin.site))
    widget = field.widget
    asked = widget.render("organisation", str(firm.pk))
    widget.known = firm
    with django_assert_num_queries(0):
        assert widget.render("organisation", str(firm.pk)) == asked
    with django_assert_num_queries(1):
        assert options(widget.render("organisation", str(other.pk)))[-1] == (str(other.pk), True, "Another")
    assert options(widget.render("organisation", "no key"))[-1:] in ([], [("", False, "")])
