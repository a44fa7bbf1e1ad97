"""Contacts: the rows of any known export as canonical rows (S13-S16, S31)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from config.dates import local_date
from contacts.formats.cells import address, domain, id_of, listed, phone, profile_address, text_of, topics, yes_no
from contacts.formats.dates import Clock, DateStyle, month_first
from contacts.formats.places import country_code, language_code
from contacts.formats.plan import Parser, Plan, Values, remembered, require
from contacts.formats.problems import CellProblem, LeftOut, RowProblem, UnreadableFile
from contacts.formats.rows import LIMITS, ContactRow, Rejection
from contacts.formats.table import Table, header_key
from contacts.formats.vendors import DATE_STYLES, Format, contact_fields, missing_columns
from contacts.identity import clean_phone

_CONSENT_GIVEN = "freely given consent"
_LONG_SALESFORCE_ID = re.compile(r"([0-9A-Za-z]{15})[0-9A-Z]{3}")
_MOMENTS = ("changed_at", "consent_at", "unsubscribed_at", "bounced_at")


def read_contacts(table: Table, fmt: Format, now: datetime) -> Iterator[ContactRow | Rejection]:
    """The contacts of a file, row by row, as seen at `now` (aware); future dates are rejected (E8).

    Raises UnreadableFile at once when the columns are not those of a contacts file, and while reading for what
    `Table.check` would have found.
    """
    keys = {header_key(header) for header in table.headers}
    if {"kind", "occurred_at"} <= keys or {"party", "kind"} <= keys:
        raise UnreadableFile(
            _("This is not a contacts file. Use import_engagements for engagements, import_agreements for agreements.")
        )
    if "companyname" in keys:
        raise UnreadableFile(_("This is a list of companies. Send the contacts: each names its company."))
    if {"datehit", "date_hit"} & keys:
        raise UnreadableFile(
            _("This is a list of page visits. Send visits with import_engagements, with email, kind and occurred_at.")
        )
    missing = missing_columns(table.headers, fmt)
    require(_("This is not a contacts file"), table, [_(" or ").join(missing)] if missing else [])
    fields = contact_fields(table.headers, fmt)
    parsers = _parsers(Clock(now, _date_style(table, fmt, fields)))
    plan = Plan(table, fields, parsers, _said_by_the_file(fmt, keys))
    return plan.read(lambda line, values: _contact(line, values, plan))


def _date_style(table: Table, fmt: Format, fields: dict[str, str]) -> DateStyle:
    """How the file writes dates. Salesforce writes them in its user's locale, so its file is looked through first."""
    style = DATE_STYLES[fmt]
    if fmt is not Format.SALESFORCE:
        return style
    dates = [index for index, header in enumerate(table.headers) if fields.get(header_key(header)) == "collected_on"]
    rows = (cells for _line, cells in table.rows() if not isinstance(cells, RowProblem)) if dates else ()
    return replace(style, month_first=month_first(cells[index].strip() for cells in rows for index in dates))


def _said_by_the_file(fmt: Format, keys: set[str]) -> Values:
    """Mailchimp exports unsubscribed and cleaned (bounced) as files of their own; a joint one tells by row."""
    if fmt is not Format.MAILCHIMP or {"unsub_time", "clean_time"} <= keys:
        return {}
    if "unsub_time" in keys:
        return {"unsubscribed": True}
    return {"bounced": True} if "clean_time" in keys else {}


def _contact(line: int, values: Values, plan: Plan) -> ContactRow | Rejection:
    """The canonical row, with what depends on more than one cell."""
    if "email" not in values and "external_id" not in values:
        return plan.rejection(
            line, "email", _("The row has neither an e-mail address nor an id."), _("Give at least one of them.")
        )
    if (until := values.get("affiliated_until")) and (since := values.get("affiliated_from")) and until < since:
        return plan.rejection(
            line, "affiliated_until", _("The affiliation ends before it begins."), _("Check both dates.")
        )
    if "phone" in values:
        values["phone"] = clean_phone(values["phone"], values.get("country", ""))
    moments = [values[name] for name in _MOMENTS if name in values]
    values["seen_on"] = local_date(min(moments)) if moments else None
    values.pop("changed_at", None)
    values["notes"] = tuple(values.get("notes", ()))
    return ContactRow(line, **values)


