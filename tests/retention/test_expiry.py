"""Rows with a clock of their own: each stays through its last day and is gone the day after (E35, E46, E47)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Model
from pytest_django import Settings

from config.dates import add_months, local_date
from config.models import Actor, AuditEvent, User
from consent.models import (
    Consent,
    FormerAddress,
    Objection,
    Restriction,
    SuppressionEntry,
    SuppressionRemoval,
)
from contacts.models import Affiliation, Agreement, Contact, Engagement, Organisation, SystemAccount
from contacts.personal_data import declared_models
from retention import expiry, holding, journal
from retention.models import ErasureRecord, Hold, RetentionRun, RunChunk
from tests.consent.conftest import suppress
from tests.retention import clocks
from tests.retention.nights import DAY, moment, run_night

pytestmark = pytest.mark.django_db

ON = dt.date(2026, 11, 23)
Make = Callable[[dt.datetime], Model]


def anna(**fields: Any) -> Contact:
    """A contact whom no rule is due for."""
    return Contact.objects.create(**{"collected_on": ON, "in_marketing": True, **fields})


def consent(state: str, at: dt.datetime, contact: Contact | None = None, **fields: Any) -> Consent:
    """An event in the life of a consent, recorded when it happened."""
    known = {"purpose": "marketing", "channel": "email", "digest": "d", "digest_version": 1, **fields}
    return Consent.objects.create(contact=contact, state=state, occurred_at=at, **{"recorded_at": at, **known})


def engagement(at: dt.datetime) -> Model:
    return Engagement.objects.create(contact=anna(), kind="click", occurred_at=at)


def withdrawal(at: dt.datetime) -> Model:
    return consent("ConsentWithdrawn", at, anna())


def objection(at: dt.datetime) -> Model:
    return Objection.objects.create(contact=anna(), ground="marketing", raised_at=at, recorded_at=at)


def lifted(at: dt.datetime, contact: Contact | None = None) -> Restriction:
    return Restriction.objects.create(
        contact=contact or anna(), ground="a", since_at=at - DAY, notice_before_lift_at=at, lifted_at=at
    )


def former_address(at: dt.datetime) -> Model:
    return FormerAddress.objects.create(digest="d", digest_version=1, reason="purge", erased_on=local_date(at))


def removal(at: dt.datetime) -> Model:
    known = {"identifier": "email", "digest": "d", "digest_version": 1, "reason": "staff", "authority": 2}
    return SuppressionRemoval.objects.create(**known, since_at=at, removed_at=at, method="phone")


def erasure_record(at: dt.datetime) -> Model:
    run = RetentionRun.objects.create(on_date=local_date(at), trigger="command", state="done", policy_version="2019-09")
    chunk = RunChunk.objects.create(run=run, first_id=UUID(int=0), last_id=UUID(int=1), state="done")
    return ErasureRecord.objects.create(
        contact_id=UUID(int=run.pk.int), reference="C-000001", digest_version=1, rule="MKT24", erased_at=at, chunk=chunk
    )


def audit_event(at: dt.datetime) -> Model:
    event = AuditEvent.record(Actor.task(), "looked", Contact)
    evidence_may_change()
    AuditEvent.objects.update(at=at)
    return event


def log_entry(at: dt.datetime) -> Model:
    user = User.objects.create(username="officer")
    kind = ContentType.objects.get_for_model(Contact)
    return LogEntry.objects.create(user=user, content_type=kind, action_flag=2, action_time=at, object_id="")


def evidence_may_change() -> None:
    """What the program's own code says before it changes evidence."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL obhut.may_change_evidence = 'on'")


CLOCKS: dict[str, tuple[Make, int | dt.timedelta]] = {
    **clocks.MORE,
    "contacts.Engagement": (engagement, 24),
    "consent.Consent": (withdrawal, 36),
    "consent.Objection": (objection, 36),
    "consent.Restriction": (lifted, 36),
    "consent.FormerAddress": (former_address, 36),
    "consent.SuppressionRemoval": (removal, 36),
    "retention.ErasureRecord": (erasure_record, 38),
    "config.AuditEvent": (audit_event, 24),
    "admin.LogEntry": (log_entry, 24),
}
"""For each table with a clock: a row that began at a moment, and for how many months, or days, it is kept."""

BEGINNINGS = {
    "an ordinary noon": dt.datetime(2022, 3, 5, 10, 0, tzinfo=dt.UTC),
    "29 February": dt.datetime(2024, 2, 29, 10, 0, tzinfo=dt.UTC),
    "31 August": dt.datetime(2023, 8, 31, 10, 0, tzinfo=dt.UTC),
    "past midnight in Helsinki": dt.datetime(2024, 11, 21, 22, 30, tzinfo=dt.UTC),
    "before midnight in Helsinki": dt.datetime(2024, 11, 21, 21, 59, tzinfo=dt.UTC),
    "the last minute of summer": dt.datetime(2024, 7, 31, 20, 59, tzinfo=dt.UTC),
    "a summer night in Helsinki": dt.datetime(2024, 7, 31, 21, 15, tzinfo=dt.UTC),
}


