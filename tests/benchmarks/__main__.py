"""`make bench`: measures against the floors of the same run and closes with one table.

Arguments name parts (purge, whole, reading, import, sqlite, audience, access) and `--size`; without any everything runs on 1,000,000 contacts.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import dataset, importing, sqlite, whole
from tests.benchmarks.table import HEADER, KEPT_IN, Table, close

PARTS = ("purge", "sqlite", "reading", "import", "whole", "audience", "access")
SMALLEST = 1_000


def in_process(part: str, size: int) -> None:
    """The parts that need Django on one database run in a process of their own."""
    import django

    django.setup()
    from tests.benchmarks import access, audience, purge, reading

    if part == "reading":
        reading.run(Table())
    elif part == "access":
        access.run(Table())
    elif part == "audience":
        audience.run(Table(), size)
    else:
        purge.run(Table(), f"{'SQLite' if part == 'sqlite' else 'PostgreSQL'} {size:,}")


def main() -> None:
    """Run the parts one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--size", type=int, default=1_000_000, help=f"contacts, at least {SMALLEST:,}")
    parser.add_argument("--inside", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.size < SMALLEST:
        parser.error(f"--size: {options.size} contacts are too few, take {SMALLEST:,} or more")
    if options.inside:
        in_process(options.inside, options.size)
        return
    print(HEADER)
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as kept:
        os.environ[KEPT_IN] = kept.name
        for part in options.parts or PARTS:
            if part == "whole":
                whole.run(Table(), (options.size // 10, options.size))
            elif part == "import":
                importing.run(Table(), options.size)
            else:
                _spawn(part, options.size)
        close(Path(kept.name).read_text(encoding="utf-8").splitlines())


def _spawn(part: str, size: int) -> None:
    """Start this module again, connected to a fresh copy of the data set."""
    name = f"obhut_bench_{part}"
    if part == "sqlite":
        size = min(size, sqlite.LARGEST)
        environment = sqlite.environment(size)
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
