"""The bench's data: a register of any size, written by the server itself, kept between runs as a template database.

Of ten contacts three are due under the 24-month rule, one under the 5-year rule, two are recent prospects and four work for
live customers. They are scattered over the whole table; engagements are stored in the order of time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg

ADMIN_URL = os.environ.get("BENCH_POSTGRES", "postgres://127.0.0.1:5432/postgres")
VERSION = 10
ROOT = Path(__file__).resolve().parents[2]

PRODUCTION = {
    "DEBUG": "false",  # in debug mode Django keeps the text of every query
    "SECRET_KEY": "The-bench-signs-nothing-that-anybody-keeps-0123456789-ABCDEFGHIJ",
    "EXPORT_KEY": "The-bench-exports-nothing-0123456789-abcdefghij",
    "HMAC_KEYS": "1:The-bench-recognises-nobody-0123456789-ABCDEFGH",
    "ALLOWED_HOSTS": "localhost",
    "BASE_URL": "https://localhost",
    "EMAIL_URL": "memorymail://",
}
"""Settings of a process whose memory and time are measured as a whole."""

GENERATE = """
INSERT INTO contacts_source (id, code, name, kind, supplier, offers_opt_out, origin, licence)
VALUES ('01900000-0000-7000-9000-000000000001', 'fair', '', 'webinar', '', false, '', ''),
       ('01900000-0000-7000-9000-000000000002', 'form', '', 'form', '', false, '', '');

INSERT INTO contacts_organisation (id, name, name_key, domain, country, street, postcode, city, state, industry,
                                   company_size, revenue, created_at, updated_at)
SELECT {org}, 'Organisation ' || j, 'organisation ' || j, 'org' || j || '.example.org', 'FI', '', '', '', '', '', '', '',
       now(), now()
  FROM generate_series(0, {n} / 10 - 1) j;

INSERT INTO contacts_agreement (id, organisation_id, party, kind, reference, signed_on, starts_on, ends_on, terminated_on,
                                via_partner, created_at, updated_at)
SELECT {agreement}, {org}, 'customer', 'licence', 'A' || j || '-' || k, DATE '2016-01-01', DATE '2016-01-01',
       CASE WHEN j %% 10 = 3 THEN DATE '2020-06-01' - (j %% 300) WHEN k = 0 THEN DATE '2024-12-31' END, NULL, '',
       now(), now()
  FROM generate_series(0, {n} / 10 - 1) j, generate_series(0, 1) k
 WHERE j %% 10 IN (3, 6, 7, 8, 9);

INSERT INTO contacts_contact (id, reference, email, email_key, email_digest, domain_digest, phone_digest, digest_version, salutation, academic_title,
    first_name, last_name, name_key, job_title, job_function, phone, language, country, street, postcode, city, state,
    linkedin_url, topics, notification_preferences, in_marketing, marketing_frozen, collected_on, collected_estimated, last_engaged_on,
    created_at, updated_at)
SELECT {contact}, 'C-' || lpad(to_hex(i), 6, '0'), 'Person.' || i || '@bench.example.org',
       'person.' || i || '@bench.example.org', encode(sha256(('person.' || i)::bytea), 'hex'), encode(sha256('domain'), 'hex'),
       encode(sha256(('phone' || i)::bytea), 'hex'), 1, 'Ms', '',
       'First' || (i %% 9973), 'Last' || (i %% 7919), 'last' || (i %% 7919) || ' first' || (i %% 9973), 'Buyer', 'IT',
       '+35840' || lpad(i::text, 7, '0'), 'fi', CASE i %% 4 WHEN 0 THEN 'FI' WHEN 1 THEN 'DE' WHEN 2 THEN 'SE' ELSE 'GB' END,
       '', '', 'Helsinki', '', '', '[]', '', i %% 10 <> 3, false, DATE '2018-01-01' + (i %% 900)::int, false,
       CASE WHEN i %% 10 IN (0, 1, 2) THEN DATE '2023-01-01' + (i %% 500)::int
            ELSE DATE '2026-10-01' - (i %% 500)::int END,
       now(), now()
  FROM generate_series(0, {n} - 1) i;

