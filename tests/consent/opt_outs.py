"""Rows as each system exports them, of one person who opted out, or did not; and the entry that an opt-out leaves."""

from __future__ import annotations

from config import keys
from consent.models import SuppressionEntry
from consent.models.suppression import Identifier
from tests.consent.conftest import Cells, person

ANNA = "anna@example.org"
MAUTIC = {"email": ANNA, "firstname": "Anna", "lastname": "Virtanen", "company": "Acme Oy", "points": "5"}
MAILCHIMP = {"Email Address": ANNA, "First Name": "Anna", "Last Name": "Virtanen", "Company": "Acme Oy", "LEID": "1"}
HUBSPOT = {"Record ID": "1", "Email": ANNA, "First Name": "Anna", "Last Name": "Virtanen", "Company name": "Acme Oy"}
SALESFORCE = {
    "Contact ID": "003", "Email": ANNA, "First Name": "Anna", "Last Name": "Virtanen", "Account Name": "Acme Oy",
    "Phone": "+358401111111", "Do Not Call": "0", "Email Opt Out": "0",
}  # fmt: skip
OPT_OUTS: dict[str, Cells] = {
    "own": person(unsubscribed="yes", organisation="Acme Oy"),
    "Mautic 1": MAUTIC | {"dnc": "1"},
    "Mautic 3": MAUTIC | {"dnc": "3"},
    "Mautic unsubscribed": MAUTIC | {"donotcontact": "unsubscribed"},
    "Mautic manual": MAUTIC | {"do_not_contact": "manual"},
    "Mailchimp": MAILCHIMP | {"UNSUB_TIME": "2026-05-01 10:00:00"},
    "Mailchimp, no time": MAILCHIMP | {"UNSUB_TIME": ""},
    "HubSpot": HUBSPOT | {"Unsubscribed from all email": "true"},
    "HubSpot, one kind": HUBSPOT | {"Opted out of email: Newsletter": "Yes"},
    "Salesforce": SALESFORCE | {"Email Opt Out": "1"},
}
NO_OPT_OUTS: dict[str, Cells] = {
    "own": person(unsubscribed="no"),
    "Mautic": MAUTIC | {"dnc": "0"},
    "HubSpot": HUBSPOT | {"Unsubscribed from all email": "false", "Opted out of email: Newsletter": ""},
    "Salesforce": SALESFORCE,
}


def entry(key: str = ANNA, channel: str = "", identifier: Identifier = Identifier.EMAIL) -> SuppressionEntry:
    """The entry of an identifier."""
    return SuppressionEntry.objects.get(digest=keys.digest(key), channel=channel, identifier=identifier)
