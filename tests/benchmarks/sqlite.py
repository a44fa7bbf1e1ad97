"""The bench's data on SQLite: the same kinds of contacts as `dataset` in a file that is kept, of which each run spoils a copy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.dataset import REFRESH, ROOT, VERSION

LARGEST = 200_000
"""SQLite is for small registers: a larger `--size` is measured with this many."""
FOLDER = ROOT / "var" / "bench"

GENERATE = """
INSERT INTO contacts_source (id, code, name, kind, supplier, offers_opt_out, origin, licence)
VALUES ('01900000000070009000000000000001', 'fair', '', 'webinar', '', 0, '', ''),
       ('01900000000070009000000000000002', 'form', '', 'form', '', 0, '', '');

INSERT INTO contacts_organisation (id, name, name_key, domain, country, street, postcode, city, state, industry,
                                   company_size, revenue, created_at, updated_at)
SELECT {org}, 'Organisation ' || i, 'organisation ' || i, '', 'FI', '', '', '', '', '', '', '', '2018-01-01', '2018-01-01'
  FROM number WHERE i < {n} / 10;

INSERT INTO contacts_agreement (id, organisation_id, party, kind, reference, signed_on, starts_on, ends_on, terminated_on,
                                via_partner, created_at, updated_at)
SELECT {agreement}, {org}, 'customer', 'licence', '', '2016-01-01', '2016-01-01',
       CASE WHEN i % 10 = 3 THEN date('2020-06-01', '-' || (i % 300) || ' days') END, NULL, '', '2018-01-01', '2018-01-01'
  FROM number WHERE i < {n} / 10 AND i % 10 IN (3, 6, 7, 8, 9);

INSERT INTO contacts_contact (id, reference, email, email_key, email_digest, domain_digest, phone_digest, digest_version, salutation, academic_title,
    first_name, last_name, name_key, job_title, job_function, phone, language, country, street, postcode, city, state,
    linkedin_url, topics, notification_preferences, in_marketing, marketing_frozen, collected_on, collected_estimated,
    last_engaged_on, created_at, updated_at)
SELECT {contact}, printf('C-%06x', i), 'Person.' || i || '@bench.example.org', 'person.' || i || '@bench.example.org',
       printf('%032x%032x', i * 2654435761 % 4294967296, i), printf('%064x', 7), printf('%064x', i), 1, 'Ms', '', 'First' || (i % 9973), 'Last' || (i % 7919),
       'last' || (i % 7919) || ' first' || (i % 9973), 'Buyer', 'IT', printf('+35840%07d', i), 'fi', 'FI', '', '', 'Helsinki',
       '', '', '[]', '', i % 10 <> 3, 0, date('2018-01-01', (i % 900) || ' days'), 0,
       CASE WHEN i % 10 IN (0, 1, 2) THEN date('2023-01-01', (i % 500) || ' days')
            ELSE date('2026-10-01', '-' || (i % 500) || ' days') END, '2018-01-01', '2018-01-01'
  FROM number;

INSERT INTO contacts_affiliation (id, contact_id, organisation_id, role, started_on, ended_on)
SELECT {affiliation}, {contact}, {employer}, '', NULL, NULL FROM number;

INSERT INTO contacts_engagement (contact_id, kind, occurred_at, automated, url, referrer, device, external_id)
SELECT {contact}, CASE k WHEN 0 THEN 'visit' WHEN 1 THEN 'open' WHEN 2 THEN 'click' WHEN 3 THEN 'form' ELSE 'event' END,
       datetime('2018-06-01 10:00', (k * 200 + i % 900) || ' days'), 0, 'https://www.example.org/p/' || (i % 100), '', '',
       'e' || k
  FROM (SELECT i AS k FROM number WHERE i < 5) CROSS JOIN number;

INSERT INTO contacts_collection (contact_id, source_id, batch, external_id, collected_on, supplied_by_subject, fields)
SELECT {contact}, '0190000000007000900000000000000' || (k + 1), NULL, '', date('2018-01-01', (i % 900) || ' days'), 0,
       '["email", "first_name", "last_name", "phone"]'
  FROM (SELECT i AS k FROM number WHERE i < 2) CROSS JOIN number;

INSERT INTO contacts_referencesequence (id, used) VALUES (1, {n});
"""


def environment(size: int) -> dict[str, str]:
    """The environment of a process that works on a fresh copy of the file of this size."""
    copy = FOLDER / "copy.sqlite3"
    for leftover in FOLDER.glob(f"{copy.name}*"):
        leftover.unlink()
    shutil.copyfile(_kept(size), copy)
    return _connected(copy)


def _connected(path: Path) -> dict[str, str]:
    journal = FOLDER / "journal" / "sqlite"
    return os.environ | {"DATABASE_URL": f"sqlite:///{path}", "DEBUG": "true", "JOURNAL_PATH": str(journal)}


def _kept(size: int) -> Path:
    """The file of this size, built when it is missing or of an older version."""
    path = FOLDER / f"register_v{VERSION}_{size}.sqlite3"
    if path.exists():
        return path
    print(f"building {path.name}, once ...", file=sys.stderr)
    FOLDER.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _manage(fresh, "migrate", "--verbosity", "0")
    with sqlite3.connect(fresh) as database:
        database.execute(
            "CREATE TEMP TABLE number AS WITH RECURSIVE one(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM one "
            f"WHERE i + 1 < {size}) SELECT i FROM one"
        )
        fill = GENERATE.format(
            n=size,
            contact=_uuid(1, "i"),
            affiliation=_uuid(2, "i"),
            org=_uuid(3, "i"),
            employer=_uuid(3, f"(i / 10 % ({size} / 100)) * 10 + i % 10"),
            agreement=_uuid(4, "i"),
        )
        for statement in fill.split(";\n"):
            database.execute(statement)
    _manage(fresh, "shell", "--command", REFRESH)
    with sqlite3.connect(fresh) as database:
        database.execute("ANALYZE")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return fresh.rename(path)


def _uuid(block: int, number: str) -> str:
    return f"('01900000000070008{block:03d}' || printf('%012x', {number}))"


def _manage(path: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=_connected(path), check=True, capture_output=True
    )
