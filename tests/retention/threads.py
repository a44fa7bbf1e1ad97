"""Threads with connections of their own, and waiting for one another without a clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection, connections

PATIENCE = 60
"""Seconds after which a test gives up; nothing is expected to take anywhere near as long."""


class Thread(threading.Thread):
    """A thread with a connection of its own that hands its exception over at `finish`."""

    def __init__(self, task: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self.task = task
        self.problem: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.task()
        except BaseException as problem:  # noqa: BLE001  (whatever it is, the test's own thread must see it)
            self.problem = problem
        finally:
            connections.close_all()

    def finish(self) -> BaseException | None:
        self.join(PATIENCE)
        assert not self.is_alive(), "the thread hangs"
        return self.problem


def wait_for(event: threading.Event) -> None:
    assert event.wait(PATIENCE), "the other thread never came"


def somebody_waits() -> bool:
    """Whether a connection to this database waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


def until_blocked_or_over(*threads: Thread) -> None:
    """Wait until one thread waits for a lock, or all have ended."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if somebody_waits() or not any(thread.is_alive() for thread in threads):
            return
        time.sleep(0.002)
    raise AssertionError("nobody waits, and nobody ends")


def until_open(path: Path, times: int) -> None:
    """Wait until this process has opened the file so many times."""
    deadline = time.monotonic() + PATIENCE
    while sum(one.exists() and one.resolve() == path.resolve() for one in Path("/proc/self/fd").iterdir()) < times:
        assert time.monotonic() < deadline, "not everybody came"
        time.sleep(0.002)
