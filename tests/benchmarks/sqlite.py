"""The purge on SQLite: the same rounds on a file of 100,000 contacts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from config.sql import insert_rows
from contacts.models import Affiliation, Agreement, Collection, Contact, Engagement, Organisation, Source
from tests.benchmarks import purge
from tests.benchmarks.table import Table

SIZE = 100_000


def run(table: Table) -> None:
    """Build the file and purge it."""
    from pathlib import Path

    from django.db import connection

    connection.close()
    path = Path(str(settings.DATABASES["default"]["NAME"]))
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        _fill()
    purge.run(table, f"SQLite {SIZE:,}")


def _id(block: int, number: int) -> UUID:
    return UUID(f"01900000-0000-7000-8{block:03d}-{number:012x}")


def _fill() -> None:
    at, source = datetime.now(UTC), Source.objects.create(code="fair")
    for number in range(SIZE // 100):
        organisation = Organisation(id=_id(3, number), name=f"Organisation {number}", name_key=f"organisation {number}")
        organisation.save()
        if number % 10 == 3:
            Agreement.objects.create(
                organisation=organisation,
                party="customer",
                kind="licence",
                starts_on=date(2016, 1, 1),
                ends_on=date(2020, 6, 1),
            )
    old, fresh = date(2023, 1, 1), date(2026, 6, 1)
    insert_rows(
        Contact,
        (
            "id",
            "reference",
            "email",
            "email_key",
            "email_digest",
            "digest_version",
            "salutation",
            "academic_title",
            "first_name",
            "last_name",
            "name_key",
            "job_title",
            "job_function",
            "phone",
            "language",
            "country",
            "street",
            "postcode",
            "city",
            "state",
            "linkedin_url",
            "topics",
            "notification_preferences",
            "in_marketing",
            "marketing_frozen",
            "collected_on",
            "collected_estimated",
            "last_engaged_on",
            "created_at",
            "updated_at",
        ),
        (
            (
                _id(1, i),
                f"C-{i:06x}",
                f"person.{i}@bench.example.org",
                f"person.{i}@bench.example.org",
                f"{i:064x}",
                1,
                "",
                "",
                "First",
                "Last",
                "last first",
                "",
                "",
                "",
                "fi",
                "FI",
                "",
                "",
                "",
                "",
                "",
                "[]",
                "",
                i % 10 != 3,
                False,
                date(2018, 1, 1),
                False,
                old if i % 10 in (0, 1, 2) else fresh,
                at,
                at,
            )
            for i in range(SIZE)
        ),
    )
    insert_rows(
        Affiliation,
        ("id", "contact", "organisation", "role", "started_on", "ended_on"),
        ((_id(2, i), _id(1, i), _id(3, i % (SIZE // 100)), "", None, None) for i in range(SIZE)),
    )
    moment = datetime(2018, 6, 1, tzinfo=UTC)
    for k in range(5):
        insert_rows(
            Engagement,
            ("contact", "kind", "occurred_at", "automated", "url", "referrer", "device", "external_id"),
            ((_id(1, i), "click", moment + timedelta(days=k), False, "", "", "", f"e{k}") for i in range(SIZE)),
        )
    for k in range(2):
        insert_rows(
            Collection,
            ("contact", "source", "batch", "external_id", "collected_on", "supplied_by_subject", "fields"),
            ((_id(1, i), source.pk, None, "", date(2018, 1, 1 + k), False, "[]") for i in range(SIZE)),
        )
