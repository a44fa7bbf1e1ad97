"""Which value of a field wins: the newer one, but the person's own outranks an import; and what provenance says (S42)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from contacts.models import Collection, Contact
from tests.consent.conftest import DAY, NOW, TODAY, assert_changes_nothing, bring, on, person, the

pytestmark = pytest.mark.django_db

ONE, TWO, THREE = "+358401111111", "+358402222222", "+358403333333"


def row(phone: str, day: str, **cells: str) -> dict[str, str]:
    """A row that brings a phone number, collected on a day."""
    return person(phone=phone, collected_on=day, **cells)


def provider(field: str) -> Collection:
    """The collection a field's present value came from, as the register tells it."""
    found = Collection.objects.filter(contact=the()).order_by("supplied_by_subject", "collected_on", "id")
    return [one for one in found if field in one.fields][-1]


def in_one_file(*rows: dict[str, str]) -> None:
    """All rows in one chunk."""
    bring(rows)


def in_chunks(*rows: dict[str, str]) -> None:
    """All rows in one file, each in a chunk of its own; see the fixture `way`."""
    bring(rows)


def in_files(*rows: dict[str, str]) -> None:
    """Each row in a file of its own."""
    for one in rows:
        bring([one])


@pytest.fixture(params=[in_one_file, in_chunks, in_files])
def way(request: pytest.FixtureRequest, chunk_of: Callable[[int], None]) -> Callable[..., None]:
    """How the rows arrive; it must make no difference."""
    if request.param is in_chunks:
        chunk_of(1)
    found: Callable[..., None] = request.param
    return found


# The newer value wins -------------------------------------------------------------------------------------------------


def test_the_newer_value_wins_in_whatever_order_the_rows_arrive(way: Callable[..., None]) -> None:
    way(row(ONE, "2025-01-01"), row(TWO, "2025-01-02"))
    assert the().phone == TWO
    Collection.objects.all().delete()
    Contact.objects.all().delete()
    way(row(TWO, "2025-01-02"), row(ONE, "2025-01-01"))
    assert the().phone == TWO


def test_an_older_row_fills_what_is_empty_and_nothing_else(way: Callable[..., None]) -> None:
    way(row(ONE, "2025-01-02"), row(TWO, "2024-01-01", city="Oulu"))
    assert (the().phone, the().city) == (ONE, "Oulu")


def test_a_value_confirmed_later_is_not_replaced_by_one_from_between(way: Callable[..., None]) -> None:
    way(row(ONE, "2024-01-01"), row(ONE, "2024-06-01"), row(TWO, "2024-03-01"))
    assert the().phone == ONE


def test_fields_are_weighed_one_by_one(way: Callable[..., None]) -> None:
    way(row(ONE, "2025-01-01", city="Oulu"), row("", "2025-02-01", city="Turku"), row(THREE, "2025-01-15"))
    assert (the().city, the().phone) == ("Turku", THREE)


def test_the_topics_of_a_newer_row_replace_the_older_ones(way: Callable[..., None]) -> None:
    way(row(ONE, "2025-01-01", topics="backup; cloud"), row(ONE, "2025-02-01", topics="security"))
    assert the().topics == ["security"]


# The person's own word ------------------------------------------------------------------------------------------------


def test_the_persons_own_value_outranks_a_newer_import(way: Callable[..., None]) -> None:
    way(row(ONE, "2024-01-01", supplied_by_subject="yes"), row(TWO, "2026-01-01"))
    assert the().phone == ONE


def test_the_persons_own_value_replaces_a_newer_import(way: Callable[..., None]) -> None:
    way(row(TWO, "2026-01-01"), row(ONE, "2024-01-01", supplied_by_subject="yes"))
    assert the().phone == ONE


def test_of_two_of_the_persons_own_values_the_newer_wins(way: Callable[..., None]) -> None:
    way(
        row(ONE, "2025-01-02", supplied_by_subject="yes"),
        row(TWO, "2025-01-01", supplied_by_subject="yes"),
        row(THREE, "2025-01-03", supplied_by_subject="yes"),
    )
    assert the().phone == THREE


def test_a_value_the_person_has_confirmed_is_the_persons_own(way: Callable[..., None]) -> None:
    way(
        row(ONE, "2024-01-01"),
        row(ONE, "2024-01-01", supplied_by_subject="yes"),
        row(TWO, "2026-01-01"),
    )
    assert the().phone == ONE


def test_only_the_fields_the_person_gave_are_the_persons_own(way: Callable[..., None]) -> None:
    way(row("", "2024-01-01", city="Oulu", supplied_by_subject="yes"), row(TWO, "2026-01-01", city="Turku"))
    assert (the().city, the().phone) == ("Oulu", TWO)


# The same day ---------------------------------------------------------------------------------------------------------


