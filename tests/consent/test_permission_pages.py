"""The operators' pages: objections taken in and weighed, restrictions, the suppression list, audiences, and the answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from config.models import AuditEvent
from config.roles import AUDITOR, PRIVACY_CLERK, PRIVACY_OFFICER, SALES
from consent import suppression
from consent.grounds import Ground
from consent.models import AudienceExport, Balancing, Notice, Objection, Purpose, Restriction, SuppressionRemoval
from consent.models.suppression import Identifier
from consent.permission import Bar, may_use
from consent.reach import reach
from contacts.models import Contact
from tests.consent.permission_cast import assessed, bars, consents, listed, objects, prospect, restricts, works_for
from tests.staff import NOW, add, at_work, list_of, page_of, rows_of_everything, signed_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_work(settings: Settings, tmp_path: Path) -> Iterator[None]:
    with at_work(settings, tmp_path):
        yield


def posted(client: Client, address: str, **fields: Any) -> str:
    """Send a form, follow to where it leads, and read the page."""
    return text_of(client.post(address, fields, follow=True))


# Objections -----------------------------------------------------------------------------------------------------------


def test_a_clerk_takes_in_an_objection_to_marketing_which_is_heeded_at_once() -> None:
    anna = prospect()
    clerk = signed_in(PRIVACY_CLERK)
    assert "takes effect at once" in text_of(clerk.get(add("consent.objection"), {"contact": anna.reference}))
    assert not Objection.objects.exists()
    posted(clerk, add("consent.objection"), contact=anna.reference, ground="marketing", method="phone")
    objection = Objection.objects.get()
    assert (objection.contact, objection.ground, objection.method) == (anna, "marketing", "phone")
    assert suppression.is_suppressed("anna@example.org") and not Contact.objects.get().in_marketing


def test_an_objection_on_own_grounds_is_taken_in_by_a_clerk_and_weighed_by_an_officer() -> None:
    anna = prospect()
    clerk, officer = signed_in(PRIVACY_CLERK), signed_in(PRIVACY_OFFICER)
    fields = {"contact": "anna@example.org", "ground": "own_situation", "method": "letter"}
    assert "what the person says about their situation" in posted(clerk, add("consent.objection"), **fields)
    assert not Objection.objects.exists()
    posted(clerk, add("consent.objection"), **fields, statement="My own words")
    objection = Objection.objects.get()
    assert Restriction.objects.get().objection == objection
    weigh = page_of(objection, "balance")
    assert clerk.get(weigh).status_code == clerk.post(weigh, {"result": "upheld", "grounds": "x"}).status_code == 403
    page = text_of(officer.get(weigh))
    assert "My own words" in page and "What will happen" in page
    assert "This field is required" in posted(officer, weigh, result="upheld", grounds="")
    assert not Balancing.objects.exists()
    assert "Offer the person" in posted(officer, weigh, result="upheld", grounds="Safety").replace("offer", "Offer")
    assert Balancing.objects.get().grounds == "Safety"
    assert "decided already" in text_of(officer.get(weigh))
    assert anna.pk == objection.contact_id


def test_a_purpose_that_is_no_marketing_is_objected_to_on_own_grounds() -> None:
    anna = prospect()
    fields = {"contact": anna.reference, "ground": "marketing", "method": "phone", "purpose": "support"}
    assert "no direct marketing" in posted(signed_in(PRIVACY_CLERK), add("consent.objection"), **fields)
    assert not Objection.objects.exists()


# Restrictions ---------------------------------------------------------------------------------------------------------


def test_an_officer_restricts_tells_and_lifts_in_this_order() -> None:
    anna = prospect()
    officer, clerk = signed_in(PRIVACY_OFFICER), signed_in(PRIVACY_CLERK)
    assert clerk.get(add("consent.restriction")).status_code == 403
    assert "only stored" in text_of(officer.get(add("consent.restriction")))
    posted(officer, add("consent.restriction"), contact=anna.reference, ground="a", note="The name is wrong")
    one = Restriction.objects.get()
    assert Bar.RESTRICTED in bars(anna)
    lift, tell = page_of(one, "lift"), page_of(one, "told")
    assert clerk.post(tell).status_code == clerk.post(lift).status_code == 403
    assert "Tell the person before" in posted(officer, lift)
    assert "Art. 18(3)" in text_of(officer.get(tell))
    posted(officer, tell)
    assert "used again" in text_of(officer.get(lift))
    one.refresh_from_db()
    assert (one.notice_before_lift_at, one.lifted_at) == (NOW, None)
    posted(officer, lift, stored_aside="take_in")
    one.refresh_from_db()
    assert one.lifted_at == NOW and Bar.RESTRICTED not in bars(anna)


# The suppression list ---------------------------------------------------------------------------------------------------


def test_an_officer_adds_a_domain_and_the_text_is_stored_nowhere() -> None:
    officer = signed_in(PRIVACY_OFFICER)
    assert signed_in(PRIVACY_CLERK).get(add("consent.suppressionentry")).status_code == 403
    known = {"identifier": "domain", "reason": "staff", "purpose": "", "channel": ""}
    assert "not an e-mail address" in posted(officer, add("consent.suppressionentry"), text="a b", **known)
    posted(officer, add("consent.suppressionentry"), text="*@Example.org", **known)
    assert suppression.is_suppressed("anyone@example.org")
    assert "created" in AuditEvent.objects.values_list("action", flat=True)
    entry = suppression.find(["a@example.org"])["a@example.org"]
    assert (entry.identifier, entry.authority) == (Identifier.DOMAIN, 2)


def test_an_entry_is_removed_only_by_an_officer_who_warned_the_person() -> None:
    entry = listed("anna@example.org")
    officer, clerk = signed_in(PRIVACY_OFFICER), signed_in(PRIVACY_CLERK)
    remove = page_of(entry, "remove")
    known = {"text": "anna@example.org", "method": "phone"}
    assert clerk.post(remove, {**known, "warned": "on"}).status_code == 403
    assert "explicit wish" in text_of(officer.get(remove))
    assert "required" in posted(officer, remove, **known)
    assert "another address" in posted(officer, remove, text="bob@example.org", method="phone", warned="on")
    assert suppression.is_suppressed("anna@example.org")
    assert "was removed" in posted(officer, remove, **known, warned="on")
    assert not suppression.is_suppressed("anna@example.org")
    proof = SuppressionRemoval.objects.get()
    assert signed_in(AUDITOR).get(page_of(proof)).status_code == 200


# Audiences --------------------------------------------------------------------------------------------------------------


def take(client: Client, **fields: Any) -> Any:
    """Take an audience; the file is gone with the answer."""
    answer: Any = client.post(add("consent.audienceexport"), asked(**fields))
    answer.text_of_file = b"".join(getattr(answer, "streaming_content", [])).decode("utf-8-sig")
    return answer


def asked(**fields: Any) -> dict[str, Any]:
    """What the form of an audience sends."""
    marketing = Purpose.objects.get(code="marketing").pk
    return {"title": "Autumn letter", "purpose": str(marketing), "channel": "email"} | fields


def test_an_audience_is_counted_by_a_get_and_taken_by_a_post() -> None:
    anna, carl = prospect(), prospect("carl@example.org")
    consents(anna)
    clerk = signed_in(PRIVACY_CLERK)
    clerk.get(add("consent.audienceexport"))
    before = rows_of_everything()
    page = clerk.get(add("consent.audienceexport"), asked())
    assert "1 included 1 left out" in text_of(page) and "Consent of the person" in text_of(page)
    assert rows_of_everything() == before
    answer = take(clerk)
    assert answer["Content-Disposition"].startswith("attachment") and "no-store" in answer["Cache-Control"]
    assert [row["email"] for row in csv.DictReader(io.StringIO(answer.text_of_file))] == ["anna@example.org"]
    record = AudienceExport.objects.get()
    assert (record.included, record.excluded, record.title) == (1, 1, "Autumn letter")
    shown = text_of(clerk.get(page_of(record)))
    assert "Autumn letter" in shown and "neither a consent nor another ground: 1" in shown
    out = take(clerk, left_out="1").text_of_file
    assert [row["reference"] for row in csv.DictReader(io.StringIO(out))] == [carl.reference]
    assert AudienceExport.objects.count() == 1


def test_an_audience_with_the_notice_records_it() -> None:
    anna = prospect(told=False)
    consents(anna)
    clerk = signed_in(PRIVACY_CLERK)
    assert "recorded as informed" in text_of(clerk.get(add("consent.audienceexport"), asked(carries_notice="on")))
    assert not Notice.objects.exists()
    take(clerk, carries_notice="on")
    assert Notice.objects.get().contact == anna


def test_an_audience_needs_a_channel_of_its_purpose() -> None:
    payments = Purpose.objects.get(code="payments").pk
    clerk = signed_in(PRIVACY_CLERK)
    page = text_of(clerk.get(add("consent.audienceexport"), asked(purpose=str(payments), channel="phone")))
    assert "do not take this channel" in page
    clerk.post(add("consent.audienceexport"), asked(purpose=str(payments), channel="phone"))
    assert not AudienceExport.objects.exists()


@pytest.mark.parametrize(("role", "may"), [(PRIVACY_OFFICER, 200), (PRIVACY_CLERK, 200), (AUDITOR, 403), (SALES, 403)])
def test_only_officer_and_clerk_take_audiences(role: str, may: int) -> None:
    client = signed_in(role)
    assert client.get(add("consent.audienceexport")).status_code == may
    assert take(client).status_code == may
    assert AudienceExport.objects.exists() is (may == 200)
    assert client.get(list_of("consent.audienceexport")).status_code == (403 if role == SALES else 200)


# The answer on the contact's page ---------------------------------------------------------------------------------------


@pytest.fixture
def anna() -> Contact:
    """Somebody about whom every kind of answer is given."""
    person = prospect()
    works_for(person)
    assessed("support")
    consents(person)
    objects(person, purpose="know_how")
    return person


def test_the_page_answers_for_every_purpose_and_channel_as_the_rule_does(anna: Contact) -> None:
    answers = reach(anna.pk, NOW)
    pairs = {(purpose.code, channel) for purpose in Purpose.objects.all() for channel in purpose.channels or [""]}
    assert {(purpose, channel) for purpose, channel, _answer in answers} == pairs
    for purpose, channel, answer in answers:
        assert answer == may_use(anna.pk, purpose, channel, NOW)
    assert {answer.allowed for _purpose, _channel, answer in answers} == {True, False}
    assert {answer.ground for _purpose, _channel, answer in answers} >= {
        None,
        Ground.CONSENT,
        Ground.LEGITIMATE_INTEREST,
    }


def test_there_is_no_answer_about_somebody_erased() -> None:
    assert reach(uuid4(), NOW) == []


def test_the_answer_follows_person_moment_and_key(anna: Contact, settings: Settings) -> None:
    def adverts(person: Contact, at: Any = NOW) -> bool:
        return {(one, over): answer.allowed for one, over, answer in reach(person.pk, at)}["marketing", "email"]

    bob = prospect("bob@example.org")
    assert adverts(anna) and not adverts(bob)
    assert not adverts(anna, NOW.replace(year=2025))
    settings.HMAC_KEYS = {**settings.HMAC_KEYS, 2: b"a-second-digest-key-0123456789-abcdefghij"}
    assert not adverts(anna)


def test_the_page_says_whom_we_reach_and_why_not_and_how_it_came_to_that(anna: Contact) -> None:
    restricts(anna, until=NOW)
    clerk = signed_in(PRIVACY_CLERK)
    clerk.get(page_of(anna))
    with CaptureQueriesContext(connection) as queries:
        answer = clerk.get(page_of(anna))
    panels = {str(panel.title): panel.context for panel in answer.context["panels"]}
    rows = {row["purpose"].code: row["lines"] for row in panels["May we contact this person?"]["marketing"]}
    assert [(line.channels, line.allowed) for line in rows["marketing"]] == [("e-mail", True), ("phone, post", False)]
    assert [line.reason for line in rows["know_how"]] == ["the person objected"]
    text = text_of(answer)
    assert "E-mail: consent of the person" in text and "S118" in text
    history = [moment.what for moment in panels["History of permissions"]["rows"]]
    assert history == [
        "Told that the restriction will end",
        "Restriction lifted",
        "Processing restricted",
        "Objection: direct marketing, Art. 21(2)",
        "Consent: given",
        "Informed",
    ]
    texts = [one["sql"] or "bar_" for one in queries]  # PostgreSQL knows the rule by now, and no text is sent
    own = [text for text in texts if "bar_" in text or "consent_purpose" in text]
    assert len(own) <= 5, "one statement for each channel, and the catalogue"


def test_the_history_names_the_audience_that_carried_the_notice() -> None:
    anna = prospect(told=False)
    consents(anna)
    take(signed_in(PRIVACY_CLERK), carries_notice="on")
    answer = signed_in(PRIVACY_OFFICER).get(page_of(anna))
    panels = {str(panel.title): panel.context for panel in answer.context["panels"]}
    [informed] = [one for one in panels["History of permissions"]["rows"] if one.what == "Informed"]
    assert (informed.detail, informed.key) == ("Autumn letter", AudienceExport.objects.get().pk)
    assert reverse(informed.page, args=[informed.key]) in answer.content.decode()
