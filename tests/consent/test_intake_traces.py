"""What an import leaves behind about people outside the register: counts and line numbers, never a name or an address."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError

from config.models import AuditEvent
from consent import tasks
from consent.intake import batches, uploads
from consent.models import ImportBatch
from consent.models.airlock import Decision, ImportState
from consent.models.suppression import FormerReason
from contacts.models import Contact
from tests.consent.conftest import (
    Cells,
    agreement_row,
    bring,
    bring_agreements,
    bring_engagements,
    csv_text,
    engagement_row,
    former,
    look,
    on,
    person,
    received,
    restrict,
    run,
    suppress,
    the,
)

pytestmark = pytest.mark.django_db

FIRST, LAST, MAIL, PHONE, EMPLOYER = "Zebulina", "Quackenbush", "zebulina@canary.example", "+358409876543", "Canarybird"
CANARIES = ("zebulina", "quackenbush", "canary", "409876543")


def canary(email: str = MAIL, **cells: str) -> dict[str, str]:
    """A row full of words that may appear nowhere else."""
    return {
        "email": email, "first_name": FIRST, "last_name": LAST, "phone": PHONE, "organisation": EMPLOYER,
        "city": f"{LAST}ville", "topics": f"{FIRST} fans", "external_id": f"{LAST}-7",
    } | cells  # fmt: skip


def found_in(*models: Any) -> list[str]:
    """The rows of these tables in which a canary sings."""
    rows = [repr(row) for model in models for row in model._base_manager.values()]
    assert rows
    return [row for row in rows if any(word in row.casefold() for word in CANARIES)]


def furnish() -> list[dict[str, str]]:
    """A register and a file in which every decision happens to a canary."""
    bring([canary(), canary("r@canary.example"), canary("s@canary.example")])
    restrict(the("r@canary.example"))
    suppress("t@canary.example")
    former("u@canary.example", FormerReason.REQUEST, on("2026-01-01"))
    former("v@canary.example", FormerReason.PURGE, on("2026-01-01"))
    return [
        canary(state=LAST),
        canary("new@canary.example"),
        canary("r@canary.example", state=LAST),
        canary("s@canary.example"),
        canary("t@canary.example"),
        canary("u@canary.example"),
        canary("v@canary.example", collected_on="2025-01-01"),
        canary(f"{FIRST} {LAST} canary"),
        canary("w@canary.example", unsubscribed="yes"),
        canary("x@canary.example", country=LAST, language=FIRST, linkedin_url=f"no address {LAST}"),
        canary("y@canary.example", collected_on=LAST),
        canary("z@canary.example", in_marketing=LAST),
        canary(first_name="Heinrich", last_name="Schmidt"),
        canary("long@canary.example", postcode=LAST * 30),
    ]


def test_batch_and_audit_hold_counts_only_whatever_is_decided() -> None:
    rows = furnish()
    seen = look(rows)
    imported = bring(rows)
    assert set(imported.decisions) == set(Decision)
    assert Contact.objects.filter(last_name=LAST).exists()
    assert found_in(ImportBatch, AuditEvent) == []
    assert seen.batch.counts == imported.batch.counts
    for outcome in (*seen.outcomes, *imported.outcomes):
        text = f"{outcome.reason} {outcome.remedy} {outcome.column}".casefold()
        assert not any(word in text for word in CANARIES), outcome.line


def test_the_audit_event_of_an_import_holds_its_counts_and_no_field() -> None:
    batch = bring(furnish()).batch
    event = AuditEvent.objects.filter(action="imported").latest("id")
    assert (event.batch, event.object_id) == (batch.pk, batch.pk)
    assert event.counts == batch.counts
    assert all(type(count) is int and name in Decision.values for name, count in event.counts.items())
    assert event.fields == []


def test_agreements_and_engagements_leave_no_trace_either() -> None:
    bring([canary()])
    bring_engagements([engagement_row(MAIL), engagement_row("nobody@canary.example"), engagement_row(LAST)])
    bring_agreements([agreement_row(organisation=EMPLOYER), agreement_row(organisation=EMPLOYER, party=LAST)])
    assert found_in(ImportBatch, AuditEvent) == []


UNREADABLE: dict[str, str] = {
    "no header": f"{FIRST},{LAST},Oulu\nBob,Smith,Turku\n",
    "no header, one word twice": f"{LAST},{LAST},Oulu\nBob,Smith,Turku\n",
    "no header, an address": f"{MAIL.replace('@', '(at)')},{FIRST}\n",
    "open quote": f'email,city\n"{MAIL},{LAST}\n',
    "json list": json.dumps([{"email": MAIL, "last_name": LAST}]),
    "json of rows": json.dumps({LAST: [{"email": MAIL}]}),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_the_reason_why_a_file_cannot_be_read_quotes_no_person(content: str) -> None:
    batch = run(received(content, name="list.csv")).batch
    batch.refresh_from_db()
    assert batch.state == ImportState.FAILED and batch.problem
    assert found_in(ImportBatch) == []


@pytest.mark.parametrize("name", [f"{MAIL}.csv", f"list of {MAIL}.xlsx", f"/home/{LAST}/export.csv"])
def test_a_file_named_after_an_address_is_not_remembered_by_it(name: str) -> None:
    bring([person()], name=name)
    assert found_in(ImportBatch) == []


def test_the_stored_upload_is_not_named_after_the_file() -> None:
    batch = received([canary()], name=f"{LAST}.csv")
    assert LAST not in uploads.path_of(batch).name


def test_logs_hold_no_person_whatever_is_decided(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)  # statements with their values: never in production
    logging.getLogger("consent").info("the canaries' cage is open")
    rows = furnish()
    look(rows)
    bring(rows)
    bring_engagements([engagement_row(MAIL), engagement_row(LAST)])
    tasks.tidy.run()
    assert "cage" in caplog.text
    assert not [word for word in CANARIES[:2] if word in caplog.text.casefold()]
    assert "canary." not in caplog.text.casefold()


def lose_a_race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody stores the same address by hand between the next look-up and its insert."""
    real = batches._decide
    lost: list[Any] = []

    def decide(*args: Any) -> Any:
        decided = real(*args)
        if not lost:
            lost.append(Contact.objects.create(email=MAIL, collected_on=on("2026-01-01")))
        return decided

    monkeypatch.setattr(batches, "_decide", decide)


