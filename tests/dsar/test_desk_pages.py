"""The desk in the browser of each role: the queue, the case, the entry, the reports."""

from __future__ import annotations

import csv
import re
from datetime import date
from io import StringIO

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config import roles
from config.models import User
from consent import consents
from consent.consents import Evidence
from dsar import identity, matrix, reports
from dsar.desk.advice import advice
from dsar.matrix import Basis, Mark
from dsar.models import CaseEvent, ExecutionTask, Match, Message, Outcome, Requester, RightsRequest
from dsar.models.decisions import Ground
from dsar.models.requests import Right, Status
from tests.dsar.cases import answered, carried_out, identified
from tests.dsar.conftest import (
    DAY,
    NOW,
    account,
    case_of,
    clerk,
    confirm,
    decide_all,
    entered,
    fresh,
    move,
    person,
    work,
)
from tests.dsar.people import well_known

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = "/admin/dsar/rightsrequest/"


def browser(role: str = roles.PRIVACY_CLERK) -> Client:
    client = Client()
    client.force_login(User.objects.get(pk=str(account(role).user_id)))
    return client


def page(request: RightsRequest) -> str:
    return reverse("admin:dsar_rightsrequest_change", args=[request.pk])


def act(client: Client, request: RightsRequest, name: str, **sent: str) -> list[str]:
    """Press a button; what was said about it."""
    answer = client.post(reverse("admin:dsar_rightsrequest_act", args=[request.pk, name]), sent, follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]


def test_a_clerks_path_from_the_entry_to_the_closed_case_by_the_pages_alone() -> None:
    person()
    desk = browser()
    form = {
        "received_by": "letter", "received_at_0": "2026-11-19", "received_at_1": "09:30", "rights": ["rectification"],
        "text": "My name is wrong.", "name": "Anna Virtanen", "email": "anna@example.org", "language": "de",
    }  # fmt: skip
    assert desk.get(f"{QUEUE}add/").status_code == 200
    answer = desk.post(f"{QUEUE}add/", form)
    request = RightsRequest.objects.get()
    assert answer["Location"] == page(request)
    assert request.clock_on == date(2026, 11, 19)
    match = Match.objects.get()
    act(desk, request, "match", match=str(match.pk), state="confirmed")
    act(desk, request, "identity", match=str(match.pk), method="portal", note="Signed in.")
    act(desk, request, "move", to="in_assessment")
    asked = str(request.asked.get().pk)
    assert act(desk, request, "outcomes", asked=asked, **{"all-decision": "granted"}) == ["Recorded: 8 outcomes."]
    act(desk, request, "move", to="in_progress")
    task = request.asked.get().tasks.get()
    act(desk, request, "step", task=str(task.pk), how="done", note="Corrected in both systems.")
    act(desk, request, "draft")
    act(desk, request, "send")
    work()
    assert fresh(request).status == Status.FULFILLED
    text = desk.get(page(request)).content.decode()
    assert "received → in assessment" in text
    assert Message.objects.get(kind="answer").state == "sent"


@pytest.mark.parametrize("status", Status)
def test_the_page_of_every_status_says_what_to_do_next_and_why_not(status: Status) -> None:
    from tests.dsar.test_workflow import put

    person()
    request = entered(Right.ACCESS, Right.MARKETING_OBJECTION)
    put(request, status)
    text = browser(roles.PRIVACY_OFFICER).get(page(request)).content.decode()
    assert "What to do next" in text
    assert "What happens when" in text


def test_a_guard_that_objects_is_shown_beside_its_button_and_when_it_is_pressed_all_the_same() -> None:
    person()
    request = entered(Right.ACCESS)
    desk = browser()
    assert "Decide about 1 candidate first." in desk.get(page(request)).content.decode()
    assert act(desk, request, "move", to="in_assessment") == ["Decide about 1 candidate first."]
    assert fresh(request).status == Status.RECEIVED


@pytest.mark.parametrize(
    ("role", "sees", "acts"),
    [
        (roles.PRIVACY_OFFICER, 200, 302),
        (roles.PRIVACY_CLERK, 200, 302),
        (roles.AUDITOR, 403, 403),
        (roles.SALES, 403, 403),
    ],
)
def test_who_sees_and_who_acts(role: str, sees: int, acts: int) -> None:
    request = entered(Right.ACCESS)
    client = browser(role)
    assert client.get(QUEUE).status_code == sees
    assert client.get(page(request)).status_code == sees
    assert client.get(f"{QUEUE}reports/").status_code == sees
    assert client.post(reverse("admin:dsar_rightsrequest_act", args=[request.pk, "search"])).status_code == acts
    assert client.get(f"{QUEUE}add/").status_code == (200 if acts == 302 else 403)


