"""The command under test, and one person for each thing a run can do or must not do."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import CommandError, call_command

from consent.models import Restriction
from contacts.models import Agreement, Contact, Organisation
from retention import due
from retention.models import Hold
from tests.planted import AT, DAY, TODAY, former, organisation, person, silent

Cast = dict[str, Contact]


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def cast() -> Cast:
    """One person for each thing a run can do or must not do."""
    live, ended = organisation(ends_on=None), organisation(ends_on=TODAY - 400 * DAY)
    namesake = Organisation.objects.create(name="Nordlicht Oy")
    Agreement.objects.create(organisation=namesake, party="customer", kind="licence", starts_on=dt.date(2020, 1, 1))
    long_ago = dt.date(2020, 2, 29)
    people = {
        "anna": silent(0),
        "bert": former(0),
        "cleo": person(in_marketing=False),
        "dora": silent(10),
        "emil": silent(10),
        "fred": person(live, collected_on=long_ago),
        "gina": person(),
        "hugo": person(ended, collected_on=long_ago),
        "ilse": silent(10),
        "judy": person(Organisation.objects.create(name="Nordlicht GmbH"), in_marketing=False),
    }
    for name, contact in people.items():
        contact.email = f"{name}@example.org"
        contact.save()
    Hold.objects.create(contact=people["dora"], matter="claim", until_on=TODAY)
    Restriction.objects.create(contact=people["emil"], ground="a")
    Hold.objects.create(contact=people["ilse"], kind="request", matter="request")
    due.refresh(TODAY)
    return people


def retention(*arguments: str) -> str:
    """What the command prints when all went well."""
    out, errors = io.StringIO(), io.StringIO()
    call_command("retention", *arguments, stdout=out, stderr=errors)
    assert errors.getvalue() == ""
    return out.getvalue()


def refused(*arguments: str) -> tuple[int, str, str]:
    """Exit code, sentence and output of a command that could not do what it was asked."""
    out = io.StringIO()
    with pytest.raises(CommandError) as problem:
        call_command("retention", *arguments, stdout=out)
    return problem.value.returncode, str(problem.value), out.getvalue()
