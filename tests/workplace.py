"""A workplace of its own for real processes: database, broker, journal, uploads, and workers that can be killed.

The workers run `tests.retention.worker_app`, which is production's Celery app with the files of the workplace.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import redis
from celery import Celery
from django.conf import settings
from kombu import Connection
from psycopg import sql

from tests.conftest import ROOT
from tests.services import redis_url

PATIENCE = 240
"""Seconds after which a process that should have done something has not done it, on the busiest machine."""
APP = "tests.retention.worker_app"


class Workplace:
    """Everything a server has, in one folder and one database; `tasks` is the module that `call` reaches into."""

    def __init__(
        self, folder: Path, database: str, broker: str = "", *, tasks: str = "tests.retention.worker_tasks"
    ) -> None:
        self.folder, self.database, self.broker, self.tasks = folder, database, broker, tasks
        self.log = folder / "worker.log"
        self.workers: list[subprocess.Popen[bytes]] = []
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self.environment = clean | {
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker,
            "JOURNAL_PATH": str(folder / "journal"),
            "OBHUT_TEST_PLACE": str(folder),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    @classmethod
    def embedded(cls, folder: Path) -> Workplace:
        """SQLite and a broker that is a folder: what `make run` starts."""
        place = cls(folder, f"sqlite:///{folder / 'obhut.sqlite3'}")
        place.call("migrate")
        return place

    # Processes that end by themselves -----------------------------------------------------------------------------------

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run manage.py in a pipe."""
        return self._run("manage.py", *arguments)

    def call(self, task: str, *arguments: str) -> Any:
        """Do something inside the workplace (a function of its module of tasks) and hand back what it says."""
        done = self._run("-m", self.tasks, task, *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False, timeout=2 * PATIENCE
        )

    # Workers ------------------------------------------------------------------------------------------------------------

    def start(self, command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a Celery process; what it says goes to the log."""
        words = [sys.executable, "-m", *shlex.split(command.replace("--app config", f"--app {APP}"))]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                words, cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log, start_new_session=True
            )
        self.workers.append(process)
        return process

    def stop(self) -> None:
        """End every Celery process that this workplace started, with its children."""
        for process in self.workers:
            end(process, signal.SIGKILL)
        self.workers.clear()

    def said(self) -> str:
        """What the workers have said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def wait_for(self, what: str, happened: Callable[[], object]) -> None:
        """Wait until something has happened; the log says why when it never does."""
        until = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < until, f"{what} did not happen\n{self.said()[-4000:]}"
            time.sleep(0.05)

    def send(self, task: str, *arguments: str, times: int = 1) -> None:
        """Send the same message to the workers so many times, from outside."""
        sender = Celery("sender", set_as_current=False)
        with Connection(self.broker) as connection:
            for _number in range(times):
                sender.send_task(task, arguments, connection=connection)

    # The database, from outside -----------------------------------------------------------------------------------------

    def value(self, query: str) -> Any:
        """The first column of the first row that a query finds."""
        if self.database.startswith("sqlite"):
            connection = sqlite3.connect(self.database.removeprefix("sqlite:///"), timeout=PATIENCE)
            try:
                return connection.execute(query).fetchone()[0]
            finally:
                connection.close()
        with psycopg.connect(self.database, autocommit=True) as server:
            row = server.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def execute(self, statement: str) -> None:
        """Change something in the PostgreSQL database of this workplace."""
        with psycopg.connect(self.database, autocommit=True) as server:
            server.execute(statement.encode())

    def count(self, table: str, condition: str = "true") -> int:
        """How many rows of a table are like that."""
        return int(self.value(f"SELECT COUNT(*) FROM {table} WHERE {condition}"))

    def runs(self, state: str = "done") -> int:
        """How many runs are in that state."""
        return self.count("retention_retentionrun", f"state = '{state}'")


def end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Send a signal to a process we started and to its children, and wait until it has gone."""
    with suppress(ProcessLookupError):  # its children may outlive it
        os.killpg(process.pid, how)
    process.wait(timeout=PATIENCE)


@contextmanager
def own_database(name: str, template: str = "template1") -> Iterator[str]:
    """The address of a new PostgreSQL database on the session's server, dropped at the end; a copy of another one."""
    database = settings.DATABASES["default"]
    place = {key: database[key.upper()] for key in ("host", "port", "user", "password") if database[key.upper()]}
    login = ":".join(str(place[key]) for key in ("user", "password") if key in place)
    where = ":".join(str(place[key]) for key in ("host", "port") if key in place)
    own = f"{name}_{os.getpid()}"
    creation = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    with psycopg.connect(dbname="postgres", autocommit=True, **place) as server:
        server.execute(creation.format(sql.Identifier(own), sql.Identifier(template.rpartition("/")[2])))
        try:
            yield f"postgres://{login}{'@' if login else ''}{where}/{own}"
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(own)))


@contextmanager
def own_redis() -> Iterator[str]:
    """The address of an empty Redis database that no other test uses, emptied at the end."""
    server = redis_url().rpartition("/")[0]
    for number in range(6, 16):
        url = f"{server}/{number}"
        client = redis.Redis.from_url(url)
        if client.dbsize() == 0 and client.set("obhut-tests", os.getpid(), nx=True, ex=600):
            try:
                yield url
            finally:
                client.flushdb()
                client.close()
            return
        client.close()
    raise AssertionError("every Redis database from 6 to 15 is in use")
