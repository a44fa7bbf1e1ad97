"""Rectification, restriction, portability, objection, complaint: each really carried out."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date
from typing import Any

import pytest
from django.urls import reverse

from consent import consents, objections, restrictions
from consent.models import AsideEngagement, Balancing, Consent, Objection, Restriction
from consent.models.objections import BalancingResult
from consent.permission import may_use
from contacts.models import Collection, Contact, Engagement
from dsar import authority, delivery, execution, matching, outcomes
from dsar.intake import Asker
from dsar.models import AskedRight, CaseEvent, Correction, Delivery
from dsar.models.correspondence import Carrier, Direction
from dsar.models.decisions import Decision, Ground, RefusalReason
from dsar.models.matches import MatchState
from dsar.models.requests import Right, Status
from dsar.rights import portability, procedure_of, rectification, restriction
from tests.dsar.cases import answered, carried_out, identified
from tests.dsar.conftest import (
    HOUR,
    NOW,
    case_of,
    clerk,
    confirm,
    decide_all,
    entered,
    fresh,
    move,
    officer,
    person,
    work,
)
from tests.dsar.people import well_known
from tests.dsar.test_workflow import browser

pytestmark = pytest.mark.django_db(transaction=True)


# Rectification (S112 to S116) -------------------------------------------------------------------------------------------


def test_a_correction_is_written_with_the_person_as_its_source() -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    match = asked.request.matches.get(contact=anna)
    rectification.propose(match, "street", "Uusikatu 9", NOW, actor=clerk())
    rectification.propose(match, "phone", "040 765 4321", NOW, actor=clerk())
    anna.refresh_from_db()
    assert anna.street == "Kauppakatu 5"
    said = list(procedure_of(Right.RECTIFICATION).preview(asked, NOW))
    assert said[0] == "street: “Kauppakatu 5” becomes “Uusikatu 9”."
    carried_out(asked)
    message = answered(asked)
    anna.refresh_from_db()
    assert (anna.street, anna.phone) == ("Uusikatu 9", "+358407654321")
    told = Collection.objects.get(contact=anna, source__code="rights-request")
    assert (told.supplied_by_subject, told.fields) == (True, ["phone", "street"])
    assert "street: “Kauppakatu 5” is now “Uusikatu 9”" in message.body
    assert fresh(asked.request).status == Status.FULFILLED


def test_a_reopened_rectification_takes_corrections_again_until_it_is_carried_out() -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    match = asked.request.matches.get(contact=anna)
    for street in ("Uusikatu 9", "Uusikatu 19"):
        rectification.propose(match, "street", street, NOW, actor=clerk())
        carried_out(asked)
        with pytest.raises(ValueError, match="before the case is carried out"):
            rectification.propose(match, "city", "Oulu", NOW, actor=clerk())
        answered(asked)
        anna.refresh_from_db()
        assert anna.street == street
        move(asked.request, Status.IN_ASSESSMENT, note="The street was misspelt.")


def test_what_the_person_said_outranks_a_later_import(tmp_path: Any) -> None:
    from django.core.management import call_command

    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    rectification.propose(asked.request.matches.get(contact=anna), "city", "Oulu", NOW, actor=clerk())
    carried_out(asked)
    file = tmp_path / "contacts.csv"
    file.write_text("email,city,source,collected_on\nanna@example.org,Turku,list,2026-11-23\n")
    call_command("import_contacts", str(file), verbosity=0)
    assert Contact.objects.get(pk=anna.pk).city == "Oulu"


@pytest.mark.parametrize(
    ("field", "value"),
    [("reference", "C-1"), ("country", "XX"), ("email", "not an address"), ("email", "bo@kauppa.example")],
)
def test_a_value_that_the_field_cannot_take_is_refused(field: str, value: str) -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    with pytest.raises(ValueError, match=r"."):
        rectification.propose(asked.request.matches.get(contact=anna), field, value, NOW, actor=clerk())
    assert not Correction.objects.exists()


def test_a_refused_category_is_not_corrected() -> None:
    anna = well_known()
    asked = identified(Right.RECTIFICATION, anna)
    match = asked.request.matches.get(contact=anna)
    rectification.propose(match, "street", "Uusikatu 9", NOW, actor=clerk())
    rectification.propose(match, "first_name", "Annika", NOW, actor=clerk())
    decide_all(asked.request)
    outcomes.decide(
        asked.pk, ["identity"], Decision.REFUSED, NOW, actor=clerk(), reason=RefusalReason.OTHER,
        justification="The name is right.",
    )  # fmt: skip
    move(asked.request, Status.IN_PROGRESS)
    work()
    anna.refresh_from_db()
    assert (anna.street, anna.first_name) == ("Uusikatu 9", "Anna")


# Restriction (S131) -----------------------------------------------------------------------------------------------------


def test_a_restriction_stands_until_the_person_was_told() -> None:
    anna = well_known()
    asked = identified(Right.RESTRICTION, anna)
    assert may_use(anna.pk, "marketing", "email", NOW).allowed
    carried_out(asked, ground=Ground.DISPUTED)
    answered(asked)
    standing = Restriction.objects.get()
    assert (standing.ground, standing.contact) == ("a", anna)
    assert "restricted" in may_use(anna.pk, "marketing", "email", NOW + HOUR).bars
    case = fresh(asked.request)
    with pytest.raises(ValueError, match="Tell the person"):
        restriction.lift(standing.pk, case, NOW + HOUR, actor=clerk())
    restriction.announce(standing.pk, case, NOW + HOUR, actor=clerk(), why="The address was right.")
    with pytest.raises(ValueError, match="Tell the person"):
        restriction.lift(standing.pk, case, NOW + HOUR, actor=clerk())
    work()
    AsideEngagement.objects.create(contact=anna, kind="reply", occurred_at=NOW)
    lifted = restriction.lift(standing.pk, case, NOW + 2 * HOUR, actor=clerk(), take_in=False)
    assert not AsideEngagement.objects.exists()
    assert lifted.lifted_at and lifted.notice_before_lift_at and lifted.notice_before_lift_at < lifted.lifted_at
    assert may_use(anna.pk, "marketing", "email", NOW + 3 * HOUR).allowed


# Portability (S124, S125) -----------------------------------------------------------------------------------------------


def package_of(asked: AskedRight) -> dict[str, bytes]:
    built = Delivery.objects.get(asked=asked)
    with zipfile.ZipFile(io.BytesIO(delivery.look(built, NOW, clerk()))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_only_what_the_person_gave_under_consent_is_portable() -> None:
    asked = identified(Right.PORTABILITY, well_known())
    carried_out(asked)
    files = package_of(asked)
    data, schema = json.loads(files["data.json"]), json.loads(files["data.schema.json"])
    (row,) = data["person"]
    assert row == {
        "email": "anna@example.org", "first_name": "Anna", "last_name": "Virtanen", "phone": "+358401234567",
        "topics": ["VPN", "=SUM(A1)"],
    }  # fmt: skip
    assert data["activity"][0]["occurred_at"] == "2025-03-04T11:30:00+02:00"
    assert "accounts" not in data  # the employer's contract is no contract of hers
    assert "score" not in files["data.json"].decode()
    assert set(data) <= set(schema["properties"]) and set(schema["required"]) <= set(data)
    for name in ("person", "activity", "consents"):
        known = set(schema["properties"][name]["items"]["properties"])
        assert all(set(one) <= known for one in data[name])
    head, cells = csv.reader(io.StringIO(files["person.csv"].decode("utf-8-sig")))
    assert dict(zip(head, cells, strict=True))["phone"] == "'+358401234567"


def test_without_consent_nothing_but_the_choices_is_portable() -> None:
    anna = well_known()
    for purpose, channel in set(Consent.objects.values_list("purpose", "channel")):
        consents.withdraw(anna.pk, purpose, channel, NOW - HOUR, method="link", actor=clerk())
    asked = identified(Right.PORTABILITY, anna)
    assert set(portability.portable(asked, NOW).tables) == {"consents"}
    assert Engagement.objects.exists()


def test_sending_it_to_another_controller_is_a_step_and_on_file() -> None:
    asked = identified(Right.PORTABILITY, well_known())
    carried_out(asked)
    task = portability.to_transmit(asked, "Other Oy", NOW, actor=clerk())
    assert case_of(asked.request).unfinished == [task]
    execution.done_by_hand(task.pk, "By their upload page.", NOW, clerk())
    assert case_of(asked.request).unfinished == []
    assert CaseEvent.objects.get(note="Other Oy").subject == "to another controller"


# Objection (S118, S119) and complaint -----------------------------------------------------------------------------------


def test_an_objection_restricts_from_the_moment_we_know_who_objects() -> None:
    anna = person()
    request = entered(Right.OBJECTION)
    assert not Restriction.objects.exists()
    confirm(request)
    standing = Restriction.objects.get(contact=anna)
    assert (standing.ground, standing.lifted_at) == ("d", None)
    assert standing.objection is not None and standing.objection.statement == "Please."


@pytest.mark.parametrize("upheld", [True, False])
def test_the_outcome_is_the_weighing_and_the_answer_ends_the_restriction(upheld: bool) -> None:
    anna = well_known()
    asked = identified(Right.OBJECTION, anna)
    if upheld:
        carried_out(asked)
    else:
        decide_all(
            asked.request,
            Decision.REFUSED,
            reason=RefusalReason.COMPELLING_GROUNDS,
            justification="Fraud is prevented.",
        )
    assert Restriction.objects.get().lifted_at is None
    here = Engagement.objects.filter(contact=anna).count()
    AsideEngagement.objects.create(contact=anna, kind="reply", occurred_at=NOW)
    message = answered(asked)
    assert Engagement.objects.filter(contact=anna).count() == (here if upheld else here + 1)
    assert not AsideEngagement.objects.exists()
    weighed = Balancing.objects.get()
    assert weighed.result == ("upheld" if upheld else "overridden")
    ended = Restriction.objects.get()
    assert ended.lifted_at and ended.notice_before_lift_at == fresh(asked.request).answered_at
    assert ("We uphold your objection" in message.body) == upheld
    assert ("this restriction now ends" in message.body) != upheld
    assert Objection.objects.filter(ground="own_situation").count() == 1


def test_a_restriction_of_somebody_confirmed_by_mistake_is_listed_until_it_is_lifted() -> None:
    wrong = person("wrong@example.org", first_name="Otto", last_name="Fremd")
    request = entered(Right.OBJECTION, asker=Asker("Anna Virtanen", phone="+358400000000"))
    match = matching.choose(request.pk, wrong, NOW, actor=clerk())
    objection = Objection.objects.get()
    page = reverse("admin:dsar_rightsrequest_change", args=[request.pk])
    address = reverse("admin:consent_objection_change", args=[objection.pk])
    assert case_of(request).mistaken == []
    matching.decide(match.pk, MatchState.REJECTED, NOW, actor=clerk())
    (one,) = case_of(request).mistaken
    assert (one.contact, one.objection) == (wrong, objection)
    shown = browser(clerk()).get(page).content.decode()
    assert "Confirmed by mistake: this request has restricted" in shown and address in shown
    objections.balance(objection, BalancingResult.OVERRIDDEN, "Not theirs.", NOW, actor=officer())
    restrictions.told(one, NOW, actor=officer())
    restrictions.lift(one, NOW, actor=officer())
    assert case_of(request).mistaken == []
    assert "Confirmed by mistake" not in browser(clerk()).get(page).content.decode()


def test_what_was_carried_out_at_once_for_somebody_confirmed_by_mistake_is_said() -> None:
    wrong = person("wrong@example.org", first_name="Otto", last_name="Fremd")
    request = entered(Right.WITHDRAWAL, Right.ACCESS, asker=Asker("Anna Virtanen", phone="+358400000000"))
    match = matching.choose(request.pk, wrong, NOW, actor=clerk())
    matching.decide(match.pk, MatchState.REJECTED, NOW, actor=clerk())
    page = reverse("admin:dsar_rightsrequest_change", args=[request.pk])
    assert "was carried out for them on" in browser(clerk()).get(page).content.decode()


def test_a_complaint_is_answered_and_the_authority_has_its_file() -> None:
    asked = identified(Right.COMPLAINT, well_known())
    carried_out(asked)
    (task,) = case_of(asked.request).tasks
    execution.done_by_hand(task.pk, "Wrong list corrected.", NOW, clerk())
    message = answered(asked)
    assert "tietosuoja.fi" in message.body
    case = fresh(asked.request)
    matter = authority.begin(case, "Tietosuojavaltuutettu", NOW, clerk(), answer_by_on=date(2026, 12, 24))
    received = authority.file(
        matter, "Please explain.", NOW, clerk(), direction=Direction.IN, subject="Dnro 1", carrier=Carrier.LETTER
    )
    assert (received.matter, received.state) == (matter, "filed")
    authority.end(matter, NOW, clerk())
    with pytest.raises(ValueError, match="closed already"):
        authority.end(matter, NOW, clerk())
