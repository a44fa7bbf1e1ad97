"""`manage.py promises`: what people and programs read, and the exit code."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError

from config.policy.clauses import CLAUSES
from config.policy.controls import REGISTRY, State, Verdict, keeps

SENTENCE = "3 of 1,204 contacts have been due for more than 48 hours, the oldest of them since 19 November 2026."


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """An empty registry of controls; the controls of the apps come back afterwards."""
    before = REGISTRY[:]
    REGISTRY.clear()
    yield
    REGISTRY[:] = before


def control(*clauses: str, state: State, title: str = "Nobody is overdue", evidence: str = SENTENCE) -> None:
    """Register a control that always finds the same."""
    keeps(*clauses, title=title)(lambda at: Verdict(state, evidence))


def run(*arguments: str, out: io.StringIO | None = None) -> tuple[int, str]:
    """The exit code and the output of the command; nothing may go to the error stream."""
    out, err, code = out or io.StringIO(), io.StringIO(), 0
    try:
        call_command("promises", *arguments, stdout=out, stderr=err)
    except SystemExit as stop:
        code = -1 if stop.code is None else int(stop.code)
    assert err.getvalue() == ""
    return code, out.getvalue()


@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize(
    ("state", "code"), [(State.KEPT, 0), (State.AT_RISK, 0), (State.NO_CONTROL, 0), (State.BROKEN, 1)]
)
def test_the_exit_code_is_one_when_a_clause_is_broken_and_else_zero(form: str, state: State, code: int) -> None:
    control("S95", state=state)
    found, text = run("--format", form)
    assert found == code
    assert state.value in text


def test_a_control_that_raises_is_shown_and_makes_the_exit_code_one() -> None:
    assert run()[0] == 0

    @keeps("S103", title="Raises")
    def raises(at: datetime) -> Verdict:
        raise KeyError("jane.doe@example.org")

    code, text = run("--format", "json")
    assert code == 1
    entry = next(entry for entry in json.loads(text) if entry["clause"] == "S103")
    assert entry == {"clause": "S103", "state": "broken", "control": "Raises", "evidence": "KeyError"}


def test_the_json_is_one_list_with_an_object_per_clause() -> None:
    control("S95", "S97", state=State.AT_RISK, evidence="fällig: 3")
    _code, text = run("--format", "json")
    entries = json.loads(text)
    assert [entry["clause"] for entry in entries] == [clause.id for clause in CLAUSES]
    by_clause = {entry.pop("clause"): entry for entry in entries}
    assert by_clause["S95"] == by_clause["S97"]
    assert by_clause["S95"] == {"state": "at risk", "control": "Nobody is overdue", "evidence": "fällig: 3"}
    assert by_clause["S96"] == {"state": "no control", "control": "", "evidence": ""}


def test_controls_judge_the_present_moment_and_get_an_aware_one() -> None:
    seen: list[datetime] = []

    @keeps("S95", title="Looks at the clock")
    def looks(at: datetime) -> Verdict:
        seen.append(at)
        return Verdict(State.KEPT, "")

    before = datetime.now(UTC)
    run()
    assert len(seen) == 1
    assert before <= seen[0] <= datetime.now(UTC)


def test_the_table_is_the_default_and_shows_every_clause_and_the_count_of_each_state() -> None:
    control("S3", "S5", "S6", state=State.KEPT)
    control("S95", "S97", state=State.AT_RISK)
    control("S103", state=State.BROKEN)
    code, text = run()
    assert (code, text) == run("--format", "table")
    lines = text.splitlines()
    assert lines[0].split() == ["Clause", "State", "Control", "Evidence"]
    assert [line.split()[0] for line in lines if line.startswith("S")] == [clause.id for clause in CLAUSES]
    assert lines[-1] == f"{len(CLAUSES)} clauses: 3 kept, 2 at risk, 1 broken, {len(CLAUSES) - 6} no control"


def test_the_table_fits_a_hundred_columns_and_cuts_nothing_off() -> None:
    title = "No contact stays in the direct-marketing records past the day on which its clock ran out"
    control("S95", state=State.AT_RISK, title=title)
    control("S97", state=State.AT_RISK, evidence="/".join(["x" * 60] * 3))
    lines = run()[1].splitlines()
    assert max(len(line) for line in lines) <= 100
    start = next(number for number, line in enumerate(lines) if line.startswith("S95"))
    end = next(number for number, line in enumerate(lines) if line.startswith("S96"))
    control_at, evidence_at = lines[0].index("Control"), lines[0].index("Evidence")
    rows = lines[start:end]
    assert len(rows) > 1
    assert " ".join(row[control_at:evidence_at].strip() for row in rows).strip() == title
    assert " ".join(row[evidence_at:].strip() for row in rows).strip() == SENTENCE
    assert "".join(lines).count("x") >= 180


def test_a_pipe_gets_no_colours_and_a_terminal_does() -> None:
    control("S95", state=State.BROKEN)
    with patch("django.core.management.color.supports_color", return_value=True):
        plain, coloured = run()[1], run(out=Terminal())[1]
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert "\x1b" not in run("--no-color", out=Terminal())[1]
    assert "\x1b[" in run("--force-color")[1]
    assert "\x1b" not in run("--format", "json", "--force-color")[1]


def test_colours_do_not_move_the_columns() -> None:
    control("S95", state=State.AT_RISK)
    plain, coloured = run()[1], run("--force-color")[1]
    assert coloured.count("\x1b[0m") == len(CLAUSES), "one painted state per clause, and nothing else"
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_the_command_is_found_by_name_and_refuses_another_format() -> None:
    assert isinstance(load_command_class(str(get_commands()["promises"]), "promises"), BaseCommand)
    with pytest.raises(CommandError, match="invalid choice"):
        run("--format", "xml")
