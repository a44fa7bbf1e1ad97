"""`make bench`: measures against the floors of the same run and prints one table.

Arguments name parts (purge, whole, reading, import, sqlite, audience) and `--size`; without any everything runs on 1,000,000 contacts.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.benchmarks import dataset, importing, whole
from tests.benchmarks.table import Table

PARTS = ("purge", "sqlite", "reading", "import", "whole", "audience")


def in_process(part: str, size: int) -> None:
    """The parts that need Django on one database run in a process of their own."""
    import django

    django.setup()
    from tests.benchmarks import audience, purge, reading, sqlite

    table = Table()
    if part == "purge":
        purge.run(table, f"PostgreSQL {size:,}")
    elif part == "sqlite":
        sqlite.run(table)
    elif part == "audience":
        audience.run(table, size)
    else:
        reading.run(table)


def main() -> None:
    """Run the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--inside", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        return in_process(options.inside, options.size)
    for part in options.parts or PARTS:
        if part == "whole":
            whole.run(Table(), (options.size // 10, options.size))
        elif part == "import":
            importing.run(Table())
        else:
            _spawn(part, options.size)
    return None


def _spawn(part: str, size: int) -> None:
    """Start this module again, connected to a fresh database."""
    import subprocess

    name = f"obhut_bench_{part}"
    if part == "sqlite":
        folder = dataset.ROOT / "var" / "bench"
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"DATABASE_URL": f"sqlite:///{folder / 'bench.sqlite3'}", "DEBUG": "true"}
        environment["JOURNAL_PATH"] = str(folder / "journal" / "sqlite")
    else:
        environment = dataset.environment(dataset.clone(size, name))
    subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--inside", part, "--size", str(size)],
        cwd=dataset.ROOT,
        env=environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
    )
    if part != "sqlite":
        dataset.drop(name)


if __name__ == "__main__":
    main()
