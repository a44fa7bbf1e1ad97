"""The matrix of the gate: kind x country x tool x person x purpose x fields, against a second opinion; 0 passes too many.

One statement of the gate answers for all the people, so a cell of the matrix is one of its rows.
"""

from __future__ import annotations

from typing import Any

import pytest

from consent.disclosure import COLUMNS, Proposal, judged
from consent.models import ExceptionalDisclosure, ExceptionalScope, Purpose, Recipient
from consent.models.recipients import PROCESSING_FOR_US
from contacts.models import Contact, Organisation
from tests.consent.disclosure_cast import buyer, negotiates, recipient, safeguard
from tests.consent.disclosure_model import COUNTRIES, KINDS, PEOPLE, PURPOSES, TOOLS, Case, Column, columns, may_pass
from tests.consent.permission_cast import objects, restricts
from tests.consent.reasons import told
from tests.staff import DAY, NOW, TODAY, contact, customer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def people() -> dict[str, Contact]:
    """One of each."""
    firm = customer("Kunde GmbH")
    known = {who: buyer(firm, **fields) for who, fields in _customers().items()}
    for who in ("prospect", "prospect negotiating"):
        known[who] = contact(email=f"{who.replace(' ', '')}@example.org", job_function="IT", at=_firm(who))
        told(known[who], at=NOW - 9 * DAY)
    negotiates(known["prospect negotiating"])
    restricts(known["restricted"])
    objects(known["objects to marketing"], NOW - DAY)
    objects(known["objects"], NOW - DAY, ground="own_situation")
    known["in no register"].affiliations.all().delete()
    assert set(known) == set(PEOPLE)
    return known


def _firm(who: str) -> Organisation:
    return Organisation.objects.create(name=who)


def _customers() -> dict[str, dict[str, Any]]:
    ordinary = ("customer in FI", "restricted", "objects to marketing", "objects")
    return {
        **{who: {} for who in ordinary},
        "customer in DE": {"country": "DE"},
        "customer without country": {"country": ""},
        "not informed": {"informed": False},
        "in no register": {"in_marketing": False},
    }


def recipients() -> dict[tuple[str, str, str], Recipient]:
    """One of each kind in each country with each tool."""
    processor = recipient("processor", *PURPOSES)
    known = {}
    for kind in KINDS:
        for country in COUNTRIES:
            for tool in TOOLS:
                fields: dict[str, Any] = {"parent": processor} if kind == "sub_processor" else {}
                one = recipient(kind, *PURPOSES, country=country, **fields)
                _equip(one, tool)
                known[kind, country, tool] = one
    return known


def _equip(one: Recipient, tool: str) -> None:
    match tool:
        case "good":
            safeguard(one)
        case "past review":
            safeguard(one, review_on=TODAY - DAY)
        case "not yet":
            safeguard(one, valid_from=TODAY + DAY)
        case "wrong module":
            safeguard(one, module=1 if one.kind in PROCESSING_FOR_US else 2)
        case "listed" | "derogation":
            safeguard(one, tool)


def test_no_forbidden_case_passes_and_every_allowed_one_does() -> None:
    known, targets = people(), recipients()
    purposes = {code: Purpose.objects.get(code=code) for code in PURPOSES}
    who_of = {one.pk: who for who, one in known.items()}
    wrong, passed, cells = [], 0, 0
    for column in columns():
        kind, country, tool, purpose, fields, ground = column
        plan = _plan(column, targets, purposes, known)
        answers = judged(plan, NOW).order_by().values_list("pk", *COLUMNS)
        through = {who_of[pk] for pk, *standing in answers if not any(standing)}
        cases = [Case(kind, country, tool, who, purpose, fields, ground) for who in PEOPLE]
        expected = {case.who for case in cases if may_pass(case)}
        cells, passed = cells + len(cases), passed + len(expected)
        if through != expected:
            wrong.append((column, sorted(through - expected), sorted(expected - through)))
    assert wrong == []
    assert cells > 8_000
    assert 1_000 < passed < cells / 2


def _plan(column: Column, targets: Any, purposes: dict[str, Purpose], known: dict[str, Contact]) -> Proposal:
    kind, country, tool, purpose, fields, ground = column
    one = targets[kind, country, tool]
    if not ground:
        return Proposal(one, fields, purpose=purposes[purpose])
    case = ExceptionalDisclosure.objects.create(
        recipient=one,
        ground=ground,
        title="Case",
        reference="7/26",
        assessment="Weighed.",
        fields=list(fields),
        until_on=TODAY,
        written_at=NOW - 2 * DAY,
        approved_at=NOW - DAY,
    )
    ExceptionalScope.objects.bulk_create(
        ExceptionalScope(exception=case, contact=person, added_at=NOW - 2 * DAY) for person in known.values()
    )
    return Proposal(one, fields, exception=case)
