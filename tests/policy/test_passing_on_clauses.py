"""The section about transfers and disclosures, clause by clause."""

from __future__ import annotations

from typing import Any

import pytest

from config.models import Actor
from consent import ledger, sharing
from consent.disclosure import Bar, Proposal
from consent.models import DisclosureBatch
from contacts.models import Contact
from tests.consent.disclosure_cast import NAMES, REQUESTED, bars, buyer, negotiates, proposal, recipient, safeguard
from tests.policy.quotes import assert_quotes_its_clause
from tests.staff import DAY, NOW

pytestmark = pytest.mark.django_db

HAND = Actor.command()


def share(plan: Proposal, **options: Any) -> DisclosureBatch:
    """Pass on everybody who may go."""
    batch, file = sharing.share(plan, Contact.objects.all(), NOW, title="Orders", actor=HAND, **options)
    file.close()
    return batch


def interests(one: Contact) -> set[Bar]:
    """What keeps somebody's interests from the reseller of the region."""
    return bars(one, proposal(recipient("channel_partner", REQUESTED), ("topics",), REQUESTED))


class TestS61:
    """Wir können allgemeine Daten über Ihr Interesse an unsere Vertriebspartner weitergeben, um Ihren Bedürfnissen
    besser gerecht zu werden (z. B. um Ihnen den Kauf über unseren lokalen Vertriebspartner zu ermöglichen), jedoch
    nur falls wir bereits Verkaufsverhandlungen aufgenommen haben.
    """  # noqa: D205  (the clause as published)

    def test_a_reseller_hears_of_interests_once_we_negotiate(self) -> None:
        one = buyer()
        assert interests(one) == {Bar.NO_NEGOTIATION}
        negotiates(one)
        assert interests(one) == set()


class TestS62:
    """Wir können allgemeine Daten über Ihr Interesse an unsere Vertriebspartner weitergeben, um Ihren Bedürfnissen
    besser gerecht zu werden (z. B. um Ihnen den Kauf über unseren lokalen Vertriebspartner zu ermöglichen), jedoch
    nur falls wir bereits Verkaufsverhandlungen aufgenommen haben.
    """  # noqa: D205  (the clause as published)

    def test_not_before_and_not_after(self) -> None:
        one = buyer()
        talks = negotiates(one)
        assert interests(one) == set()
        talks.closed_on = (NOW - DAY).date()
        talks.save()
        assert interests(one) == {Bar.NO_NEGOTIATION}


class TestS64:
    """Personenbezogene Daten werden hauptsächlich von der lokalen Niederlassung von F‑Secure verarbeitet, mit der Sie
    in der Regel interagieren.
    """  # noqa: D205  (the clause as published)

    def test_the_local_company_gets_what_it_needs(self) -> None:
        assert bars(buyer(), proposal(recipient("subsidiary"))) == set()


class TestS65:
    """Neben der lokalen Verarbeitung ist der häufigste Grund für den Informationsaustausch zwischen verschiedenen
    F‑Secure-Niederlassungen, dass wir Ihnen einen effizienten Service bieten und unsere wechselseitige Beziehung
    verwalten können.
    """  # noqa: D205  (the clause as published)

    def test_what_goes_from_one_company_to_another_is_recorded(self) -> None:
        one, local = buyer(), recipient("subsidiary")
        share(proposal(local))
        assert [given.recipient for given in ledger.given(one.pk)] == [local]


class TestS67:
    """Personenbezogene Daten können auch den Channelpartnern von F‑Secure in angemessenem Umfang zur Verfügung
    gestellt werden, wenn die Offenlegung der Daten für die entsprechenden Zwecke der Datenverarbeitung (wie oben
    angegeben) erforderlich ist.
    """  # noqa: D205  (the clause as published)

    def test_no_field_beyond_the_purpose(self) -> None:
        one, partner = buyer(), recipient()
        assert bars(one, proposal(partner, ("email",))) == set()
        assert bars(one, proposal(partner, ("email", "last_engaged_on"))) == {Bar.TOO_MUCH, Bar.PROFILE}

    def test_no_purpose_nobody_needs_it_for(self) -> None:
        assert bars(buyer(), proposal(recipient(), code="support")) == {Bar.NOT_NEEDED}


class TestS68:
    """Wenn Sie zum Beispiel am Kauf unserer Services interessiert sind, stellen wir diese Informationen unserem
    regionalen Reseller-Partner zur Verfügung.
    """  # noqa: D205  (the clause as published)

    def test_the_partner_of_the_region_and_no_other(self) -> None:
        one = buyer(country="SE")
        assert bars(one, proposal(recipient(serves=["SE"]))) == set()
        assert bars(one, proposal(recipient(serves=["DE"]))) == {Bar.WRONG_REGION}


