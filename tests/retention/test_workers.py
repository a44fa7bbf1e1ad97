"""Real workers on a real broker: killed, robbed of their messages, called too often - and the night still ends right.

The database is the queue of record: whatever happens to workers and messages, the next tick goes on (R1, R4, R5, R7).
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from config.dates import local_date, now
from tests.conftest import ROOT
from tests.workplace import Workplace, end, own_database, own_redis

pytestmark = [pytest.mark.chaos, pytest.mark.slow]

PERSONS = "2500"
CHUNK = "2"
TODAY = local_date(now()).isoformat()
WORKER = "celery --app config worker --concurrency 2 --loglevel INFO"
"""As compose.yaml starts it."""
BEAT = "celery --app config beat --loglevel INFO"
TICK = "retention.tasks.tick"
KILLS = 8


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Workplace]:
    """SQLite and the embedded broker."""
    place = Workplace.embedded(tmp_path)
    yield place
    place.stop()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database with a register of which much is due, and a run that nobody has worked on; to be copied."""
    with own_database("obhut_workers_template") as database:
        place = Workplace(tmp_path_factory.mktemp("template"), database)
        place.call("migrate")
        place.environment["OBHUT_TEST_CHUNK"] = CHUNK
        place.call("store_many", PERSONS, TODAY)
        place.call("begin")
        yield database


@pytest.fixture
def server(tmp_path: Path, filled: str) -> Iterator[Workplace]:
    """PostgreSQL with that register and run, and Redis."""
    with own_database("obhut_workers", filled) as database, own_redis() as broker:
        place = Workplace(tmp_path, database, broker)
        place.environment["OBHUT_TEST_CHUNK"] = CHUNK
        try:
            yield place
        finally:
            place.stop()


def ready(place: Workplace, workers: int) -> None:
    """So many workers have been started and take messages."""
    before = place.said().count(" ready.")
    for _number in range(workers):
        place.start(WORKER)
    place.wait_for("workers ready", lambda: place.said().count(" ready.") >= before + workers)


def erased(place: Workplace) -> int:
    return place.count("retention_erasurerecord")


def finish(place: Workplace) -> None:
    """One clean tick, and the run ends."""
    place.send(TICK)
    place.wait_for("the end of the run", lambda: place.runs("done"))


def assert_done_once(place: Workplace) -> dict[str, Any]:
    """Nobody due is left, nobody else is gone, each of them once and whole."""
    found: dict[str, Any] = place.call("report", PERSONS, TODAY)
    expected = found["expected"]
    assert expected["erased"] > 500
    assert found["left"] == expected["left"]
    assert found["in_marketing"] == expected["in_marketing"]
    assert found["affiliations"] == expected["affiliations"]
    assert (found["erased"], found["failed"], found["runs"]) == (expected["erased"], 0, 1)
    assert len(found["records"]) == found["audited"] == expected["erased"]
    assert found["journal"] == found["records"]
    assert (found["problems"], found["orphans"], found["open_chunks"]) == ([], {}, 0)
    assert found["due"] == len(found["left"])
    return found


def victim(dice: random.Random, worker: subprocess.Popen[bytes]) -> int:
    """One of a worker's children, or the worker itself."""
    children = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    return dice.choice([worker.pid, *map(int, children)])


def _wait_for_progress(place: Workplace) -> None:
    """Up to ten seconds: a pool that lost its children may sit on a message, and the next kill frees it."""
    before, until = erased(place), time.monotonic() + 10
    while time.monotonic() < until and not (erased(place) > before or place.runs("done")):
        time.sleep(0.1)


def kill_again_and_again(place: Workplace, dice: random.Random) -> int:
    """Kill workers and their children at random moments of the run; returns how many were killed while it went on."""
    killed = 0
    while killed < KILLS and not place.runs("done"):
        place.send(TICK)
        _wait_for_progress(place)
        time.sleep(dice.uniform(0, 0.2))
        worker = dice.choice(place.workers)
        pid = victim(dice, worker)
        os.kill(pid, signal.SIGKILL)
        killed += not place.runs("done")
        if pid == worker.pid:
            end(worker, signal.SIGKILL)
            place.workers.remove(worker)
            place.start(WORKER)
    return killed


