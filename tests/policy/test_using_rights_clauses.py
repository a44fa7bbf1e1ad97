"""The section about the rights and where to use them, clause by clause: each control turns red when the fact is planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from config.models import Controller
from config.policy.controls import State, report
from config.sql import may_change_evidence
from dsar.forms import WISHES
from dsar.intake import Asker
from dsar.models import AskedRight, AuthorityMatter, Message, Outcome, RightsRequest
from dsar.models.requests import ReceivedBy, Right, Status
from tests.dsar.conftest import DAY, NOW, _house, _the_day_is_fixed, entered, person  # noqa: F401
from tests.dsar.test_workflow import put
from tests.policy.quotes import assert_quotes_its_clause

pytestmark = pytest.mark.django_db


def states(*clauses: str) -> set[State]:
    """How these clauses stand now."""
    found = {promise.clause.id: promise.state for promise in report(NOW)}
    return {found[clause] for clause in clauses}


def turns(plant: Callable[[], object], *clauses: str, to: State = State.BROKEN) -> None:
    """Kept before the fact, and not any more after it."""
    assert states(*clauses) == {State.KEPT}
    plant()
    assert states(*clauses) == {to}


def known() -> RightsRequest:
    """A request of somebody who is in the register."""
    person()
    return entered(Right.ACCESS)


class TestS108:
    """Insbesondere haben Sie folgende Rechte an den personenbezogenen Daten, die wir über Sie gespeichert haben:"""  # noqa: D400, D415  (the clause as published)

    def test_a_request_on_its_last_day_is_in_time_and_the_day_after_it_is_not(self) -> None:
        entered(Right.COMPLAINT, received_at=NOW.replace(month=10, day=24))
        assert states("S108") == {State.AT_RISK}
        entered(Right.ACCESS, received_at=NOW.replace(month=10, day=22))
        assert states("S108", "S137") == {State.BROKEN}

    def test_a_right_that_the_form_does_not_offer_is_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        turns(lambda: monkeypatch.setattr("dsar.promises.WISHES", WISHES[1:]), "S108")


class TestS119:
    """In letzterem Fall müssen Sie eine rechtsgültige Begründung für Ihren Einspruch vorweisen."""

    def test_an_objection_that_is_weighed_without_a_word_of_the_person_is_seen(self) -> None:
        request = entered(Right.OBJECTION)
        put(request, Status.IN_PROGRESS)
        turns(lambda: Message.objects.filter(direction="in").update(body=""), "S119", to=State.AT_RISK)


class TestS127:
    """In Fällen, in denen die Verarbeitung auf Ihrer Einwilligung beruht, haben Sie das Recht, Ihre Einwilligung jederzeit
    über entsprechende Einstellungen zu widerrufen.
    """  # noqa: D205  (the clause as published)

    def test_a_withdrawal_that_waits_although_the_person_is_known_is_seen(self) -> None:
        person()
        entered(Right.WITHDRAWAL, received_at=NOW - 2 * DAY, at=NOW - 2 * DAY)
        turns(lambda: AskedRight.objects.update(done_at=None), "S127")


class TestS129:
    """Sie haben auch das Recht, sich über das Preference Center (aufrufbar über den Link) von unserer
    Marketingkommunikation abzumelden.
    """  # noqa: D205  (the clause as published)

    def test_an_objection_that_waits_although_the_person_is_known_is_seen(self) -> None:
        person()
        entered(Right.MARKETING_OBJECTION, received_at=NOW - 2 * DAY, at=NOW - 2 * DAY)
        turns(lambda: AskedRight.objects.update(done_at=None), "S129")


class TestS132:
    """Über unsere Kundenbetreuungsfunktion können Sie Ihre Rechte in Anspruch nehmen."""

    @pytest.mark.parametrize(
        ("received", "state"), [(date(2026, 11, 16), State.KEPT), (date(2026, 11, 13), State.BROKEN)]
    )
    def test_a_request_that_nobody_looked_at_within_five_working_days_is_seen(
        self, received: date, state: State
    ) -> None:
        """A Monday, and the Friday before it: the fifth working day is 23 November, or 20 November."""
        request = entered(Right.COMPLAINT, by=ReceivedBy.SUPPORT, asker=Asker("Otto Fremd", "otto@else.example"))
        RightsRequest.objects.filter(pk=request.pk).update(clock_on=received)
        may_change_evidence()
        request.events.exclude(kind="logged").delete()
        assert states("S132") == {state}


class TestS133:
    """Die Links zur Kontaktaufnahme mit uns finden Sie im Abschnitt „Kontaktinformationen“."""

    def test_a_missing_way_is_seen(self) -> None:
        turns(lambda: Controller.objects.update(business_support_url=""), "S133")


class TestS134:
    """Beachten Sie, dass es Situationen geben kann, in denen unsere Vertraulichkeitsverpflichtungen, unser Recht auf
    Berufsgeheimnis und/oder unsere Verpflichtungen zur Erbringung unserer Services (z. B. gegenüber Ihrem Arbeitgeber)
    uns die Offenlegung oder Löschung Ihrer personenbezogenen Daten verbieten oder Sie anderweitig an der Ausübung Ihrer
    Rechte hindern können.
    """  # noqa: D205  (the clause as published)

    def test_a_refusal_whose_letter_lacks_a_part_is_seen(self) -> None:
        request = entered(Right.ACCESS)
        put(request, Status.REFUSED)
        letter = Message.objects.create(
            request=request,
            direction="out",
            kind="answer",
            state="sent",
            created_at=NOW,
            parts="reason complaint remedy",
        )
        turns(lambda: Message.objects.filter(pk=letter.pk).update(parts="reason complaint"), "S134", "S135", "S138")


class TestS136:
    """Ihre oben genannten Rechte sind auch von den rechtlichen Grundlagen abhängig, gemäß denen wir Ihre
    personenbezogenen Daten verarbeiten.
    """  # noqa: D205  (the clause as published)

    def test_an_answer_without_a_decision_by_category_is_seen(self) -> None:
        request = known()
        asked = AskedRight.objects.get()
        Outcome.objects.create(asked=asked, category="work", decision="granted", decided_at=NOW)
        put(request, Status.FULFILLED)
        turns(lambda: Outcome.objects.all().delete(), "S136")


class TestS137:
    """Wenn Sie Beschwerden bezüglich der Verarbeitung Ihrer personenbezogenen Daten haben oder weitere Informationen
    wünschen, wenden Sie sich jederzeit an uns.
    """  # noqa: D205  (the clause as published)

    def test_a_complaint_that_waits_too_long_is_seen(self) -> None:
        turns(lambda: entered(Right.COMPLAINT, received_at=NOW - 40 * DAY), "S137")


class TestS138:
    """Wenn Sie der Meinung sind, dass wir Ihre gesetzlichen Rechte nicht wahrnehmen, haben Sie das Recht, eine Beschwerde
    bei einer Aufsichtsbehörde einzureichen.
    """  # noqa: D205  (the clause as published)

    def test_an_authority_that_waits_longer_than_it_said_is_seen(self) -> None:
        matter = AuthorityMatter.objects.create(
            request=entered(Right.ACCESS), authority="Tietosuojavaltuutettu", opened_at=NOW, answer_by_on=NOW.date()
        )
        turns(lambda: AuthorityMatter.objects.filter(pk=matter.pk).update(answer_by_on=(NOW - DAY).date()), "S138")


class TestS139:
    """In den meisten Fällen ist diese Behörde der finnische Datenschutzbeauftragte (www.tietosuoja.fi)."""

    def test_another_authority_and_none_are_seen(self) -> None:
        turns(lambda: Controller.objects.update(authority_url="https://dsb.example"), "S139", to=State.AT_RISK)
        Controller.objects.update(authority_name="")
        assert states("S139") == {State.BROKEN}


class TestS151:
    """Wenn Sie Ihre Rechte als betroffene Person in Anspruch nehmen möchten, verwenden Sie stattdessen die oben genannten
    Links.
    """  # noqa: D205  (the clause as published)

    def test_a_request_to_sales_is_a_request_whose_clock_runs_from_there(self) -> None:
        astray = entered(Right.ACCESS, by=ReceivedBy.SALES, received_at=NOW - 3 * DAY)
        assert astray.clock_on == (NOW - 3 * DAY).date()
        turns(lambda: entered(Right.ACCESS, by=ReceivedBy.SALES, received_at=NOW - 11 * DAY), "S151", to=State.AT_RISK)


@pytest.mark.parametrize("clause", [one for name, one in sorted(globals().items()) if name.startswith("TestS")])
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