def is_there(row: Model) -> bool:
    return type(row)._base_manager.filter(pk=row.pk).exists()


def first_of(day: dt.date) -> dt.datetime:
    """The first moment of a day in Helsinki."""
    from django.conf import settings

    return dt.datetime.combine(day, dt.time(), settings.CONTROLLER_ZONE)


def test_every_table_that_declares_a_clock_is_tested_here() -> None:
    declared = {model._meta.label: data.expiry for model, data in declared_models() if data.expiry is not None}
    clocks = {label: clock.months or clock.days * DAY for label, clock in declared.items()}
    assert clocks == {label: kept for label, (_make, kept) in CLOCKS.items()}


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize("label", CLOCKS)
def test_a_row_stays_through_its_last_day_and_is_gone_the_day_after(label: str, beginning: dt.datetime) -> None:
    make, kept = CLOCKS[label]
    row, first = make(beginning), local_date(beginning)
    assert row._meta.label == label
    last_day = add_months(first, kept) if isinstance(kept, int) else first + kept
    expiry.expire(first_of(last_day + DAY) - dt.timedelta(seconds=1))
    assert is_there(row), f"gone on {last_day}"
    counts = expiry.expire(first_of(last_day + DAY))
    assert not is_there(row), f"still there on {last_day + DAY}"
    assert counts[label] == 1


def test_what_expired_is_in_the_trail_as_counts_only_and_a_quiet_night_is_not() -> None:
    expiry.expire(moment(ON))
    assert not AuditEvent.objects.exists()
    for _number in range(3):
        engagement(BEGINNINGS["an ordinary noon"])
    assert expiry.expire(moment(ON)) == {"contacts.Engagement": 3}
    event = AuditEvent.objects.get()
    assert (event.action, event.counts, event.fields) == ("expired", {"contacts.Engagement": 3}, [])


# Consents: the proof of one in force stays (E35) ----------------------------------------------------------------------

LONG_AGO, SINCE, ENDED = moment(dt.date(2010, 1, 1)), moment(dt.date(2015, 1, 1)), moment(dt.date(2020, 5, 31))
LAST_DAY = dt.date(2023, 5, 31)


@pytest.mark.parametrize("state", ["ConsentGiven", "RenewedConsentGiven"])
def test_the_proof_of_a_consent_in_force_stays_however_old(state: str) -> None:
    row = consent(state, LONG_AGO, anna())
    expiry.expire(moment(dt.date(2040, 1, 1)))
    assert is_there(row)


@pytest.mark.parametrize("end", ["ConsentWithdrawn", "ConsentExpired", "ConsentRefused", "ConsentRevoked"])
def test_the_whole_chain_goes_36_months_after_its_end(end: str) -> None:
    contact = anna()
    chain = [consent("ConsentGiven", LONG_AGO, contact), consent("RenewedConsentGiven", SINCE, contact)]
    chain.append(consent(end, ENDED, contact))
    expiry.expire(moment(LAST_DAY))
    assert all(map(is_there, chain))
    expiry.expire(moment(LAST_DAY + DAY))
    assert not any(map(is_there, chain))


def test_a_consent_given_again_after_a_withdrawal_stays_and_what_was_closed_goes() -> None:
    contact = anna()
    closed = [consent("ConsentGiven", SINCE, contact), consent("ConsentWithdrawn", ENDED, contact)]
    again = consent("ConsentGiven", ENDED + DAY, contact)
    expiry.expire(moment(LAST_DAY))
    assert all(map(is_there, [*closed, again]))
    expiry.expire(moment(dt.date(2030, 1, 1)))
    assert not any(map(is_there, closed))
    assert is_there(again)


def test_an_end_that_was_recorded_late_counts_from_its_recording() -> None:
    contact = anna()
    given = consent("ConsentGiven", SINCE, contact)
    ended = consent("ConsentWithdrawn", ENDED, contact, recorded_at=ENDED + 10 * DAY)
    expiry.expire(moment(LAST_DAY + 10 * DAY))
    assert is_there(given) and is_there(ended)
    expiry.expire(moment(LAST_DAY + 11 * DAY))
    assert not is_there(given) and not is_there(ended)