INSERT INTO contacts_affiliation (id, contact_id, organisation_id, role, started_on, ended_on)
SELECT {affiliation}, {contact}, {employer}, '', NULL, NULL FROM generate_series(0, {n} - 1) i;

INSERT INTO contacts_engagement (contact_id, kind, occurred_at, automated, url, referrer, device, external_id)
SELECT {contact}, CASE k WHEN 0 THEN 'visit' WHEN 1 THEN 'open' WHEN 2 THEN 'click' WHEN 3 THEN 'form' ELSE 'event' END,
       TIMESTAMPTZ '2018-06-01 10:00+00' + k * INTERVAL '200 days' + (i %% 900) * INTERVAL '1 day', false,
       'https://www.example.org/p/' || (i %% 100), '', '', 'e' || k
  FROM generate_series(0, 4) k, generate_series(0, {n} - 1) i;

INSERT INTO contacts_collection (contact_id, source_id, batch, external_id, collected_on, supplied_by_subject, fields)
SELECT {contact}, ('01900000-0000-7000-9000-00000000000' || k)::uuid, NULL, '', DATE '2018-01-01' + (i %% 900)::int, false,
       '["email", "first_name", "last_name", "phone"]'
  FROM generate_series(1, 2) k, generate_series(0, {n} - 1) i;

INSERT INTO contacts_referencesequence (id, used) VALUES (1, {n});
"""

REFRESH = "from config.dates import local_date, now; from retention import due; due.refresh(local_date(now()))"


def _uuid(block: int, number: str) -> str:
    return f"('01900000-0000-7000-8{block:03d}-' || lpad(to_hex({number}), 12, '0'))::uuid"


def connect(name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
    """A plain connection, statement by statement."""
    return psycopg.connect(url(name), autocommit=True)


def url(name: str) -> str:
    """The address of one database of the bench."""
    return f"{ADMIN_URL.rpartition('/')[0]}/{name}"


def template(size: int) -> str:
    """The template database of this size, built when it is missing or of an older version."""
    name = f"obhut_bench_v{VERSION}_{size}"
    with connect() as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        print(f"building {name}, once ...", file=sys.stderr)
        server.execute(f"DROP DATABASE IF EXISTS {name}_new WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}_new")
    manage(f"{name}_new", "migrate", "--verbosity", "0")
    fill = GENERATE.format(
        n=size,
        contact=_uuid(1, "i"),
        affiliation=_uuid(2, "i"),
        org=_uuid(3, "j"),
        employer=_uuid(3, f"(i / 10 %% ({size} / 100)) * 10 + i %% 10"),
        agreement=_uuid(4, "j * 2 + k"),
    ).replace("%%", "%")
    with connect(f"{name}_new") as database:
        for statement in fill.split(";\n"):
            if statement.strip():
                database.execute(statement.encode())
    manage(f"{name}_new", "shell", "--command", REFRESH)
    with connect(f"{name}_new") as database:
        database.execute("VACUUM ANALYZE")
    with connect() as server:
        server.execute(f"ALTER DATABASE {name}_new RENAME TO {name}")
    return name


def clone(size: int, name: str) -> str:
    """A fresh copy to spoil."""
    source = template(size)
    with connect() as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE {source} STRATEGY FILE_COPY")
        server.execute("CHECKPOINT")
    return name


def drop(name: str) -> None:
    """Away with a copy."""
    with connect() as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def environment(name: str) -> dict[str, str]:
    """The environment of a process that works on this database."""
    journal = ROOT / "var" / "bench" / "journal"
    return os.environ | {"DATABASE_URL": url(name), "DEBUG": "true", "JOURNAL_PATH": str(journal / name)}


def manage(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py on one database of the bench."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(name) | {"DEBUG": "true"}, check=True, capture_output=True, text=True
    )
