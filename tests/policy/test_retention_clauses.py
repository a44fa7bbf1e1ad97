"""The section "Aufbewahren": until when the policy lets us keep somebody, clause by clause."""

from __future__ import annotations

import datetime as dt
import inspect
from datetime import date, datetime

import pytest
import time_machine

from config.policy.clauses import BY_ID
from config.policy.controls import State
from consent.models import Restriction as RestrictionRow
from retention.promises import marketing_is_purged
from tests.retention.nights import (
    DAY,
    assert_erased,
    assert_kept,
    assert_kept_through,
    contact,
    moment,
    put,
    run_night,
    there,
)
from tests.retention.people import Agreement, Engagement, Link, Organisation, Person, Restriction

pytestmark = pytest.mark.django_db

LONG_AGO = date(2010, 6, 1)
ON = date(2026, 11, 23)


def works_for(*agreements: Agreement) -> tuple[Link, ...]:
    return (Link("job", Organisation("acme", "", agreements)),)


class TestS95:
    """Einmal im Monat entfernen wir aus unseren Direktmarketing-Aufzeichnungen sämtliche Kontakte, die in den vorigen
    24 Monaten nicht auf unsere Nachrichten reagiert oder unsere Webseiten nicht besucht haben und die nicht mit einem
    unserer Kunden oder Partner verbunden sind.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize(
        ("anchor", "kept_on", "gone_on"),
        [
            (date(2024, 11, 22), date(2026, 11, 22), date(2026, 11, 23)),
            (date(2024, 2, 29), date(2026, 2, 28), date(2026, 3, 1)),
            (date(2026, 2, 28), date(2028, 2, 28), date(2028, 2, 29)),
        ],
    )
    def test_silent_contacts_go_the_day_after_24_calendar_months(
        self, anchor: date, kept_on: date, gone_on: date
    ) -> None:
        assert gone_on == kept_on + DAY
        assert_kept_through(kept_on, Person("anna", anchor))

    def test_the_24_months_run_from_the_date_in_helsinki(self) -> None:
        click = Engagement(datetime(2024, 11, 21, 22, 30, tzinfo=dt.UTC))
        assert_kept_through(date(2026, 11, 22), Person("anna", LONG_AGO, engagements=(click,)))

    @pytest.mark.parametrize("kind", ["reply", "click", "visit", "login"])
    def test_a_response_or_a_visit_within_24_months_keeps(self, kind: str) -> None:
        recent = Engagement(datetime(2025, 1, 1, tzinfo=dt.UTC), kind)
        assert_kept(ON, Person("anna", LONG_AGO, engagements=(recent,)))

    @pytest.mark.parametrize("party", ["customer", "partner"])
    def test_a_tie_to_a_customer_or_partner_keeps(self, party: str) -> None:
        stored = assert_kept(ON, Person("anna", LONG_AGO, links=works_for(Agreement(LONG_AGO, LONG_AGO, party=party))))
        assert contact(stored, "anna").in_marketing

    def test_looking_every_night_leaves_nobody_a_month_too_long(self) -> None:
        """Once a month is the outer bound: thirty silent contacts, one due each day, one gone each night."""
        last_days = [date(2026, 11, 1) + number * DAY for number in range(30)]
        stored = put(*(Person(f"anna{day:%d}", day.replace(year=2024)) for day in last_days))
        for day in last_days:
            run_night(day)
            assert [there(stored, f"anna{one:%d}") for one in last_days] == [one >= day for one in last_days]

    @pytest.mark.parametrize(
        ("today", "state"),
        [
            (date(2026, 11, 24), State.KEPT),
            (date(2026, 11, 25), State.AT_RISK),
            (date(2026, 12, 24), State.AT_RISK),
            (date(2026, 12, 25), State.BROKEN),
        ],
    )
    def test_whoever_is_due_for_48_hours_raises_an_alarm_and_after_a_month_breaks_the_promise(
        self, today: date, state: State
    ) -> None:
        """Due from 23 November on; last night's run found a restriction in the way, which was lifted since."""
        put(Person("anna", date(2024, 11, 22), restrictions=(Restriction(),)))
        with time_machine.travel(moment(today), tick=False):
            run_night(today)
        assert marketing_is_purged(moment(today)).state == State.KEPT, "a bar protects her"
        RestrictionRow.objects.update(notice_before_lift_at=moment(today), lifted_at=moment(today))
        assert marketing_is_purged(moment(today)).state == state


