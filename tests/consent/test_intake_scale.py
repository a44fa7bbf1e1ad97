"""A big file through the command in a process of its own: bounded memory (R18). Figures are reported, never asserted on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = 20_000
"""Seven chunks; the bench imports more."""
LIMIT_MB = 115
"""What the process may grow by at its peak, however long the file; SQLite's cache may take 64 of it."""

_COMMAND = """
import os, sys, time
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
from django.conf import settings
settings.UPLOAD_DIR = Path(sys.argv[1]) / "uploads"
settings.JOURNAL_PATH = Path(sys.argv[1]) / "journal"
django.setup()
from django.core.management import call_command
def memory(line):
    with open("/proc/self/status") as status:
        return int(next(row.split()[1] for row in status if row.startswith(line))) // 1024
if sys.argv[2] == "migrate":
    call_command("migrate", verbosity=0)
else:
    before, begun = memory("VmRSS"), time.monotonic()
    call_command(*sys.argv[2:])
    print(f"memory {before} {memory('VmHWM')} seconds {time.monotonic() - begun:.1f}")
"""


def database_url(folder: Path) -> str:
    """A database the other process can reach: the session's own on PostgreSQL, a file of its own on SQLite."""
    one = connection.settings_dict
    if connection.vendor != "postgresql":
        return f"sqlite:///{folder / 'scale.sqlite3'}"
    password = f":{one['PASSWORD']}" if one["PASSWORD"] else ""
    return f"postgres://{one['USER']}{password}@{one['HOST']}:{one['PORT'] or 5432}/{one['NAME']}"


def command(folder: Path, *arguments: str) -> str:
    """Run a management command in a process of its own; returns what it printed."""
    environment = os.environ | {"DATABASE_URL": database_url(folder)}
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, str(folder), *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def lines() -> Iterator[str]:
    """Many people at many companies, some of them twice."""
    yield "email,first_name,last_name,phone,city,country,organisation,industry,topics,collected_on,consent_email\n"
    for number in range(ROWS):
        who = number if number % 10 else number // 2
        yield (
            f"person.{who}@company{who % 25_000}.example.org,Anna{who},Virtanen{who},+35840{who:07},Oulu,FI,"
            f"Company {who % 25_000} Oy,Industry {who % 50},backup; cloud,2026-01-{who % 28 + 1:02},unknown\n"
        )


def test_a_long_file_takes_little_memory_the_first_time_and_again(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    path = tmp_path / "big.csv"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines())
    if connection.vendor != "postgresql":
        command(tmp_path, "migrate")
    for time in ("first", "second"):
        *counts, figures = command(tmp_path, "import_contacts", str(path)).splitlines()
        found = dict(line.split() for line in counts)
        assert sum(map(int, found.values())) == ROWS
        assert int(found["created" if time == "first" else "unchanged"]) > ROWS * 0.9
        _memory, before, peak, _seconds, seconds = figures.split()
        record_property(f"{time}_import", figures)
        print(f"{time} import: {before} MB before, {peak} MB at the peak, {seconds} s, {connection.vendor}")  # noqa: T201
        assert int(peak) - int(before) < LIMIT_MB
