"""Two imports at once: no contact twice, no row by halves, no objection overlooked. PostgreSQL only: SQLite has one writer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

import pytest
from django.db import connections

from consent import suppression
from consent.intake import batches
from consent.models import ImportBatch, SuppressionEntry
from consent.models.airlock import ImportKind, ImportState
from contacts.models import Affiliation, Agreement, Collection, Contact, Engagement, Organisation, Source
from tests.consent.conftest import agreement_row, bring, engagement_row, person, received, run, suppress

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

ROWS = [person(f"p{number}@example.org", organisation=f"Org {number % 7}") for number in range(60)]


@pytest.fixture(autouse=True)
def known_sources() -> None:
    """Sources exist as in every register in use; creating one would make the imports wait for each other by luck."""
    for code in ("obhut", "crm"):
        Source.objects.create(code=code)


@pytest.fixture
def face_to_face(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each import decides about its first chunk before the other writes its own, unless the program makes one wait."""
    barrier, real, mine = threading.Barrier(2), batches._decide, threading.local()

    def decide(*args: object) -> object:
        decided = real(*args)  # type: ignore[arg-type]
        if not getattr(mine, "met", False):
            mine.met = True
            with contextlib.suppress(threading.BrokenBarrierError):  # the other one waits for our commit
                barrier.wait(1)
        return decided

    monkeypatch.setattr(batches, "_decide", decide)


def at_once(*batches_to_run: ImportBatch) -> list[str]:
    """Run imports in threads of their own; returns what they died of."""
    barrier, problems = threading.Barrier(len(batches_to_run)), []

    def work(batch: ImportBatch) -> None:
        try:
            barrier.wait(10)
            run(batch)
        except Exception as problem:  # noqa: BLE001  (a thread must not swallow it)
            problems.append(f"{type(problem).__name__}: {problem}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(batch,)) for batch in batches_to_run]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return problems


def assert_both_done(*both: ImportBatch) -> None:
    """Every row of both files was decided."""
    for batch in both:
        batch.refresh_from_db()
        assert batch.state == ImportState.DONE
        assert sum(batch.counts.values()) == batch.rows_done == batch.rows_total


def assert_every_contact_is_whole(count: int) -> None:
    """As many contacts as there are addresses, each with its provenance and its employer."""
    assert Contact.objects.count() == count
    assert Contact.objects.values("email_key").distinct().count() == count
    assert Collection.objects.values("contact").distinct().count() == count
    assert Affiliation.objects.count() == count


@pytest.mark.usefixtures("face_to_face")
def test_two_imports_of_the_same_new_addresses_store_each_person_once() -> None:
    first, second = received(ROWS), received(list(reversed(ROWS)))
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert_every_contact_is_whole(60)
    assert Organisation.objects.count() == 7


def test_the_same_in_many_small_chunks(chunk_of: Callable[[int], None]) -> None:
    chunk_of(7)
    first, second = received(ROWS), received(list(reversed(ROWS)))
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert_every_contact_is_whole(60)
    assert Organisation.objects.count() == 7


@pytest.mark.usefixtures("face_to_face")
def test_an_opt_out_in_one_file_is_heard_by_the_other() -> None:
    assert at_once(received([person(unsubscribed="yes")]), received([person()])) == []
    assert suppression.is_suppressed("anna@example.org")
    assert not Contact.objects.filter(in_marketing=True).exists()


@pytest.mark.usefixtures("face_to_face")
def test_opt_outs_in_opposite_order_do_not_block_each_other() -> None:
    rows = [person(f"p{number}@example.org", unsubscribed="yes") for number in range(1500)]
    first, second = received(rows), received(list(reversed(rows)))
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert SuppressionEntry.objects.count() == 1500


@pytest.mark.usefixtures("face_to_face")
def test_people_without_address_are_stored_once() -> None:
    rows = [person("", external_id=str(number), source="crm") for number in range(5)]
    first, second = received(rows), received(rows)
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert Contact.objects.count() == 5


@pytest.mark.usefixtures("face_to_face")
def test_agreements_are_stored_once() -> None:
    rows = [agreement_row(reference="R"), agreement_row(reference="S", organisation="Other Oy")]
    first, second = received(rows, kind=ImportKind.AGREEMENTS), received(rows, kind=ImportKind.AGREEMENTS)
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert (Organisation.objects.count(), Agreement.objects.count()) == (2, 2)


@pytest.mark.usefixtures("face_to_face")
def test_engagements_are_stored_once() -> None:
    bring([person()])
    rows = [engagement_row(external_id=str(number)) for number in range(5)]
    first, second = received(rows, kind=ImportKind.ENGAGEMENTS), received(rows, kind=ImportKind.ENGAGEMENTS)
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert Engagement.objects.count() == 5


@pytest.mark.usefixtures("face_to_face")
def test_a_rotated_key_is_renewed_by_two_imports_at_once(rotate: Callable[[], None]) -> None:
    rows = [person(f"p{number}@example.org") for number in range(100)]
    for row in rows:
        suppress(row["email"])
    rotate()
    first, second = received(rows), received(list(reversed(rows)))
    assert at_once(first, second) == []
    assert_both_done(first, second)
    assert SuppressionEntry.objects.count() == 200
    assert not Contact.objects.exists()


def test_two_workers_on_one_file_import_it_once(chunk_of: Callable[[int], None]) -> None:
    chunk_of(7)
    batch = received(ROWS)
    assert at_once(*(ImportBatch.objects.get(pk=batch.pk) for _worker in range(2))) == []
    assert_both_done(batch)
    assert_every_contact_is_whole(60)
