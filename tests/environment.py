"""The environment of a test session, in place before Django reads its settings; pytest loads this first (`-p`).

Everything is set here so that a developer's `.env` never reaches the tests: it loses against the environment. The real
environment may name the database and the broker; secrets and files are always the tests' own.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

_FILES = "OBHUT_TEST_FILES"
REDIS_DATABASES = 16
"""As many as a Redis server has that nobody configured."""


def _session_folder() -> Path:
    """The folder of this session, removed by the process that made it; the workers of pytest-xdist inherit its name."""
    if _FILES not in os.environ:
        os.environ[_FILES] = tempfile.mkdtemp(prefix="obhut-tests-")
        atexit.register(shutil.rmtree, os.environ[_FILES], ignore_errors=True)
    return Path(os.environ[_FILES])


def _prepare() -> None:
    folder = _session_folder()
    os.environ.update(
        DEBUG="true",
        REQUIRE_MFA="true",
        SECRET_KEY="tests-only-secret-key-" + "0123456789" * 4,
        HMAC_KEYS="1:tests-only-digest-key-0123456789-abcdef",
        EXPORT_KEY="tests-only-export-key-0123456789-abcdef",
        JOURNAL_PATH=str(folder / "journal"),
        ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
        BASE_URL="http://testserver",
        EMAIL_URL="memorymail://",
        CONTROLLER_TZ="Europe/Helsinki",
    )
    defaults = {
        "DATABASE_URL": f"sqlite:///{folder / 'obhut.sqlite3'}",
        # A message sent by a test stays in its process: the embedded broker's folder may belong to a running Obhut.
        "CELERY_BROKER_URL": "memory://",
        # Playwright's synchronous interface runs a loop in the thread that also asks the database.
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
    }
    os.environ.update({name: value for name, value in defaults.items() if not os.environ.get(name)})
    os.environ["CELERY_BROKER_URL"] = own_broker(
        os.environ["CELERY_BROKER_URL"], os.environ.get("PYTEST_XDIST_WORKER", "")
    )


def own_broker(broker: str, process: str) -> str:
    """The broker for one of several processes of a session: on one Redis database they take each other's messages.

    Each has the next database, from the one that was named on.
    """
    if not process or not broker.startswith(("redis://", "rediss://")):
        return broker
    parts = urlsplit(broker)
    first = int(parts.path.strip("/") or 0)
    number = first + int(process.removeprefix("gw")) % (REDIS_DATABASES - first)
    return parts._replace(path=f"/{number}").geturl()


_prepare()
