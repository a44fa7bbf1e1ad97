"""An upload is confirmed once or abandoned, whoever clicks how often; what nobody confirms vanishes."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from config import roles
from config.models import AuditEvent, User
from config.policy.periods import UPLOAD_HOURS
from consent.intake import uploads
from consent.models import ImportBatch, QuarantinedRow
from consent.models.airlock import ImportState
from tests.consent.conftest import (
    NOW,
    differences,
    is_there,
    person,
    snapshot,
    the,
)
from tests.consent.pages import (
    ADD,
    EACH,
    LIST,
    act,
    clerk,
    files,
    one_of_each,
    page_of,
    signed_in,
    surroundings,
    text_of,
    upload,
)

pytestmark = pytest.mark.django_db

__all__ = ["clerk", "surroundings"]

SECOND = timedelta(seconds=1)
DAY_OF_AN_UPLOAD = timedelta(hours=UPLOAD_HOURS)


# Confirming, once -----------------------------------------------------------------------------------------------------


def test_confirming_imports_and_shows_what_happened(clerk: Client) -> None:
    batch = upload(clerk, one_of_each())
    answer = act(clerk, "confirm", batch)
    assert answer.redirect_chain == [(page_of(batch), 302)]
    shown = text_of(answer)
    batch.refresh_from_db()
    assert (batch.state, batch.counts, batch.rows_done) == (ImportState.DONE, EACH, 6)
    assert the("new@example.org").in_marketing
    assert "6 rows were decided. The uploaded file has been deleted." in shown
    assert files() == []
    assert f"{reverse('admin:consent_quarantinedrow_changelist')}?batch={batch.pk}" in shown
    assert reverse("admin:contacts_contact_changelist") in shown
    assert QuarantinedRow.objects.get().line == 6


def test_every_act_is_in_the_audit_trail_with_its_person_and_without_a_name(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    other = upload(clerk, [person()])
    act(clerk, "abandon", other)
    events = AuditEvent.objects.order_by("pk")
    assert list(events.filter(batch=batch.pk).values_list("action", flat=True)) == ["uploaded", "confirmed", "imported"]
    assert list(events.filter(batch=other.pk).values_list("action", flat=True)) == ["uploaded", "abandoned"]
    assert set(events.values_list("actor_id", "actor_kind")) == {(User.objects.get(username="clerk").pk, "person")}
    assert set(events.values_list("model", flat=True)) == {"consent.ImportBatch"}
    assert "Virtanen" not in json.dumps(list(events.values("action", "fields", "counts")))
    assert not LogEntry.objects.exists()


def test_confirming_twice_imports_once(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    before = snapshot()
    assert "Nothing was done" in text_of(act(clerk, "confirm", batch))
    assert set(differences(before, snapshot())) <= {"sessions.Session"}
    assert AuditEvent.objects.filter(action="imported").count() == 1


def test_the_same_file_uploaded_and_confirmed_again_changes_nothing(clerk: Client) -> None:
    rows = one_of_each()
    act(clerk, "confirm", upload(clerk, rows))
    assert is_there("new@example.org")
    before = snapshot()
    batch = upload(clerk, rows)
    act(clerk, "confirm", batch)
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert differences(before, snapshot()) == {}
    assert "created" not in batch.counts and "updated" not in batch.counts


def test_of_two_officers_one_decides(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    officer = signed_in(roles.PRIVACY_OFFICER)
    assert "Confirm import" in text_of(officer.get(page_of(batch)))
    act(clerk, "abandon", batch)
    assert "Nothing was done" in text_of(act(officer, "confirm", batch))
    assert not is_there()
    batch.refresh_from_db()
    assert batch.state == ImportState.ABANDONED


def test_what_is_imported_cannot_be_abandoned(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    assert "Nothing was done" in text_of(act(clerk, "abandon", batch))
    batch.refresh_from_db()
    assert batch.state == ImportState.DONE
    assert is_there()


@pytest.mark.parametrize("what", ["confirm", "abandon", "look"])
def test_a_get_changes_nothing_and_leads_to_the_page(what: str, clerk: Client) -> None:
    batch = upload(clerk, [person()])
    stored = ImportBatch.objects.filter(pk=batch.pk).values().get()
    answer: Any = clerk.get(reverse(f"admin:consent_importbatch_{what}", args=[batch.pk]))
    assert (answer.status_code, answer.url) == (302, page_of(batch))
    assert ImportBatch.objects.filter(pk=batch.pk).values().get() == stored
    assert not is_there()


def test_going_back_and_reloading_change_nothing(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    act(clerk, "confirm", batch)
    before = snapshot()
    for address in (page_of(batch), reverse(ADD), page_of(batch), reverse(LIST)):
        assert clerk.get(address).status_code == 200
    assert set(differences(before, snapshot())) <= {"sessions.Session"}


# Abandoned ------------------------------------------------------------------------------------------------------------


def test_abandoning_deletes_the_upload(clerk: Client) -> None:
    batch = upload(clerk, [person("not-an-address")])
    assert len(files()) == 1
    answer = act(clerk, "abandon", batch)
    assert "The upload was deleted. Nothing of it was imported." in text_of(answer)
    batch.refresh_from_db()
    assert (batch.state, batch.sample, files()) == (ImportState.ABANDONED, {}, [])
    assert "nothing of it was imported" in text_of(clerk.get(page_of(batch)))


def test_an_upload_that_nobody_confirms_vanishes_after_a_day_and_not_before(clerk: Client) -> None:
    batch = upload(clerk, [person()])
    os.utime(uploads.path_of(batch), (batch.created_at.timestamp(),) * 2)  # the disk has a clock of its own
    uploads.tidy(batch.created_at + DAY_OF_AN_UPLOAD - SECOND)
    batch.refresh_from_db()
    assert (batch.state, len(files())) == (ImportState.PREVIEWED, 1)
    uploads.tidy(batch.created_at + DAY_OF_AN_UPLOAD + SECOND)
    batch.refresh_from_db()
    assert (batch.state, files()) == (ImportState.ABANDONED, [])
    assert "The uploaded file has been deleted" in text_of(clerk.get(page_of(batch)))


def test_an_upload_is_confirmed_within_its_day_and_not_after(clerk: Client) -> None:
    late, early = upload(clerk, [person("late@example.org")]), upload(clerk, [person("early@example.org")])
    ImportBatch.objects.filter(pk=late.pk).update(created_at=NOW - DAY_OF_AN_UPLOAD - SECOND)
    ImportBatch.objects.filter(pk=early.pk).update(created_at=NOW - DAY_OF_AN_UPLOAD + timedelta(minutes=5))
    assert "its upload has vanished" in text_of(act(clerk, "confirm", late))
    act(clerk, "confirm", early)
    assert not is_there("late@example.org")
    assert is_there("early@example.org")
