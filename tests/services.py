"""What a test may need besides Python, and why it is not there.

A test names its need with a marker: `postgres`, `redis`, `browser` or `gettext`. Unmet, it is skipped with the reason shown, or
fails when REQUIRE_SERVICES=1. `postgres` means: the session's own database is PostgreSQL. One process cannot change its
database, so `make test` on SQLite runs everything else first and then the tests marked `postgres` in a second pass with
DATABASE_URL pointing at PostgreSQL; with DATABASE_URL already on PostgreSQL there is one pass with everything in it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import cache

import psycopg
import redis
from django.conf import settings

_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def services_required() -> bool:
    """Whether an unmet need is a failure: REQUIRE_SERVICES is set to anything but 0."""
    return os.environ.get("REQUIRE_SERVICES", "0") not in ("", "0")


def redis_url() -> str:
    """The Redis that tests may use: the session's broker when that is Redis, else a database of the local server."""
    broker: str = settings.CELERY_BROKER_URL
    return broker if broker.startswith("redis") else "redis://127.0.0.1:6379/5"


def chromium_path() -> str | None:
    """Where the system's Chromium is, for Playwright's `executable_path`."""
    return next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)


@cache
def why_no_postgres() -> str | None:
    """Why the session's database is no PostgreSQL that can create test databases; None when it is one."""
    database = settings.DATABASES["default"]
    if "postgresql" not in database["ENGINE"]:
        return "needs PostgreSQL: run with DATABASE_URL=postgres://..."
    try:
        with psycopg.connect(
            host=database["HOST"] or None,
            port=database["PORT"] or None,
            user=database["USER"] or None,
            password=database["PASSWORD"] or None,
            dbname="postgres",
            connect_timeout=3,
        ) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        return f"PostgreSQL is not reachable: {' '.join(str(error).split())}"
    return None if row and row[0] else "this PostgreSQL role may not create databases"


@cache
def why_no_redis() -> str | None:
    """Why no Redis answers; None when one does."""
    try:
        with redis.Redis.from_url(redis_url(), socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        return f"Redis is not reachable: {error}"
    return None


@cache
def why_no_browser() -> str | None:
    """Why no browser test can run; None when Chromium is installed."""
    return None if chromium_path() else "Chromium is not installed (Debian: apt-get install chromium)"


def why_no_gettext() -> str | None:
    """Why texts cannot be collected; None when the tools of gettext are installed."""
    return None if shutil.which("xgettext") else "gettext is not installed (Debian: apt-get install gettext)"


NEEDS: dict[str, Callable[[], str | None]] = {
    "postgres": why_no_postgres,
    "redis": why_no_redis,
    "browser": why_no_browser,
    "gettext": why_no_gettext,
}
