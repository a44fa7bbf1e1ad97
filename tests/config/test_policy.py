"""The policy as data: its clauses and their dated periods."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.policy.clauses import BY_ID, CLAUSES
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS, Period, months_in_force, steps

POLICY = Path(__file__).resolve().parents[3] / "shared" / "policy"
FIRST, LAST = 3, 169
# The sentences that ask nothing of a program: headings, announcements, pointers to other texts.
NO_ACTION = (
    "4 9-10 12 14 18 23 29-30 32-34 39 43 52 57 63 74-75 80-82 87 94 98-100 104-107 109 111 117 120 123 126 130 "
    "140-141 147 152-157 162 164"
)


def numbers(text: str) -> set[int]:
    """The numbers of a list like "4 9-10"."""
    ranges = [part.split("-") for part in text.split()]
    return {number for part in ranges for number in range(int(part[0]), int(part[-1]) + 1)}


def folded(text: str) -> str:
    """The text with every stretch of whitespace as one blank."""
    return " ".join(text.split())


@pytest.fixture(scope="module")
def published() -> dict[str, str]:
    """The published text and the first words of each numbered sentence, from the sample folder."""
    if not POLICY.is_dir():
        pytest.skip("the published policy is not in the sample folder beside the project")
    lines = (POLICY / "sentences.tsv").read_text(encoding="utf-8").splitlines()
    first_words = dict(line.split("\t", 1) for line in lines)
    return {"text": folded((POLICY / "b2b-privacy-policy.de.txt").read_text(encoding="utf-8")), **first_words}


# The clauses ----------------------------------------------------------------------------------------------------------


def test_every_sentence_a_program_can_act_on_is_a_clause_once_and_in_order() -> None:
    actionable = sorted(set(range(FIRST, LAST + 1)) - numbers(NO_ACTION))
    assert [clause.id for clause in CLAUSES] == [f"S{number}" for number in actionable]
    assert len(CLAUSES) == 118


def test_every_clause_is_found_by_its_id() -> None:
    assert list(BY_ID.values()) == list(CLAUSES)


def test_every_quote_stands_in_the_published_policy(published: dict[str, str]) -> None:
    assert len(published["text"]) > 20_000
    assert [clause.id for clause in CLAUSES if clause.quote not in published["text"]] == []


def test_every_quote_has_the_words_that_its_number_has_in_the_numbering(published: dict[str, str]) -> None:
    words = {clause.id: published[clause.id].removeprefix("• ") for clause in CLAUSES}
    assert len(set(words.values())) > 100
    assert [clause.id for clause in CLAUSES if words[clause.id] not in clause.quote] == []


def test_quotes_are_whole_sentences_with_their_typography() -> None:
    quotes = {clause.id: clause.quote for clause in CLAUSES}
    assert [number for number, quote in quotes.items() if quote != folded(quote)] == []
    unfinished = {number for number, quote in quotes.items() if not quote.endswith(".")}
    # The items of a list, its announcement, and the lines of the postal address.
    assert unfinished == {"S35", "S36", "S108", "S142", "S143", "S144", "S145", "S146"}
    assert "F\u2011Secure" in quotes["S5"]
    assert not [number for number, quote in quotes.items() if re.search(r"F[-\u2010\u2012-\u2015]Secure", quote)]
    assert quotes["S158"].startswith("„Kunde“ bzw. „Sie“")


@pytest.mark.parametrize("pieces", ["S37 S38", "S41 S42", "S47 S48", "S72 S73", "S76 S77 S78", "S114 S115"])
def test_a_sentence_that_the_numbering_cuts_is_quoted_whole_under_each_number(pieces: str) -> None:
    quotes = {BY_ID[number].quote for number in pieces.split()}
    assert len(quotes) == 1
    assert "z. B. " in quotes.pop()


@pytest.mark.parametrize(
    ("clause", "section"),
    [
        ("S3", "Datenschutzrichtlinie für Firmenkundengeschäft"),
        ("S28", "Marketing – Rechtliche Grundlagen"),
        ("S31", "Kunden und Partner – Welche Art von Daten wir über Sie sammeln"),
        ("S51", "Kunden und Partner – Rechtliche Grundlagen"),
        ("S53", "Profilerstellung (Profiling)"),
        ("S93", "Sonstige Verwendung und Offenlegung"),
        ("S95", "Aufbewahren"),
        ("S118", "Ihre Rechte – Recht auf Einspruch"),
        ("S132", "Ihre Rechte"),
        ("S169", "Allgemeines – Änderungen"),
    ],
)
def test_a_clause_stands_under_its_published_heading(clause: str, section: str) -> None:
    assert BY_ID[clause].section == section


def test_every_heading_stands_in_the_published_policy(published: dict[str, str]) -> None:
    headings = {part for clause in CLAUSES for part in clause.section.split(" – ")}
    assert len(headings) > 15
    assert not [heading for heading in headings if heading not in published["text"]]


def test_two_clauses_name_a_period() -> None:
    periods = {clause.id: clause.period for clause in CLAUSES if clause.period}
    assert periods == {"S95": MARKETING_PERIODS[-1], "S97": CUSTOMER_PERIODS[-1]}
    assert (periods["S95"].months, periods["S95"].run_every_months) == (24, 1)
    assert (periods["S97"].months, periods["S97"].run_every_months) == (60, None)
    assert "Einmal im Monat" in BY_ID["S95"].quote
    assert "24 Monaten" in BY_ID["S95"].quote
    assert "fünf Jahre" in BY_ID["S97"].quote


# The periods ----------------------------------------------------------------------------------------------------------

OLD, NEW = date(2019, 9, 1), date(2027, 1, 1)
DAY = timedelta(days=1)


def versions(*months: int) -> tuple[Period, ...]:
    """A period of so many months from the old date on, and of so many from the new one."""
    return tuple(Period("S95", number, start) for number, start in zip(months, (OLD, NEW), strict=False))


@pytest.mark.parametrize("periods", [MARKETING_PERIODS, CUSTOMER_PERIODS])
def test_published_versions_stand_oldest_first_each_with_its_own_date(periods: tuple[Period, ...]) -> None:
    starts = [period.valid_from for period in periods]
    assert starts == sorted(set(starts))
    assert starts[0] == date(2019, 9, 1)


def test_one_version_is_one_step() -> None:
    assert steps(MARKETING_PERIODS, date(2026, 11, 22)) == [(None, 24)]
    assert steps(CUSTOMER_PERIODS, date(2026, 11, 22)) == [(None, 60)]


@pytest.mark.parametrize("collected_on", [date(2018, 1, 1), OLD - DAY, OLD, date(2026, 11, 22)])
def test_the_first_version_also_covers_what_was_collected_before_it(collected_on: date) -> None:
    assert months_in_force(MARKETING_PERIODS, collected_on, date(2026, 11, 22)) == 24


def test_a_shorter_period_applies_to_everybody_from_its_first_day() -> None:
    shorter = versions(24, 12)
    assert months_in_force(shorter, OLD, NEW - DAY) == 24
    assert months_in_force(shorter, OLD, NEW) == 12
    assert steps(shorter, NEW - DAY) == [(None, 24)]
    assert steps(shorter, NEW) == [(None, 12)]


def test_a_longer_period_applies_only_to_data_collected_under_it() -> None:
    longer = versions(24, 36)
    later = NEW + timedelta(days=400)
    assert months_in_force(longer, NEW - DAY, later) == 24
    assert months_in_force(longer, NEW, later) == 36
    assert steps(longer, NEW - DAY) == [(None, 24)]
    assert steps(longer, NEW) == [(NEW, 36), (None, 24)]


def test_a_period_that_was_shorter_for_a_while_stays_short_for_who_was_there() -> None:
    middle = date(2023, 5, 1)
    dip = (Period("S95", 24, OLD), Period("S95", 6, middle), Period("S95", 36, NEW))
    assert [months_in_force(dip, day, NEW) for day in (OLD, middle, NEW - DAY, NEW)] == [6, 6, 6, 36]
    assert steps(dip, NEW) == [(NEW, 36), (None, 6)]


@pytest.mark.parametrize("months", [(24,), (24, 12)])
def test_no_version_is_an_error_and_one_is_not(months: tuple[int, ...]) -> None:
    assert months_in_force(versions(*months), OLD, OLD) == 24
    with pytest.raises(ValueError, match="at least one dated period"):
        months_in_force((), OLD, OLD)
    with pytest.raises(ValueError, match="at least one dated period"):
        steps((), OLD)


def least_of_every_day(periods: tuple[Period, ...], collected_on: date, at: date) -> int:
    """The rule of E40 in its own words: walk the days, note the version of each, take the least."""
    day, months = min(collected_on, at), set()
    while day <= at:
        begun = [period for period in periods if period.valid_from <= day] or [periods[0]]
        months.add(begun[-1].months)
        day += DAY
    return min(months)


days = st.dates(date(2020, 1, 1), date(2020, 3, 31))
histories = st.lists(st.tuples(days, st.integers(1, 5)), min_size=1, max_size=6, unique_by=lambda pair: pair[0]).map(
    lambda pairs: tuple(Period("S95", months, start) for start, months in sorted(pairs))
)


@given(periods=histories, collected_on=days, at=days)
@example(periods=versions(24, 36), collected_on=NEW, at=NEW)
@example(periods=versions(24, 36), collected_on=NEW, at=NEW - DAY)
def test_row_by_row_and_as_thresholds_the_period_is_the_least_of_every_day(
    periods: tuple[Period, ...], collected_on: date, at: date
) -> None:
    expected = least_of_every_day(periods, collected_on, at)
    assert months_in_force(periods, collected_on, at) == expected
    thresholds = steps(periods, at)
    assert next(months for start, months in thresholds if start is None or collected_on >= start) == expected
    *starts, last = [start for start, _months in thresholds]
    assert last is None
    assert starts == sorted((start for start in starts if start), reverse=True)
