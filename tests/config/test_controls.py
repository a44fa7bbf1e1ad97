"""The registry of the controls that keep the policy: states, several controls, and controls that fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy

from config.policy.clauses import CLAUSES
from config.policy.controls import REGISTRY, Promise, State, Verdict, autodiscover, keeps, report

AT = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)


@pytest.fixture
def registry() -> Iterator[None]:
    """An empty registry of controls; the controls of the apps come back afterwards."""
    before = REGISTRY[:]
    REGISTRY.clear()
    yield
    REGISTRY[:] = before


def promise(clause: str) -> Promise:
    """The entry of one clause in the report."""
    return next(entry for entry in report(AT) if entry.clause.id == clause)


def control(*clauses: str, state: State = State.KEPT, title: str = "a control", evidence: str = "seen") -> None:
    """Register a control that always finds the same."""
    keeps(*clauses, title=title)(lambda at: Verdict(state, evidence, url=f"/{state}/", since=at))


@pytest.mark.usefixtures("registry")
def test_without_controls_every_clause_is_reported_as_without_control() -> None:
    entries = report(AT)
    assert [entry.clause for entry in entries] == list(CLAUSES)
    assert {(entry.state, entry.control, entry.evidence, entry.url, entry.since) for entry in entries} == {
        (State.NO_CONTROL, "", "", "", None)
    }


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("state", list(State))
def test_a_clause_stands_as_its_control_finds_it(state: State) -> None:
    control("S95", state=state, title="Nobody is overdue", evidence="0 of 7 are overdue")
    entry = promise("S95")
    assert (entry.state, entry.control, entry.evidence) == (state, "Nobody is overdue", "0 of 7 are overdue")
    assert (entry.url, entry.since) == (f"/{state}/", AT)
    assert promise("S96").state is State.NO_CONTROL


@pytest.mark.usefixtures("registry")
def test_one_control_may_keep_several_clauses_and_is_asked_once() -> None:
    asked: list[datetime] = []

    @keeps("S95", "S97", "S97", title="Both clocks")
    def both(at: datetime) -> Verdict:
        asked.append(at)
        return Verdict(State.KEPT, f"asked {len(asked)} times")

    entries = {entry.clause.id: entry for entry in report(AT)}
    assert asked == [AT]
    assert [entries[number].state for number in ("S95", "S96", "S97")] == [State.KEPT, State.NO_CONTROL, State.KEPT]
    assert entries["S97"].control == "Both clocks"
    assert both(AT).evidence == "asked 2 times", "the decorated function stays an ordinary function"


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ((State.KEPT, State.KEPT), State.KEPT),
        ((State.KEPT, State.AT_RISK), State.AT_RISK),
        ((State.AT_RISK, State.KEPT), State.AT_RISK),
        ((State.AT_RISK, State.NO_CONTROL), State.NO_CONTROL),
        ((State.BROKEN, State.KEPT), State.BROKEN),
        ((State.NO_CONTROL, State.BROKEN), State.BROKEN),
    ],
)
def test_of_two_controls_the_worst_counts_and_says_why(states: tuple[State, State], worst: State) -> None:
    for name, state in zip(("first", "second"), states, strict=True):
        control("S103", state=state, title=f"the {name}", evidence=f"{name} found {state}")
    entry = promise("S103")
    assert entry.state is worst
    assert entry.control == "the first; the second"
    said = [f"{name} found {state}" for name, state in zip(("first", "second"), states, strict=True) if state is worst]
    assert entry.evidence == "; ".join(said)
    assert entry.url == f"/{worst}/"


@pytest.mark.usefixtures("registry")
def test_a_control_that_raises_breaks_its_clause_names_no_value_and_the_report_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @keeps("S95", title="Raises")
    def raises(at: datetime) -> Verdict:
        raise LookupError("no contact jane.doe@example.org")

    control("S95", title="Finds it kept")
    control("S97")
    entry = promise("S95")
    assert (entry.state, entry.evidence, entry.control) == (State.BROKEN, "LookupError", "Raises; Finds it kept")
    assert promise("S97").state is State.KEPT
    assert "The control of S95 raised LookupError." in caplog.text
    assert "jane.doe" not in caplog.text + entry.evidence


@pytest.mark.usefixtures("registry")
@pytest.mark.django_db
def test_a_failed_query_inside_a_transaction_does_not_take_the_other_controls_with_it() -> None:
    def answer() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 42")
            return int(cursor.fetchone()[0])

    @keeps("S95", title="Asks nonsense")
    def nonsense(at: datetime) -> Verdict:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM a_table_that_is_not_there")
        return Verdict(State.KEPT, "")

    @keeps("S97", title="Asks sense")
    def sense(at: datetime) -> Verdict:
        return Verdict(State.KEPT, str(answer()))

    with transaction.atomic():
        entries = {entry.clause.id: entry for entry in report(AT)}
        assert entries["S95"].state is State.BROKEN
        assert entries["S95"].evidence in {"OperationalError", "ProgrammingError"}
        assert (entries["S97"].state, entries["S97"].evidence) == (State.KEPT, "42")
        assert answer() == 42


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize("clauses", [("S94",), ("S95", "S170"), ("95",), ()])
def test_a_control_of_a_clause_that_the_policy_does_not_have_is_refused(clauses: tuple[str, ...]) -> None:
    with pytest.raises(ImproperlyConfigured, match="Mistaken"):
        keeps(*clauses, title="Mistaken")
    assert REGISTRY == []
    control("S95")
    assert len(REGISTRY) == 1


def test_a_refusal_names_only_the_unknown_clauses() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"does not have: S1, S170\.$"):
        keeps("S1", "S95", "S170", title="Mistaken")


@pytest.mark.usefixtures("registry")
def test_titles_are_translated_when_the_report_is_read() -> None:
    keeps("S95", title=gettext_lazy("German"))(lambda at: Verdict(State.KEPT, ""))
    with translation.override("en"):
        assert promise("S95").control == "German"
    with translation.override("de"):
        assert promise("S95").control == "Deutsch"


def test_states_are_plain_words_for_programs_and_have_a_label_for_people() -> None:
    assert [str(state) for state in State] == ["kept", "at risk", "broken", "no control"]
    with translation.override("en"):
        assert [state.label for state in State] == ["kept", "at risk", "broken", "no control"]


@pytest.mark.usefixtures("registry")
def test_the_controls_of_an_installed_app_are_found_in_its_promises_and_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = tmp_path / "app_with_a_promise"
    app.mkdir()
    (app / "__init__.py").write_text("")
    (app / "promises.py").write_text(
        "from config.policy.controls import State, Verdict, keeps\n"
        "keeps('S95', title='Discovered')(lambda at: Verdict(State.KEPT, ''))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(apps, "get_app_configs", lambda: [SimpleNamespace(name=app.name)])
    assert promise("S95").state is State.NO_CONTROL
    autodiscover()
    autodiscover()
    assert promise("S95").control == "Discovered"