def test_a_chunk_that_loses_a_race_against_a_contact_entered_by_hand_is_decided_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    batch = received([canary()])
    lose_a_race(monkeypatch)
    run(batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert Contact.objects.count() == 1


@pytest.mark.postgres
def test_a_worker_whose_chunk_the_database_refuses_logs_no_address(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = received([canary()])
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.RUNNING)
    lose_a_race(monkeypatch)
    with contextlib.suppress(IntegrityError):
        tasks.run.apply(args=(str(batch.pk),))
    assert "canary." not in caplog.text.casefold()


def test_a_purged_person_leaves_no_word_in_any_table() -> None:
    from tests.consent.conftest import TODAY, night

    bring([canary(collected_on="2020-01-01", consent_email="yes", consent_at="2020-01-01", consent_text="Yes.")])
    bring([canary(collected_on="2020-01-01", first_name="Heinrich", last_name="Schmidt")])
    everything = [model for model in apps.get_models() if model._base_manager.exists()]
    assert found_in(*everything)
    night(TODAY)
    left = [model for model in apps.get_models() if model._base_manager.exists()]
    assert [row for row in found_in(*left) if EMPLOYER not in row] == []


@pytest.mark.parametrize("rows_in_a_chunk", [1, 5000])
def test_the_sample_of_a_preview_quotes_no_value(rows_in_a_chunk: int, chunk_of: Callable[[int], None]) -> None:
    chunk_of(rows_in_a_chunk)
    rows: list[Cells] = furnish()  # type: ignore[assignment]
    batch = look(csv_text(rows)).batch
    assert batch.sample
    assert found_in(ImportBatch) == []
