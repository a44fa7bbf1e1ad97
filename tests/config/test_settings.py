"""What the environment must say before Obhut starts, and that a refusal names the variable and never its value (R29)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import KEY_LENGTH, SECRET_LENGTH, secret, versioned_keys
from tests.conftest import ROOT


def key(name: str) -> str:
    """A key that looks random and is the same in every process."""
    return hashlib.sha256(name.encode()).hexdigest()


STRONG = key("strong")
PRODUCTION = {
    "DEBUG": "false",
    "SECRET_KEY": STRONG,
    "HMAC_KEYS": f"2:{key('newer')},1:{key('older')}",
    "EXPORT_KEY": key("export"),
    "ALLOWED_HOSTS": "obhut.example",
    "BASE_URL": "https://obhut.example",
    "EMAIL_URL": "smtp://localhost:25",
    "DATABASE_URL": "sqlite://:memory:",
    "CELERY_BROKER_URL": "memory://",
}
REMARKABLE = "amsel" * 14
"""Long, but of few different characters; easily seen in a message."""
UNFIT = {
    "SECRET_KEY": ["", "amsel-too-short", REMARKABLE, "django-insecure-" + STRONG, "development-only-" + STRONG],
    "EXPORT_KEY": ["", "amsel-too-short", REMARKABLE, "development-only-" + STRONG],
    "HMAC_KEYS": [
        "",
        "1:amsel-too-short",
        f"1:{REMARKABLE}",
        f"2:{STRONG},1:amsel-too-short",
        f"1:{STRONG},1:{STRONG[::-1]}",
        f"one:{STRONG}",
        STRONG,
        f"1:{STRONG},",
        f"²:{STRONG}",
    ],
}
CASES = [(name, value) for name, values in UNFIT.items() for value in values]


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in production with that environment on top; an empty value is an unset one to the settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=clean | PRODUCTION | environment,
        capture_output=True,
        text=True,
        check=False,
    )


# The start ------------------------------------------------------------------------------------------------------------


def test_with_every_secret_in_place_the_deployment_check_has_nothing_to_say() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("name", UNFIT)
def test_without_a_secret_the_start_is_refused_and_the_variable_named(name: str) -> None:
    done = manage("check", **{name: ""})
    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr
    assert not [value for value in PRODUCTION.values() if len(value) > 30 and value in done.stdout + done.stderr]


@pytest.mark.parametrize("name", UNFIT)
def test_with_a_weak_secret_the_start_is_refused_and_its_value_not_printed(name: str) -> None:
    weak = f"1:{REMARKABLE}" if name == "HMAC_KEYS" else REMARKABLE
    done = manage("check", **{name: weak})
    assert done.returncode != 0
    assert f"{name} is too weak" in done.stderr
    assert "amsel" not in done.stdout + done.stderr


def test_in_development_no_secret_is_needed() -> None:
    done = manage("check", DEBUG="true", SECRET_KEY="", HMAC_KEYS="", EXPORT_KEY="", BASE_URL="", ALLOWED_HOSTS="")
    assert done.returncode == 0, done.stderr


def test_over_plain_http_the_deployment_check_complains() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", BASE_URL="http://obhut.example")
    assert done.returncode != 0
    assert "security.W008" in done.stderr


def test_without_a_host_name_the_deployment_check_complains() -> None:
    done = manage("check", "--deploy", "--fail-level", "WARNING", ALLOWED_HOSTS="")
    assert done.returncode != 0
    assert "security.W020" in done.stderr


# One value ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{name} {number}" for number, (name, _) in enumerate(CASES)])
def test_an_unfit_value_is_refused_by_name_without_quoting_it(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:  # noqa: PT012
        if name == "HMAC_KEYS":
            versioned_keys(name, value, debug=False)
        else:
            secret(name, value, debug=False, length=SECRET_LENGTH if name == "SECRET_KEY" else KEY_LENGTH)
    message = str(refusal.value)
    assert message.startswith(name)
    assert "amsel" not in message
    assert STRONG not in message


@pytest.mark.parametrize(("missing", "is_refused"), [(0, False), (1, True)])
def test_the_length_counts_to_the_last_character(missing: int, is_refused: bool) -> None:
    for name, length in (("SECRET_KEY", SECRET_LENGTH), ("EXPORT_KEY", KEY_LENGTH)):
        value = STRONG[: length - missing]
        if is_refused:
            with pytest.raises(ImproperlyConfigured, match=f"{name} is too weak.*at least {length} characters"):
                secret(name, value, debug=False, length=length)
        else:
            assert secret(name, value, debug=False, length=length) == value


def test_keys_are_read_by_version_whatever_their_order_and_spacing() -> None:
    newer, older = STRONG[:32], f"with:colon={STRONG[:24]}"
    expected = {2: newer.encode(), 1: older.encode()}
    for text in (f"2:{newer},1:{older}", f" 1:{older} , 2:{newer} "):
        assert versioned_keys("HMAC_KEYS", text, debug=False) == expected


def test_a_key_of_development_is_visibly_unfit_for_production() -> None:
    for name in ("SECRET_KEY", "EXPORT_KEY"):
        value = secret(name, "", debug=True, length=SECRET_LENGTH)
        with pytest.raises(ImproperlyConfigured, match=f"{name} is too weak"):
            secret(name, value, debug=False)
    (unfit,) = versioned_keys("HMAC_KEYS", "", debug=True).values()
    with pytest.raises(ImproperlyConfigured, match="HMAC_KEYS is too weak"):
        versioned_keys("HMAC_KEYS", f"1:{unfit.decode()}", debug=False)


@pytest.mark.parametrize("version", ["0", "-1", "32768", "99999999999"])
def test_a_version_no_row_can_hold_is_refused(version: str) -> None:
    """The version is stored beside each digest, in a small positive number."""
    with pytest.raises(ImproperlyConfigured, match="HMAC_KEYS"):
        versioned_keys("HMAC_KEYS", f"{version}:{STRONG}", debug=False)
