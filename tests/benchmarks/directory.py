"""Target 7 for the directory: its pages at full size, as an account in sales opens them."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.test.client import Client
from django.test.utils import CaptureQueriesContext

from config.dates import now
from config.models import Subsidiary, User
from config.roles import SALES, create_roles
from contacts.models import Affiliation, Contact
from contacts.visibility import visible_to
from tests.benchmarks.table import Figure, Table, ms, timed

ROUNDS = 20


def run(table: Table) -> None:
    """On the connected database: the p95 of each page, against its people without anything about them."""
    user = _seller()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    visible = visible_to(user, now())
    floor = timed(lambda: list(visible.order_by("name_key", "pk")[:50]))
    table.add(Figure("7", "directory: contacts the account sees", f"{visible.count():,}", "", 1, 1))
    for what, path in _pages(visible):
        with CaptureQueriesContext(connection) as queries:
            _get(client, path)()
        asked = len(queries)  # at once: the next request forgets them
        figure = f"directory, {what}: p95, and queries"
        table.add(
            Figure(
                "7",
                figure,
                f"{ms(_p95(_get(client, path)))} / {asked}",
                ms(floor),
                asked,
                17,
                at_least=False,
            )
        )


def _seller() -> User:
    """An account in sales of a company that looks after a quarter of the contacts."""
    create_roles()
    local, _created = Subsidiary.objects.get_or_create(name="Bench Oy", defaults={"country": "FI"})
    user, _created = User.objects.get_or_create(
        username="bench-sales", defaults={"subsidiary": local, "is_staff": True}
    )
    user.groups.add(Group.objects.get(name=SALES))
    return user


def _pages(visible: Any) -> list[tuple[str, str]]:
    some = visible.order_by("-pk").first()
    firm = Affiliation.objects.filter(contact=some).values_list("organisation", flat=True).first()
    deep: Any = Contact.objects.filter(country="FI", name_key__gte="last5").order_by("name_key", "pk").first()
    return [
        ("list", "/contacts/"),
        ("a page far down the list", f"/contacts/?after={deep.pk}"),
        ("search by name", "/contacts/?q=Last4711"),
        ("search by address", f"/contacts/?q={some.email}"),
        ("search that finds nobody", "/contacts/?q=nobody"),
        ("by organisation", "/contacts/?organisation=Organisation+4711"),
        ("by a function nobody has", "/contacts/?job=astronaut"),
        ("customers alone", "/contacts/?relationship=customer"),
        ("will be reached by phone", "/contacts/?channel=phone"),
        ("page of a contact", f"/contacts/{some.pk}/"),
        ("page of an organisation", f"/contacts/organisations/{firm}/"),
    ]


def _get(client: Client, path: str) -> Callable[[], object]:
    def get() -> object:
        response = client.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return response.content

    return get


def _p95(get: Callable[[], object]) -> float:
    """The time that 19 of 20 pages take no longer than, after one to warm up."""
    get()
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        get()
        times.append(time.perf_counter() - start)
    return quantiles(times, n=20)[-1]
