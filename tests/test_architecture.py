"""The house stands as drawn: floors, room sizes, described doors, and nothing of a workplace in it."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

APPS = ("config", "contacts", "consent", "retention", "dsar")
MAX_LINES = 300
MAX_LINES_OF_TESTS = 450  # a table of cases may be longer than a room
# Data and text that a program wrote: its length and words say nothing about this house.
GENERATED = re.compile(r"(^|/)(migrations|locale)/|(^|/)requirements[^/]*\.txt$|^LICENSE$")
WORKPLACE = re.compile(
    r"(?<![\w.~-])/(?:home|root|Users|tmp|work)/\w"  # a path of somebody's machine
    r"|py[p]i\.org|python[h]osted\.org|npm[j]s\.(?:org|com)|--(?:extra-)?index-url|file:///"  # an address of a registry
)
BESIDE = re.compile(r"\.\./shar[e]d")


@cache
def project_files() -> tuple[str, ...]:
    """Every file that is, or would be, part of the repository, relative to its root."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, so nobody can say which files belong to the project")
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(name for name in sorted(listing.stdout.split("\0")) if name and (ROOT / name).is_file())


def texts(*, suffix: str = "") -> Iterator[tuple[str, str]]:
    """(name, text) of every hand-written text file of the project."""
    for name in project_files():
        content = (ROOT / name).read_bytes()
        if name.endswith(suffix) and not GENERATED.search(name) and b"\0" not in content:
            yield name, content.decode()


def places(pattern: re.Pattern[str]) -> list[str]:
    """`file:line: text` of every match."""
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def undescribed(path: str, text: str) -> Iterator[str]:
    """Public functions and classes of one module that say nothing about themselves."""
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        # A management command is described by its `help`.
        if not node.name.startswith("_") and node.name != "Command" and ast.get_docstring(node) is None:
            yield f"{path}:{node.lineno}: {node.name}"


def test_an_app_imports_only_what_lies_below_it() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"]
    result = subprocess.run(
        [*command, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "2 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(
    "line",
    ["see /home/somebody/notes", 'Path("/tmp/x")', "--index-url x", "https://py" + "pi.org/simple", "file:///srv/x"],
)
def test_a_path_of_a_machine_or_a_registry_would_be_seen(line: str) -> None:
    assert WORKPLACE.search(line)


@pytest.mark.parametrize("line", ["https://obhut.example/home/start", "tests/root/x", "../work/plan", "/rooted/"])
def test_an_ordinary_address_is_no_path_of_a_machine(line: str) -> None:
    assert not WORKPLACE.search(line)


def test_no_file_names_a_machine_or_a_registry() -> None:
    assert "Makefile" in dict(texts())
    own = "tests/test_architecture.py"
    assert [place for place in places(WORKPLACE) if not place.startswith(own)] == []


def test_only_tests_read_the_samples_beside_the_project() -> None:
    found = places(BESIDE)
    assert any(place.startswith("tests/conftest.py") for place in found)
    assert [place for place in found if not place.startswith("tests/")] == []


def test_no_module_is_longer_than_a_room() -> None:
    lengths = {name: text.count("\n") for name, text in texts(suffix=".py")}
    assert lengths["tests/test_architecture.py"] > 0
    assert {
        name: length
        for name, length in lengths.items()
        if length > (MAX_LINES_OF_TESTS if name.startswith("tests/") else MAX_LINES)
    } == {}


def test_every_public_function_and_class_says_what_it_is_for() -> None:
    modules = {name: text for name, text in texts(suffix=".py") if Path(name).parts[0] in APPS}
    assert set(APPS) == {Path(name).parts[0] for name in modules}
    assert [gap for name, text in modules.items() for gap in undescribed(name, text)] == []


def test_an_undescribed_function_would_be_seen() -> None:
    assert list(undescribed("x.py", "def open(): pass")) == ["x.py:1: open"]
    assert list(undescribed("x.py", 'def open():\n    """Opens."""\ndef _shut(): pass')) == []
