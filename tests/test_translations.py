"""Every text that people read is there in German and Finnish, and what is there is what the program uses."""

from __future__ import annotations

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APPS = ("config", "contacts", "consent", "retention", "dsar")
LANGUAGES = ("de", "fi")
UNMARKED = (ast.Constant, ast.JoinedStr)
TRANSLATING = ("_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext")
CATALOGUE = Path("LC_MESSAGES") / "django.po"
PUBLIC = re.compile(r"templates/(?:consent/(?:public/|policy_changed|breach_letter)|dsar/(?:public|letters|package)/)")
FAMILIAR = re.compile(r"\b(?:sinä|sinu\w*|voit|olet|haluat|saat|\w+[aeoyäö]si)\b", re.IGNORECASE)
HOLE = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogues as `make messages` would collect them now."""
    copy = tmp_path_factory.mktemp("source") / "obhut"
    for name in (*APPS, "templates", "static", "locale", "manage.py"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    collect = [sys.executable, "manage.py", "makemessages", "--no-wrap", "--no-obsolete"]
    for language in LANGUAGES:
        collect += ["--locale", language]
    environment = os.environ | {"DEBUG": "true"}
    subprocess.run(collect, cwd=copy, env=environment, check=True, capture_output=True)
    return copy / "locale"


@pytest.mark.slow
@pytest.mark.gettext
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["--untranslated", "--only-fuzzy"])
def test_every_text_is_translated(language: str, state: str, catalogues: Path) -> None:
    left = subprocess.run(
        ["msgattrib", state, "--no-obsolete", "--no-location", str(catalogues / language / CATALOGUE)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert re.findall(r'(?m)^msgid (?:""\n)?"(.+)"', left.stdout) == []


@pytest.mark.gettext
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_committed_for_the_program_is_what_people_edited(language: str, tmp_path: Path) -> None:
    edited = ROOT / "locale" / language / CATALOGUE
    fresh = tmp_path / "django.mo"
    subprocess.run(["msgfmt", "--check-format", "-o", str(fresh), str(edited)], check=True, capture_output=True)
    assert compiled(fresh) == compiled(edited.with_suffix(".mo"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_loses_or_invents_a_value(language: str) -> None:
    for source, text in compiled((ROOT / "locale" / language / CATALOGUE).with_suffix(".mo")).items():
        if isinstance(source, str) and source:  # a plural's forms may leave out the number
            assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(source)), source


def test_finnish_addresses_the_person_formally() -> None:
    """On the public pages, in mails and in letters; staff are addressed as colleagues."""
    blocks = (ROOT / "locale" / "fi" / CATALOGUE).read_text(encoding="utf-8").split("\n\n")
    said = [block.split("\nmsgstr", 1)[1] for block in blocks if PUBLIC.search(block)]
    letters = [path.read_text(encoding="utf-8") for path in (ROOT / "templates/dsar/answers/fi").glob("*.txt")]
    assert len(said) > 100 and len(letters) > 10
    assert [text for text in (*said, *letters) if FAMILIAR.search(text)] == []


def test_no_text_to_translate_stands_inside_an_f_string() -> None:
    """What collects the texts does not look there, so such a text would be English in every language."""
    sources = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    assert len(sources) > 300
    found = [f"{path.relative_to(ROOT)}:{line}" for path in sources for line in hidden(path)]
    assert found == []


def test_what_the_audit_trail_says_was_done_can_be_translated() -> None:
    """Stored in English and shown in the reader's language: each act is marked where it is written down."""
    calls = [
        (path, node)
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "AuditEvent.record"
    ]
    assert len(calls) > 50
    bare = [f"{path.relative_to(ROOT)}:{node.lineno}" for path, node in calls if type(node.args[1]) in UNMARKED]
    assert bare == []


def test_what_translates_is_called_by_a_name_that_the_collector_knows() -> None:
    aliases = {
        (str(path.relative_to(ROOT)), one.asname)
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for one in node.names
        if one.asname
    }
    assert len(aliases) > 100
    assert {(path, alias) for path, alias in aliases if alias != "_"} == set()


def hidden(path: Path) -> Iterator[int]:
    """The lines of a module on which an f-string translates a text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.JoinedStr):
            continue
        calls = [one.func for one in ast.walk(node) if isinstance(one, ast.Call)]
        if any(isinstance(one, ast.Name) and one.id in TRANSLATING for one in calls):
            yield node.lineno


def compiled(path: Path) -> dict[object, str]:
    """The texts in a compiled catalogue, by what they translate (for a plural with its number)."""
    with path.open("rb") as file:
        return dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
