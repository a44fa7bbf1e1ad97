"""Whether data may leave the EEA for a recipient (S69-S73; Art. 44-49), each answer as a condition on `Recipient`.

    without_tool(on)         data would leave the protected countries, and no tool covers it
    onward_without_tool(on)  the same of a sub-processor that works for it
    tools(...), tool_of(...) what covers each, or one, in words for the ledger
    ending(on)               what runs out or must be reviewed soon

Protected are the EEA and the countries with an adequacy decision in force, which are rows with dates, never code.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import Regex
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _

from config.policy.periods import REVIEW_SOON_DAYS
from consent.models import AdequacyDecision, Recipient, Safeguard
from consent.models.recipients import RecipientKind, Role
from consent.models.safeguards import Module, Tool

EEA: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()
)
"""The European Economic Area: the European Union with Iceland, Liechtenstein and Norway."""


def decisions(on: date) -> QuerySet[AdequacyDecision, AdequacyDecision]:
    """The adequacy decisions in force on the day `on`."""
    return AdequacyDecision.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on), valid_from__lte=on)


def protected(on: date) -> frozenset[str]:
    """The countries data may go to without a tool of the recipient's own."""
    return EEA | set(decisions(on).filter(only_listed=False).values_list("country", flat=True))


class _AnyOf(Subquery):
    """The texts of a column named `country` as alternatives of a pattern, "|" before each; "" for none."""

    template = "(SELECT COALESCE(string_agg('|' || country, ''), '') FROM (%(subquery)s) AS known)"
    output_field = TextField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """The same by another name."""
        template = self.template.replace("string_agg", "group_concat")
        return self.as_sql(compiler, connection, template=template, **context)


def _only_within(on: date, *, listed: bool = False) -> Q:
    """The recipient sits in a protected country and is seen from no other, on the day `on`."""
    decided = (decisions(on) if listed else decisions(on).filter(only_listed=False)).order_by().values("country")
    pattern = Concat(
        Value(f"^(({'|'.join(sorted(EEA))}"), _AnyOf(decided), Value(")(,|$))*$"), output_field=TextField()
    )
    sits = Q(country__in=sorted(EEA)) | Q(country__in=decided)
    return sits & Q(Regex(Cast("accessed_from", TextField()), pattern))


def leaves(on: date) -> Q:
    """Data given to the recipient leaves the protected countries, if only because it is seen from elsewhere (S70)."""
    return ~_only_within(on)


def in_force(on: date) -> Q:
    """Safeguards that have begun by the day `on`, have not run out, and are not past their review."""
    lasting = Q(valid_until__isnull=True) | Q(valid_until__gte=on)
    return lasting & Q(valid_from__lte=on, review_on__gte=on)


FITTING_MODULE: Final = (
    Q(module=Module.CONTROLLER_TO_CONTROLLER) & ~Q(recipient__role=Role.PROCESSOR)
    | Q(module=Module.CONTROLLER_TO_PROCESSOR, recipient__role=Role.PROCESSOR)
    & ~Q(recipient__kind=RecipientKind.SUB_PROCESSOR)
    | Q(module=Module.PROCESSOR_TO_PROCESSOR, recipient__kind=RecipientKind.SUB_PROCESSOR)
)
"""The module of the clauses must fit the roles of the two sides."""


def _sound(on: date) -> Q:
    """Clauses and corporate rules whose transfer impact assessment is there, the clauses with the module that fits."""
    tools = Q(tool=Tool.CLAUSES) & FITTING_MODULE | Q(tool=Tool.CORPORATE_RULES)
    return Q(assessed_on__lte=on) & tools


def _covers(on: date, *, exceptional: bool) -> Q:
    """The recipient of the row has a tool that counts on the day `on`; a derogation only for an exceptional case."""
    own = Safeguard.objects.filter(in_force(on), recipient=OuterRef("pk"))
    general = own.filter(_sound(on))
    covered = Q(Exists(general)) | Q(Exists(own.filter(tool=Tool.LISTED))) & _only_within(on, listed=True)
    return covered | Q(Exists(own.filter(tool=Tool.DEROGATION))) if exceptional else covered


def without_tool(on: date, *, exceptional: bool = False) -> Q:
    """Nothing may be passed on to the recipient: the data would leave, and no tool covers that (S72, S73)."""
    return leaves(on) & ~_covers(on, exceptional=exceptional)


def onward_without_tool(on: date) -> Q:
    """A sub-processor that still works for the recipient would take the data out without a tool (S69, Art. 44)."""
    helpers = Recipient.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on), parent=OuterRef("pk"))
    return Q(Exists(helpers.filter(without_tool(on))))


def tools(recipients: QuerySet[Recipient, Any], on: date, *, exceptional: bool = False) -> dict[UUID, str]:
    """What lets each of the recipients have data outside the EEA on the day `on`; "" when the data stays inside it.

    Words for the ledger: the tool and its document, or the adequacy decision; "" also where there is none.
    """
    allowed = _sound(on) | Q(tool=Tool.LISTED)
    counting = Safeguard.objects.filter(in_force(on), allowed | Q(tool=Tool.DEROGATION) if exceptional else allowed)
    known = recipients.annotate(leaves=ExpressionWrapper(leaves(on), BooleanField()))
    rows: Any = known.prefetch_related(Prefetch("safeguards", counting, to_attr="tools"))
    decided = list(decisions(on).values_list("country", "source"))
    return {row.pk: _tool(row, decided) for row in rows}


def tool_of(recipient: Recipient, on: date, *, exceptional: bool = False) -> str:
    """The same of one recipient."""
    return tools(Recipient.objects.filter(pk=recipient.pk), on, exceptional=exceptional)[recipient.pk]


def _tool(row: Any, decided: list[tuple[Any, str]]) -> str:
    places = {row.country.code, *(country.code for country in row.accessed_from)}
    if places <= EEA:
        return ""
    if not row.leaves:
        return _("adequacy decision: %(sources)s") % {
            "sources": ", ".join(source for country, source in decided if country in places)
        }
    first = min(row.tools, key=lambda one: one.tool == Tool.DEROGATION, default=None)
    return f"{first.get_tool_display()}: {first.reference}"[:300] if first else ""


# What needs somebody's attention --------------------------------------------------------------------------------------

SOON: Final = timedelta(days=REVIEW_SOON_DAYS)


def ending(on: date) -> QuerySet[Safeguard, Any]:
    """Safeguards in force that run out or must be reviewed within 60 days, unless a later one lasts longer."""
    last = on + SOON
    own = Safeguard.objects.filter(in_force(on), recipient=OuterRef("recipient"))
    later = own.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=last), review_on__gt=last)
    needed = Q(recipient__ended_on__isnull=True) | Q(recipient__ended_on__gt=on)
    near = Safeguard.objects.filter(in_force(on), Q(valid_until__lte=last) | Q(review_on__lte=last))
    return near.filter(needed).exclude(tool=Tool.DEROGATION).exclude(Exists(later)).order_by("review_on")


def decisions_ending(on: date) -> QuerySet[AdequacyDecision, AdequacyDecision]:
    """Adequacy decisions that run out within 60 days, without another of that country, while a recipient sits there."""
    later = decisions(on).filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=on + SOON), country=OuterRef("country")
    )
    there = Recipient.objects.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=on), country=OuterRef("country"))
    return decisions(on).filter(Exists(there), valid_until__lte=on + SOON).exclude(Exists(later))
