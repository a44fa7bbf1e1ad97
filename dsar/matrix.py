"""Which right exists for which legal basis (domain section 4, S136), by what we really do with a contact's data.

A request mixes bases, so this informs the outcome of each category and decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from consent.grounds import Ground
from consent.models import Purpose
from consent.reach import answers
from dsar.models.requests import Right

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Basis(StrEnum):
    """The columns of the matrix: the bases that occur here, and direct marketing on whatever basis."""

    CONSENT = "consent"
    CONTRACT = "contract"
    DUTY = "duty"
    INTERESTS = "interests"
    MARKETING = "marketing"


LABELS: Final = {
    Basis.CONSENT: _("consent"),
    Basis.CONTRACT: _("contract with the person"),
    Basis.DUTY: _("legal duty"),
    Basis.INTERESTS: _("legitimate interests"),
    Basis.MARKETING: _("direct marketing"),
}


class Mark(StrEnum):
    """Whether the right exists."""

    YES = "yes"
    CONDITION = "condition"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Rule:
    """One field of the matrix."""

    mark: Mark
    why: StrPromise | str = ""


YES: Final = Rule(Mark.YES)
NO: Final = Rule(Mark.NO)
_WITHDRAWN = Rule(Mark.CONDITION, _("after a withdrawal, if nothing else allows it; or if not needed or unlawful"))
_UNNEEDED = Rule(Mark.CONDITION, _("only if not needed any more, unlawful, or ordered by law"))
_THREE = Rule(Mark.CONDITION, _("accuracy disputed, processing unlawful, or needed for the person's claims"))
_EVERYWHERE = dict.fromkeys(Basis, YES)

MATRIX: Final[dict[str, dict[Basis, Rule]]] = {
    Right.ACCESS: _EVERYWHERE,
    Right.COMPLAINT: _EVERYWHERE,
    Right.RECTIFICATION: {
        **_EVERYWHERE,
        Basis.DUTY: Rule(Mark.CONDITION, _("a record that must stay as it is gets a note")),
    },
    Right.ERASURE: {
        Basis.CONSENT: _WITHDRAWN,
        Basis.CONTRACT: _UNNEEDED,
        Basis.DUTY: Rule(Mark.NO, _("not while the duty runs, Art. 17(3)(b)")),
        Basis.INTERESTS: Rule(Mark.CONDITION, _("not needed, unlawful, or an objection was upheld")),
        Basis.MARKETING: Rule(Mark.YES, _("without weighing; the entry on the suppression list stays")),
    },
    Right.RESTRICTION: {
        **dict.fromkeys(Basis, _THREE),
        Basis.INTERESTS: Rule(Mark.CONDITION, _("the same, or while an objection is being weighed")),
    },
    Right.PORTABILITY: {
        Basis.CONSENT: Rule(Mark.CONDITION, _("what the person provided, where it is processed by a program")),
        Basis.CONTRACT: Rule(
            Mark.CONDITION, _("what the person provided under their own contract, not the employer's")
        ),
        Basis.DUTY: NO,
        Basis.INTERESTS: Rule(Mark.NO, _("not for this basis; a copy under Art. 15 can be given instead")),
        Basis.MARKETING: Rule(Mark.CONDITION, _("only where it rests on consent")),
    },
    Right.OBJECTION: {
        Basis.CONSENT: Rule(Mark.NO, _("a withdrawal does it")),
        Basis.CONTRACT: NO,
        Basis.DUTY: NO,
        Basis.INTERESTS: Rule(Mark.CONDITION, _("on grounds of the person's own situation; it is weighed")),
        Basis.MARKETING: Rule(Mark.YES, _("as an objection to marketing: absolute")),
    },
    Right.MARKETING_OBJECTION: {**dict.fromkeys(Basis, NO), Basis.MARKETING: Rule(Mark.YES, _("absolute"))},
    Right.WITHDRAWAL: {
        **dict.fromkeys(Basis, NO),
        Basis.CONSENT: YES,
        Basis.MARKETING: Rule(Mark.CONDITION, _("where it rests on consent")),
    },
}
"""For each right and basis whether the right exists, and under which condition."""

_BASES: Final = {
    Ground.CONSENT: Basis.CONSENT,
    Ground.CONTRACT: Basis.CONTRACT,
    Ground.LEGAL_OBLIGATION: Basis.DUTY,
    Ground.LEGITIMATE_INTEREST: Basis.INTERESTS,
    Ground.SOFT_OPT_IN: Basis.MARKETING,
    Ground.WORK_ADDRESS: Basis.MARKETING,
}


@dataclass(frozen=True, slots=True)
class Row:
    """What a basis that really occurs means for each right: the purposes that rest on it, and a rule for each right."""

    basis: Basis
    purposes: list[str]
    rules: list[Rule]

    @property
    def label(self) -> str:
        """The basis in words."""
        return str(LABELS[self.basis])


def bases_of(contacts: Iterable[UUID], purposes: Iterable[Purpose], at: datetime) -> dict[Basis, set[str]]:
    """The bases on which the contacts' data is really used at `at` (aware), each with the codes of its purposes."""
    marketing = {one.code for one in purposes if one.is_marketing}
    found: dict[Basis, set[str]] = defaultdict(set)
    for said in answers(contacts, at).values():
        for purpose, _channel, answer in said:
            if answer.ground:
                found[Basis.MARKETING if purpose in marketing else _BASES[answer.ground]].add(purpose)
    return found


def rows(rights: Iterable[str], contacts: Sequence[UUID], at: datetime) -> list[Row]:
    """The lines of the matrix that matter for these rights and these contacts; none about nobody."""
    if not contacts:
        return []
    purposes = list(Purpose.objects.all())
    asked, bases = list(rights), bases_of(contacts, purposes, at)
    names = {one.code: str(one) for one in purposes}
    return [
        Row(basis, sorted(names[code] for code in bases[basis]), [MATRIX[right][basis] for right in asked])
        for basis in Basis
        if bases.get(basis)
    ]