@pytest.mark.redis
@pytest.mark.postgres
def test_workers_killed_again_and_again_finish_with_one_clean_tick(server: Workplace) -> None:
    ready(server, 2)
    killed = kill_again_and_again(server, random.Random(5))
    assert killed == KILLS
    assert server.runs("running") == 1
    server.stop()
    ready(server, 2)
    finish(server)
    assert_done_once(server)


@pytest.mark.redis
@pytest.mark.postgres
def test_a_broker_that_forgets_everything_loses_no_duty(server: Workplace) -> None:
    client = redis.Redis.from_url(server.broker)
    ready(server, 1)
    server.send(TICK)
    server.wait_for("progress", lambda: erased(server) > 50)
    assert client.dbsize() > 0
    client.flushdb()
    server.stop()
    client.flushdb()
    left_at = erased(server)
    assert left_at > 0 and server.runs("running") == 1
    ready(server, 1)
    client.flushdb()
    assert erased(server) == left_at, "nobody has told the new worker"
    finish(server)
    assert_done_once(server)
    client.close()


@pytest.mark.redis
@pytest.mark.postgres
def test_the_same_message_delivered_three_times_in_parallel_is_done_once(server: Workplace) -> None:
    server.send("retention.tasks.work", server.value("SELECT id::text FROM retention_retentionrun"), times=3)
    server.send(TICK, times=3)
    for _number in range(2):
        server.start(WORKER)
    server.wait_for("the end of the run", lambda: server.runs("done"))
    server.wait_for("the last task", lambda: len(re.findall(r"tasks\.work\[.*succeeded", server.said())) >= 3)
    assert len(re.findall(r"tasks\.work\[.*received", server.said())) > 3
    assert "raised" not in server.said()
    assert_done_once(server)


@pytest.mark.redis
@pytest.mark.postgres
def test_two_beats_start_one_run(server: Workplace) -> None:
    server.execute("DELETE FROM retention_runchunk")
    server.execute("DELETE FROM retention_retentionrun")
    ready(server, 1)
    for number in range(2):
        server.start(f"{BEAT} --schedule {server.folder}/beat{number}", OBHUT_TEST_TICK="0.5")
    server.wait_for("a run that waits for approval", lambda: server.runs("waiting"))
    server.wait_for("more ticks", lambda: len(re.findall(r"tasks\.tick\[.*succeeded", server.said())) >= 8)
    assert server.count("retention_retentionrun") == 1
    assert erased(server) == 0
    server.call("approve")
    server.wait_for("the end of the run", lambda: server.runs("done"))
    ticks = len(re.findall(r"tasks\.tick\[.*succeeded", server.said()))
    server.wait_for("more ticks", lambda: len(re.findall(r"tasks\.tick\[.*succeeded", server.said())) >= ticks + 4)
    assert_done_once(server)


def procfile(name: str) -> str:
    """The command that `make run` starts under that name."""
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines() if ": " in line)
    return lines[name].removeprefix("exec ")


def test_the_embedded_worker_beats_and_makes_a_run_as_in_make_run(embedded: Workplace) -> None:
    embedded.call("store_few", "7", "20")
    command = procfile("worker")
    assert "--beat" in command
    worker = embedded.start(command.replace("var/beat-schedule", f"{embedded.folder}/beat"), OBHUT_TEST_TICK="1")
    embedded.wait_for("the end of the run", lambda: embedded.runs("done"))
    embedded.wait_for("the next tick", lambda: not list((embedded.folder / "broker").glob("*.msg")))
    assert (erased(embedded), embedded.count("contacts_contact")) == (7, 20)
    assert embedded.count("retention_retentionrun") == 1
    end(worker, signal.SIGTERM)
    assert worker.returncode == 0, embedded.said()
    assert "Traceback" not in embedded.said()
