"""What every test shares: the policy for missing services, and files of its own.

Which needs a test can name, and what happens when one is unmet, is described in `tests/services.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from django.contrib.auth.signals import user_logged_in
from pytest_django import Settings

from tests.proof import as_if_proved
from tests.services import NEEDS, redis_url, services_required

ROOT = Path(__file__).resolve().parent.parent

# A slow machine is no defect, and a run must be repeatable.
hypothesis.settings.register_profile("obhut", deadline=None, derandomize=True)
hypothesis.settings.load_profile("obhut")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose service is missing, before any fixture reaches for it; fail it under REQUIRE_SERVICES=1."""
    for need, why_missing in NEEDS.items():
        if item.get_closest_marker(need) and (reason := why_missing()):
            if services_required():
                pytest.fail(f"REQUIRE_SERVICES is set, and {reason}", pytrace=False)
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def own_files(settings: Settings, tmp_path: Path) -> None:
    """Give the test a journal, an upload folder and a cache of its own, fast hashing, and sign-ins by `force_login`."""
    settings.JOURNAL_PATH = tmp_path / "journal"
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }
    user_logged_in.connect(as_if_proved, dispatch_uid="tests.as_if_proved")


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    """A client of the Redis tests may use; the test is marked `redis` and cleans up its own keys."""
    with redis.Redis.from_url(redis_url(), decode_responses=True) as client:
        yield client


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of sample files from other systems, which lie beside the project and are not part of it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the sample files beside the project (../shared/data) are missing")
    return folder
