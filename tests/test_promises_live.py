"""The controls of retention look at the live register, and `manage.py promises` fails once a violation is planted."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import call_command

from config.models import Subsidiary
from config.policy.clauses import BY_ID
from config.policy.controls import REGISTRY, Judge, State
from config.roles import create_roles, seed_controller, seed_example_subsidiaries
from consent.models import Recipient, Restriction
from contacts.models import Affiliation, Contact, Engagement
from retention import due
from retention.models import DueDate, Hold, RetentionRun
from retention.promises import (
    customers_are_purged,
    marketing_is_purged,
    registers_follow_agreements,
    relationships_are_respected,
)
from tests.consent.reasons import weigh_everything
from tests.planted import AT, DAY, TODAY, former, organisation, person, silent

pytestmark = pytest.mark.django_db

LATENESS = [(1, State.KEPT), (2, State.AT_RISK), (31, State.AT_RISK), (32, State.BROKEN)]


@pytest.fixture
def last_run() -> RetentionRun:
    """A run over both rules that was completed an hour ago."""
    return RetentionRun.objects.create(
        on_date=TODAY, trigger="schedule", state="done", policy_version="2019-09", finished_at=AT - timedelta(hours=1)
    )


# Retention (S8, S95-S97) ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("last_run")
@pytest.mark.parametrize(("waiting", "state"), LATENESS)
def test_nobody_waits_in_marketing_for_two_days_and_never_for_more_than_a_month(waiting: int, state: State) -> None:
    person()
    assert marketing_is_purged(AT).state is State.KEPT
    silent(waiting)
    assert marketing_is_purged(AT).state is state
    assert customers_are_purged(AT).state is State.KEPT


@pytest.mark.usefixtures("last_run")
@pytest.mark.parametrize(("waiting", "state"), LATENESS)
def test_nobody_waits_past_the_five_years_for_two_days_and_never_for_more_than_a_month(
    waiting: int, state: State
) -> None:
    person(organisation())
    assert customers_are_purged(AT).state is State.KEPT
    former(waiting)
    assert customers_are_purged(AT).state is state
    assert marketing_is_purged(AT).state is State.KEPT


@pytest.mark.usefixtures("last_run")
def test_whom_a_bar_protects_is_not_overdue() -> None:
    marketing, customer = silent(100), former(100)
    assert marketing_is_purged(AT).state is customers_are_purged(AT).state is State.BROKEN
    for contact in (marketing, customer):
        Restriction.objects.create(contact=contact, ground="a", since_at=AT)
    assert marketing_is_purged(AT).state is customers_are_purged(AT).state is State.KEPT


@pytest.mark.usefixtures("last_run")
def test_a_legal_hold_protects_the_data_but_not_the_membership_in_marketing() -> None:
    for contact in (silent(100), former(100)):
        Hold.objects.create(contact=contact, matter="claim", until_on=TODAY + DAY)
    assert customers_are_purged(AT).state is State.KEPT
    assert marketing_is_purged(AT).state is State.BROKEN
    Contact.objects.update(in_marketing=False)
    assert marketing_is_purged(AT).state is State.KEPT


@pytest.mark.usefixtures("last_run")
def test_the_live_rule_judges_whom_the_state_table_lists_and_whom_it_misses() -> None:
    overdue = silent(100, listed=False)
    assert not DueDate.objects.exists()
    assert marketing_is_purged(AT).state is State.BROKEN
    due.refresh(TODAY)
    Engagement.objects.create(contact=overdue, kind="click", occurred_at=AT)
    Contact.objects.update(last_engaged_on=TODAY)
    assert DueDate.objects.filter(marketing_on__lt=TODAY).exists()
    assert marketing_is_purged(AT).state is State.KEPT


@pytest.mark.parametrize("control", [marketing_is_purged, customers_are_purged])
def test_without_a_run_in_the_last_26_hours_the_promise_is_at_risk(control: Judge, last_run: RetentionRun) -> None:
    for age, state in ((timedelta(hours=26), State.KEPT), (timedelta(hours=26, seconds=1), State.AT_RISK)):
        RetentionRun.objects.update(finished_at=AT - age)
        assert control(AT).state is state
    last_run.delete()
    assert control(AT).state is State.AT_RISK


def test_nobody_tied_to_a_customer_is_listed_until_somebody_is() -> None:
    tied = person(organisation(ends_on=TODAY), collected_on=date(2015, 1, 1))
    loose = silent(100)
    assert DueDate.objects.filter(contact=loose, erase_on__lt=TODAY).exists()
    assert relationships_are_respected(AT).state is State.KEPT
    for column in ("erase_on", "marketing_on"):
        DueDate.objects.filter(contact=tied).update(**{column: TODAY})
        assert relationships_are_respected(AT).state is State.KEPT
        DueDate.objects.filter(contact=tied).update(**{column: TODAY - DAY})
        verdict = relationships_are_respected(AT)
        assert (verdict.state, verdict.evidence[:6]) == (State.BROKEN, "1 of 1")
        due.refresh(TODAY)


@pytest.mark.parametrize(
    "agreement",
    [{"ends_on": TODAY - DAY}, {"starts_on": TODAY + DAY, "signed_on": TODAY}, {"terminated_on": date(2014, 1, 1)}],
)
def test_an_agreement_that_is_over_new_or_never_ran_ties_nobody_yet(agreement: dict[str, date]) -> None:
    contact = person(organisation(**agreement))
    DueDate.objects.filter(contact=contact).update(erase_on=TODAY - DAY)
    assert relationships_are_respected(AT).state is State.KEPT


def test_somebody_who_left_the_customer_is_not_tied_any_more() -> None:
    contact = person(organisation(ends_on=TODAY))
    DueDate.objects.filter(contact=contact).update(erase_on=TODAY - DAY)
    for ended_on, state in ((TODAY, State.BROKEN), (TODAY - DAY, State.KEPT)):
        Affiliation.objects.update(ended_on=ended_on)
        assert relationships_are_respected(AT).state is state


def test_the_register_follows_from_the_agreements_until_the_table_says_otherwise() -> None:
    customer, prospect = person(organisation(ends_on=TODAY)), person()
    assert dict(DueDate.objects.values_list("contact", "register")) == {customer.pk: "both", prospect.pk: "marketing"}
    assert registers_follow_agreements(AT).state is State.KEPT
    DueDate.objects.filter(contact=customer).update(register="marketing")
    assert registers_follow_agreements(AT).state is State.BROKEN
    due.refresh(TODAY)
    assert registers_follow_agreements(AT).state is State.KEPT
    DueDate.objects.filter(contact=prospect).update(register="customer")
    assert registers_follow_agreements(AT).state is State.BROKEN


# The command ----------------------------------------------------------------------------------------------------------


def promises() -> tuple[int, dict[str, str]]:
    """The exit code of `manage.py promises` and the state of each clause."""
    out, code = io.StringIO(), 0
    with time_machine.travel(AT):
        try:
            call_command("promises", "--format", "json", stdout=out)
        except SystemExit as stop:
            code = int(stop.code or 0)
    return code, {entry["clause"]: entry["state"] for entry in json.loads(out.getvalue())}


def test_every_clause_that_a_program_can_act_on_has_a_control() -> None:
    claimed = {clause for control in REGISTRY for clause in control.clauses}
    assert len(BY_ID) > 100
    assert claimed == set(BY_ID)


@pytest.mark.usefixtures("last_run")
def test_the_command_shows_every_clause_kept_in_a_register_in_order() -> None:
    seed_controller()
    seed_example_subsidiaries()
    create_roles()
    weigh_everything(AT)
    person(organisation(ends_on=TODAY), country="FI")
    for local in Subsidiary.objects.all():
        Recipient.objects.create(
            name=local.name, kind="subsidiary", role="joint", subsidiary=local, country=local.country
        )
    code, states = promises()
    assert code == 0, {clause: state for clause, state in states.items() if state != "kept"}
    assert states == dict.fromkeys(BY_ID, "kept")


@pytest.mark.usefixtures("last_run")
def test_the_command_fails_when_an_overdue_contact_is_planted() -> None:
    seed_controller()
    seed_example_subsidiaries()
    create_roles()
    silent(32)
    code, states = promises()
    assert (code, states["S95"], states["S97"]) == (1, "broken", "kept")
    Contact.objects.update(collected_on=TODAY, country="FI")
    assert promises()[0] == 0, {k: v for k, v in promises()[1].items() if v == "broken"}
