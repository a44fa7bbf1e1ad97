"""A long file is a worker's: checked, imported, and resumed where it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.test import Client
from kombu.exceptions import OperationalError

from config.models import AuditEvent, User
from consent.intake import batches
from consent.models import ImportBatch
from consent.models.airlock import ImportState
from contacts.models import Contact
from tests.consent.conftest import (
    NOW,
    MachineDiesError,
    crashing_in_chunk,
    csv_text,
    person,
    run,
)
from tests.consent.pages import (
    act,
    clerk,
    files,
    messages_sent,
    page_of,
    people,
    surroundings,
    text_of,
    upload,
    work,
)

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]


@pytest.fixture
def long_from_four_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of four rows and more are a worker's."""
    monkeypatch.setattr(batches, "INLINE_ROWS", 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_file_of_three_rows_is_looked_at_in_the_request_and_one_of_four_by_a_worker(clerk: Client) -> None:
    assert upload(clerk, people(3)).state == ImportState.PREVIEWED
    assert messages_sent() == []
    batch = upload(clerk, people(4))
    assert batch.state == ImportState.UPLOADED
    assert messages_sent() == [("consent.tasks.look", [str(batch.pk)], {})]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_long_file_is_previewed_and_imported_by_a_worker_whom_a_message_tells_only_the_id(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    assert "Every row is being checked" in text_of(clerk.get(page_of(batch)))
    assert work() == 1
    assert "Confirm import" in text_of(clerk.get(page_of(batch)))
    shown = text_of(act(clerk, "confirm", batch))
    assert "0 of 4 rows are decided." in shown
    assert '<progress aria-label="Rows decided" max="4" value="0">' in shown
    assert Contact.objects.count() == 0
    ((task, args, kwargs),) = sent = messages_sent()
    assert sent == [("consent.tasks.run", [str(batch.pk)], {})]
    current_app.tasks[task](*args, **kwargs)
    assert "4 rows were decided" in text_of(clerk.get(page_of(batch)))
    assert Contact.objects.count() == 4
    imported = AuditEvent.objects.get(action="imported")
    assert imported.actor_id == User.objects.get(username="clerk").pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_confirming_a_long_file_twice_sends_one_message(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    work()
    act(clerk, "confirm", batch)
    assert "Nothing was done" in text_of(act(clerk, "confirm", batch))
    assert len(messages_sent()) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_message_that_comes_twice_imports_once(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    work()
    act(clerk, "confirm", batch)
    ((task, args, _kwargs),) = messages_sent()
    for _delivery in range(2):
        current_app.tasks[task](*args)
    assert Contact.objects.count() == 4
    assert AuditEvent.objects.filter(action="imported").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_long_file_that_cannot_be_read_fails_in_the_worker_with_its_reason(clerk: Client) -> None:
    batch = upload(clerk, csv_text(people(5)) + '"open\n')
    work()
    shown = text_of(clerk.get(page_of(batch)))
    assert "line 7" in shown
    assert "Nothing was imported" in shown
    assert (Contact.objects.count(), files()) == (0, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_an_upload_can_be_given_up_while_it_is_being_checked(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    act(clerk, "abandon", batch)
    work()
    batch.refresh_from_db()
    assert (batch.state, files()) == (ImportState.ABANDONED, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_a_lost_message_can_be_sent_again_after_two_minutes(clerk: Client) -> None:
    batch = upload(clerk, people(4))
    messages_sent()
    assert "check again" not in text_of(clerk.get(page_of(batch)))
    with time_machine.travel(NOW + timedelta(minutes=3)):
        assert "check again" in text_of(clerk.get(page_of(batch)))
        act(clerk, "look", batch)
        assert work() == 1
    batch.refresh_from_db()
    assert batch.state == ImportState.PREVIEWED


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_from_four_rows")
def test_an_upload_survives_a_broker_that_is_down(clerk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_args: Any, **_options: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(current_app, "send_task", unreachable)
    batch = upload(clerk, people(4))
    assert batch.state == ImportState.UPLOADED
    assert clerk.get(page_of(batch)).status_code == 200


def test_a_page_in_progress_renews_itself_with_and_without_javascript(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    for state in (ImportState.UPLOADED, ImportState.RUNNING):
        ImportBatch.objects.filter(pk=batch.pk).update(state=state)
        page = clerk.get(page_of(batch)).content.decode()
        assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
        assert 'consent/progress.js" defer' in page
        assert "data-progress" in page
    act(clerk, "confirm", batch)
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.DONE)
    page = clerk.get(page_of(batch)).content.decode()
    assert "refresh" not in page
    assert "progress.js" not in page


def test_a_worker_killed_in_the_middle_is_resumed_where_it_was(
    clerk: Client, monkeypatch: pytest.MonkeyPatch, chunk_of: Any
) -> None:
    chunk_of(2)
    batch = upload(clerk, people(5))
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportState.RUNNING)
    batch.refresh_from_db()
    with crashing_in_chunk(2, monkeypatch), pytest.raises(MachineDiesError):
        run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, Contact.objects.count()) == (ImportState.RUNNING, 2, 2)
    assert "2 of 5 rows are decided." in text_of(clerk.get(page_of(batch)))
    run(batch)
    batch.refresh_from_db()
    assert (batch.state, batch.rows_done, batch.counts) == (ImportState.DONE, 5, {"created": 5})
    assert Contact.objects.count() == 5
    assert files() == []
