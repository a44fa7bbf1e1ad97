"""Who receives personal data, and where in the world (Art. 30(1)(d), (e); S64-S92): the one place that answers.

That is every recipient on record, our subsidiaries even while nobody has recorded them as one, and the groups that the
policy names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from config.models import Subsidiary, User
from config.policy.clauses import BY_ID
from consent.models import Recipient
from consent.models.recipients import RecipientKind
from consent.transfers import EEA, tools

NAMED: Final = {
    "S67": gettext_lazy("channel partners"),
    "S76": gettext_lazy("business partners, subcontractors, advertising networks, analytics and credit agencies"),
    "S84": gettext_lazy("courts and authorities, by order"),
    "S86": gettext_lazy("insurers and regulators, in limited amounts"),
    "S89": gettext_lazy("whoever takes over a part of the company"),
}
"""The groups of recipients that the policy names, by clause."""
CLAUSES: Final = {
    RecipientKind.SUBSIDIARY: "S64",
    RecipientKind.CHANNEL_PARTNER: "S67",
    RecipientKind.AUTHORITY: "S84",
    RecipientKind.INSURER: "S86",
    RecipientKind.ACQUIRER: "S89",
}
"""The clause that names a kind of recipient; any other kind works for us or beside us (S76)."""


@dataclass(frozen=True, slots=True)
class Receiving:
    """A recipient or a group of them; `country` is empty for a group, `safeguard` where none is needed."""

    name: str
    role: str
    country: str
    clause: str
    safeguard: str = ""

    @property
    def is_outside(self) -> bool:
        """Whether passing data on is a transfer to a third country (Art. 44)."""
        return bool(self.country) and self.country not in EEA


def recipients(on: date) -> list[Receiving]:
    """Everybody who may receive data of contacts on the day `on`: by name first, then the groups of the policy."""
    lasting = Recipient.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on)).order_by("name")
    covered = tools(lasting, on)
    known = [_receiving(one, covered[one.pk]) for one in lasting]
    bare = Subsidiary.objects.filter(recipient__isnull=True)
    ours = [Receiving(one.name, _("subsidiary"), one.country.code, "S64", _missing(one.country.code)) for one in bare]
    groups = [Receiving(str(name), _("group named by the policy"), "", clause) for clause, name in NAMED.items()]
    return [*known, *ours, *(one for one in groups if one.clause in BY_ID)]


def _receiving(one: Recipient, tool: str) -> Receiving:
    kind, code = RecipientKind(one.kind), one.country.code
    role = f"{kind.label}, {one.get_role_display()}"
    return Receiving(one.name, role, code, CLAUSES.get(kind, "S76"), tool or _missing(code))


def staff_abroad() -> list[tuple[str, int]]:
    """(country, accounts) of our own staff who reach the data from outside the EEA: that is a transfer too (S70)."""
    found = User.objects.filter(is_active=True).exclude(country="").order_by().values_list("country", flat=True)
    codes = [str(code) for code in found if str(code) not in EEA]
    return [(country(code), codes.count(code)) for code in sorted(set(codes))]


def country(code: str) -> str:
    """The name of a country in the reader's language; a dash for none."""
    return str(countries.name(code) or code) if code else "–"


def _missing(code: str) -> str:
    """What is said of a country outside the EEA that no transfer tool on record covers: nothing may go there (S73)."""
    return "" if code in EEA else _("no transfer tool on record: the gate is closed, S73")
