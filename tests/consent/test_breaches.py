"""A data breach: the 72 hours, both decisions, the people concerned, and a history nobody can change (Art. 33, 34)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from config import roles
from config.models import AccessEvent, Actor, AuditEvent, User
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES
from consent.breaches import handling
from consent.breaches.drafts import drafts, letter, to_authority
from consent.breaches.search import Search, concerned
from consent.models import Breach, BreachEvent, BreachPerson
from contacts.merging import merge
from contacts.models import Contact
from retention import expiry
from tests.consent.disclosure_cast import given_to, recipient
from tests.retention.nights import run_night
from tests.staff import (
    DAY,
    NOW,
    TODAY,
    account,
    add,
    at_work,
    contact,
    list_of,
    officer,
    page_of,
    signed_in,
    signed_in_again,
    text_of,
)

pytestmark = pytest.mark.django_db
HAND: dict[str, Any] = {"actor": Actor.command(), "at": NOW}
HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _office_hours(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        roles.seed_controller()
        yield


def breach(**fields: Any) -> Breach:
    known = {"title": "A list was mailed to the wrong address", "aware_at": NOW - HOUR, "natures": ["confidentiality"]}
    return Breach.objects.create(**known | fields)


def steps(one: Breach) -> list[str]:
    return list(one.events.values_list("step", flat=True))


# The clock ----------------------------------------------------------------------------------------------------------


def test_the_72_hours_run_through_a_weekend() -> None:
    one = breach(aware_at=FRIDAY)
    assert one.notify_by == datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert handling.hours_left(one, NOW) == 5


def test_the_72_hours_are_hours_when_the_clocks_change() -> None:
    one = breach(aware_at=datetime(2026, 10, 24, 12, 0, tzinfo=UTC))  # the night after, an hour comes twice
    assert one.notify_by - one.aware_at == 72 * HOUR


def test_on_the_last_second_it_is_not_late_and_one_later_it_is() -> None:
    one = breach(aware_at=NOW - 72 * HOUR)
    assert list(handling.late(NOW)) == []
    assert list(handling.late(NOW + timedelta(seconds=1))) == [one]
    assert (handling.hours_left(one, NOW), handling.hours_left(one, NOW + timedelta(seconds=1))) == (0, -1)


@given(minutes=st.integers(-10_000, 10_000))
def test_hours_left_agree_with_being_late(minutes: int) -> None:
    one = Breach(aware_at=NOW)
    at = NOW + timedelta(hours=72, minutes=minutes)
    assert (handling.hours_left(one, at) < 0) == (at > one.notify_by)


def test_the_clock_stops_when_the_authority_was_notified_or_need_not_be() -> None:
    told, spared, open_one = breach(risk="risk"), breach(risk="unlikely"), breach()
    handling.decide_about_authority(told, True, "names and addresses", **HAND)
    assert told in handling.running()
    handling.notified(told, NOW, "number 1", "", **HAND)
    handling.decide_about_authority(spared, False, "the file was encrypted", **HAND)
    assert list(handling.running()) == [open_one]


def test_the_clock_runs_again_when_the_risk_turns_out_higher_than_decided_upon() -> None:
    one = breach(risk="unlikely")
    handling.decide_about_authority(one, False, "the file was encrypted", **HAND)
    assert not handling.running().exists()
    Breach.objects.update(risk="risk")
    assert handling.running().exists()
    one.refresh_from_db()
    handling.decide_about_authority(one, True, "the key was in the same mail", **HAND)
    assert one.notify_authority is True


# Decisions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("risk", ["risk", "high"])
def test_only_an_unlikely_risk_spares_the_authority(risk: str) -> None:
    one = breach(risk=risk)
    with pytest.raises(ValueError, match="only if a risk is unlikely"):
        handling.decide_about_authority(one, False, "we would rather not", **HAND)
    assert (steps(one), Breach.objects.get().notify_authority) == ([], None)


def test_a_decision_needs_a_risk_and_a_reason() -> None:
    for one, reason, message in ((breach(), "because", "how high the risk"), (breach(risk="risk"), "  ", "the reason")):
        with pytest.raises(ValueError, match=message):
            handling.decide_about_authority(one, True, reason, **HAND)
        with pytest.raises(ValueError, match=message):
            handling.decide_about_people(one, True, "", reason, **HAND)


def test_a_late_notification_needs_the_reasons_and_a_further_phase_does_not() -> None:
    one = breach(risk="risk", aware_at=NOW - 80 * HOUR)
    handling.decide_about_authority(one, True, "names", **HAND)
    with pytest.raises(ValueError, match="later than 72 hours"):
        handling.notified(one, NOW - HOUR, "", "", **HAND)
    handling.notified(one, NOW - HOUR, "first", "the log was read late", **HAND)
    handling.notified(one, NOW, "numbers", "", **HAND)
    one.refresh_from_db()
    assert (one.notified_at, one.delay_reason) == (NOW - HOUR, "the log was read late")
    assert steps(one) == ["authority", "notified", "notified"]


@pytest.mark.parametrize("sent_at", [NOW - 2 * HOUR, NOW + HOUR])
def test_a_notification_is_sent_between_awareness_and_now(sent_at: datetime) -> None:
    one = breach(risk="risk")
    handling.decide_about_authority(one, True, "names", **HAND)
    with pytest.raises(ValueError, match="before we became aware"):
        handling.notified(one, sent_at, "", "", **HAND)


def test_a_high_risk_leaves_the_people_untold_only_on_a_ground_of_article_34() -> None:
    one = breach(risk="high")
    with pytest.raises(ValueError, match=r"Art\. 34"):
        handling.decide_about_people(one, False, "", "it would look bad", **HAND)
    handling.decide_about_people(one, False, "a", "the disk was encrypted", **HAND)
    assert (one.tell_people, one.people_exemption) == (False, "a")


def test_two_officers_do_not_decide_differently() -> None:
    mine = breach(risk="unlikely")
    yours = Breach.objects.get()
    handling.decide_about_authority(mine, True, "to be safe", **HAND)
    with pytest.raises(ValueError, match="faster"):
        handling.decide_about_authority(yours, False, "unlikely", **HAND)
    assert Breach.objects.get().notify_authority is True


def test_a_breach_is_closed_when_everything_that_was_decided_is_done_and_not_before() -> None:
    one = breach(risk="high")
    for message, act in (
        ("both decisions", lambda: handling.decide_about_authority(one, True, "names", **HAND)),
        ("both decisions", lambda: handling.decide_about_people(one, True, "", "names", **HAND)),
        ("has not been notified", lambda: handling.notified(one, NOW, "1", "", **HAND)),
        ("Not everybody", lambda: handling.add_people(one, [contact().pk], "the list", **HAND)),
        ("Not everybody", lambda: handling.told(one, NOW, **HAND)),
    ):
        with pytest.raises(ValueError, match=message):
            handling.close(one, **HAND)
        act()
    handling.close(one, **HAND)
    assert steps(one) == ["authority", "people", "notified", "searched", "told", "closed"]
    assert AuditEvent.objects.filter(action="breach: closed", object_id=one.pk).count() == 1
    with pytest.raises(ValueError, match="closed"):
        handling.add_people(one, [], "again", **HAND)


def test_a_breach_that_nobody_is_told_of_is_registered_all_the_same() -> None:
    one = breach(risk="unlikely")
    handling.decide_about_authority(one, False, "encrypted", **HAND)
    handling.decide_about_people(one, False, "", "encrypted", **HAND)
    handling.close(one, **HAND)
    assert "not notified, with a reason" in text_of(officer().get(list_of("consent.breach")))


# Whom it concerns ---------------------------------------------------------------------------------------------------


def test_the_read_log_says_whom_a_stolen_account_saw() -> None:
    seen, too_early, by_somebody_else, refused = (contact(name) for name in ("Anna", "Bert", "Carl", "Dora"))
    thief, colleague = officer(), signed_in(PRIVACY_CLERK)
    with time_machine.travel(NOW - DAY, tick=False):
        thief = signed_in_again(PRIVACY_OFFICER)
        thief.get(page_of(too_early))
    thief = signed_in_again(PRIVACY_OFFICER)
    thief.get(page_of(seen))
    colleague.get(page_of(by_somebody_else))
    signed_in(SALES).get(page_of(refused))
    account = User.objects.get(username="privacy-officer")
    found = concerned(Search(NOW - HOUR, NOW, account=account.pk))
    assert list(found) == [seen]
    assert set(concerned(Search(NOW - HOUR, NOW))) == {seen, by_somebody_else}
    assert set(concerned(Search(NOW - DAY, NOW, account=account.pk))) == {seen, too_early}
    assert not concerned(Search(NOW - DAY, NOW, kind="list")).exists()
    assert not concerned(Search(NOW - DAY, NOW, view="audienceexport")).exists()


def test_a_look_up_of_a_record_that_was_merged_since_concerns_the_contact_it_leads_to() -> None:
    seen, kept, _officer = contact("Anna"), contact("Bert"), officer()
    signed_in_again(PRIVACY_OFFICER).get(page_of(seen))
    merge(kept.pk, seen.pk, **HAND)
    assert list(concerned(Search(NOW - HOUR, NOW))) == [kept]


def test_the_ledger_says_whose_data_was_passed_on_meanwhile() -> None:
    person, actor = contact(), account(PRIVACY_CLERK)
    assert not concerned(Search(NOW - HOUR, NOW)).exists()
    given_to(recipient(), person, at=NOW - HOUR / 2, by=actor.pk)
    assert list(concerned(Search(NOW - HOUR, NOW))) == [person]
    assert list(concerned(Search(NOW - HOUR, NOW, account=actor.pk, kind="export"))) == [person]
    assert not concerned(Search(NOW - HOUR / 4, NOW)).exists()
    assert not concerned(Search(NOW - HOUR, NOW, account=uuid4())).exists()
    assert not concerned(Search(NOW - HOUR, NOW, kind="list")).exists()


def test_the_page_previews_whom_it_then_lists_and_nobody_twice() -> None:
    person, one, client = contact(), breach(), officer()
    client.get(page_of(person))
    asked = {"since": "2026-11-23T11:00", "until": "2026-11-23T13:00", "account": "", "kind": "record", "view": ""}
    preview = text_of(client.get(page_of(one, "search"), asked))
    assert "1 person is concerned" in preview and person.reference in preview
    assert not BreachPerson.objects.exists()
    assert "1 person was added" in text_of(client.post(page_of(one, "search"), asked, follow=True))
    client.post(page_of(one, "search"), asked)
    row = BreachPerson.objects.get()
    assert (row.contact, row.found_by) == (person, "2026-11-23 11:00–2026-11-23 13:00, record")
    assert steps(one) == ["searched", "searched"]


def test_an_erased_person_stays_counted_and_is_not_named() -> None:
    person, one = contact(collected_on=TODAY.replace(year=2020)), breach()
    handling.add_people(one, [person.pk], "the list", **HAND)
    run_night(TODAY)
    assert not Contact.objects.exists()
    assert BreachPerson.objects.get().contact_id is None
    assert "1 listed, 0 told erased" in text_of(officer().get(page_of(one)))


# Drafts -------------------------------------------------------------------------------------------------------------


def test_the_draft_says_what_the_article_asks_for_and_what_will_follow() -> None:
    one = breach(description="The attachment held 12 rows.", categories=["identity", "address"], people_estimated=12)
    text = to_authority(one, NOW)
    for said in (
        "Tietosuojavaltuutettu", "F-Secure Corporation", "Notification of a personal data breach", one.title,
        "The attachment held 12 rows.", "somebody saw or got data", "People, about: 12", "name and salutation, addresses and numbers",
        "privacy-office@f-secure.com", "Likely consequences", "Not known yet; it will follow.",
    ):  # fmt: skip
        assert said in text, said
    assert "later than 72 hours" not in text
    assert "later than 72 hours" in to_authority(one, one.notify_by + HOUR)
    Breach.objects.update(notified_at=NOW)
    assert "further information" in to_authority(Breach.objects.get(), NOW)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("we learned of a breach that concerns data about you", "You may also complain")),
        ("de", ("Guten Tag,", "haben wir von einer Verletzung", "Adressen und Telefonnummern", "Sie können sich auch")),
        ("fi", ("Hei,", "saimme tietää tietoturvaloukkauksesta", "Voitte myös")),
    ],
)
def test_the_letter_speaks_the_language_of_the_person(language: str, said: tuple[str, ...]) -> None:
    text = letter(breach(categories=["address"]), language)
    assert [one for one in (*said, "privacy-office@f-secure.com", "Tietosuojavaltuutettu") if one not in text] == []


def test_every_draft_is_on_the_page() -> None:
    one = breach()
    text = text_of(officer().get(page_of(one, "drafts")))
    assert [title for title, _body in drafts(one, NOW) if title not in text] == []


# Desk ---------------------------------------------------------------------------------------------------------------

FACTS = {
    "title": "A laptop was stolen", "natures": ["confidentiality", "availability"], "aware_at": "2026-11-23T11:00",
    "began_at": "", "risk": "high", "description": "", "people_estimated": "", "records_estimated": "",
    "consequences": "", "measures": "",
}  # fmt: skip


def test_a_clerk_registers_a_breach_and_the_home_page_counts_the_hours() -> None:
    clerk = signed_in(PRIVACY_CLERK)
    assert clerk.post(add("consent.breach"), FACTS).status_code == 302
    one = Breach.objects.get()
    assert (one.aware_at, one.natures, steps(one)) == (NOW - HOUR, ["confidentiality", "availability"], ["registered"])
    home = text_of(clerk.get("/admin/"))
    assert "A laptop was stolen 71 hours left to notify the authority, until 26 Nov 2026, 11:00" in home
    with time_machine.travel(NOW + 3 * DAY, tick=False):
        assert "should have been notified by" in text_of(signed_in_again(PRIVACY_CLERK).get("/admin/"))


def test_correcting_a_fact_is_a_line_of_the_history_with_its_name() -> None:
    client = officer()
    client.post(add("consent.breach"), FACTS)
    one = Breach.objects.get()
    client.post(page_of(one), {**FACTS, "people_estimated": "40"})
    assert list(one.events.values_list("step", "text")) == [("registered", ""), ("corrected", "people_estimated")]


def test_awareness_is_not_in_the_future() -> None:
    answer = officer().post(add("consent.breach"), {**FACTS, "aware_at": "2026-11-23T13:00"})
    assert "This is in the future." in text_of(answer)


def handled_by_page(client: Client, one: Breach) -> None:
    client.post(page_of(one, "authority"), {"notify": "yes", "reason": "names"})
    client.post(page_of(one, "notified"), {"sent_at": "2026-11-23T12:00", "said": "number 1", "delay_reason": ""})
    client.post(page_of(one, "people"), {"tell": "no", "why": "a", "reason": "encrypted"})
    client.post(page_of(one, "close"))


def test_an_officer_decides_and_closes_on_the_page_and_then_nothing_changes_any_more() -> None:
    client, one = officer(), breach(risk="high")
    handled_by_page(client, one)
    one.refresh_from_db()
    assert (one.notify_authority, one.notified_at, one.tell_people, one.closed_at) == (True, NOW, False, NOW)
    assert client.post(page_of(one), FACTS).status_code == 403
    assert Breach.objects.get().title == "A list was mailed to the wrong address"


@pytest.mark.parametrize("role", [PRIVACY_CLERK, AUDITOR, SALES])
def test_only_an_officer_decides(role: str) -> None:
    client, one = signed_in(role), breach(risk="high")
    handled_by_page(client, one)
    assert client.post(page_of(one, "search"), {}).status_code == 403
    assert steps(one) == []
    assert client.get(page_of(one)).status_code == (403 if role == SALES else 200)


def test_a_refused_decision_says_why_and_changes_nothing() -> None:
    client, one = officer(), breach(risk="high")
    answer = client.post(page_of(one, "authority"), {"notify": "no", "reason": "rather not"}, follow=True)
    assert "only if a risk is unlikely" in text_of(answer)
    assert steps(one) == []


# Evidence -----------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
def test_the_history_is_never_changed_or_deleted() -> None:
    one = breach()
    handling.note(one, "note", "seen", **HAND)  # type: ignore[arg-type]
    for act in (lambda: BreachEvent.objects.update(text="other"), lambda: BreachEvent.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert one.events.get().text == "seen"


def test_a_closed_breach_goes_after_three_years_with_its_history_and_an_open_one_stays() -> None:
    closed, still_open = breach(closed_at=NOW), breach(title="open")
    handling.note(closed, "note", "seen", **HAND)  # type: ignore[arg-type]
    last_day = NOW.replace(year=2029)
    expiry.expire(last_day)
    assert Breach.objects.count() == 2
    expiry.expire(last_day + DAY)
    assert list(Breach.objects.all()) == [still_open]
    assert not BreachEvent.objects.exists()


def test_looking_at_a_breach_is_noted_for_everybody_it_lists() -> None:
    person, one = contact(), breach()
    handling.add_people(one, [person.pk], "the list", **HAND)
    officer().get(page_of(one))
    assert AccessEvent.objects.get().object_ids == [str(person.pk)]
