"""Workers that are killed again and again: nothing is lost, nothing is done twice, nothing is half done (R1, R2)."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests.services import why_no_postgres

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
CRASHES = [
    ("while planning", 1),
    ("after judging", 1),
    ("before the commit", 3),
    ("after the commit", 2),
    ("in the middle of a line", 2),
    ("in the middle of a line", 1),
    ("before the mark", 3),
    ("after judging", 5),
]


class Colony:
    """A database and a journal of its own, and processes that work on them."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment = {**os.environ, "DATABASE_URL": url, "OBHUT_TEST_FILES": str(folder)}
        self.call("prepare")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.retention.chaos_worker", *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def call(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode <= 0, errors
        return process.returncode, output

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.call("report")[1])
        return found


@pytest.fixture
def embedded(tmp_path: Path) -> Colony:
    return Colony(f"sqlite:///{tmp_path / 'chaos.sqlite3'}", tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Colony]:
    """A PostgreSQL database of its own on the session's server."""
    assert why_no_postgres() is None
    database = settings.DATABASES["default"]
    place = {key: database[key.upper()] for key in ("host", "port", "user", "password") if database[key.upper()]}
    name = f"obhut_chaos_{os.getpid()}"
    login = ":".join(str(place[key]) for key in ("user", "password") if key in place)
    where = ":".join(str(place[key]) for key in ("host", "port") if key in place)
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield Colony(f"postgres://{login}{'@' if login else ''}{where}/{name}", tmp_path)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def kill_at_every_point(colony: Colony) -> None:
    """Die once at each crash point; none of them may be past the work."""
    for point, call in CRASHES:
        status, _output = colony.call("work", point, str(call))
        assert status == -9, f"survived {point!r}"


def kill_at_random(colony: Colony, kills: int, dice: random.Random) -> int:
    """Kill workers at random moments; returns how many were still at work."""
    killed = 0
    for _number in range(kills):
        with colony.start("work") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(dice.uniform(0, 0.08))
            process.kill()
            killed += "done" not in process.communicate(timeout=PATIENCE)[0]
    return killed


def assert_in_the_middle(colony: Colony) -> None:
    """Some are erased, others still wait: the workers died at work."""
    before = colony.report()
    assert 0 < len(before["records"]) < before["expected_erased"]


def finish_and_check(colony: Colony) -> None:
    """A clean run, and then: nobody due is left, nobody else is gone, all of it once."""
    status, output = colony.call("work")
    assert (status, output) == (0, "ready\ndone\n")
    after = colony.report()
    assert after["left"] == after["expected_left"]
    assert after["in_marketing"] == after["expected_in_marketing"]
    assert after["affiliations"] == after["expected_affiliations"]
    assert after["expected_erased"] > 150
    assert len(after["records"]) == after["expected_erased"]
    assert after["journal"] == after["records"]
    assert after["problems"] == []
    assert after["orphans"] == {}
    assert after["runs"] == [{"state": "done", "erased": after["expected_erased"], "failed": 0}]
    assert after["unfinished_chunks"] == 0


def test_workers_killed_at_every_point_lose_nothing_and_repeat_nothing(embedded: Colony) -> None:
    kill_at_every_point(embedded)
    assert kill_at_random(embedded, 3, random.Random(1)) > 0
    assert_in_the_middle(embedded)
    finish_and_check(embedded)


def test_a_worker_killed_before_it_could_close_the_run_leaves_a_run_the_next_one_closes(embedded: Colony) -> None:
    assert embedded.call("work", "before the end", "1")[0] == -9
    report = embedded.report()
    assert report["runs"][0]["state"] == "running"
    assert report["unfinished_chunks"] == 0
    embedded.call("work")
    assert embedded.report()["runs"] == [{"state": "done", "erased": report["expected_erased"], "failed": 0}]


def test_three_workers_on_the_embedded_database_take_turns(embedded: Colony) -> None:
    """SQLite knows no SKIP LOCKED: its writers wait for one another, and none of them fails."""
    workers = [embedded.start("work") for _worker in range(3)]
    outputs = [worker.communicate(timeout=PATIENCE) for worker in workers]
    assert [(worker.returncode, output) for worker, (output, _errors) in zip(workers, outputs, strict=True)] == [
        (0, "ready\ndone\n")
    ] * 3
    report = embedded.report()
    assert report["left"] == report["expected_left"]
    assert report["journal"] == report["records"]
    assert report["problems"] == []
    assert report["runs"] == [{"state": "done", "erased": report["expected_erased"], "failed": 0}]


@pytest.mark.postgres
def test_workers_killed_on_postgresql_lose_nothing_and_repeat_nothing(server: Colony) -> None:
    kill_at_every_point(server)
    assert kill_at_random(server, 3, random.Random(2)) > 0
    assert_in_the_middle(server)
    finish_and_check(server)


@pytest.mark.postgres
def test_three_workers_whose_connections_the_server_ends_lose_nothing(server: Colony) -> None:
    """The backend of a worker goes away in the middle of its chunk; whoever is left goes on."""
    dice, ended = random.Random(3), 0
    database = settings.DATABASES["default"]
    place = {key: database[key.upper()] for key in ("host", "port", "user", "password") if database[key.upper()]}
    stop = threading.Event()
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as connection:
        workers = [server.start("work") for _worker in range(3)]
        while any(worker.poll() is None for worker in workers) and ended < 6:
            stop.wait(dice.uniform(0.05, 0.2))
            backends = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s AND xact_start IS NOT NULL",
                [f"obhut_chaos_{os.getpid()}"],
            ).fetchall()
            if backends:
                connection.execute("SELECT pg_terminate_backend(%s)", [dice.choice(backends)[0]])
                ended += 1
        for worker in workers:
            worker.communicate(timeout=PATIENCE)
    assert ended > 0
    finish_and_check(server)
