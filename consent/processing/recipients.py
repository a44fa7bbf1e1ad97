"""Who receives personal data, and where in the world (Art. 30(1)(d), (e); S64-S92): the one place that answers.

Today that is our own subsidiaries, the channel partners of our customers' agreements, and the groups that the policy
names without our having passed anything on through Obhut. A ledger of recipients belongs into `recipients`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from config.models import Subsidiary, User
from config.policy.clauses import BY_ID

EEA: Final = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split()
)
"""The countries of the European Economic Area."""
NAMED: Final = {
    "S67": gettext_lazy("channel partners"),
    "S76": gettext_lazy("business partners, subcontractors, advertising networks, analytics and credit agencies"),
    "S84": gettext_lazy("courts and authorities, by order"),
    "S86": gettext_lazy("insurers and regulators, in limited amounts"),
    "S89": gettext_lazy("whoever takes over a part of the company"),
}
"""The groups of recipients that the policy names, by clause."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """A recipient or a group of them; `country` is empty for a group, `safeguard` where none is needed or known."""

    name: str
    role: str
    country: str
    clause: str
    safeguard: str = ""

    @property
    def is_outside(self) -> bool:
        """Whether passing data on is a transfer to a third country (Art. 44)."""
        return bool(self.country) and self.country not in EEA


def recipients() -> list[Receiving]:
    """Everybody who may receive data of contacts: named ones first, then the groups of the policy."""
    ours = [
        Receiving(one.name, _("subsidiary"), one.country.code, "S64", _safeguard(one.country.code))
        for one in Subsidiary.objects.all()
    ]
    groups = [Receiving(str(name), _("group named by the policy"), "", clause) for clause, name in NAMED.items()]
    return [*ours, *(one for one in groups if one.clause in BY_ID)]


def staff_abroad() -> list[tuple[str, int]]:
    """(country, accounts) of our own staff who reach the data from outside the EEA: that is a transfer too (S70)."""
    found = User.objects.filter(is_active=True).exclude(country="").order_by().values_list("country", flat=True)
    codes = [str(code) for code in found if str(code) not in EEA]
    return [(country(code), codes.count(code)) for code in sorted(set(codes))]


def country(code: str) -> str:
    """The name of a country in the reader's language; a dash for none."""
    return str(countries.name(code) or code) if code else "–"


def _safeguard(code: str) -> str:
    return "" if code in EEA else _("contractual safeguards, S72; not recorded here yet")
