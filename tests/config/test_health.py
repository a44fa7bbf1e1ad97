"""`/healthz` and `/readyz`: what a monitor is told, and that it is told no secret (R6)."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from contacts.models import Contact
from tests.conftest import ROOT
from tests.services import redis_url

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
NOBODY = "127.0.0.1:1"
"""No program listens there."""
PASSWORD = "s3cret-of-the-broker"

ASK = """
import django
django.setup()
from django.test import Client
client = Client()
for path in ("/healthz", "/readyz"):
    answer = client.get(path)
    print(answer.status_code, answer.content.decode())
"""


@pytest.fixture(autouse=True)
def _static_files(settings: Settings, tmp_path: Path) -> None:
    """The server warns when its folder of static files is missing."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()


def readyz() -> tuple[int, dict[str, Any]]:
    """Status and body of /readyz at noon."""
    with time_machine.travel(NOW, tick=False):
        answer = Client().get("/readyz")
    assert answer["Content-Type"] == "application/json"
    body: dict[str, Any] = answer.json()
    return answer.status_code, body


def asked_in_a_process_of_its_own(**environment: str) -> list[tuple[int, dict[str, Any]]]:
    """Status and body of both, from a server started with this environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    clean |= {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "ignore"} | environment
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    return [(int(status), json.loads(body)) for status, body in lines]


def test_alive_without_asking_the_database_and_without_signing_in() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_names_every_probe_and_asks_not_to_be_cached() -> None:
    assert readyz() == (200, {"ready": True, "probes": {"broker": "ok", "database": "ok", "purge": "ok"}})
    assert "no-store" in Client().get("/readyz")["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_monitor_may_ask_for_the_head_only_and_nobody_may_post(path: str) -> None:
    assert Client().head(path).status_code == 200
    assert Client().post(path).status_code == 405


@pytest.mark.django_db
def test_a_missed_night_is_named() -> None:
    Contact.objects.create(email="anna@example.org", collected_on=dt.date(2026, 1, 1), in_marketing=True)
    assert readyz()[0] == 200
    Contact.objects.update(created_at=NOW - dt.timedelta(hours=27))
    status, body = readyz()
    assert (status, body["ready"]) == (503, False)
    assert body["probes"]["purge"] == "no completed run in the last 26 hours"
    assert (body["probes"]["database"], body["probes"]["broker"]) == ("ok", "ok")
    assert "anna" not in json.dumps(body)


@pytest.mark.django_db
def test_a_broker_that_is_down_is_named_and_its_password_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", f"redis://:{PASSWORD}@{NOBODY}/0")
    status, body = readyz()
    assert (status, body["ready"]) == (503, False)
    assert body["probes"] == {"broker": "OperationalError", "database": "ok", "purge": "ok"}
    monkeypatch.undo()
    assert readyz()[0] == 200


@pytest.mark.redis
@pytest.mark.django_db
def test_a_broker_that_asks_for_another_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    place = redis_url().split("://")[1].split("@")[-1]
    monkeypatch.setenv("CELERY_BROKER_URL", f"redis://{place}")
    assert readyz()[0] == 200
    monkeypatch.setenv("CELERY_BROKER_URL", f"redis://somebody:{PASSWORD}@{place}")
    status, body = readyz()
    assert (status, body["probes"]["database"]) == (503, "ok")
    assert body["probes"]["broker"] not in ("", "ok")
    assert PASSWORD not in json.dumps(body)


def test_without_database_and_broker_it_is_alive_not_ready_and_says_no_secret() -> None:
    (alive, _body), (status, body) = asked_in_a_process_of_its_own(
        DATABASE_URL=f"postgres://obhut:{PASSWORD}@{NOBODY}/obhut", CELERY_BROKER_URL=f"redis://:{PASSWORD}@{NOBODY}/0"
    )
    assert alive == 200
    assert status == 503
    assert body["probes"] == dict.fromkeys(("broker", "database", "purge"), "OperationalError")


def test_the_embedded_broker_is_ready_without_a_server(tmp_path: Path) -> None:
    _alive, (status, body) = asked_in_a_process_of_its_own(
        DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}", CELERY_BROKER_URL=""
    )
    assert (status, body["probes"]["broker"], body["probes"]["database"]) == (503, "ok", "ok")
    assert body["probes"]["purge"] == "OperationalError", "no table yet: a server that nobody prepared"