@pytest.mark.parametrize(
    "difference", [{"purpose": "survey"}, {"channel": "phone"}, {"digest": "another"}], ids=lambda one: next(iter(one))
)
def test_the_end_of_another_consent_ends_nothing_here(difference: dict[str, str]) -> None:
    contact = anna()
    given = consent("ConsentGiven", SINCE, contact)
    other = anna() if "digest" in difference else contact
    ended = consent("ConsentWithdrawn", ENDED, other, **difference)
    expiry.expire(moment(dt.date(2030, 1, 1)))
    assert is_there(given)
    assert not is_there(ended)


def test_the_proof_of_somebody_without_an_address_does_not_hang_on_strangers() -> None:
    """Without an address there is no digest: two such chains have nothing in common but their emptiness."""
    given = consent("ConsentGiven", SINCE, anna(), digest="")
    stranger = consent("ConsentWithdrawn", ENDED, None, digest="")
    expiry.expire(moment(dt.date(2030, 1, 1)))
    assert is_there(given)
    assert not is_there(stranger)


def test_the_proof_of_somebody_erased_goes_36_months_after_the_erasure() -> None:
    contact = anna(email="anna@example.org", collected_on=dt.date(2020, 1, 1))
    given = consent("ConsentGiven", SINCE, contact, digest=contact.email_digest)
    run_night(ON)
    assert not is_there(contact)
    given.refresh_from_db()
    assert given.contact_id is None
    expiry.expire(moment(add_months(ON, 36)))
    assert Consent.objects.filter(digest=given.digest).count() >= 1
    expiry.expire(moment(add_months(ON, 36) + DAY))
    assert not Consent.objects.filter(digest=given.digest).exists()


# Restrictions, holds: what is frozen does not expire (E28, E29) -------------------------------------------------------


def test_an_open_restriction_never_expires() -> None:
    contact = anna()
    row = Restriction.objects.create(contact=contact, ground="b", since_at=LONG_AGO)
    expiry.expire(moment(dt.date(2040, 1, 1)))
    assert is_there(row)


def test_a_restriction_still_open_when_the_person_is_erased_is_not_kept_for_ever() -> None:
    row = Restriction.objects.create(contact=None, ground="b", since_at=LONG_AGO)
    expiry.expire(moment(dt.date(2040, 1, 1)))
    assert not is_there(row)


def held(contact: Contact) -> Callable[[], object]:
    hold = Hold.objects.create(contact=contact, matter="claim", until_on=ON + 60 * DAY)
    return lambda: holding.release(hold, Actor.command(), moment(ON))


def restricted(contact: Contact) -> Callable[[], object]:
    row = Restriction.objects.create(contact=contact, ground="c", since_at=SINCE)
    return lambda: Restriction.objects.filter(pk=row.pk).update(lifted_at=moment(ON), notice_before_lift_at=moment(ON))


def requested(contact: Contact) -> Callable[[], object]:
    hold = Hold.objects.create(contact=contact, kind="request", matter="request")
    return lambda: Hold.objects.filter(pk=hold.pk).update(until_on=ON - DAY)


@pytest.mark.parametrize("freeze", [held, restricted, requested])
def test_nothing_of_a_frozen_contact_expires_until_it_is_free(
    freeze: Callable[[Contact], Callable[[], object]],
) -> None:
    contact, other = anna(), anna()
    rows: list[Model] = [
        Engagement.objects.create(contact=contact, kind="click", occurred_at=LONG_AGO),
        Objection.objects.create(contact=contact, ground="marketing", raised_at=LONG_AGO, recorded_at=LONG_AGO),
        consent("ConsentWithdrawn", LONG_AGO, contact),
        lifted(LONG_AGO, contact),
    ]
    free = Engagement.objects.create(contact=other, kind="click", occurred_at=LONG_AGO)
    thaw = freeze(contact)
    expiry.expire(moment(ON))
    assert all(map(is_there, rows))
    assert not is_there(free)
    thaw()
    expiry.expire(moment(ON + DAY))
    assert not any(map(is_there, rows))


def test_the_end_of_a_hold_frees_the_rows_the_day_after() -> None:
    contact = anna()
    row = Engagement.objects.create(contact=contact, kind="click", occurred_at=LONG_AGO)
    Hold.objects.create(contact=contact, matter="claim", until_on=ON)
    expiry.expire(moment(ON))
    assert is_there(row)
    expiry.expire(moment(ON + DAY))
    assert not is_there(row)


def test_an_engagement_that_expires_moves_no_due_date() -> None:
    contact = anna(collected_on=dt.date(2020, 1, 1), last_engaged_on=dt.date(2024, 11, 22))
    old = Engagement.objects.create(contact=contact, kind="click", occurred_at=moment(dt.date(2024, 11, 22)))
    assert expiry.expire(moment(dt.date(2026, 11, 23))) == {"contacts.Engagement": 1}
    assert not is_there(old)
    contact.refresh_from_db()
    assert contact.last_engaged_on == dt.date(2024, 11, 22)
    run_night(dt.date(2026, 11, 22))
    assert is_there(contact)
    run_night(dt.date(2026, 11, 23))
    assert not is_there(contact)


