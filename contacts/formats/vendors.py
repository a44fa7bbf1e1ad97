"""Whose columns a file has: our own, or the documented export of another system."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from enum import StrEnum

from django.utils.translation import gettext as _

from contacts.formats.dates import DateStyle
from contacts.formats.problems import UnreadableFile
from contacts.formats.table import header_key


class Format(StrEnum):
    """The systems whose contacts can be read."""

    OBHUT = "obhut"
    MAUTIC = "mautic"
    HUBSPOT = "hubspot"
    MAILCHIMP = "mailchimp"
    SALESFORCE = "salesforce"


_OWN_FIELDS = (
    "email salutation academic_title first_name last_name job_title job_function phone language country street "
    "postcode city state linkedin_url organisation organisation_domain industry company_size revenue affiliated_from "
    "affiliated_until topics source source_supplier supplied_by_subject collected_on in_marketing "
    "notification_preferences consent_email consent_at consent_text unsubscribed external_id"
).split()

# Columns that are not named here say nothing we may keep: IP addresses, scores, and dates of our own mailings.
FIELDS: dict[Format, dict[str, str]] = {
    Format.OBHUT: {field: field for field in _OWN_FIELDS},
    Format.MAUTIC: {
        "email": "email",
        "title": "salutation",
        "firstname": "first_name",
        "lastname": "last_name",
        "position": "job_title",
        "company": "organisation",
        "phone": "phone",
        "mobile": "phone",
        "address1": "street",
        "address2": "street",
        "zipcode": "postcode",
        "city": "city",
        "state": "state",
        "country": "country",
        "preferred_locale": "language",
        "linkedin": "linkedin_url",
        "tags": "tags",
        "date_added": "collected_on",
        "dateadded": "collected_on",
        "dnc": "do_not_contact",
        "donotcontact": "do_not_contact",
        "do_not_contact": "do_not_contact",
        "id": "external_id",
    },
    Format.HUBSPOT: {
        "email": "email",
        "record id": "external_id",
        "record id - contact": "external_id",
        "salutation": "salutation",
        "first name": "first_name",
        "last name": "last_name",
        "job title": "job_title",
        "job function": "job_function",
        "phone number": "phone",
        "mobile phone number": "phone",
        "associated company": "companies",
        "primary associated company": "companies",
        "company name": "organisation",
        "industry": "industry",
        "street address": "street",
        "postal code": "postcode",
        "city": "city",
        "state/region": "state",
        "country/region": "country",
        "country": "country",
        "preferred language": "language",
        "create date": "collected_on",
        "unsubscribed from all email": "unsubscribed",
        "legal basis for processing contact's data": "legal_basis",
        "email hard bounce reason": "bounce_reason",
    },
    Format.MAILCHIMP: {
        "email address": "email",
        "first name": "first_name",
        "last name": "last_name",
        "address": "street",
        "phone number": "phone",
        "phone": "phone",
        "company": "organisation",
        "optin_time": "collected_on",
        "confirm_time": "confirm_time",
        "tags": "tags",
        "unsub_time": "unsub_time",
        "clean_time": "clean_time",
        "last_changed": "last_changed",
        "leid": "external_id",
        "euid": "external_id",
    },
    Format.SALESFORCE: {
        "email": "email",
        "contact id": "salesforce_id",
        "salutation": "salutation",
        "first name": "first_name",
        "last name": "last_name",
        "title": "job_title",
        "department": "job_function",
        "account name": "organisation",
        "mailing street": "street",
        "mailing city": "city",
        "mailing state/province": "state",
        "mailing zip/postal code": "postcode",
        "mailing country": "country",
        "phone": "phone",
        "mobile": "phone",
        "email opt out": "unsubscribed",
        "do not call": "phone_opt_out",
        "lead source": "source",
        "created date": "collected_on",
        "language": "language",
    },
}
"""Which header fills which field; a field that ContactRow does not have fills others (see `_parsers` in `contacts`)."""

DATE_STYLES = {
    Format.OBHUT: DateStyle(),
    Format.MAUTIC: DateStyle(zone=UTC),
    Format.HUBSPOT: DateStyle(),
    Format.MAILCHIMP: DateStyle(zone=UTC),
    Format.SALESFORCE: DateStyle(),  # the user's locale: the file itself shows the order (see `contacts`)
}

_IDENTIFIED_BY = ("email", "external_id", "salesforce_id")
# HubSpot has one such column per kind of subscription; an objection to one kind stops them all.
_HUBSPOT_OPT_OUT = "opted out of email"
# Columns that tell a vendor's export although we leave them out.
_SIGNS = {
    Format.MAUTIC: {"points", "ip", "lastactive", "last_active", "dateidentified", "date_identified"},
    Format.HUBSPOT: {"last activity date", "lifecycle stage", "lead status", "contact owner"},
    Format.MAILCHIMP: {"member_rating", "optin_ip", "confirm_ip", "notes", "unsub_reason", "gmtoff"},
    Format.SALESFORCE: {"last activity", "contact owner", "account owner", "fax opt out"},
}
_OPT_OUT = re.compile(r"unsub|opt[ _-]?(ed[ _-])?out|do[ _-]?not|\bdnc\b|suppress|abgemeldet|widerspr", re.IGNORECASE)


def recognise(headers: Iterable[str]) -> Format:
    """Whose file this is: the system that knows most of its columns; our own format where nobody knows more."""
    keys = {header_key(header) for header in headers}
    return max(Format, key=lambda fmt: len(keys & (FIELDS[fmt].keys() | _SIGNS.get(fmt, set()))))


def contact_fields(headers: Iterable[str], fmt: Format) -> dict[str, str]:
    """Which header of this file fills which field.

    Raises UnreadableFile for an unknown column of our own format that looks like an opt-out: it must not get lost.
    """
    fields = dict(FIELDS[fmt])
    for header in headers:
        key = header_key(header)
        if fmt is Format.HUBSPOT and key.startswith(_HUBSPOT_OPT_OUT):
            fields[key] = "unsubscribed"
        elif fmt is Format.OBHUT and key not in fields and _OPT_OUT.search(key):
            raise UnreadableFile(
                _(
                    "The column “%(column)s” is not known, but looks like an opt-out. "
                    "Call it “unsubscribed”, or remove it."
                )
                % {"column": header}
            )
    return fields


def unknown_headers(headers: Iterable[str], fmt: Format) -> tuple[str, ...]:
    """The columns of the file that are not read. Raises UnreadableFile as `contact_fields` does."""
    known = contact_fields(headers := tuple(headers), fmt)
    return tuple(header for header in headers if header and header_key(header) not in known)


def missing_columns(headers: Iterable[str], fmt: Format) -> tuple[str, ...]:
    """The headers of which one is needed to tell who a row is about; nothing when the file has one of them."""
    fields = contact_fields(headers := tuple(headers), fmt)
    identifying = tuple(key for key, field in fields.items() if field in _IDENTIFIED_BY)
    return () if any(header_key(header) in identifying for header in headers) else identifying
