"""The suite's own promises: it speaks to the services it names, and a missing one is visible."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection

from tests.conftest import ROOT
from tests.environment import own_broker

POSTGRES_TEST = "tests/test_services.py::test_the_database_is_a_postgresql_we_support"
OLDEST_POSTGRES = 150000


def run_postgres_test(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run one test that needs PostgreSQL in a session whose server nobody runs."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "REQUIRE_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", POSTGRES_TEST],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.postgres
@pytest.mark.django_db
def test_the_database_is_a_postgresql_we_support() -> None:
    assert connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        (version,) = cursor.fetchone()
    assert int(version) >= OLDEST_POSTGRES


@pytest.mark.redis
def test_redis_answers(redis_client: redis.Redis) -> None:
    assert redis_client.ping() is True


def test_an_unreachable_service_is_skipped_with_its_reason() -> None:
    result = run_postgres_test(DATABASE_URL="postgres://127.0.0.1:1/nobody")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "1 skipped" in result.stdout
    assert "PostgreSQL is not reachable" in result.stdout


def test_an_unreachable_service_fails_when_services_are_required() -> None:
    result = run_postgres_test(DATABASE_URL="postgres://127.0.0.1:1/nobody", REQUIRE_SERVICES="1")
    assert result.returncode == 1, result.stdout + result.stderr
    assert "REQUIRE_SERVICES is set, and PostgreSQL is not reachable" in result.stdout


def test_a_session_on_sqlite_says_what_postgresql_tests_need() -> None:
    result = run_postgres_test(DATABASE_URL="sqlite://:memory:")
    assert "needs PostgreSQL: run with DATABASE_URL=postgres://" in result.stdout


def test_every_test_has_files_of_its_own(tmp_path: Path) -> None:
    assert tmp_path / "journal" == settings.JOURNAL_PATH
    assert tmp_path / "uploads" == settings.UPLOAD_DIR


@pytest.mark.parametrize(
    ("broker", "process", "expected"),
    [
        ("redis://127.0.0.1:6379/5", "", "redis://127.0.0.1:6379/5"),
        ("redis://127.0.0.1:6379/5", "gw0", "redis://127.0.0.1:6379/5"),
        ("redis://127.0.0.1:6379/5", "gw1", "redis://127.0.0.1:6379/6"),
        ("redis://127.0.0.1:6379/5", "gw11", "redis://127.0.0.1:6379/5"),
        ("redis://:secret@127.0.0.1:6379", "gw2", "redis://:secret@127.0.0.1:6379/2"),
        ("memory://", "gw1", "memory://"),
    ],
)
def test_processes_of_one_session_do_not_take_each_others_messages(broker: str, process: str, expected: str) -> None:
    assert own_broker(broker, process) == expected
