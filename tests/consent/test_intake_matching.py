"""Who a row is about: the normalised address, or without one the source and the key there (house.md, identity)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contacts.models import Contact
from contacts.models.people import derived_keys
from tests.consent.conftest import bring, person

pytestmark = pytest.mark.django_db


def test_an_address_matches_in_another_spelling() -> None:
    bring([person("Anna@Example.org")])
    assert bring([person(" ANNA@EXAMPLE.ORG ", city="Oulu")]).decisions == ["updated"]
    assert Contact.objects.get().city == "Oulu"


def test_dots_and_plus_signs_make_another_person() -> None:
    bring([person("anna@example.org"), person("an.na@example.org"), person("anna+x@example.org")])
    assert Contact.objects.count() == 3


def test_a_contact_without_address_matches_on_source_and_key_only() -> None:
    row = person("", external_id="7", source="crm")
    assert bring([row]).decisions == ["created"]
    assert bring([row | {"city": "Oulu"}]).decisions == ["updated"]
    assert bring([row | {"source": "erp"}]).decisions == ["created"]
    assert bring([row | {"external_id": "8"}]).decisions == ["created"]
    assert Contact.objects.count() == 3


def test_the_source_of_the_whole_import_serves_rows_that_name_none() -> None:
    bring([person("", external_id="7")], source="crm")
    assert bring([person("", external_id="7", source="crm")]).decisions == ["unchanged"]
    assert bring([person("", external_id="7")], source="erp").decisions == ["created"]


def test_a_contact_without_address_gets_one_when_its_source_knows_it() -> None:
    bring([person("", external_id="7", source="crm")])
    assert bring([person(external_id="7", source="crm")]).decisions == ["updated"]
    anna = Contact.objects.get()
    assert (anna.email, anna.email_key) == ("anna@example.org", "anna@example.org")
    assert anna.email_digest == derived_keys("anna@example.org", "", "")["email_digest"]


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
def test_a_row_without_address_finds_whom_a_row_before_has_given_its_key(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    chunk_of(rows_in_a_chunk)
    bring([person()])
    bring([person(external_id="5", source="crm"), person("", external_id="5", source="crm", city="Oulu")])
    assert Contact.objects.get().city == "Oulu"


def test_one_contact_is_found_under_its_keys_at_two_sources_in_one_file() -> None:
    bring([person(external_id="5", source="crm")])
    bring([person(external_id="9", source="erp", city="Oulu")])
    bring([person("", external_id="5", source="crm"), person("", external_id="9", source="erp", state="Uusimaa")])
    assert Contact.objects.get().state == "Uusimaa"
