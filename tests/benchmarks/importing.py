"""Target 8: the airlock against COPY and INSERT ... ON CONFLICT, with half the rows known and one in twenty twice."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks import dataset
from tests.benchmarks.table import Figure, Table, Watch, rate

SIZE = 100_000
"""Rows of the file, and contacts in the register before it, unless the run is smaller."""
ROWS_OF_THEIRS = 20_000
COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "job_title",
    "phone",
    "language",
    "country",
    "city",
    "organisation",
    "collected_on",
    "source",
)

IMPORT = """
import json, resource, sys, time, django
django.setup()
from datetime import UTC, datetime
from config.models import Actor
from config.models.audit import ActorKind
from consent.intake import batches, uploads
from consent.models.airlock import ImportKind
from contacts.models import Contact
Contact.objects.exists()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
with open(sys.argv[1], "rb") as handle:
    batch = uploads.receive(iter(lambda: handle.read(1 << 20), b""), kind=ImportKind.CONTACTS, file_name="bench.csv")
batches.run(batch, Actor(ActorKind.IMPORT), datetime.now(UTC))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"seconds": time.perf_counter() - started, "counts": batch.counts, "problem": batch.problem,
                  "memory_mb": (after - before) / 1024}))
"""


def write_file(path: Path, rows: int, known: int) -> None:
    """A file in our own format: half of it known people with a newer job title, 5 % of it doubles."""
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for row in range(rows):
            number = row - 7 if row % 20 == 19 else row
            person = number * 2 % known if number % 2 else known + number
            writer.writerow(
                (
                    f"person.{person}@bench.example.org",
                    f"First{person % 9973}",
                    f"Last{person % 7919}",
                    "Head of IT",
                    f"+35840{person:07d}",
                    "fi",
                    "FI",
                    "Espoo",
                    f"Organisation {person % 5000}",
                    "2026-10-01",
                    "fair",
                )
            )


def run(table: Table, size: int = SIZE) -> None:
    """The floor before and after the airlock, each on a fresh copy; at most SIZE rows into as many contacts."""
    size = min(size, SIZE)
    path = dataset.ROOT / "var" / "bench" / "import.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_file(path, size, size)
    floor = _floor(path, size)
    name = dataset.clone(size, "obhut_bench_import")
    answer = _answer(name, "-c", IMPORT, str(path))
    floor = min(floor, _floor(path, size))
    ours = answer["seconds"]
    label = " ".join(f"{name} {count:,}" for name, count in answer["counts"].items())
    print(f"       import decided: {label} {answer['problem']}")
    add = table.add
    add(Figure("8", "import against COPY and ON CONFLICT", rate(size, ours), rate(size, floor), floor / ours, 0.12))
    theirs = _import_export(path, size)
    add(Figure("8", "import against django-import-export", rate(size, ours), rate(1, theirs), theirs * size / ours, 10))
    memory = answer["memory_mb"]
    add(Figure("8", "memory growth, MB", f"{memory:.1f} MB", "", memory, 30, at_least=False))
    dataset.drop(name)


def _answer(database: str, *arguments: str) -> Any:
    """The JSON that a Python process of its own, connected to this database, prints last."""
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=dataset.ROOT,
        env=dataset.environment(database) | dataset.PRODUCTION | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(process.stdout.splitlines()[-1])


def _import_export(path: Path, size: int) -> float:
    """Seconds for a row by `tests/benchmarks/import_export.py`, from fewer rows: it is slow, and no faster with more."""
    name = dataset.clone(size, "obhut_bench_theirs")
    rows = str(min(size, ROWS_OF_THEIRS))
    answer = _answer(name, "-m", "tests.benchmarks.import_export", str(path), rows)
    print(f"       django-import-export: {answer['totals']}")
    dataset.drop(name)
    return float(answer["seconds"]) / int(answer["rows"])


def _floor(path: Path, size: int) -> float:
    """COPY into a temporary table, then one INSERT ... ON CONFLICT: no validation, no provenance, no suppression."""
    name = dataset.clone(size, "obhut_bench_floor")
    watch = Watch()
    with dataset.connect(name) as database, watch.on(), database.transaction():
        database.execute(
            "CREATE TEMP TABLE incoming (email text, first_name text, last_name text, job_title text, phone text, "
            "language text, country text, city text, organisation text, collected_on date, source text) ON COMMIT DROP"
        )
        copying = "COPY incoming FROM STDIN (FORMAT csv, HEADER)"
        with database.cursor() as cursor, cursor.copy(copying) as copy, path.open("rb") as handle:
            while piece := handle.read(1 << 20):
                copy.write(piece)
        database.execute(
            """
            INSERT INTO contacts_contact (id, reference, email, email_key, email_digest, domain_digest, phone_digest, digest_version, salutation,
                academic_title, first_name, last_name, name_key, job_title, job_function, phone, language, country, street,
                postcode, city, state, linkedin_url, topics, notification_preferences, in_marketing, marketing_frozen, collected_on,
                collected_estimated, created_at, updated_at)
            SELECT DISTINCT ON (email) gen_random_uuid(), 'N-' || row_number() OVER (), email, lower(email),
                   encode(sha256(email::bytea), 'hex'), encode(sha256('d'), 'hex'), encode(sha256(phone::bytea), 'hex'), 1, '', '', first_name, last_name,
                   lower(last_name || ' ' || first_name), job_title, '', phone, language, country, '', '', city, '', '',
                   '[]', '', true, false, collected_on, false, now(), now()
              FROM incoming
            ON CONFLICT (email_key) WHERE email_key IS NOT NULL
            DO UPDATE SET job_title = excluded.job_title, city = excluded.city, updated_at = now()
            """
        )
    dataset.drop(name)
    return watch.seconds
