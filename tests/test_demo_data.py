"""What the demo shows: invented people only, an interesting calendar, and a register that keeps the policy."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.db.models.functions import TruncDate

from config.dates import add_months, local_date, now
from config.models import AuditEvent
from config.policy.controls import State, report
from consent import assessments, notices
from consent.models import Assessment, Consent, Notice, Objection, Restriction, SuppressionEntry
from contacts.identity import organisation_key
from contacts.models import Agreement, Collection, Contact, DuplicatePair, Engagement, MergedRecord, Organisation
from contacts.models.engagement import counts_for_marketing
from contacts.models.people import derived_keys
from dsar import demo
from retention import breaker, due, journal
from retention.bars import Outcome
from retention.models import DataGap, DueDate, ErasureRecord, Hold, RetentionRun
from retention.purge import judge

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def fill(at: datetime = AT, contacts: int = 600, seed: int = 7) -> dict[str, int]:
    """Fill the empty register as the command does."""
    return demo.fill(at, contacts, seed)


def outcomes(on: date) -> Counter[Outcome]:
    """What a run on that day would do with whom the state table lists."""
    return Counter(verdict.outcome for verdict in judge(on, list(due.due(on).values_list("pk", flat=True))))


def test_every_address_is_one_that_nobody_can_have() -> None:
    fill()
    addresses = Contact.objects.values_list("email", flat=True)
    domains = Organisation.objects.values_list("domain", flat=True)
    assert len(addresses) > 500
    reserved = re.compile(r"([^@]+@)?[a-z0-9.-]+\.example\.(com|org|net)")
    assert [one for one in (*addresses, *domains) if not reserved.fullmatch(one)] == []
    assert len(set(addresses)) == len(addresses)


def test_people_speak_three_languages_and_come_from_several_touchpoints() -> None:
    fill()
    assert set(Contact.objects.values_list("language", flat=True)) == {"de", "fi", "en"}
    kinds = set(Collection.objects.values_list("source__kind", flat=True))
    assert kinds == {"form", "webinar", "partner", "third_party", "sales"}
    assert set(Agreement.objects.values_list("kind", flat=True)) >= {"licence", "subscription", "partner", "trial"}


def test_bulk_writing_derives_the_same_keys_as_saving() -> None:
    fill(contacts=150)
    for contact in Contact.objects.all():
        keys = derived_keys(contact.email, contact.first_name, contact.last_name, contact.phone)
        assert {name: getattr(contact, name) for name in keys} == keys
    for organisation in Organisation.objects.all():
        assert organisation.name_key == organisation_key(organisation.name)
    assert len(set(Contact.objects.values_list("reference", flat=True))) == Contact.objects.count()


def test_the_day_of_the_last_engagement_agrees_with_the_engagements() -> None:
    fill()
    local_day = TruncDate("occurred_at", tzinfo=settings.CONTROLLER_ZONE)
    rows = Engagement.objects.filter(counts_for_marketing()).order_by().values("contact")
    last = {row["contact"]: row["day"] for row in rows.annotate(day=Max(local_day))}
    assert len(last) > 300
    for contact in Contact.objects.filter(pk__in=last):
        known = max(contact.last_engaged_on or contact.collected_on, contact.collected_on)
        assert last[contact.pk] <= known
    assert not Engagement.objects.filter(occurred_at__gt=AT).exists()
    oldest = min(local_date(one) for one in Engagement.objects.values_list("occurred_at", flat=True))
    assert add_months(oldest, 24) >= TODAY, "older engagements go by their own clock (E46)"
    assert Engagement.objects.filter(automated=True).exists()
    assert Engagement.objects.filter(kind="open").exists()


def test_one_run_for_yesterday_is_completed_with_evidence_audit_trail_and_journal() -> None:
    written = fill()
    run = RetentionRun.objects.get()
    assert (run.on_date, run.state, run.concern, run.failed) == (TODAY - DAY, "done", "", 0)
    assert run.erased == written["erased"] == ErasureRecord.objects.count() == 11
    assert set(ErasureRecord.objects.values_list("rule", flat=True)) == {"MKT24", "CUST5", "NOREG"}
    merged = MergedRecord.objects.count()
    assert merged == 1
    assert Contact.objects.count() == 600 - 11 - merged
    assert (run.left_register, run.blocked) == (4, 4)
    assert {"demo data", "started", "erased", "left marketing register"} <= set(
        AuditEvent.objects.values_list("action", flat=True)
    )
    assert sum(path.read_text().count("\n") for path in journal.segments()) == 11


def test_a_handful_is_due_tonight_and_about_ten_more_within_thirty_days() -> None:
    fill()
    tonight, month = outcomes(TODAY), outcomes(TODAY + timedelta(days=30))
    assert (tonight[Outcome.ERASE], tonight[Outcome.LEAVE]) == (6, 0)
    assert 10 <= month[Outcome.ERASE] - tonight[Outcome.ERASE] <= 12
    assert tonight[Outcome.BLOCKED] == 4


@pytest.mark.parametrize("contacts", [100, 600, 3000])
def test_no_night_of_the_first_month_trips_the_circuit_breaker(contacts: int) -> None:
    fill(contacts=contacts)
    for days in range(31):
        on = TODAY + timedelta(days=days)
        assert breaker.concern(on, on, due.due(on).count(), DueDate.objects.count()) == ""


def test_the_forecast_has_somebody_in_every_month_and_clear_peaks() -> None:
    fill()
    counts = [count for _month, count in due.forecast(TODAY)]
    assert len(counts) == 24
    assert min(counts) >= 1
    assert max(counts) >= 4 * min(counts)
    assert sum(counts) > 200


def test_the_state_table_is_up_to_date() -> None:
    fill(contacts=200)
    assert DueDate.objects.count() == Contact.objects.count()
    assert due.refresh(TODAY) == 0
    assert set(DueDate.objects.values_list("register", flat=True)) == {"both", "customer", "marketing", "none"}


def test_bars_wishes_and_gaps_are_there_to_be_seen() -> None:
    fill()
    assert Hold.objects.filter(kind="request").count() > 2
    holds = list(Hold.objects.filter(kind="legal"))
    assert len(holds) == 2
    for hold in holds:
        hold.clean()
        assert hold.matter
        assert hold.until_on is not None
        assert hold.until_on > add_months(TODAY, 4)
    assert Restriction.objects.filter(lifted_at=None).count() == 2  # one of them by a rights request
    assert DataGap.objects.count() == 1
    assert Objection.objects.exists()
    assert set(SuppressionEntry.objects.values_list("reason", flat=True)) == {"objection", "withdrawal", "hard_bounce"}
    assert set(Consent.objects.values_list("state", flat=True)) >= {"ConsentGiven", "ConsentWithdrawn"}


def test_most_people_were_informed_in_time_and_some_are_owed_a_notice() -> None:
    fill()
    owed = notices.owed()
    assert 3 <= owed.count() < 60
    assert not notices.overdue(owed, TODAY).exists()
    informed = Notice.objects.order_by().values("contact").distinct().count()
    assert informed == Contact.objects.count() - owed.count()
    assert set(Notice.objects.values_list("kind", flat=True)) == {"art13", "art14"}


def test_interests_are_weighed_by_two_people_and_a_renewal_waits() -> None:
    fill(contacts=100)
    assert not assessments.lacking(AT).exists()
    assert assessments.due_for_review(AT).count() == assessments.waiting().count() == 1
    for one in Assessment.objects.exclude(approved_at=None):
        assert one.approved_by != one.written_by
        one.full_clean()


def test_whoever_objected_or_withdrew_is_in_no_marketing_register() -> None:
    fill()
    opted_out = Contact.objects.filter(objections__isnull=False) | Contact.objects.filter(
        consents__state="ConsentWithdrawn"
    )
    assert opted_out.exists()
    assert not opted_out.filter(in_marketing=True).exists()


def test_the_same_seed_invents_the_same_people_and_another_seed_others() -> None:
    def people(seed: int) -> list[tuple[str, date]]:
        with transaction.atomic():
            fill(contacts=100, seed=seed)
            found = sorted(Contact.objects.values_list("email", "collected_on"))
            transaction.set_rollback(True)
        return found

    assert people(7) == people(7)
    assert people(7) != people(8)


@pytest.mark.parametrize("at", [None, AT, datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2028, 3, 1, 12, tzinfo=UTC)])
def test_the_demo_keeps_every_promise_that_has_a_control(at: datetime | None) -> None:
    moment = at or now()
    with time_machine.travel(moment):
        fill(moment, contacts=400)
        states = {promise.clause.id: promise.state for promise in report(moment)}
    assert states["S95"] is states["S97"] is State.KEPT
    assert [clause for clause, state in states.items() if state in (State.AT_RISK, State.BROKEN)] == []
    assert DueDate.objects.filter(erase_on__gt=local_date(moment)).count() > 100


def test_fewer_people_than_the_scenes_need_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        fill(contacts=99)
    assert not Contact.objects.exists()


def test_people_known_twice_wait_for_a_decision_and_one_was_merged() -> None:
    fill(contacts=150)
    assert MergedRecord.objects.count() == 1
    assert DuplicatePair.objects.filter(state="open").count() == 3
