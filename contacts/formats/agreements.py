"""Agreements: rows of our own format as canonical rows (S96, S97)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from contacts.formats.cells import domain, id_of, one_of, text_of
from contacts.formats.dates import Clock
from contacts.formats.plan import Parser, Plan, Values, remembered, require
from contacts.formats.problems import CellProblem, LeftOut
from contacts.formats.rows import AgreementRow, Rejection
from contacts.formats.table import Table, header_key
from contacts.models.organisations import AgreementKind, Party

FIELDS = (
    "organisation", "organisation_domain", "party", "kind", "reference", "signed_on", "starts_on", "ends_on",
    "terminated_on", "via_partner",
)  # fmt: skip
REQUIRED = ("organisation", "party", "kind")


def read_agreements(table: Table, now: datetime) -> Iterator[AgreementRow | Rejection]:
    """The agreements of a file, row by row. Their dates may lie in the future.

    A missing `signed_on` or `starts_on` takes the other's value. Raises UnreadableFile at once for missing columns.
    """
    keys = {header_key(header) for header in table.headers}
    missing = [name for name in REQUIRED if name not in keys]
    if not keys & {"signed_on", "starts_on"}:
        missing.append("starts_on")
    require(_("This is not an agreements file"), table, missing)
    plan = Plan(table, dict(zip(FIELDS, FIELDS, strict=True)), _parsers(Clock(now)))
    return plan.read(lambda line, values: _agreement(line, values, plan))


def _agreement(line: int, values: Values, plan: Plan) -> AgreementRow | Rejection:
    for field in REQUIRED:
        if field not in values:
            return plan.rejection(line, field, _("The cell is empty."), _("Every agreement needs it."))
    signed, starts = values.get("signed_on"), values.get("starts_on")
    if signed is None and starts is None:
        return plan.rejection(
            line, "starts_on", _("The agreement has no beginning."), _("Give signed_on or starts_on.")
        )
    values["signed_on"], values["starts_on"] = signed or starts, starts or signed
    if (ends := values.get("ends_on")) and ends < values["starts_on"]:
        return plan.rejection(line, "ends_on", _("The agreement ends before it starts."), _("Check both dates."))
    return AgreementRow(line, **values)


def _parsers(clock: Clock) -> dict[str, Parser]:
    day = remembered(clock.day)
    return {
        "organisation": text_of("organisation"),
        "organisation_domain": remembered(_domain),
        "party": remembered(one_of(Party.values)),
        "kind": remembered(one_of(AgreementKind.values)),
        "reference": id_of("reference"),
        "signed_on": day,
        "starts_on": day,
        "ends_on": day,
        "terminated_on": day,
        "via_partner": text_of("via_partner"),
    }


def _domain(cell: str) -> str:
    try:
        return domain(cell)
    except LeftOut:
        raise CellProblem(
            _("This is not a domain name."), _("Write it like example.org, or leave the cell empty.")
        ) from None
