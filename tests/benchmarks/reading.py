"""Targets 6 and 7: what is due, the forecast, and the admin's contact list, search and change form at full size."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.client import Client
from django.test.utils import CaptureQueriesContext, override_settings

from config import figures
from config.dates import local_date, now
from contacts.models import Affiliation, Contact
from retention import due, rules
from retention.models import RetentionRun
from tests.benchmarks import directory
from tests.benchmarks.table import Figure, Table, in_turns, ms, timed


def run(table: Table) -> None:
    """On the connected database, whose due dates are fresh; Django keeps the text of every query in debug mode."""
    on = local_date(now())
    due.refresh(on)
    _due(table, on)
    with override_settings(ROOT_URLCONF="tests.benchmarks.plain", DEBUG=False):
        client = _client()
        _list(table, client)
        _search(table, client)
        _form(table, client)
        _home(table, client)
    with override_settings(DEBUG=False):
        _read_log(table)
        directory.run(table)


def _due(table: Table, on: Any) -> None:
    sql, params = rules.clock_sql(on)
    live_count = timed(lambda: _all(f"SELECT count(*) FROM ({sql}) c WHERE {rules.DUE}", (*params, on, on, on, on)), 3)
    live_months = timed(
        lambda: _all(
            f"SELECT date_trunc('month', GREATEST(marketing_on, customer_on)), count(*) FROM ({sql}) c GROUP BY 1",
            params,
        ),
        3,
    )
    count = timed(lambda: due.due(on).count())
    months = timed(lambda: due.forecast(on))
    add = table.add
    add(Figure("6", "count of due contacts", ms(count), ms(live_count), count / live_count, 0.2, at_least=False))
    add(Figure("6", "forecast by month", ms(months), ms(live_months), months / live_months, 0.3, at_least=False))


def _all(sql: str, params: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows: list[Any] = cursor.fetchall()
        return rows


def _client() -> Client:
    officer, _created = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(officer)
    return client


def _get(client: Client, path: str) -> Callable[[], object]:
    def get() -> object:
        response = client.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return response.content

    return get


def _list(table: Table, client: Client) -> None:
    path = "/admin/contacts/contact/"
    ours, default = in_turns(_get(client, path), _get(client, "/plain/contacts/contact/"))
    with CaptureQueriesContext(connection) as queries:
        _get(client, path)()
    table.add(Figure("7", "contact list: queries", str(len(queries)), "", len(queries), 8, at_least=False))
    table.add(Figure("7", "contact list", ms(ours), ms(default), ours / default, 0.15, at_least=False))


def _read_log(table: Table) -> None:
    """What it costs to write down whom a page shows before it leaves: the same pages with the middleware and without."""
    contact = Contact.objects.order_by("pk").last()
    assert contact is not None
    pages = {"list": "/admin/contacts/contact/", "page": f"/admin/contacts/contact/{contact.pk}/change/"}
    without = [one for one in settings.MIDDLEWARE if one != "config.read_log.ReadLog"]
    for name, path in pages.items():
        ours = timed(_get(_client(), path))
        with override_settings(MIDDLEWARE=without):
            bare = timed(_get(_client(), path))
        table.add(
            Figure("7", f"contact {name} with the read log", ms(ours), ms(bare), ours / bare, 1.5, at_least=False)
        )


def _search(table: Table, client: Client) -> None:
    """Page against page: the default admin looks for the text anywhere, which no index answers."""
    asked = "?q=person.4711@bench"
    ours, default = in_turns(
        _get(client, f"/admin/contacts/contact/{asked}"), _get(client, f"/plain/contacts/contact/{asked}")
    )
    naive = timed(lambda: list(Contact.objects.filter(email__icontains="person.4711@bench")[:100]))
    table.add(Figure("7", "search by e-mail", ms(ours), ms(default), ours / default, 0.05, at_least=False))
    table.add(Figure("7", "the same page against the bare query", ms(ours), ms(naive), ours / naive, 1, at_least=False))


def _home(table: Table, client: Client) -> None:
    """As staff meet it in the morning: a run was completed, and a worker has counted what takes long."""
    at = now()
    RetentionRun.objects.create(on_date=local_date(at), trigger="schedule", state="done", finished_at=at)
    begun = perf_counter()
    figures.renew(at)
    spent = perf_counter() - begun
    home, default = timed(_get(client, "/admin/")), timed(_get(client, "/plain/"))
    table.add(Figure("7", "home page, ms", ms(home), ms(default), home * 1000, 150, at_least=False))
    table.add(
        Figure(
            "7",
            "home page against the default admin's index",
            ms(home),
            ms(default),
            home / default,
            20,
            at_least=False,
        )
    )
    table.add(
        Figure("", "what a worker counts for it every ten minutes, s", f"{spent:.1f} s", "", spent, 60, at_least=False)
    )


def _form(table: Table, client: Client) -> None:
    contact = Contact.objects.order_by("pk").last()
    assert contact is not None
    link = Affiliation.objects.filter(contact=contact).get()
    ours, default = in_turns(
        _get(client, f"/admin/contacts/contact/{contact.pk}/change/"),
        _get(client, f"/plain/contacts/affiliation/{link.pk}/change/"),
    )
    table.add(Figure("7", "change form", ms(ours), ms(default), ours / default, 0.01, at_least=False))