# Organisations without contacts (E47) ---------------------------------------------------------------------------------


def firm(**agreement: Any) -> Organisation:
    """An organisation, with such an agreement if there is anything to say about it."""
    one = Organisation.objects.create(name="Anna Virtanen Tmi")
    if agreement:
        known = {"party": "customer", "kind": "licence", "starts_on": dt.date(2015, 1, 1)}
        Agreement.objects.create(organisation=one, **{**known, **agreement})
    return one


@pytest.mark.parametrize(
    ("ends_on", "last_day"),
    [
        (dt.date(2021, 11, 22), dt.date(2026, 11, 22)),
        (dt.date(2024, 2, 29), dt.date(2029, 2, 28)),
        (dt.date(2023, 2, 28), dt.date(2028, 2, 28)),
    ],
)
@pytest.mark.parametrize("field", ["ends_on", "terminated_on"])
def test_an_empty_organisation_stays_five_years_after_its_agreement(
    field: str, ends_on: dt.date, last_day: dt.date
) -> None:
    one = firm(**{field: ends_on})
    expiry.expire(moment(last_day))
    assert is_there(one)
    assert expiry.expire(moment(last_day + DAY)) == {"contacts.Organisation": 1}
    assert not Organisation.objects.exists()
    assert not Agreement.objects.exists()


@pytest.mark.parametrize(
    "agreement",
    [{}, {"terminated_on": dt.date(2014, 12, 31)}],
    ids=["no agreement", "cancelled before its start"],
)
def test_an_empty_organisation_without_an_agreement_that_ran_goes_at_once(agreement: dict[str, dt.date]) -> None:
    one = firm(**agreement)
    expiry.expire(moment(ON))
    assert not is_there(one)


@pytest.mark.parametrize(
    "agreement",
    [{"ends_on": None}, {"starts_on": ON + 30 * DAY, "signed_on": ON, "ends_on": ON + 60 * DAY}],
    ids=["open-ended", "signed for the future"],
)
def test_an_organisation_with_a_live_agreement_stays_without_contacts(agreement: dict[str, Any]) -> None:
    one = firm(**agreement)
    expiry.expire(moment(ON))
    assert is_there(one)


def test_the_last_of_several_agreements_decides() -> None:
    one = firm(ends_on=dt.date(2016, 1, 1))
    later = {"party": "customer", "kind": "licence", "starts_on": dt.date(2020, 1, 1), "ends_on": dt.date(2021, 11, 22)}
    Agreement.objects.create(organisation=one, **later)
    expiry.expire(moment(dt.date(2026, 11, 22)))
    assert is_there(one)
    expiry.expire(moment(dt.date(2026, 11, 23)))
    assert not is_there(one)


def test_an_organisation_stays_as_long_as_somebody_is_linked_to_it() -> None:
    one, contact = firm(ends_on=dt.date(2016, 1, 1)), anna()
    link = Affiliation.objects.create(contact=contact, organisation=one)
    expiry.expire(moment(ON))
    assert is_there(one)
    account = SystemAccount.objects.create(contact=contact, organisation=one, system="portal", login="anna")
    link.delete()
    expiry.expire(moment(ON))
    assert is_there(one)
    account.delete()
    expiry.expire(moment(ON))
    assert not is_there(one)


# Sessions, the journal, and what never expires ------------------------------------------------------------------------


def test_a_session_that_is_over_goes() -> None:
    for key, expires_at in (("over", moment(ON)), ("alive", moment(ON) + dt.timedelta(seconds=2))):
        Session.objects.create(session_key=key, session_data="", expire_date=expires_at)
    assert expiry.expire(moment(ON) + dt.timedelta(seconds=1)) == {"sessions.Session": 1}
    assert Session.objects.get().session_key == "alive"


def test_no_rule_deletes_a_suppression_entry() -> None:
    entry = suppress("anna@example.org", since=LONG_AGO)
    expiry.expire(moment(dt.date(2060, 1, 1)))
    assert list(SuppressionEntry.objects.all()) == [entry]


def test_the_erasure_record_goes_before_its_line_in_the_journal_and_the_chain_stays_whole(settings: Settings) -> None:
    anna(collected_on=dt.date(2020, 1, 1))
    run_night(ON)
    assert ErasureRecord.objects.count() == 1
    journal.write(moment(ON))
    ErasureRecord.objects.get()
    last_day = add_months(local_date(ErasureRecord.objects.get().erased_at), 38)
    for day, records in ((last_day, 1), (last_day + DAY, 0)):
        expiry.expire(moment(day))
        assert ErasureRecord.objects.count() == records
        assert list(journal.verify(day)) == []
    assert len(journal.segments()) == 1