class TestS69:
    """Einige der verbundenen Unternehmen, Unterauftragnehmer und Vertriebspartner von F‑Secure befinden sich außerhalb
    des Europäischen Wirtschaftsraums (EWR).
    """  # noqa: D205  (the clause as published)

    def test_a_sub_processor_abroad_bars_its_processor(self) -> None:
        one, processor = buyer(), recipient("processor")
        assert bars(one, proposal(processor)) == set()
        recipient("sub_processor", parent=processor, country="IN")
        assert bars(one, proposal(processor)) == {Bar.ONWARD}


class TestS70:
    """Selbst wenn die Daten innerhalb des EWR gespeichert werden, können sie auch von unseren außerhalb des EWR
    tätigen Mitarbeitern, die für uns oder einen unserer Zulieferer arbeiten, verarbeitet werden.
    """  # noqa: D205  (the clause as published)

    def test_to_see_it_from_outside_is_to_take_it_out(self) -> None:
        one = buyer()
        assert bars(one, proposal(recipient("processor", accessed_from=["DE"]))) == set()
        assert bars(one, proposal(recipient("processor", accessed_from=["IN"]))) == {Bar.NO_TOOL}


class TestS71:
    """Diese Mitarbeiter können unter anderem mit der Abwicklung Ihrer Bestellung, der Bearbeitung Ihrer Zahlungsdaten
    oder der Bereitstellung von unterstützenden Services befasst sein.
    """  # noqa: D205  (the clause as published)

    def test_whoever_works_for_us_has_a_contract(self) -> None:
        one = buyer()
        assert bars(one, proposal(recipient("processor"))) == set()
        assert bars(one, proposal(recipient("processor", contract=""))) == {Bar.NO_CONTRACT}


class TestS72:
    """Wenn personenbezogene Daten aus dem EWR aus diesem heraus übertragen werden, verpflichtet sich F‑Secure zur
    Wahrung von deren Sicherheit und Integrität durch den Einsatz geeigneter Maßnahmen gemäß den gesetzlichen
    Bestimmungen und durch die Auferlegung von geeigneten vertraglichen Schutzmaßnahmen für diese Datenimporteure
    (z. B. durch die Einhaltung der von der Europäischen Union genehmigten Datenübermittlungsbestimmungen).
    """  # noqa: D205  (the clause as published)

    def test_nothing_leaves_without_a_tool(self) -> None:
        one, abroad = buyer(), recipient(country="IN")
        assert bars(one, proposal(abroad)) == {Bar.NO_TOOL}
        safeguard(abroad, "corporate_rules")
        assert bars(one, proposal(abroad)) == set()


class TestS73:
    """Wenn personenbezogene Daten aus dem EWR aus diesem heraus übertragen werden, verpflichtet sich F‑Secure zur
    Wahrung von deren Sicherheit und Integrität durch den Einsatz geeigneter Maßnahmen gemäß den gesetzlichen
    Bestimmungen und durch die Auferlegung von geeigneten vertraglichen Schutzmaßnahmen für diese Datenimporteure
    (z. B. durch die Einhaltung der von der Europäischen Union genehmigten Datenübermittlungsbestimmungen).
    """  # noqa: D205  (the clause as published)

    def test_the_clauses_of_the_european_union_are_one_and_the_ledger_names_them(self) -> None:
        buyer()
        abroad = recipient(country="IN")
        safeguard(abroad, "clauses")
        batch = share(proposal(abroad))
        assert batch.safeguard == "standard contractual clauses, Art. 46(2)(c): SCC-7"


class TestS91:
    """Die F‑Secure-Gruppe legt Daten intern offen und überträgt diese, wie es unser zu dem Zeitpunkt gültiges
    Betriebsmodell erfordert.
    """  # noqa: D205  (the clause as published)

    def test_a_disclosure_inside_the_group_is_in_the_ledger_like_any_other(self) -> None:
        one = buyer()
        batch = share(proposal(recipient("subsidiary")))
        assert batch.rows.get().contact == one


class TestS92:
    """Wir beschränken die interne Offenlegung jedoch auf diejenigen Unternehmen, Einheiten, Teams und Einzelpersonen
    der Gruppe, die diese Informationen für die beabsichtigten Zwecke der Verarbeitung benötigen.
    """  # noqa: D205  (the clause as published)

    def test_a_company_that_does_not_need_it_gets_nothing(self) -> None:
        one = buyer()
        assert bars(one, proposal(recipient("subsidiary", "support"), NAMES)) == {Bar.NOT_NEEDED}
        assert bars(one, proposal(recipient("subsidiary", "support"), NAMES, "support")) == set()


@pytest.mark.parametrize(
    "clause",
    [
        TestS61,
        TestS62,
        TestS64,
        TestS65,
        TestS67,
        TestS68,
        TestS69,
        TestS70,
        TestS71,
        TestS72,
        TestS73,
        TestS91,
        TestS92,
    ],
)
def test_each_class_quotes_its_clause(clause: type) -> None:
    assert_quotes_its_clause(clause)
