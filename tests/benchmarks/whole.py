"""Targets 4 and 5: whole runs in a process of their own, their growth and memory, and what others feel meanwhile."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
from statistics import quantiles

from tests.benchmarks import dataset
from tests.benchmarks.table import Figure, Table, ms

PURGE = """
import json, resource, time, django
django.setup()
from datetime import UTC, datetime
from config.dates import local_date
from config.models import Actor
from retention import purge
from retention.models.runs import RunTrigger
from contacts.models import Contact
Contact.objects.exists()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
at, started = datetime.now(UTC), time.perf_counter()
run = purge.begin(local_date(at), RunTrigger.COMMAND, Actor.command(), at, approve=True)
planned = time.perf_counter() - started
purge.work(run, Actor.command(), at)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": time.perf_counter() - started, "planned": planned, "erased": run.erased,
                  "memory_mb": (after - before) / 1024}))
"""


def run(table: Table, sizes: tuple[int, int]) -> None:
    """The small and the large register, each purged whole."""
    small = _purge(sizes[0], probe=None)
    probe = Probe(sizes[1])
    large = _purge(sizes[1], probe=probe)
    growth = large["seconds"] / small["seconds"]
    label = f"{large['seconds']:.1f} s ({large['erased']:,})"
    add = table.add
    add(
        Figure(
            "4",
            f"whole run at {sizes[1]:,} over {sizes[0]:,}",
            label,
            f"{small['seconds']:.1f} s",
            growth,
            11,
            at_least=False,
        )
    )
    add(
        Figure(
            "4", "Python memory growth, MB", f"{large['memory_mb']:.1f} MB", "", large["memory_mb"], 30, at_least=False
        )
    )
    idle, busy = probe.p95("idle"), probe.p95("busy")
    add(Figure("5", "point look-up p95 during a purge", ms(busy), ms(idle), busy / idle, 2, at_least=False))
    add(
        Figure("5", "longest transaction of a chunk, s", f"{probe.longest:.2f} s", "", probe.longest, 1, at_least=False)
    )


def _purge(size: int, probe: Probe | None) -> dict[str, float]:
    name = dataset.clone(size, f"obhut_bench_whole_{size}")
    if probe:
        probe.watch(name, "idle", seconds=5)
    process = subprocess.Popen(
        [sys.executable, "-c", PURGE],
        cwd=dataset.ROOT,
        env=dataset.environment(name) | dataset.PRODUCTION | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
    )
    if probe:
        probe.watch(name, "busy", process=process)
    output, _errors = process.communicate()
    dataset.drop(name)
    if process.returncode:
        raise SystemExit(f"the purge of {size:,} contacts failed")
    answer: dict[str, float] = json.loads(output.splitlines()[-1])
    return answer


class Probe:
    """Somebody who looks up single contacts all the time, and notes how long others' transactions are open."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.times: dict[str, list[float]] = {"idle": [], "busy": []}
        self.longest = 0.0

    def watch(self, name: str, state: str, *, seconds: float = 0, process: subprocess.Popen[str] | None = None) -> None:
        """Look up until the time is over or the process has ended. Planning, before chunks begin, is no chunk."""
        stop = threading.Event()
        watcher = threading.Thread(target=self._transactions, args=(name, stop), daemon=True)
        watcher.start()
        end = time.perf_counter() + seconds
        with dataset.connect(name) as database:
            while time.perf_counter() < end if process is None else process.poll() is None:
                key = f"person.{random.randrange(self.size)}@bench.example.org"
                start = time.perf_counter()
                database.execute("SELECT id, last_name FROM contacts_contact WHERE email_key = %s", [key]).fetchone()
                self.times[state].append(time.perf_counter() - start)
                time.sleep(0.005)
        stop.set()
        watcher.join()

    def _transactions(self, name: str, stop: threading.Event) -> None:
        """The age of the oldest transaction that has erased something, every 20 ms."""
        with dataset.connect(name) as database:
            while not stop.wait(0.02):
                row = database.execute(
                    """SELECT max(extract(epoch FROM clock_timestamp() - xact_start)) FROM pg_stat_activity
                       WHERE datname = %s AND pid <> pg_backend_pid() AND query LIKE '%%DELETE FROM%%'""",
                    [name],
                ).fetchone()
                if row and row[0]:
                    self.longest = max(self.longest, float(row[0]))  # type: ignore[arg-type]

    def p95(self, state: str) -> float:
        """The 95th percentile in seconds."""
        return quantiles(self.times[state], n=20)[-1]
