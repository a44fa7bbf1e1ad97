"""Is the program alive, and is it ready: what a monitor asks (R6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config.celery import app
from config.dates import now

Probe = Callable[[datetime], str]
PROBES: dict[str, Probe] = {}


def probe(name: str) -> Callable[[Probe], Probe]:
    """Register a readiness probe from an app's `probes.py`: given the present moment it returns "" or what is wrong."""

    def register(function: Probe) -> Probe:
        PROBES[name] = function
        return function

    return register


@probe("database")
def database(at: datetime) -> str:
    """The database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


@probe("broker")
def broker(at: datetime) -> str:
    """The message broker takes a connection."""
    with app.connection_for_write(connect_timeout=2) as channel:
        channel.ensure_connection(max_retries=1, timeout=2)
    return ""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """The web process is alive."""
    return JsonResponse({"alive": True})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Every probe in turn; 503 while one of them has something to say."""
    answers = {name: _ask(function) for name, function in sorted(PROBES.items())}
    ready = not any(answers.values())
    body = {"ready": ready, "probes": {name: answer or "ok" for name, answer in answers.items()}}
    return JsonResponse(body, status=200 if ready else 503)


def _ask(function: Probe) -> str:
    try:
        return function(now())
    except Exception as problem:  # noqa: BLE001  (a probe that fails is a finding; its message may hold an address)
        return type(problem).__name__
