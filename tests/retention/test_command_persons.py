"""`manage.py retention explain`, `hold` and `release`: about one person, found by address, id or reference."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils.formats import date_format

from config.models import AuditEvent
from contacts.models import Contact
from retention.models import Hold
from tests.consent.conftest import differences, snapshot
from tests.retention.command_cast import Cast, cast, refused, retention, today

pytestmark = pytest.mark.django_db

__all__ = ["cast", "today"]


def day(year: int, month: int, number: int) -> str:
    """A day as Obhut writes it for people."""
    return date_format(dt.date(year, month, number))


# explain --------------------------------------------------------------------------------------------------------------


def test_a_contact_is_found_by_address_id_and_reference(cast: Cast) -> None:
    anna = cast["anna"]
    ways = (anna.email, f" {anna.email.upper()} ", str(anna.pk), anna.pk.hex, anna.reference, anna.reference.lower())
    texts = {retention("explain", way) for way in ways}
    assert len(texts) == 1
    (text,) = texts
    assert text.startswith(f"{anna.reference}, 2026-11-23\n")
    assert anna.email not in text


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("anna", ["S95", day(2024, 11, 22), day(2026, 11, 22), "erases the contact", "A response or visit starts"]),
        ("bert", ["S97", day(2026, 11, 22), "erases the contact", "new agreement"]),
        ("cleo", ["No register has a reason", "Art. 5(1)(e)", "erases the contact", "Only a new collection"]),
        ("dora", ["is under a legal hold", "Art. 17(3)(e)", "the data stays as it is"]),
        ("emil", ["is restricted", "Art. 18", "may not touch the contact"]),
        ("fred", ["works for a customer or partner", "S96", "the tie to a customer or partner keeps"]),
        ("gina", [day(2028, 11, 23), "leaves the contact alone"]),
        ("hugo", ["S97", "ends a register; the contact stays"]),
        ("ilse", ["has a rights request", "may not touch the contact"]),
        ("judy", ["without an agreement to what looks like a customer", "may not touch the contact"]),
    ],
)
def test_the_explanation_says_why_until_when_and_what_would_change_it(
    name: str, sentences: list[str], cast: Cast
) -> None:
    text = retention("explain", cast[name].email)
    assert [sentence for sentence in sentences if sentence not in text] == []


def test_the_explanation_of_another_day_is_that_days(cast: Cast) -> None:
    assert "leaves the contact alone" in retention("explain", cast["anna"].email, "--on", "2026-11-22")
    assert "erases the contact" in retention("explain", cast["gina"].email, "--on", "2028-11-24")


def test_an_explanation_writes_nothing(cast: Cast) -> None:
    before = snapshot(), AuditEvent.objects.count()
    retention("explain", cast["judy"].email)
    assert (differences(before[0], snapshot()), AuditEvent.objects.count()) == ({}, before[1])


@pytest.mark.parametrize(
    "who", ["nobody@example.org", "not an address@", "01a20748-22e0-71c3-9fd0-9d20b53cc84c", "C-000000", ""]
)
@pytest.mark.parametrize("command", [["explain"], ["hold", "--matter", "m", "--until", "2026-12-01"], ["release"]])
def test_somebody_unknown_is_refused_without_repeating_the_address(command: list[str], who: str, cast: Cast) -> None:
    code, sentence, out = refused(*command, who)
    assert (code, sentence, out) == (1, "No contact has this address, id or reference.", "")


# hold and release -----------------------------------------------------------------------------------------------------


def test_a_hold_keeps_a_contact_until_it_is_released(cast: Cast) -> None:
    anna = cast["anna"]
    said = retention("hold", anna.email, "--matter", "Claim 7", "--until", "2026-12-24")
    assert said == f"{anna.reference} is held until 2026-12-24.\n"
    hold = Hold.objects.get(contact=anna)
    assert (hold.matter, hold.until_on, hold.kind, hold.scope) == ("Claim 7", dt.date(2026, 12, 24), "legal", "all")
    retention("run")
    assert Contact.objects.filter(pk=anna.pk).exists()
    assert retention("release", str(anna.pk)) == (f"{anna.reference}: 1 holds released. The next run decides anew.\n")
    retention("run")
    assert not Contact.objects.filter(pk=anna.pk).exists()
    assert set(AuditEvent.objects.filter(object_id=anna.pk).values_list("action", "actor_kind")) == {
        ("held", "command"),
        ("released", "command"),
    }


@pytest.mark.parametrize(("owner", "named"), [([], "command line"), (["--owner", "Legal"], "Legal")])
def test_a_hold_says_who_answers_for_it(owner: list[str], named: str, cast: Cast) -> None:
    retention("hold", cast["anna"].email, "--matter", "Claim 7", "--until", "2026-12-24", *owner)
    assert Hold.objects.get(contact=cast["anna"]).owner == named


@pytest.mark.parametrize("until", ["2026-11-22", "2027-11-24"])
def test_a_hold_lasts_from_today_to_twelve_months_at_most(until: str, cast: Cast) -> None:
    for fine in ("2026-11-23", "2027-11-23"):
        retention("hold", cast["anna"].email, "--matter", "Claim 7", "--until", fine)
    holds = Hold.objects.count()
    code, sentence, _out = refused("hold", cast["anna"].email, "--matter", "Claim 7", "--until", until)
    assert code == 1
    assert "23 Nov 2027" in sentence and "renewed, not left open" in sentence
    assert Hold.objects.count() == holds


@pytest.mark.parametrize("missing", ["--matter", "--until"])
def test_a_hold_needs_a_matter_and_an_end(missing: str, cast: Cast) -> None:
    given = {"--matter": "Claim 7", "--until": "2026-12-24"}
    del given[missing]
    _code, sentence, _out = refused("hold", cast["anna"].email, *(text for pair in given.items() for text in pair))
    assert missing in sentence


def test_an_empty_matter_is_refused(cast: Cast) -> None:
    code, _sentence, _out = refused("hold", cast["anna"].email, "--matter", "", "--until", "2026-12-24")
    assert code == 1
    assert not Hold.objects.filter(contact=cast["anna"]).exists()


def test_releasing_ends_every_legal_hold_and_no_hold_of_a_request(cast: Cast) -> None:
    ilse = cast["ilse"]
    for matter in ("Claim 7", "Claim 8"):
        retention("hold", ilse.email, "--matter", matter, "--until", "2026-12-24")
    assert "2 holds released" in retention("release", ilse.email)
    assert Hold.objects.get(contact=ilse, released_at=None).kind == "request"
    code, sentence, _out = refused("release", ilse.email)
    assert (code, sentence) == (1, f"{ilse.reference} has no legal hold.")
