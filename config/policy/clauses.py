"""The clauses: every sentence of the published business-to-business policy that a program can act on.

The numbers count the sentences of the whole policy, headings included. The count cuts a sentence at abbreviations such
as "z. B."; all numbers of one published sentence carry it whole. Sentences that ask nothing of a program are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from config.policy.customers import SENTENCES as CUSTOMERS
from config.policy.disclosures import SENTENCES as DISCLOSURES
from config.policy.marketing import SENTENCES as MARKETING
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS, Period
from config.policy.rights import SENTENCES as RIGHTS


@dataclass(frozen=True)
class Clause:
    """One numbered sentence of the policy, in its published German, under its published heading.

    `period` is the newest published version of the period the sentence names; None where it names none.
    """

    id: str
    section: str
    quote: str
    period: Period | None = None


# Later versions overwrite earlier ones: a clause quotes the policy as it stands.
_PERIODS = {period.clause: period for period in (*MARKETING_PERIODS, *CUSTOMER_PERIODS)}


def _clauses() -> Iterator[Clause]:
    for section, sentences in (*MARKETING, *CUSTOMERS, *DISCLOSURES, *RIGHTS):
        for numbers, quote in sentences.items():
            for number in numbers.split():
                yield Clause(number, section, quote, _PERIODS.get(number))


CLAUSES: Final[tuple[Clause, ...]] = tuple(_clauses())
BY_ID: Final[Mapping[str, Clause]] = {clause.id: clause for clause in CLAUSES}
