"""References: never used twice, and not mistaken for one of another kind."""

from __future__ import annotations

from itertools import islice

from contacts.references import SERIES, SPACE, reference


def test_no_reference_of_a_series_comes_twice_and_none_has_the_letters_of_another_series() -> None:
    numbers = list(islice(range(0, SPACE, SPACE // 7), 7)) + list(range(50_000))
    letters = {series: {reference(number, series)[2:] for number in numbers} for series in SERIES}
    assert all(len(found) == len(set(numbers)) for found in letters.values())
    early = {series: {reference(number, series)[2:] for number in range(50_000)} for series in SERIES}
    assert not early["C"] & early["R"]


def test_requests_and_contacts_of_the_same_number_look_different() -> None:
    pairs = [zip(reference(number)[2:], reference(number, "R")[2:], strict=True) for number in range(100)]
    assert all(sum(one != other for one, other in pair) >= 3 for pair in pairs)