def test_an_act_is_a_post_and_a_get_changes_nothing() -> None:
    request = entered(Right.ACCESS)
    desk = browser()
    events = CaseEvent.objects.count()
    assert desk.get(reverse("admin:dsar_rightsrequest_act", args=[request.pk, "move"])).status_code == 405
    assert desk.post(reverse("admin:dsar_rightsrequest_act", args=[request.pk, "nonsense"])).status_code == 404
    desk.get(page(request))
    assert CaseEvent.objects.count() == events


def test_nothing_of_another_case_can_be_reached_through_this_one() -> None:
    person()
    mine, other = entered(Right.ACCESS), entered(Right.RECTIFICATION)
    theirs = Match.objects.get(request=other)
    desk = browser()
    said = act(desk, mine, "match", match=str(theirs.pk), state="confirmed")
    assert said == ["This does not belong to the case any more. Please look again."]
    assert act(desk, mine, "outcomes", asked=str(other.asked.get().pk)) == ["Choose a right of this request."]
    theirs.refresh_from_db()
    assert theirs.state == "open"
    assert not Outcome.objects.exists()


def test_the_queue_lists_by_urgency_with_a_fixed_number_of_queries() -> None:
    for number in range(3):
        entered(Right.ACCESS, received_at=NOW - number * DAY)
    desk = browser()
    with CaptureQueriesContext(connection) as few:
        answer = desk.get(QUEUE)
    shown = [row.clock_on for row in answer.context["cl"].result_list]
    assert shown == sorted(shown)
    for number in range(9):
        entered(Right.ACCESS, Right.ERASURE, received_at=NOW - number * DAY)
    with CaptureQueriesContext(connection) as many:
        desk.get(QUEUE)
    assert len(many) == len(few)


def test_the_queue_shows_open_cases_unless_it_is_asked_for_others() -> None:
    late, closed = entered(Right.ACCESS, received_at=NOW - 40 * DAY), entered(Right.ACCESS)
    move(closed, Status.WITHDRAWN, note="Called.")
    desk = browser()

    def shown(query: str) -> set[str]:
        return {row.reference for row in desk.get(QUEUE + query).context["cl"].result_list}

    assert shown("") == {late.reference}
    assert shown("?cases=overdue") == {late.reference}
    assert shown("?cases=soon") == set()
    assert shown("?cases=all") == {late.reference, closed.reference}
    assert shown(f"?q={late.reference[:6]}") == {late.reference}
    assert shown("?right=erasure") == set()


def test_the_queue_says_what_it_shows_and_finds_a_case_by_who_asked() -> None:
    mine, closed = entered(Right.ACCESS), entered(Right.ACCESS)
    Requester.objects.filter(request=mine).update(name="Aino Mäkelä", email="aino@example.org")
    move(closed, Status.WITHDRAWN, note="Called.")
    desk = browser()
    for asked, shown in (("aino", {mine}), ("mäkelä Aino", {mine}), ("AINO@", {mine}), ("nobody", set())):
        assert set(desk.get(QUEUE, {"q": asked}).context["cl"].result_list) == shown
    assert '<option value="">Open now</option>' in desk.get(QUEUE).content.decode()
    assert '<option value="">open and closed</option>' in desk.get(QUEUE, {"q": "R-"}).content.decode()


def test_the_home_page_counts_and_the_contact_knows_its_requests() -> None:
    anna = person()
    request = entered(Right.ACCESS, received_at=NOW - 40 * DAY)
    desk = browser()
    assert request.reference in desk.get("/admin/").content.decode()
    assert request.reference in desk.get(reverse("admin:contacts_contact_change", args=[anna.pk])).content.decode()


# Reports ------------------------------------------------------------------------------------------------------------------


