"""The preview of an import: the decisions of the run, without its traces."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from consent.intake import batches
from consent.intake.carried import Carried
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportKind, ImportState
from consent.models.suppression import FormerReason
from contacts.models import Agreement, Contact, Engagement
from tests.consent.conftest import (
    NOW,
    Cells,
    agreement_row,
    bring,
    differences,
    engagement_row,
    former,
    look,
    on,
    person,
    received,
    snapshot,
    suppress,
)

pytestmark = pytest.mark.django_db

MIXED = [
    person(),
    person(city="Oulu"),
    person(city="Oulu"),
    person(first_name="Heinrich", last_name="Schmidt"),
    person("nonsense"),
    person("gone@example.org"),
    person("out@example.org", unsubscribed="yes"),
    person("out@example.org"),
    person("", external_id="7", source="crm"),
    person("", external_id="7", source="crm", city="Oulu"),
    person("back@example.org", collected_on="2025-01-01"),
]


@pytest.mark.parametrize("rows_in_a_chunk", [1, 2, 3, 5000])
def test_the_preview_decides_as_the_run_and_writes_nothing(
    rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    chunk_of(rows_in_a_chunk)
    suppress("gone@example.org")
    former("back@example.org", FormerReason.PURGE, on("2026-01-01"))
    before = snapshot()
    seen = look(MIXED)
    assert differences(before, snapshot()) == {}
    assert seen.batch.rows_total == len(MIXED)
    imported = bring(MIXED)
    assert seen.decisions == imported.decisions
    assert seen.batch.counts == imported.batch.counts
    assert set(imported.decisions) == set(Decision)


AGREEMENTS = [
    agreement_row(reference="R"),
    agreement_row(reference="R"),
    agreement_row(reference="S", ends_on="2019-01-01"),
    agreement_row(organisation="Other Oy"),
]
ENGAGEMENTS = [engagement_row(), engagement_row(), engagement_row(kind="open"), engagement_row("nobody@example.org")]


@pytest.mark.parametrize(("kind", "rows"), [(ImportKind.AGREEMENTS, AGREEMENTS), (ImportKind.ENGAGEMENTS, ENGAGEMENTS)])
@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
def test_agreements_and_engagements_are_previewed_as_they_run(
    kind: ImportKind, rows: list[Cells], rows_in_a_chunk: int, chunk_of: Callable[[int], None]
) -> None:
    bring([person()])
    chunk_of(rows_in_a_chunk)
    before = snapshot()
    seen = look(rows, kind=kind)
    assert differences(before, snapshot()) == {}
    assert not Agreement.objects.exists() and not Engagement.objects.exists()
    imported = bring(rows, kind=kind)
    assert seen.decisions == imported.decisions
    assert Agreement.objects.exists() or Engagement.objects.exists()


def test_a_previewed_file_waits_and_is_then_run_as_it_was_seen() -> None:
    batch = look([person(), person("nonsense")]).batch
    assert ImportBatch.objects.get().state == ImportState.PREVIEWED
    assert not Contact.objects.exists()
    assert batch.counts == {"created": 1, "rejected": 1}


def test_the_sample_holds_a_few_rows_of_each_decision_by_line() -> None:
    batch = look([person(f"p{number}@example.org") for number in range(20)] + [person("nonsense")]).batch
    assert 0 < len(batch.sample["created"]) < 20
    assert [row["line"] for row in batch.sample["rejected"]] == [22]


def test_a_file_that_cannot_be_read_fails_in_the_preview_and_is_gone() -> None:
    before = snapshot()
    batch = look("city\nOulu\n").batch
    assert ImportBatch.objects.get().state == ImportState.FAILED
    assert batch.problem
    assert differences(before, snapshot()) == {}


def test_no_transaction_is_open_while_a_preview_waits_for_its_reader(chunk_of: Callable[[int], None]) -> None:
    chunk_of(2)
    batch = received([person(f"p{number}@example.org") for number in range(6)])
    outside = len(connection.savepoint_ids)  # the test has a transaction of its own
    for outcome in batches.outcomes(batch, NOW):
        assert outcome.decision == Decision.CREATED
        assert len(connection.savepoint_ids) == outside
        assert not connection.needs_rollback
        assert not Contact.objects.exists()


def test_what_a_preview_carries_from_chunk_to_chunk_is_found_by_its_key_alone() -> None:
    carried = Carried()
    carried.keep("address", {"a@example.org": 1, "b@example.org": [2]})
    carried.keep("address", {"a@example.org": 3})
    assert carried.recall("address", ["a@example.org", "b@example.org", "c@example.org"]) == {
        "a@example.org": 3,
        "b@example.org": [2],
    }
    assert carried.recall("person", ["a@example.org"]) == {}


def test_looking_at_a_file_twice_says_the_same() -> None:
    batch = received(MIXED)
    assert look(MIXED).decisions == look(MIXED).decisions
    assert batch.rows_done == 0
