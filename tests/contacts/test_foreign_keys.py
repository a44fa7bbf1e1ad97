"""A contact that still has rows is not deleted, whoever tries: the database says so in the statement itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey

from contacts import foreign_keys
from contacts.models import Contact, Engagement
from tests.planted import AT, person

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

ACTIONS = """
    SELECT conrelid::regclass::text, attname, confdeltype, condeferred
      FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
     WHERE contype = 'f' AND confrelid = 'contacts_contact'::regclass
"""


def actions() -> dict[tuple[str, str], tuple[str, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(ACTIONS)
        return {(child, column): (action, deferred) for child, column, action, deferred in cursor.fetchall()}


def constrained(field: Any) -> bool:
    return bool(field.db_constraint)


def test_every_key_to_a_contact_restricts() -> None:
    keys = [
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model is Contact and constrained(field)
    ]
    assert len(keys) > 15
    assert actions() == dict.fromkeys(keys, ("r", True))


def test_a_key_that_a_later_migration_adds_restricts_as_well() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE late (contact_id uuid REFERENCES contacts_contact DEFERRABLE INITIALLY DEFERRED)")
        assert actions()["late", "contact_id"] == ("a", True)
        foreign_keys.restrict(using="default")
    assert actions()["late", "contact_id"] == ("r", True)


def test_the_statement_that_leaves_rows_behind_is_refused_at_once() -> None:
    contact = person()
    Engagement.objects.create(contact=contact, kind="reply", occurred_at=AT)
    with connection.cursor() as cursor, pytest.raises(IntegrityError), transaction.atomic():  # and no commit follows
        cursor.execute("DELETE FROM contacts_contact WHERE id = %s", [contact.pk])
    assert Contact.objects.filter(pk=contact.pk).exists()


def test_an_engagement_of_nobody_is_refused_at_the_commit_as_before() -> None:
    nobody = "01900000-0000-7000-8000-000000000000"
    kept = Engagement.objects.create(contact_id=nobody, kind="reply", occurred_at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.check_constraints()
    kept.delete()
