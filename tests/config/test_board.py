"""The promise board: what is broken turns red with its evidence, and what nobody looks at is not known to be kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import Settings

from config import board
from config.models import Actor, AuditEvent, PromiseState
from config.policy.clauses import BY_ID
from config.policy.controls import State
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES, seed_controller, seed_example_subsidiaries
from config.tasks import check_promises
from retention import due
from retention.models import RetentionRun
from tests.planted import AT, TODAY, silent
from tests.staff import list_of, page_of, rows_of_everything, signed_in, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]

BOARD = "config.promisestate"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
HAND = Actor.task()


@pytest.fixture(autouse=True)
def _a_run_an_hour_ago() -> Iterator[None]:
    RetentionRun.objects.create(
        on_date=TODAY, trigger="schedule", state="done", policy_version="2019-09", finished_at=AT - HOUR
    )
    with time_machine.travel(AT, tick=False):
        yield


def purge_clause() -> PromiseState:
    return PromiseState.objects.get(clause="S95")


def test_a_check_writes_down_every_clause_in_the_order_of_the_policy() -> None:
    counts = board.check(AT, HAND)
    rows = list(PromiseState.objects.all())
    assert [row.clause for row in rows] == list(BY_ID)
    assert sum(counts.values()) == len(rows)
    assert {row.checked_at for row in rows} == {AT}


def test_evidence_is_there_in_each_language_of_the_staff(settings: Settings) -> None:
    board.check(AT, HAND)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            assert purge_clause().words == purge_clause().evidence[language] != ""


def test_an_overdue_contact_turns_the_clause_red_and_its_going_turns_it_back() -> None:
    board.check(AT, HAND)
    assert purge_clause().state == State.KEPT
    contact = silent(100)
    board.check(AT + HOUR, HAND)
    red = purge_clause()
    assert (red.state, red.evidence["en"][:1]) == (State.BROKEN, "1")
    board.check(AT + 2 * HOUR, HAND)
    assert purge_clause().since_at == red.since_at, "since it was first seen, not since the newest look"
    contact.in_marketing = False
    contact.save()
    due.refresh(TODAY)
    board.check(AT + 3 * HOUR, HAND)
    assert (purge_clause().state, purge_clause().since_at) == (State.KEPT, AT + 3 * HOUR)


def test_each_turn_is_one_event_in_the_audit_trail() -> None:
    board.check(AT, HAND)
    assert not AuditEvent.objects.filter(model="config.PromiseState").exists()
    silent(100)
    for hours in (1, 2):
        board.check(AT + hours * HOUR, HAND)
    turns = AuditEvent.objects.filter(model="config.PromiseState", fields=["S95"])
    assert [(turn.action, turn.fields) for turn in turns] == [("broken", ["S95"])]


def test_a_clause_that_the_policy_has_not_any_more_leaves_the_board() -> None:
    PromiseState.objects.create(clause="S999", position=999, state="kept", since_at=AT - HOUR, checked_at=AT - HOUR)
    check_promises.run()
    assert not PromiseState.objects.filter(clause="S999").exists()
    assert PromiseState.objects.count() == len(BY_ID)


@pytest.mark.parametrize(("later", "known"), [(2 * HOUR, True), (2 * HOUR + SECOND, False)])
def test_when_the_schedule_stops_nothing_counts_as_kept_any_more(later: timedelta, known: bool) -> None:
    board.check(AT, HAND)
    with time_machine.travel(AT + later, tick=False):
        client = signed_in(PRIVACY_OFFICER)
        home, rows = text_of(client.get("/admin/")), text_of(client.get(list_of(BOARD)))
    assert ("Nobody has looked since" in home) is not known
    assert ("clauses are kept." in home) is known
    assert ("not known any more" in rows) is not known
    assert ("See that the worker and its schedule are running." in rows) is not known


def test_an_empty_board_says_that_nobody_has_looked() -> None:
    client = signed_in(AUDITOR)
    assert "Nobody has looked yet." in text_of(client.get("/admin/"))
    assert "Nobody has looked yet." in text_of(client.get(list_of(BOARD)))


@pytest.mark.parametrize("role", [PRIVACY_OFFICER, PRIVACY_CLERK, AUDITOR])
def test_the_home_page_names_what_is_broken_and_leads_to_it(role: str) -> None:
    seed_controller()
    seed_example_subsidiaries()
    client = signed_in(role)
    silent(100)
    board.check(AT, HAND)
    with CaptureQueriesContext(connection) as queries:
        home = client.get("/admin/")
    assert len([one for one in queries if "config_promisestate" in (one["sql"] or "")]) == 1
    assert page_of(purge_clause()) in home.content.decode()
    page = text_of(client.get(page_of(purge_clause())))
    for words in (BY_ID["S95"].quote[:40], "broken", purge_clause().evidence["en"], "Show these records"):
        assert words in page


def test_sales_see_no_board() -> None:
    board.check(AT, HAND)
    client = signed_in(SALES)
    assert "Promises of the policy" not in text_of(client.get("/admin/"))
    for door in (list_of(BOARD), page_of(purge_clause())):
        assert client.get(door).status_code == 403
    before = purge_clause().checked_at
    with time_machine.travel(AT + MINUTE, tick=False):
        assert client.post("/admin/config/promisestate/check/").status_code == 403
    assert purge_clause().checked_at == before


def test_looking_now_is_sent_and_a_get_changes_nothing() -> None:
    board.check(AT, HAND)
    client = signed_in(AUDITOR)
    with time_machine.travel(AT + MINUTE, tick=False):
        before = rows_of_everything()
        assert client.get("/admin/config/promisestate/check/").status_code == 405
        assert (purge_clause().checked_at, rows_of_everything()) == (AT, before)
        answer = client.post("/admin/config/promisestate/check/", follow=True)
    assert (
        f"Looked at every clause: {PromiseState.objects.filter(state='kept').count()} of {len(BY_ID)} are kept."
        in text_of(answer)
    )
    assert purge_clause().checked_at == AT + MINUTE


def test_the_list_can_be_narrowed_to_what_is_broken() -> None:
    silent(100)
    board.check(AT, HAND)
    client = signed_in(AUDITOR)
    everything, broken = (
        client.get(list_of(BOARD), asked).context["cl"].result_list for asked in ({}, {"state": "broken"})
    )
    assert len(everything) == len(BY_ID)
    assert "S95" in {row.clause for row in broken}
    assert {row.state for row in broken} == {"broken"}
