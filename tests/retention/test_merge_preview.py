"""What the page about a merge says is what the merge does (S42, E36): it asks, and the merge answers the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import keys
from config.dates import local_date
from config.models import Actor
from config.policy.periods import Period
from consent.models import Consent, SuppressionEntry
from consent.models.consents import ConsentState
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts.merge_preview import Outlook, preview
from contacts.merging import merge
from contacts.models import Affiliation, Agreement, Contact, Organisation
from contacts.models.organisations import STARTS_FIVE_YEARS
from retention import due, rules
from retention.models import DueDate
from tests.contacts.merging_cast import AT, SHAPES, Cast, difference, everything

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ACTOR = Actor.task()
PAIRS = 150
TODAY = local_date(AT)
READING = ("SELECT", "WITH")


def some(cast: Cast, first: int, last: int) -> date | None:
    """A day so many days from today, or none."""
    return cast.random.choice((None, TODAY + timedelta(days=cast.random.randint(first, last))))


def register(seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[Cast, list[tuple[Contact, Contact]]]:
    """Pairs at firms with agreements of every kind, some of them gone or going, some heard of, some listed."""
    shape: dict[str, Any] = {"started_on": None}
    monkeypatch.setitem(SHAPES, "contacts.Affiliation", shape)
    cast = Cast(seed)
    pairs = []
    for _pair in range(PAIRS):
        shape["ended_on"] = some(cast, -2500, 400)
        pairs.append(cast.pair())
        if cast.random.random() < 0.1:
            pairs[-1][1].last_engaged_on = TODAY + timedelta(days=3)  # a clock was wrong (E8)
    cast.store()
    for firm in Organisation.objects.filter(name__startswith="Firm"):
        for _agreement in range(cast.random.randint(0, 3)):
            begun = TODAY - timedelta(days=cast.random.randint(-40, 3000))
            kind = cast.random.choice([*STARTS_FIVE_YEARS, "trial"])
            length = cast.random.choice((None, timedelta(days=cast.random.randint(1, 2500))))
            days = {"signed_on": begun, "starts_on": begun, "ends_on": begun + length if length else None}
            Agreement.objects.create(organisation=firm, party="customer", kind=kind, **days)
    for one in (one for pair in pairs for one in pair):
        if cast.random.random() < 0.3:
            Consent.objects.create(
                contact=one, purpose="marketing", channel="email", state=ConsentState.GIVEN, method="form",
                by_subject=cast.random.random() < 0.8,
                occurred_at=AT - timedelta(days=cast.random.randint(1, 900)),
            )  # fmt: skip
        if one.email_key and cast.random.random() < 0.2:
            listed(one.email_key, AT - timedelta(days=cast.random.randint(1, 900)))
    due.refresh(TODAY)
    return cast, pairs


def listed(address: str, since: Any) -> None:
    """The address is on the suppression list for everything."""
    SuppressionEntry.objects.create(
        identifier=Identifier.EMAIL,
        digest=keys.digest(address),
        digest_version=keys.newest_version(),
        reason=SuppressionReason.OBJECTION,
        authority=Authority.PERSON,
        since_at=since,
    )


def foretold(outlook: Outlook) -> dict[str, Any]:
    """What the page says, in plain values."""
    return {
        **{name: value for name, value in outlook.values.items() if name != "updated_at"},
        **{one.name: one.value for one in outlook.fields},
        **{name: getattr(outlook.due, name) for name in due.COLUMNS},
    }


def come(contact: Contact, names: Any) -> dict[str, Any]:
    """The same of the contact that has come of it."""
    dates = DueDate.objects.get(contact=contact)
    return {name: getattr(dates if name in due.COLUMNS else contact, name) for name in names}


@pytest.mark.parametrize("seed", [1, 2])
@time_machine.travel(AT, tick=False)
def test_a_merge_does_what_its_preview_says(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a shorter period came into force: for one contact that counts by the earlier collection (E40)."""
    if seed % 2:
        periods = (Period("S95", 24, date(2019, 9, 1)), Period("S95", 12, date(2025, 6, 1)))
        monkeypatch.setattr(rules, "MARKETING_PERIODS", periods)
    _cast, pairs = register(seed, monkeypatch)
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        said = [foretold(preview(mine, theirs, at=AT)) for mine, theirs in pairs]
    assert all(one["sql"].startswith(READING) for one in queries)
    assert difference(before, everything()) == {}, "asking changes nothing"

    registers, moved = set(), 0
    for (mine, theirs), foreseen in zip(pairs, said, strict=True):
        earlier = {DueDate.objects.get(contact=one).erase_on for one in (mine, theirs)}
        merge(mine.pk, theirs.pk, actor=ACTOR, at=AT)
        assert come(Contact.objects.get(pk=mine.pk), foreseen) == foreseen
        registers.add(foreseen["register"])
        moved += foreseen["erase_on"] not in earlier
    assert registers == {"none", "marketing", "customer", "both"}
    assert moved, "somebody has a date that neither had before"


@time_machine.travel(AT, tick=False)
def test_the_preview_counts_the_rows_that_follow_and_the_joined_ones_among_them() -> None:
    firm, other = (Organisation.objects.create(name=name) for name in ("Both", "One"))
    mine, theirs = (Contact.objects.create(reference=f"C-{n}", collected_on=TODAY) for n in (1, 2))
    for contact, place in ((mine, firm), (theirs, firm), (theirs, other)):
        Affiliation.objects.create(contact=contact, organisation=place)
    assert preview(mine, theirs, at=AT).following == {Affiliation: 2}
    merge(mine.pk, theirs.pk, actor=ACTOR, at=AT)
    assert Affiliation.objects.filter(contact=mine).count() == 2
