"""Small registers for the tests of the controls, and the violations planted in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from config.dates import add_months
from contacts.models import Affiliation, Agreement, Collection, Contact, Organisation, Source
from retention import due

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def organisation(**agreement: Any) -> Organisation:
    """An organisation; with dates, one that has such an agreement."""
    firm = Organisation.objects.create(name=f"Firm {Organisation.objects.count()}")
    if agreement:
        fields = {"party": "customer", "kind": "licence", "starts_on": date(2015, 1, 1), **agreement}
        Agreement.objects.create(organisation=firm, **fields)
    return firm


def person(firm: Organisation | None = None, *, listed: bool = True, **fields: Any) -> Contact:
    """A contact with a source, at that organisation; `listed` brings the state table up to date."""
    contact = Contact.objects.create(**{"collected_on": TODAY, "in_marketing": True, **fields})
    source, _created = Source.objects.get_or_create(code="form", kind="form")
    Collection.objects.create(contact=contact, source=source, collected_on=TODAY, fields=["email"])
    Affiliation.objects.create(contact=contact, organisation=firm or organisation())
    if listed:
        due.refresh(TODAY)
    return contact


def silent(waiting: int, *, listed: bool = True) -> Contact:
    """A prospect whose 24 months ended so long ago that the rule has been due for so many days."""
    last_day = TODAY - DAY * (waiting + 1)
    return person(collected_on=add_months(last_day, -24), listed=listed)


def former(waiting: int) -> Contact:
    """Somebody in the customer register only, whose employer's five years ended so long ago."""
    last_day = TODAY - DAY * (waiting + 1)
    return person(organisation(ends_on=add_months(last_day, -60)), in_marketing=False)
