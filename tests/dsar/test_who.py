"""Whom a request is about (candidates, identity), what is done at once for them, and what keeps them meanwhile."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core import mail

from config.dates import local_date
from consent import consents, former
from consent.consents import Evidence
from consent.models import Consent, Objection, SuppressionEntry
from consent.models.consents import Channel, ConsentState
from contacts.models import Affiliation, Contact, Organisation
from dsar import correspondence, delivery, identity, matching, outcomes
from dsar.intake import Asker
from dsar.models import AskedRight, Delivery, IdentityCheck, Match, Message, RightsRequest
from dsar.models.matches import Level, MatchState, Method
from dsar.models.requests import PAUSING, ReceivedBy, Right, Status
from dsar.workflow import NotAllowedError
from retention.bars import active_holds
from retention.models import Hold
from tests.dsar.cases import answered, carried_out
from tests.dsar.conftest import (
    ANNA,
    DAY,
    NOW,
    TODAY,
    case_of,
    clerk,
    confirm,
    entered,
    fresh,
    move,
    person,
    work,
)
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)


def signals(request: RightsRequest) -> dict[str, set[str]]:
    """What agrees with whom, by reference of the contact."""
    rows = Match.objects.filter(request=request).select_related("contact")
    return {row.contact.email or row.contact.last_name: set(row.signals.split()) for row in rows if row.contact}


# Matching ---------------------------------------------------------------------------------------------------------------


def test_candidates_come_with_what_agrees_the_likeliest_first() -> None:
    firm = Organisation.objects.create(name="Beispiel GmbH")
    person("anna@example.org", phone="+358455551001")
    namesake = person("a.virtanen@beispiel.example")
    Affiliation.objects.create(contact=namesake, organisation=firm)
    person("other@example.org", first_name="Kurt", last_name="Schmidt", phone="+358455551001")
    person("nobody@elsewhere.example", first_name="Eva", last_name="Maier")
    asker = Asker("Anna Virtanen", "Anna@Example.org", "045 555 1001", "Beispiel")
    request = entered(Right.ACCESS, asker=asker)
    assert signals(request) == {
        "anna@example.org": {"email", "phone", "name"},
        "a.virtanen@beispiel.example": {"name", "organisation"},
        "other@example.org": {"phone", "domain"},
    }
    scores = [match.score for match in Match.objects.filter(request=request)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 100


@pytest.mark.parametrize("name", ["Anna Virtanen", "Virtanen Anna", "virtanen, anna"])
def test_a_name_is_found_in_either_order(name: str) -> None:
    person("a@example.org")
    assert signals(entered(Right.ACCESS, asker=Asker(name, "x@else.example"))) == {"a@example.org": {"name"}}


def test_another_name_under_the_same_address_makes_it_less_likely() -> None:
    person(first_name="Kurt", last_name="Schmidt")
    request = entered(Right.ACCESS)
    match = Match.objects.get(request=request)
    assert (set(match.signals.split()), match.score) == ({"email", "other_name"}, 50)


def test_an_address_that_was_erased_is_said_to_have_been_here() -> None:
    from config import keys
    from consent.models import FormerAddress

    FormerAddress.objects.create(
        digest=keys.digest("anna@example.org"),
        digest_version=keys.newest_version(),
        reason="purge",
        erased_on=date(2026, 3, 1),
    )
    request = entered(Right.ACCESS)
    assert former.find(["anna@example.org"])
    assert matching.was_erased(request.requester) == ("purge", date(2026, 3, 1))


def test_several_contacts_can_be_one_person() -> None:
    person("anna@example.org")
    person("anna.virtanen@work.example")
    request = entered(Right.ACCESS)
    for match in Match.objects.filter(request=request):
        matching.decide(match.pk, MatchState.CONFIRMED, NOW, actor=clerk())
    assert len(case_of(request).confirmed) == 2


def test_we_hold_nothing_is_no_answer_while_anybody_may_be_the_person() -> None:
    person()
    request = entered(Right.COMPLAINT)
    match = confirm(request)
    move(request, Status.IN_ASSESSMENT)
    with pytest.raises(NotAllowedError, match="reject"):
        outcomes.nothing_held(request.pk, NOW, actor=clerk())
    matching.decide(match.pk, MatchState.REJECTED, NOW, actor=clerk())
    outcomes.nothing_held(request.pk, NOW, actor=clerk())
    assert fresh(request).nothing_held


def test_searching_again_leaves_what_was_decided() -> None:
    person()
    request = entered(Right.ACCESS)
    confirm(request)
    person("anna.virtanen@work.example")
    assert matching.search(request.pk, NOW, clerk()) == 2
    assert set(Match.objects.values_list("state", flat=True)) == {MatchState.CONFIRMED, MatchState.OPEN}


# Identity ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "level"),
    [
        (Right.ACCESS, 2), (Right.PORTABILITY, 2), (Right.ERASURE, 2), (Right.RECTIFICATION, 1), (Right.RESTRICTION, 1),
        (Right.OBJECTION, 1), (Right.COMPLAINT, 0), (Right.MARKETING_OBJECTION, 0), (Right.WITHDRAWAL, 0),
    ],
)  # fmt: skip
def test_each_right_needs_its_own_certainty(right: Right, level: int) -> None:
    well_known()  # a customer's employee; data of the marketing register alone is erased with less
    request = entered(right)
    confirm(request) if fresh(request).is_open and not fresh(request).prepared_by else None
    assert case_of(request).required_level == level


def test_the_strictest_right_of_a_request_counts_and_nobody_in_the_register_needs_none() -> None:
    person()
    assert case_of(entered(Right.RECTIFICATION, Right.ACCESS)).required_level == 2
    assert case_of(entered(Right.ACCESS, asker=Asker("Otto Fremd", "otto@else.example"))).required_level == 0


def test_a_fact_alone_proves_nothing_without_the_address() -> None:
    person()
    request = entered(Right.ACCESS)
    match = confirm(request)
    identity.record(match, Method.FACT, "knew the last order", NOW, actor=clerk())
    assert case_of(request).level == Level.NONE
    identity.record(match, Method.PORTAL, "signed in", NOW, actor=clerk())
    assert case_of(request).level == Level.FACT


def test_the_code_of_the_mail_can_be_read_out_and_is_guessed_five_times_at_most() -> None:
    person()
    request = entered(Right.RECTIFICATION)
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="Hidden number.")
    work()
    code = str(mail.outbox[-1].body).split("code to us instead: ")[1][:8]
    for _attempt in range(4):
        assert not identity.enter_code(request, "AAAAAAAA", NOW, actor=clerk())
    assert identity.enter_code(request, code.lower(), NOW, actor=clerk())
    assert case_of(request).level == Level.ADDRESS
    other = entered(Right.RECTIFICATION)
    confirm(other)
    move(other, Status.AWAITING_IDENTITY, note="Hidden number.")
    work()
    code = str(mail.outbox[-1].body).split("code to us instead: ")[1][:8]
    for _attempt in range(5):
        identity.enter_code(other, "AAAAAAAA", NOW, actor=clerk())
    assert not identity.enter_code(other, code, NOW, actor=clerk())


def test_the_link_goes_to_the_address_on_file_and_the_database_alone_cannot_pass_it() -> None:
    person("on.file@example.org")
    request = entered(Right.ACCESS, asker=Asker("Anna Virtanen", "private@else.example"))
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="A private address.")
    work()
    assert [one.to for one in mail.outbox] == [["private@else.example"], ["on.file@example.org"]]
    check = IdentityCheck.objects.get()
    assert check.secret_digest not in str(mail.outbox[-1].body)


def test_the_answer_goes_to_the_address_that_was_on_file() -> None:
    person("on.file@example.org")
    request = entered(Right.ACCESS, asker=Asker("Anna Virtanen", "private@else.example"))
    confirm(request)
    assert fresh(request).requester.answer_to == "on.file@example.org"
    answer = Message(request=fresh(request), kind="answer")
    assert correspondence.address_of(answer) == "on.file@example.org"
    fresh(request).requester.__class__.objects.update(answer_to="")
    assert correspondence.address_of(Message(request=fresh(request), kind="answer")) == "", "then it is a letter"
    assert correspondence.address_of(Message(request=fresh(request), kind="clarification")) == "private@else.example"


def test_somebody_confirmed_by_mistake_gets_neither_the_answer_nor_the_code_of_the_package() -> None:
    wrong = person("wrong@example.org", first_name="Otto", last_name="Fremd")
    right = person("right@example.org")
    request = entered(Right.ACCESS, asker=Asker("Anna Virtanen", phone="+358400000000"))
    mistaken = matching.choose(request.pk, wrong, NOW, actor=clerk())
    assert fresh(request).requester.answer_to == "wrong@example.org"
    matching.decide(mistaken.pk, MatchState.REJECTED, NOW, actor=clerk())
    assert fresh(request).requester.answer_to == ""
    match = matching.choose(request.pk, right, NOW, actor=clerk())
    for method in (Method.PORTAL, Method.FACT):
        identity.record(match, method, "checked", NOW, actor=clerk())
    move(request, Status.IN_ASSESSMENT)
    asked = AskedRight.objects.get(request=request)
    carried_out(asked)
    answered(asked)
    delivery.send_code(Delivery.objects.get(), NOW)
    work()
    assert [one.to for one in mail.outbox] == [["right@example.org"], ["right@example.org"]]


def test_the_answer_goes_to_another_record_of_the_person_when_the_first_turns_out_to_be_somebody_else() -> None:
    first, second = person("first@example.org"), person("second@example.org")
    request = entered(Right.ACCESS, asker=Asker("Anna Virtanen", "private@else.example"))
    kept = matching.choose(request.pk, first, NOW, actor=clerk())
    other = matching.choose(request.pk, second, NOW, actor=clerk())
    assert fresh(request).requester.answer_to == "first@example.org"
    matching.decide(kept.pk, MatchState.REJECTED, NOW, actor=clerk())
    assert fresh(request).requester.answer_to == "second@example.org"
    matching.decide(other.pk, MatchState.OPEN, NOW, actor=clerk())
    assert fresh(request).requester.answer_to == "", "nobody is confirmed any more"


def test_nobody_is_asked_for_more_than_the_right_needs() -> None:
    person()
    request = entered(Right.COMPLAINT)
    confirm(request)
    with pytest.raises(NotAllowedError, match="excessive"):
        move(request, Status.AWAITING_IDENTITY, note="Just to be sure.")


# At once ----------------------------------------------------------------------------------------------------------------


def consenting() -> Contact:
    anna = person()
    evidence = Evidence("form", by_subject=True)
    for channel in (Channel.EMAIL, Channel.PHONE):
        consents.give(anna.pk, "marketing", channel, NOW - DAY, evidence=evidence)
    return anna


def test_an_objection_to_marketing_is_heeded_in_the_transaction_that_enters_it() -> None:
    anna = person()
    request = entered(Right.MARKETING_OBJECTION, by=ReceivedBy.PHONE)
    anna.refresh_from_db()
    assert (anna.in_marketing, Objection.objects.get().contact) == (False, anna)
    assert SuppressionEntry.objects.exists()
    work()
    assert fresh(request).status == Status.FULFILLED


def test_nobody_is_heeded_twice_and_another_record_of_the_same_person_is_heeded_once_it_is_known() -> None:
    anna, second = person(), person("anna.virtanen@work.example")
    request = entered(Right.MARKETING_OBJECTION, Right.ACCESS, contact=anna)
    assert Objection.objects.get().contact == anna
    matching.choose(request.pk, second, NOW, actor=clerk())
    matching.choose(request.pk, anna, NOW, actor=clerk())
    assert sorted(Objection.objects.values_list("contact__email", flat=True)) == [
        "anna.virtanen@work.example",
        "anna@example.org",
    ]


def test_a_withdrawal_in_a_mixed_request_is_heeded_and_the_rest_goes_on() -> None:
    anna = consenting()
    request = entered(Right.WITHDRAWAL, Right.ACCESS)
    states = {consents.state_of(anna.pk, "marketing", channel, NOW).state for channel in ("email", "phone")}  # type: ignore[union-attr]
    assert states == {ConsentState.WITHDRAWN}
    assert AskedRight.objects.get(right="withdrawal").done_at
    work()
    assert (fresh(request).status, AskedRight.objects.get(right="access").done_at) == (Status.RECEIVED, None)


def test_a_narrow_withdrawal_ends_only_what_it_names() -> None:
    anna = consenting()
    entered(Right.WITHDRAWAL, purpose="marketing", channel="phone")
    states = {channel: consents.state_of(anna.pk, "marketing", channel, NOW) for channel in ("email", "phone")}
    assert states["phone"] is not None and states["phone"].state == ConsentState.WITHDRAWN
    assert states["email"] is not None and states["email"].state == ConsentState.GIVEN
    assert Consent.objects.filter(state=ConsentState.WITHDRAWN).count() == 1


def test_an_objection_of_somebody_with_another_name_suppresses_the_address_and_waits_for_the_rest() -> None:
    kurt = person(first_name="Kurt", last_name="Schmidt")
    request = entered(Right.MARKETING_OBJECTION)
    assert SuppressionEntry.objects.exists()
    kurt.refresh_from_db()
    assert kurt.in_marketing
    assert AskedRight.objects.get().done_at
    assert Match.objects.get(request=request).state == MatchState.OPEN


def test_a_crash_in_the_middle_leaves_neither_the_request_nor_half_an_objection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna = person()

    def crash(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("dsar.correspondence.send", crash)
    with pytest.raises(RuntimeError):
        entered(Right.MARKETING_OBJECTION)
    anna.refresh_from_db()
    assert anna.in_marketing
    assert (
        not RightsRequest.objects.exists() and not Objection.objects.exists() and not SuppressionEntry.objects.exists()
    )


# Holds ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right", Right)
def test_only_rights_that_a_deletion_would_empty_pause_the_rules(right: Right) -> None:
    anna = person()
    entered(right)
    assert active_holds(TODAY).filter(contact=anna).exists() is (right in PAUSING)


def test_the_pause_ends_thirty_days_after_the_case() -> None:
    anna = person()
    request = entered(Right.ACCESS)
    confirm(request)
    closed = NOW + 10 * DAY
    move(request, Status.WITHDRAWN, closed, note="Called.")
    on = local_date(closed)
    assert active_holds(on + 29 * DAY).filter(contact=anna).exists()
    assert not active_holds(on + 30 * DAY).filter(contact=anna).exists()


def test_somebody_else_is_held_no_longer_and_an_unlikely_candidate_never_was() -> None:
    person()
    person("namesake@else.example")
    request = entered(Right.ACCESS)
    assert Hold.objects.get().contact.email == "anna@example.org"
    likely = Match.objects.get(request=request, contact__email="anna@example.org")
    matching.decide(likely.pk, MatchState.REJECTED, NOW, actor=clerk())
    assert not active_holds(TODAY).exists()
    other = Match.objects.get(request=request, contact__email="namesake@else.example")
    matching.decide(other.pk, MatchState.CONFIRMED, NOW, actor=clerk())
    assert active_holds(TODAY).get().contact == other.contact


def test_reopening_holds_anew() -> None:
    person()
    request = entered(Right.ACCESS)
    confirm(request)
    move(request, Status.WITHDRAWN, note="Called.")
    move(request, Status.IN_ASSESSMENT, NOW + 100 * DAY, note="Changed their mind.")
    assert active_holds(TODAY + 200 * DAY).exists()


def test_the_receipt_is_the_true_one_and_never_in_the_future() -> None:
    request = entered(Right.ACCESS, by=ReceivedBy.SALES, received_at=NOW - 12 * DAY)
    assert (request.clock_on, request.is_misdirected) == (TODAY - 12 * DAY, True)
    with pytest.raises(ValueError, match="future"):
        entered(Right.ACCESS, received_at=NOW + DAY)
    from dsar import intake
    from dsar.intake import Wish

    with pytest.raises(ValueError, match="right"):
        intake.log(ANNA, Wish([]), ReceivedBy.PHONE, NOW, NOW, actor=clerk())
