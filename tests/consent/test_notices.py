"""The clock of the notices: who owes one, by when, and how it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, transaction
from pytest_django import Settings

from config.models import Actor, AuditEvent
from consent import notices
from consent.models import Notice
from consent.models.notices import Exemption
from consent.permission import Bar, may_use
from contacts.models import Contact
from tests.consent.conftest import assert_changes_nothing, bring, person, the
from tests.consent.reasons import assessed, basis, collected, published, seeded, told
from tests.staff import DAY, NOW, TODAY, add, at_work, contact, entered, officer

pytestmark = pytest.mark.django_db

CLERK = Actor.command()


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def owing(one: Contact) -> Any:
    """The row of the work list about somebody, or None."""
    return notices.owed().filter(pk=one.pk).first()


# The clock ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 3, 5), date(2026, 4, 5)),
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2028, 1, 31), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 1, 31)),
    ],
)
def test_a_notice_is_due_a_calendar_month_after_the_collection(day: date, due: date) -> None:
    assert owing(contact(collected_on=day)).notice_due_on == due


def test_a_notice_is_overdue_the_day_after_and_due_soon_a_week_before() -> None:
    one = contact(collected_on=date(2026, 10, 23))
    rows = notices.owed()
    for on, late, soon in (
        (date(2026, 11, 15), False, False),
        (date(2026, 11, 16), False, True),
        (date(2026, 11, 23), False, True),
        (date(2026, 11, 24), True, False),
    ):
        assert notices.overdue(rows, on).filter(pk=one.pk).exists() is late, on
        assert notices.due_soon(rows, on).filter(pk=one.pk).exists() is soon, on


def test_somebody_collected_anew_owes_from_then_on_unless_they_were_told_before() -> None:
    back: dict[str, Any] = {
        "collected_on": date(2020, 1, 1),
        "left_marketing_on": date(2024, 1, 1),
        "returned_on": TODAY,
    }
    one, known = contact(**back), contact("Matti", **back)
    told(known)
    assert owing(one).notice_due_on == date(2026, 12, 23)
    assert owing(known) is None


@pytest.mark.parametrize(
    ("given", "kind"), [([True], "art13"), ([True, True], "art13"), ([True, False], "art14"), ([], "art14")]
)
def test_the_article_follows_from_who_gave_the_data(given: list[bool], kind: str) -> None:
    one = contact()
    for number, by_subject in enumerate(given):
        collected(one, by_subject=by_subject, code=f"source-{number}")
    assert owing(one).notice_kind == kind


def test_no_message_goes_out_before_the_notice() -> None:
    one = contact(email="anna@example.org", phone="+358401234567", job_function="Purchasing")
    assessed(basis())
    assert may_use(one.pk, "marketing", "phone", NOW).bars == (Bar.NOTICE_OWED,)
    notices.inform(one, method="e-mail", actor=CLERK, at=NOW)
    assert may_use(one.pk, "marketing", "phone", NOW).allowed


# Recording ------------------------------------------------------------------------------------------------------------


def test_a_selection_is_recorded_with_the_version_of_the_day_in_the_language_of_each() -> None:
    german = published("2026-01", date(2026, 1, 1), "de")
    english = published("2026-01", date(2026, 1, 1), "en")
    anna, matti = contact(language="en"), contact("Matti", "Laine", language="fi")
    earlier = contact("Otto", language="en")
    collected(anna, by_subject=True)
    done = notices.record(notices.owed().exclude(pk=earlier.pk), TODAY - DAY, method="letter", actor=CLERK, at=NOW)
    assert done == 2
    rows = {row.contact_id: row for row in Notice.objects.all()}
    assert (rows[anna.pk].kind, rows[anna.pk].policy) == ("art13", english)
    assert (rows[matti.pk].kind, rows[matti.pk].policy) == ("art14", german)
    midnight = datetime(2026, 11, 22, tzinfo=django_settings.CONTROLLER_ZONE)
    assert {(row.given_at, row.method, row.recorded_at) for row in rows.values()} == {(midnight, "letter", NOW)}
    assert [row.pk for row in notices.owed()] == [earlier.pk]
    event = AuditEvent.objects.get(action="informed")
    assert (event.counts, event.batch) == ({"notices": 2}, rows[anna.pk].batch)
    notices.record(notices.owed(), date(2019, 9, 1), method="letter", actor=CLERK, at=NOW)
    assert Notice.objects.get(contact=earlier).policy == seeded()


def test_whoever_was_recorded_meanwhile_gets_no_second_notice() -> None:
    one = contact()
    selection = notices.owed().filter(pk=one.pk)
    told(one)
    assert notices.record(Contact.objects.filter(pk=one.pk), TODAY, method="e-mail", actor=CLERK, at=NOW) == 0
    assert notices.record(selection, TODAY, method="e-mail", actor=CLERK, at=NOW) == 0
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("day", "why"), [(TODAY + DAY, "in the future"), (date(2019, 8, 31), "no version of the policy")]
)
def test_a_day_on_which_nobody_can_have_been_informed_is_refused(day: date, why: str) -> None:
    contact()
    with pytest.raises(ValueError, match=why):
        notices.record(notices.owed(), day, method="e-mail", actor=CLERK, at=NOW)
    assert not Notice.objects.exists()


def test_an_exemption_needs_a_reason_and_ends_the_debt() -> None:
    one = contact()
    with pytest.raises(ValueError, match="Say why"):
        notices.exempt(one.pk, Exemption.DISPROPORTIONATE, "  ", actor=CLERK, at=NOW)
    notices.exempt(one.pk, Exemption.DISPROPORTIONATE, "No address at all.", actor=CLERK, at=NOW)
    row = Notice.objects.get()
    assert (row.given_at, row.exemption, row.reason) == (None, "disproportionate", "No address at all.")
    assert owing(one) is None
    with pytest.raises(ValueError, match="already"):
        notices.exempt(one.pk, Exemption.KNOWN, "Again.", actor=CLERK, at=NOW)


def test_whoever_gave_the_data_is_exempt_only_when_they_have_the_information() -> None:
    one = contact()
    collected(one, by_subject=True)
    for exemption in set(Exemption) - {Exemption.KNOWN}:
        with pytest.raises(ValueError, match="must be informed"):
            notices.exempt(one.pk, exemption, "Because.", actor=CLERK, at=NOW)
    notices.exempt(one.pk, Exemption.KNOWN, "Wrote the notice herself.", actor=CLERK, at=NOW)
    assert owing(one) is None


@pytest.mark.postgres
def test_a_notice_is_neither_changed_nor_deleted() -> None:
    told(contact())
    for change in (lambda: Notice.objects.update(method="x"), lambda: Notice.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert Notice.objects.get().method == ""


# At collection --------------------------------------------------------------------------------------------------------


def test_an_imported_person_who_gave_the_data_was_informed_then_and_others_owe() -> None:
    published("2026-01", date(2026, 1, 1), "de")
    batch = bring(
        [
            person("own@example.org", supplied_by_subject="yes", collected_on="2026-11-20", language="de"),
            person("before@example.org", supplied_by_subject="yes", collected_on="2025-12-31"),
            person("bought@example.org", supplied_by_subject="no", collected_on="2026-11-20"),
            person("silent@example.org", collected_on="2026-11-20"),
        ]
    ).batch
    own, before = (
        Notice.objects.get(contact=the("own@example.org")),
        Notice.objects.get(contact=the("before@example.org")),
    )
    assert (own.kind, own.policy.version, own.batch, own.method) == ("art13", "2026-01", batch.pk, "import")
    assert own.given_at == datetime(2026, 11, 19, 22, tzinfo=UTC), "midnight in Helsinki"
    assert before.policy.version == "2019-09"
    assert {row.email for row in notices.owed()} == {"bought@example.org", "silent@example.org"}


def test_data_from_before_the_first_version_still_owe_a_notice() -> None:
    bring([person(supplied_by_subject="yes", collected_on="2019-08-31")])
    assert owing(the()).notice_due_on == date(2019, 9, 30)
    bring([person("new@example.org", supplied_by_subject="yes", collected_on="2019-09-01")])
    assert owing(the("new@example.org")) is None


def test_a_known_person_who_fills_in_a_form_is_informed_by_it_and_once() -> None:
    bring([person(collected_on="2026-11-01")])
    assert owing(the()).notice_kind == "art14"
    rows = [person(supplied_by_subject="yes", collected_on="2026-11-20", city="Oulu", source="form")]
    bring(rows)
    assert Notice.objects.get().kind == "art13"
    assert_changes_nothing(rows)
    bring([person(supplied_by_subject="yes", collected_on="2026-11-21", city="Turku", source="form")])
    assert Notice.objects.count() == 1


def test_two_rows_about_one_person_write_one_notice() -> None:
    bring([person(supplied_by_subject="yes", source=source, collected_on="2026-11-20") for source in ("a", "b")])
    assert Notice.objects.filter(contact=the()).count() == 1


@pytest.mark.parametrize(("ticked", "owes"), [("on", False), ("", True)])
def test_whoever_enters_a_contact_says_whether_the_person_was_informed(ticked: str, owes: bool) -> None:
    fields = {"in_marketing": "on"} | ({"informed": ticked} if ticked else {})
    answer = officer().post(add("contacts.contact"), entered(**fields), follow=True)
    assert answer.redirect_chain
    assert (owing(the()) is not None) is owes
    if not owes:
        row = Notice.objects.get()
        assert (row.method, row.given_at, row.policy, row.actor_id) == ("in person", NOW, seeded(), row.actor_id)
        assert row.actor_id is not None


def test_the_clock_is_one_statement(django_assert_num_queries: Any) -> None:
    for number in range(20):
        contact("Matti", f"Laine {number}", collected_on=TODAY - timedelta(days=number))
    with django_assert_num_queries(1):
        rows = [(row.notice_due_on, row.notice_kind) for row in notices.owed()]
    assert len(rows) == 20