def test_in_time_is_by_the_next_working_day_and_one_day_later_is_not() -> None:
    """The month ends on 19 June, which is Midsummer Eve and a Friday: the law's last day is Monday, 22 June."""
    from tests.dsar.test_workflow import put

    received = NOW.replace(month=5, day=19)
    on_time, late = entered(Right.ACCESS, received_at=received), entered(Right.ERASURE, received_at=received)
    put(on_time, Status.FULFILLED)
    put(late, Status.REFUSED)
    RightsRequest.objects.filter(pk=on_time.pk).update(answered_at=NOW.replace(month=6, day=22))
    RightsRequest.objects.filter(pk=late.pk).update(answered_at=NOW.replace(month=6, day=23))
    figures = reports.report(NOW)
    assert (figures.answered, figures.in_time, figures.share, figures.median_days) == (2, 1, 50, 34.5)
    assert figures.by_outcome == [("fulfilled", 1), ("refused", 1)]
    assert [row[:3] for row in figures.by_right] == [("access, Art. 15", 1, 1), ("erasure, Art. 17", 1, 0)]
    assert sum(count for _month, count in figures.received) == 2


def test_the_table_for_a_spreadsheet_names_nobody() -> None:
    entered(Right.ACCESS, received_at=NOW - 3 * DAY)
    answer = browser().get(f"{QUEUE}reports/?format=csv")
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert (rows[0]["received_on"], rows[0]["status"], rows[0]["rights"]) == ("2026-11-20", "received", "access")
    assert "Anna" not in answer.content.decode()


# The matrix ---------------------------------------------------------------------------------------------------------------


def test_every_right_has_a_rule_for_every_basis() -> None:
    assert {right: set(rules) for right, rules in matrix.MATRIX.items()} == {right: set(Basis) for right in Right}


def test_the_matrix_shows_the_bases_that_really_occur() -> None:
    anna = person()
    assert matrix.rows([Right.PORTABILITY], [anna.pk], NOW) == []
    evidence = Evidence("form", by_subject=True)
    consents.give(anna.pk, "website_activity", "", NOW - DAY, evidence=evidence)
    consents.give(anna.pk, "marketing", "email", NOW - DAY, evidence=evidence)
    rows = {row.basis: row for row in matrix.rows([Right.PORTABILITY, Right.MARKETING_OBJECTION], [anna.pk], NOW)}
    assert set(rows) == {Basis.CONSENT, Basis.MARKETING}
    assert [rule.mark for rule in rows[Basis.CONSENT].rules] == [Mark.CONDITION, Mark.NO]
    assert [rule.mark for rule in rows[Basis.MARKETING].rules] == [Mark.CONDITION, Mark.YES]


def test_the_history_and_the_steps_are_in_words() -> None:
    asked = identified(Right.ERASURE, well_known())
    carried_out(asked, ground=Ground.NOT_NEEDED)
    answered(asked)
    text = browser().get(page(asked.request)).content.decode()
    for words in (
        "execution task: Erase what was granted",
        "outcome recorded: erasure, Art. 17 granted 8",
        "file: added",
    ):
        assert words in text, words
    for code in ("contacts.Contact", "execution task: erase", "bytes:", "consent."):
        assert code not in text, code


def test_what_waits_for_staff_is_told_from_what_waits_for_the_program() -> None:
    asked = identified(Right.RECTIFICATION, well_known())
    decide_all(asked.request)
    move(asked.request, Status.IN_PROGRESS)
    assert advice(case_of(asked.request)).why == "1 step waits for you."
    ExecutionTask.objects.update(by_hand=False)
    assert advice(case_of(asked.request)).title == "Wait for the steps"
    ExecutionTask.objects.update(state="failed")
    assert advice(case_of(asked.request)).why == "1 step waits for you."


def test_a_reference_is_found_in_the_queue_whether_its_case_is_open_or_closed() -> None:
    request = entered(Right.ACCESS)
    move(request, Status.WITHDRAWN, note="Called.")
    desk = browser()
    assert request.reference not in desk.get(QUEUE).content.decode()
    assert request.reference in desk.get(QUEUE, {"q": request.reference}).content.decode()


def test_what_proves_an_address_is_in_the_mail_alone_and_not_before_the_eyes_of_staff() -> None:
    person()
    request = entered(Right.ACCESS)
    confirm(request)
    move(request, Status.AWAITING_IDENTITY, note="Hidden number.")
    work()
    sent = str(mail.outbox[-1].body)
    code, (link,) = sent.split("code to us instead: ")[1][:8], re.findall(r"https?://\S+", sent)
    assert "[[" not in sent
    shown = browser().get(page(request)).content.decode()
    assert "[[link]]" in shown and "[[code]]" in shown
    for secret in (code, link.rsplit("/", 2)[1]):
        assert secret not in shown
        assert secret not in str(list(Message.objects.filter(request=request).values()))
    assert identity.enter_code(request, code, NOW, actor=clerk())
