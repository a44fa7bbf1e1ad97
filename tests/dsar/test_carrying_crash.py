"""Workers killed in the middle of carrying out (R28): they resume at the first unfinished step, and nothing is twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests.conftest import ROOT

pytestmark = [pytest.mark.chaos, pytest.mark.slow]
CRASHES = [
    ("after the claim", 1),
    ("with the file on the disk", 1),
    ("before the commit of a step", 2),
    ("after the claim", 2),
    ("after the erasure", 1),
    ("before the commit of a step", 1),
]


class Office:
    """A database and files of its own, and processes that work on them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment = {**os.environ, "DATABASE_URL": url, "OBHUT_TEST_FILES": str(folder)}

    def call(self, *arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "tests.dsar.carrying_worker", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode in (0, -9), done.stderr
        return done.returncode, done.stdout

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.call("report")[1])
        return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Office]:
    """A PostgreSQL database of its own on the session's server."""
    database = settings.DATABASES["default"]
    place = {key: database[key.upper()] for key in ("host", "port", "user", "password") if database[key.upper()]}
    name = f"obhut_carrying_{os.getpid()}"
    login = ":".join(str(place[key]) for key in ("user", "password") if key in place)
    where = ":".join(str(place[key]) for key in ("host", "port") if key in place)
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Office(f"postgres://{login}{'@' if login else ''}{where}/{name}", tmp_path)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def assert_survives(office: Office) -> None:
    """Killed at every point, and then all of it is there, once."""
    office.call("prepare")
    total = sum(office.report()["tasks"].values())
    assert total == 5
    for point, call in CRASHES:
        status, _output = office.call("work", point, str(call))
        assert status == -9, f"survived {point!r}"
    assert office.report()["tasks"].get("done", 0) < total
    assert office.call("work")[0] == 0
    after = office.report()
    assert after["tasks"] == {"done": total}
    assert after["done"] == {"package": 2, "correct": 1, "erase": 1, "certificate": 1}
    assert (after["packages"], after["all_packages"]) == (2, 2)
    assert (after["corrections"], after["collections"], after["erased"], after["here"]) == (1, 0, 1, 0)


@pytest.mark.postgres
def test_killed_on_postgresql_nothing_is_lost_or_twice(server: Office) -> None:
    assert_survives(server)


def test_killed_on_sqlite_nothing_is_lost_or_twice(tmp_path: Path) -> None:
    assert_survives(Office(f"sqlite:///{tmp_path / 'carrying.sqlite3'}", tmp_path))