def _parsers(clock: Clock) -> dict[str, Parser]:
    """How each field is read. The last ones are no fields of ContactRow: they fill others."""
    words: dict[str, Parser] = {field: text_of(field) for field in LIMITS}
    moment = clock.past_moment
    return words | {
        "email": address,
        "phone": phone,
        "external_id": id_of("external_id"),
        "salesforce_id": lambda cell: {"external_id": _salesforce_id(cell)},
        "last_changed": lambda cell: _changed(moment, cell),
        "language": remembered(language_code),
        "country": remembered(country_code),
        "linkedin_url": profile_address,
        "organisation_domain": remembered(domain),
        "affiliated_from": remembered(clock.day),
        "affiliated_until": remembered(clock.day),
        "collected_on": remembered(clock.past_day),
        "topics": remembered(topics),
        "supplied_by_subject": remembered(yes_no),
        "in_marketing": remembered(yes_no),
        "unsubscribed": remembered(yes_no),
        "phone_opt_out": remembered(yes_no),
        "consent_email": remembered(_consent_answer),
        "consent_at": moment,
        "tags": lambda cell: {"topics": listed([tag.strip(' "') for tag in cell.split(",")])},
        "confirm_time": lambda cell: {"consent_email": "yes", "consent_at": moment(cell)},
        "unsub_time": lambda cell: _when(moment, cell, "unsubscribed"),
        "clean_time": lambda cell: _when(moment, cell, "bounced"),
        "bounce_reason": lambda _cell: {"bounced": True},
        "do_not_contact": remembered(_do_not_contact),
        "legal_basis": remembered(_legal_basis),
        "companies": _first_company,
    }


def _when(moment: Parser, cell: str, what: str) -> Values:
    """That something happened, and when; it happened even where the time cannot be read."""
    try:
        return {what: True, f"{what}_at": moment(cell)}
    except CellProblem:
        raise LeftOut(_("the time cannot be read, or lies in the future"), {what: True}) from None


def _changed(moment: Parser, cell: str) -> Values:
    """When a member was last changed is worth no rejection."""
    try:
        return {"changed_at": moment(cell)}
    except CellProblem:
        raise LeftOut(_("the time cannot be read, or lies in the future")) from None


def _salesforce_id(cell: str) -> str:
    """The 15 characters of an id; its longer form ends in three that only check the case of the others."""
    long = _LONG_SALESFORCE_ID.fullmatch(cell)
    return long[1] if long else id_of("external_id")(cell)


def _consent_answer(cell: str) -> str:
    if cell.casefold() == "unknown":
        return "unknown"
    try:
        return "yes" if yes_no(cell) else "no"
    except CellProblem:
        raise CellProblem(
            _("This is not yes, no or unknown."), _("Write one of them, or leave the cell empty.")
        ) from None


def _do_not_contact(cell: str) -> Values:
    """Mautic's reason: 0 none, 1 unsubscribed, 2 bounced, 3 set by hand."""
    word = cell.casefold()
    if word in {"2", "bounced"}:
        return {"bounced": True}
    return {"unsubscribed": True} if word in {"3", "unsubscribed", "manual"} or yes_no(cell) else {}


def _legal_basis(cell: str) -> None:
    """HubSpot names the basis, but not when consent was given, nor to what: no evidence, so consent stays unknown."""
    if _CONSENT_GIVEN in cell.casefold():
        note = _("when consent was given, and to what, is not in the file, so it counts as unknown")
        raise LeftOut(note, {"consent_email": "unknown"})


def _first_company(cell: str) -> Values:
    first, *others = listed(cell.split(";")) or ("",)
    values = {"organisation": text_of("organisation")(first)}
    if others:
        raise LeftOut(_("only the first of several companies was taken"), values)
    return values
