"""The set-wise database tools: what goes in comes out, on PostgreSQL and SQLite alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Lower

from config.models import AuditEvent
from config.sql import column, compiled, execute, insert_from, insert_rows, table, update_rows
from contacts.models import Affiliation, Collection, Contact, Engagement, Organisation, Source

pytestmark = pytest.mark.django_db

HOSTILE = (
    "", " ", "NULL", "null", "\\N", "\\.", "\\", "\\\\t", "a\tb", "a\nb\r\nc", '"', '""', "'", "''", "{", "}", "{}", "{a,b}",
    ",", "a,b", "%", "%s", "%(x)s", "$1", "?", "--", "/*", "; DROP TABLE contacts_contact", "ä ö å ß", "☃ 𝔘 👩‍👩‍👧", "e\u0301",
    "\u200f", "\x01\x1f", "true", "1e400", "2026-01-01", "x" * 90,
)  # fmt: skip
MOMENTS = (
    datetime(2026, 3, 29, 0, 59, 59, 999999, UTC),
    datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
    datetime(1900, 1, 1, tzinfo=UTC),
    datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=3))),
)
FIELDS = ("id", "reference", "last_name", "in_marketing", "collected_on", "last_engaged_on", "topics", "created_at")


def contact(number: int, **values: Any) -> Contact:
    """A stored contact."""
    return Contact.objects.create(last_name=f"N{number}", collected_on=date(2026, 1, 1), **values)


def contact_columns(one: dict[str, Any]) -> list[Any]:
    """Every column of Contact as the database takes it, empty where nothing else is said."""
    values = {field.name: field.get_default() for field in Contact._meta.concrete_fields}
    values |= {
        "topics": "[]",
        "collected_on": date(2026, 1, 1),
        "created_at": MOMENTS[0],
        "updated_at": MOMENTS[0],
    } | one
    return [values[field.name] for field in Contact._meta.concrete_fields]


ALL = tuple(field.name for field in Contact._meta.concrete_fields)


# insert_rows ----------------------------------------------------------------------------------------------------------


def test_inserted_rows_come_back_as_they_were() -> None:
    rows = [
        {
            "id": uuid4(), "reference": f"C-{number}", "last_name": text, "in_marketing": bool(number % 2),
            "collected_on": date(2024, 2, 29), "last_engaged_on": None if number % 3 else date(1999, 12, 31),
            "topics": json.dumps([text, number]), "created_at": MOMENTS[number % len(MOMENTS)],
        }
        for number, text in enumerate(HOSTILE)
    ]  # fmt: skip
    assert insert_rows(Contact, ALL, (contact_columns(row) for row in rows)) == len(rows)
    found = {one["id"]: one for one in Contact.objects.values(*FIELDS)}
    assert found == {row["id"]: row | {"topics": json.loads(row["topics"])} for row in rows}  # type: ignore[arg-type]


def test_inserted_rows_equal_those_the_orm_writes() -> None:
    made = contact(1, email="anna@example.org", topics=["backup"], last_engaged_on=date(2026, 2, 2))
    row = Contact.objects.values().get()
    Contact.objects.all().delete()
    values = {name.removesuffix("_id"): value for name, value in row.items()} | {"topics": json.dumps(row["topics"])}
    insert_rows(Contact, ALL, [contact_columns(values)])
    assert Contact.objects.values().get() == row
    assert Contact.objects.filter(pk=made.pk, email_key="anna@example.org").exists()


def test_no_rows_are_no_rows() -> None:
    assert insert_rows(Contact, FIELDS, []) == 0
    assert insert_rows(Contact, FIELDS, iter(())) == 0
    assert not Contact.objects.exists()


def test_rows_with_numeric_keys_get_their_numbers_from_the_database() -> None:
    source, one = Source.objects.create(code="crm"), contact(1)
    columns = ("contact", "source", "batch", "external_id", "collected_on", "supplied_by_subject", "fields")
    rows = [(one.pk, source.pk, None, text, date(2026, 1, 1), True, json.dumps([text])) for text in HOSTILE]
    assert insert_rows(Collection, columns, rows) == len(HOSTILE)
    found = Collection.objects.order_by("id")
    assert [row.external_id for row in found] == list(HOSTILE)
    assert [row.fields for row in found] == [[text] for text in HOSTILE]
    Collection.objects.create(contact=one, source=source, collected_on=date(2026, 1, 1))
    assert Collection.objects.count() == len(HOSTILE) + 1


def test_a_refused_row_takes_all_rows_of_the_call_with_it() -> None:
    rows = [contact_columns({"id": uuid4(), "reference": reference}) for reference in ("C-1", "C-2", "C-1")]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Contact, ALL, rows)
    assert not Contact.objects.exists()


# update_rows ----------------------------------------------------------------------------------------------------------


def test_updated_rows_come_back_as_they_were_and_others_stay() -> None:
    people = [contact(number) for number, _text in enumerate(HOSTILE)]
    other = contact(1000)
    before = Contact.objects.values().get(pk=other.pk)
    fields = ("last_name", "in_marketing", "collected_on", "last_engaged_on", "topics", "updated_at")
    rows: list[Sequence[Any]] = [
        (
            one.pk, text, bool(number % 2), date(2024, 2, 29), None if number % 3 else date(1999, 12, 31),
            json.dumps([text]), MOMENTS[number % len(MOMENTS)],
        )
        for number, (one, text) in enumerate(zip(people, HOSTILE, strict=True))
    ]  # fmt: skip
    assert update_rows(Contact, fields, rows) == len(HOSTILE)
    for pk, *values in rows:
        found = Contact.objects.values_list(*fields).get(pk=pk)
        values[4] = json.loads(values[4])
        assert list(found) == values
    assert Contact.objects.values().get(pk=other.pk) == before


def test_a_value_can_be_emptied() -> None:
    one = contact(1, email="anna@example.org", last_engaged_on=date(2026, 1, 1))
    update_rows(Contact, ("email_key", "last_engaged_on", "email"), [(one.pk, None, None, "")])
    one.refresh_from_db()
    assert (one.email_key, one.last_engaged_on, one.email) == (None, None, "")


def test_updating_nothing_and_nobody() -> None:
    one = contact(1)
    assert update_rows(Contact, ("last_name",), []) == 0
    assert update_rows(Contact, ("last_name",), [(uuid4(), "Nobody")]) == 0
    one.refresh_from_db()
    assert one.last_name == "N1"


def test_a_reference_to_another_table_can_be_moved() -> None:
    one, first, second = contact(1), Organisation.objects.create(name="A"), Organisation.objects.create(name="B")
    link = Affiliation.objects.create(contact=one, organisation=first)
    update_rows(Affiliation, ("organisation", "ended_on"), [(link.pk, second.pk, date(2026, 1, 1))])
    link.refresh_from_db()
    assert (link.organisation, link.ended_on) == (second, date(2026, 1, 1))


def test_a_table_with_numeric_keys_can_be_updated() -> None:
    one = contact(1)
    visit = Engagement.objects.create(contact=one, kind="visit", occurred_at=MOMENTS[0])
    assert update_rows(Engagement, ("url",), [(visit.pk, "https://example.org")]) == 1
    visit.refresh_from_db()
    assert visit.url == "https://example.org"


def test_a_constraint_is_heeded() -> None:
    link = Affiliation.objects.create(contact=contact(1), organisation=Organisation.objects.create(name="A"))
    with pytest.raises(IntegrityError), transaction.atomic():
        update_rows(Affiliation, ("started_on", "ended_on"), [(link.pk, date(2026, 2, 1), date(2026, 1, 1))])


# __among --------------------------------------------------------------------------------------------------------------


def test_among_finds_whom_in_finds() -> None:
    people = [contact(number, email=f"p{number}@example.org") for number in range(5)]
    some = [people[1].pk, people[3].pk, uuid4()]
    assert set(Contact.objects.filter(pk__among=some)) == {people[1], people[3]}
    keys = ["p0@example.org", "nobody@example.org", "p4@example.org"]
    assert set(Contact.objects.filter(email_key__among=keys)) == {people[0], people[4]}
    assert set(Contact.objects.exclude(pk__among=some)) == {people[0], people[2], people[4]}


def test_among_nothing_finds_nobody() -> None:
    contact(1)
    assert not Contact.objects.filter(pk__among=[]).exists()
    assert not Contact.objects.filter(last_name__among=[]).exists()
    assert Contact.objects.exclude(pk__among=[]).exists()


@pytest.mark.parametrize("text", HOSTILE)
def test_among_takes_any_text_literally(text: str) -> None:
    wanted = contact(1)
    contact(2)
    Contact.objects.filter(pk=wanted.pk).update(last_name=text)
    assert list(Contact.objects.filter(last_name__among=[text, "nobody's"])) == [wanted]
    assert not Contact.objects.filter(last_name__among=[text + "!"]).exists()


def test_among_takes_ids_as_text_too_and_repeats_do_no_harm() -> None:
    one = contact(1)
    assert list(Contact.objects.filter(pk__among=[str(one.pk)])) == [one]
    assert list(Contact.objects.filter(pk__among=[one.pk, one.pk])) == [one]


def test_among_works_on_days_numbers_and_references() -> None:
    one, organisation = contact(1), Organisation.objects.create(name="A")
    link = Affiliation.objects.create(contact=one, organisation=organisation)
    assert list(Affiliation.objects.filter(contact__among=[one.pk])) == [link]
    assert list(Affiliation.objects.filter(organisation__among=[organisation.pk])) == [link]
    assert not Affiliation.objects.filter(contact__among=[organisation.pk]).exists()
    assert list(Contact.objects.filter(collected_on__among=[date(2026, 1, 1), date(2020, 1, 1)])) == [one]
    assert not Contact.objects.filter(collected_on__among=[date(2026, 1, 2)]).exists()
    visit = Engagement.objects.create(contact=one, kind="visit", occurred_at=MOMENTS[0])
    assert list(Engagement.objects.filter(pk__among=[visit.pk, visit.pk + 1])) == [visit]


def test_among_takes_more_values_than_a_statement_has_placeholders() -> None:
    one = contact(1, email="anna@example.org")
    ids = [UUID(int=number) for number in range(300_000)] + [one.pk]
    assert list(Contact.objects.filter(pk__among=ids)) == [one]
    keys = [f"p{number}@example.org" for number in range(300_000)] + ["anna@example.org"]
    assert list(Contact.objects.filter(email_key__among=keys)) == [one]


# The rest -------------------------------------------------------------------------------------------------------------


def test_insert_from_feeds_a_table_by_a_query() -> None:
    first, second = contact(1), contact(2)
    home = Organisation.objects.create(name="A")
    rows = Contact.objects.annotate(home=Value(home.pk)).order_by().values_list("pk", "pk", "home", Lower("last_name"))
    columns = ("id", "contact", "organisation", "role")
    assert insert_from(Affiliation, columns, rows) == 2
    assert set(Affiliation.objects.values_list("contact", "organisation", "role")) == {
        (first.pk, home.pk, "n1"),
        (second.pk, home.pk, "n2"),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_from(Affiliation, columns, rows)
    assert insert_from(Affiliation, columns, rows, ignore=True) == 0
    contact(3)
    assert insert_from(Affiliation, columns, rows, ignore=True) == 1


def test_insert_from_nothing_inserts_nothing() -> None:
    rows = Contact.objects.annotate(home=F("id")).filter(last_name="%s").values_list("pk", "pk", "home", "last_name")
    assert insert_from(Affiliation, ("id", "contact", "organisation", "role"), rows) == 0


def test_execute_counts_the_rows_it_touched() -> None:
    contact(1)
    contact(2)
    name = column(Contact, "last_name")
    assert execute(f"UPDATE {table(Contact)} SET {name} = %s WHERE {name} = %s", ["x", "N1"]) == 1
    assert execute(f"UPDATE {table(Contact)} SET {name} = %s WHERE {name} = %s", ["x", "N9"]) == 0


def test_a_compiled_query_carries_its_parameters() -> None:
    sql, params = compiled(Contact.objects.filter(last_name="O'Brien %s").values_list("pk"))
    assert "O'Brien" not in sql
    assert "O'Brien %s" in params


def test_names_are_quoted_and_a_wrong_one_is_refused() -> None:
    assert column(Affiliation, "contact") == connection.ops.quote_name("contact_id")
    assert table(AuditEvent) == connection.ops.quote_name("config_auditevent")
    with pytest.raises(Exception, match="no field named"):
        column(Contact, "nonsense")