class TestS96:
    """Wenn Sie unser Kunde oder Partner werden, werden die Daten aufbewahrt, solange die Beziehung mit Ihrer
    Organisation besteht.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize("on", [date(2026, 11, 23), date(2040, 2, 29), date(2099, 12, 31)])
    def test_data_is_kept_while_the_relationship_exists(self, on: date) -> None:
        person = Person("anna", LONG_AGO, in_marketing=False, links=works_for(Agreement(LONG_AGO, LONG_AGO)))
        assert_kept(on, person)

    def test_a_prospect_who_becomes_a_customer_is_kept_from_the_signature_on(self) -> None:
        prospect = Person("anna", date(2024, 11, 22), links=works_for(Agreement(date(2026, 11, 22), date(2027, 6, 1))))
        stored = assert_kept(ON, prospect)
        assert contact(stored, "anna").in_marketing

    def test_without_the_relationship_the_same_contact_goes(self) -> None:
        assert_erased(ON, Person("anna", date(2024, 11, 22), links=works_for()))


class TestS97:
    """Die Benutzerdaten in unserem Unternehmenskundenregister werden für die Dauer der Lizenz / des Abonnements / der
    Vereinbarung und bis zu fünf Jahre nach Ablauf der letzten Vereinbarung oder des letzten Abonnements mit dem Kunden
    oder Partner gespeichert.
    """  # noqa: D205  (the clause as published)

    @pytest.mark.parametrize(
        ("last_end", "kept_on", "gone_on"),
        [
            (date(2021, 11, 22), date(2026, 11, 22), date(2026, 11, 23)),
            (date(2024, 2, 29), date(2029, 2, 28), date(2029, 3, 1)),
            (date(2023, 2, 28), date(2028, 2, 28), date(2028, 2, 29)),
        ],
    )
    def test_customer_data_goes_the_day_after_five_calendar_years(
        self, last_end: date, kept_on: date, gone_on: date
    ) -> None:
        assert gone_on == kept_on + DAY
        ended = works_for(Agreement(LONG_AGO, LONG_AGO, last_end))
        assert_kept_through(kept_on, Person("anna", LONG_AGO, in_marketing=False, links=ended))

    def test_the_last_of_several_agreements_counts(self) -> None:
        agreements = (
            Agreement(LONG_AGO, LONG_AGO, date(2021, 11, 22)),
            Agreement(LONG_AGO, LONG_AGO, date(2014, 1, 1)),
            Agreement(date(2016, 1, 1), date(2016, 1, 1), date(2020, 1, 1)),
        )
        person = Person("anna", LONG_AGO, in_marketing=False, links=works_for(*agreements))
        assert_kept_through(date(2026, 11, 22), person)


@pytest.mark.parametrize("clause", [TestS95, TestS96, TestS97])
def test_each_class_quotes_its_clause(clause: type) -> None:
    quote = " ".join(inspect.getdoc(clause).split())  # type: ignore[union-attr]
    assert quote == BY_ID[clause.__name__.removeprefix("Test")].quote


def test_the_periods_are_those_of_the_clauses() -> None:
    marketing, customers = BY_ID["S95"].period, BY_ID["S97"].period
    assert marketing and customers
    assert (marketing.months, marketing.run_every_months, customers.months) == (24, 1, 60)
    assert BY_ID["S96"].period is None
