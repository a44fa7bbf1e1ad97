"""Target 9: the access package of a contact with 1,000 related rows, and the time the public form takes.

The package is compared with the server's own JSON of the same rows; the form must not tell by its time whom we know.
"""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import roles
from config.dates import now
from config.models import Actor
from contacts.models import Contact, Engagement
from contacts.models.engagement import EngagementKind
from dsar import intake
from dsar.intake import Asker, Wish
from dsar.models import AskedRight
from dsar.models.requests import ReceivedBy, Right
from dsar.package import formats
from dsar.package.contents import gather
from dsar.package.redaction import withhold
from dsar.package.tables import columns_of, models_in_package, rows_of, subject_of, tables
from tests.benchmarks.table import Figure, Table, ms, timed

ROWS = 1_000
SENT = 100
"""Forms of each kind, from as many addresses of the network: none is refused as one too many."""


def run(table: Table) -> None:
    """On the connected database; whatever is written for it is rolled back."""
    with transaction.atomic():
        asked, person = _somebody()
        subject = subject_of([person])
        statement, params = _floor(subject)
        at = now()

        def copy() -> object:
            kept, _withheld = withhold(tables(subject), subject, asked)
            return formats.dump({one.name: formats.rows_of(one) for one in kept})

        def contents() -> Any:
            return gather(asked, [person], at, "en")

        with CaptureQueriesContext(connection) as few:
            contents()
        _visits(person, ROWS)
        with CaptureQueriesContext(connection) as queries:
            found = contents()
        assert found.entries > ROWS
        floor, ours = timed(lambda: _all(statement, params)), timed(copy)
        answer, archive = timed(lambda: formats.as_json(contents())), timed(lambda: formats.as_zip(contents()), 3)
        add = table.add
        add(Figure("9", "access: copy as JSON", ms(ours), ms(floor), ours / floor, 4, at_least=False))
        name = "access: the same with the list of Art. 15"
        add(Figure("9", name, ms(answer), ms(floor), answer / floor, 20, at_least=False))
        name, count = f"access: queries for {ROWS:,} rows and for one", len(queries)
        add(Figure("9", name, str(count), str(len(few)), count / len(few), 1, at_least=False))
        print(f"       access: the whole ZIP, with PDF and HTML, takes {ms(archive)}")
        transaction.set_rollback(True)
    _form(table)


def _form(table: Table) -> None:
    """Target 9: the public form answers somebody we know and somebody we do not in the same time, taking turns."""
    known = list(Contact.objects.exclude(email_key=None).order_by("pk").values_list("email", flat=True)[: 2 * SENT])
    times: dict[bool, list[float]] = {True: [], False: []}
    client, address = Client(SERVER_NAME="127.0.0.1"), reverse("dsar:ask")
    for number in range(2 * SENT):
        is_known = number % 2 == 0
        email = known[number] if is_known else f"nobody.{number}@elsewhere.example.org"
        form = {"rights": ["access"], "name": "Anna Bench", "email": email, "text": "Please."}
        with transaction.atomic():
            begun = perf_counter()
            answer = client.post(address, form, REMOTE_ADDR=f"192.0.2.{number + 1}")
            times[is_known].append(perf_counter() - begun)
            assert answer.status_code == 302
            transaction.set_rollback(True)
    ours, theirs = median(times[True]), median(times[False])
    name = "public form: whom we know against whom we do not"
    table.add(Figure("9", name, ms(ours), ms(theirs), ours / theirs, 1.05, at_least=False))


def _visits(person: Contact, count: int) -> None:
    Engagement.objects.bulk_create(
        Engagement(
            contact=person,
            kind=EngagementKind.VISIT,
            occurred_at=now() - timedelta(hours=number),
            url=f"https://example.org/page/{number}?from=mail",
            device="Firefox",
            ip_address="192.0.2.1",
        )
        for number in range(count)
    )


def _somebody() -> tuple[AskedRight, Contact]:
    """Somebody with one visit who asks for access."""
    roles.create_roles()
    roles.seed_controller()
    person = Contact.objects.create(
        email="bench.access@example.org", first_name="Anna", last_name="Bench", collected_on=now().date()
    )
    _visits(person, 1)
    request = intake.enter(
        Asker("Anna Bench", person.email), Wish([Right.ACCESS]), ReceivedBy.PHONE, now(), now(), actor=Actor.command(),
        contact=person,
    )  # fmt: skip
    return AskedRight.objects.select_related("request").get(request=request), person


def _floor(subject: Any) -> tuple[str, list[Any]]:
    """One statement in which the server makes JSON of the same rows of the same tables."""
    parts, values = [], list[Any]()
    for model in models_in_package():
        names = [one.path for one in columns_of(model)]
        sql, params = rows_of(model, subject).order_by("pk").values_list(*names).query.sql_with_params()
        parts.append(f"'{model._meta.label}', (SELECT json_agg(t) FROM ({sql}) t)")
        values += params
    half = len(parts) // 2
    objects = (f"json_build_object({', '.join(some)})" for some in (parts[:half], parts[half:]))
    return f"SELECT {', '.join(objects)}", values


def _all(sql: str, params: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[Any] = cursor.fetchall()
        return rows