def test_of_two_rows_of_one_file_with_the_same_day_the_first_wins() -> None:
    rows = [row(ONE, "2025-01-01"), row(TWO, "2025-01-01")]
    bring(rows)
    assert the().phone == ONE
    assert_changes_nothing(rows)


def test_a_correction_by_the_same_source_on_the_same_day_wins_and_another_source_does_not() -> None:
    bring([row(ONE, "2025-01-01", source="crm")])
    bring([row(TWO, "2025-01-01", source="fair")])
    assert the().phone == ONE
    bring([row(THREE, "2025-01-01", source="crm")])
    assert the().phone == THREE


def test_a_row_without_a_day_is_as_old_as_its_import() -> None:
    bring([person(phone=ONE)], NOW - 30 * DAY)
    bring([row(TWO, "2026-11-01")], NOW - 10 * DAY)
    assert the().phone == TWO
    bring([person(phone=THREE, city="Oulu")])
    assert the().phone == THREE
    assert_changes_nothing([person(phone=ONE)])
    assert the().phone == THREE


# Values without provenance --------------------------------------------------------------------------------------------


def test_a_value_typed_in_by_staff_counts_as_of_the_contacts_collection() -> None:
    Contact.objects.create(email="anna@example.org", phone=ONE, collected_on=on("2025-06-01"), in_marketing=True)
    bring([row(TWO, "2025-06-01")])
    assert the().phone == ONE
    bring([row(TWO, "2025-06-02")])
    assert the().phone == TWO


# Provenance -----------------------------------------------------------------------------------------------------------


def test_a_collection_names_source_batch_key_day_and_the_fields_the_row_brought() -> None:
    batch = bring(
        [
            person(
                phone=ONE,
                topics="backup",
                organisation="Acme Oy",
                source="fair",
                source_supplier="Messe GmbH",
                external_id="7",
                collected_on="2025-01-01",
                supplied_by_subject="yes",
            )  # fmt: skip
        ]
    ).batch
    found = Collection.objects.get()
    assert (found.contact, found.source.code, found.source.supplier) == (the(), "fair", "Messe GmbH")
    assert (found.batch, found.external_id) == (batch.pk, "7")
    assert (found.collected_on, found.supplied_by_subject) == (on("2025-01-01"), True)
    assert set(found.fields) == {"email", "first_name", "last_name", "phone", "topics", "organisation"}


def test_the_source_is_the_rows_own_else_the_imports_else_the_formats() -> None:
    bring([person("a@example.org", source="fair"), person("b@example.org")], source="crm")
    bring([person("c@example.org")])
    codes = dict(Collection.objects.values_list("contact__email", "source__code"))
    assert codes == {"a@example.org": "fair", "b@example.org": "crm", "c@example.org": "obhut"}


def test_a_row_without_a_day_was_collected_on_the_day_of_the_import() -> None:
    bring([person()])
    assert Collection.objects.get().collected_on == TODAY


def test_provenance_points_to_the_row_whose_value_stands(way: Callable[..., None]) -> None:
    way(
        row(ONE, "2025-01-01", source="crm"),
        row(TWO, "2025-03-01", source="fair"),
        row(THREE, "2025-02-01", source="list", city="Oulu"),
    )
    assert (the().phone, the().city) == (TWO, "Oulu")
    assert provider("phone").source.code == "fair"
    assert provider("city").source.code == "list"


def test_provenance_of_a_tie_points_to_the_row_whose_value_stands(way: Callable[..., None]) -> None:
    way(row(ONE, "2025-01-01", source="crm"), row(TWO, "2025-01-01", source="fair"))
    assert the().phone == ONE
    assert provider("phone").source.code == "crm"


# What is stored is what was written -----------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+cmd", "-cmd", "@SUM(A1)", '=HYPERLINK("http://x")', "|calc", "%0A"]


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_that_looks_like_a_formula_is_stored_as_it_is(name: str) -> None:
    bring(json.dumps({"email": "anna@example.org", "first_name": name, "last_name": "Virtanen"}))
    assert the().first_name == name


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-cmd", "@SUM(A1)"])
def test_one_escaping_apostrophe_in_a_spreadsheet_is_no_part_of_the_name(name: str) -> None:
    bring([person(first_name="'" + name)])
    assert the().first_name == name


def test_hostile_text_reaches_the_register_unchanged() -> None:
    name = '\\N \\. {a,"b"} O\'Brien; DROP TABLE -- % %s {} NULL'
    bring([person(last_name=name, topics='a"b; {c}')])
    assert (the().last_name, the().topics) == (name, ['a"b', "{c}"])
    bring([person(last_name=name, city="\\x41 \\\\ ☃ 𝔘", collected_on="2026-11-23")])
    assert (the().last_name, the().city) == (name, "\\x41 \\\\ ☃ 𝔘")
