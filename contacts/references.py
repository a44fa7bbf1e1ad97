"""Human references such as C-7K3M9Q (contacts) and R-7K3M9Q (rights requests): never used twice."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from contacts.models.people import ReferenceSequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: without I, L, O and U
LENGTH = 6
SPACE = 32**LENGTH
# An odd multiplier permutes the numbers below a power of two, so neighbours look unrelated and none repeats.
MULTIPLIER = 0x2545F491
OFFSET = 0x1F3A7C5


SERIES = {"C": 1, "R": 2}
"""The first letter of a reference, and the row that counts how many of its kind have been given out."""
BEGIN = {"C": 0, "R": SPACE // 3}
"""A third of all numbers lies between the series: a request does not have the letters of some contact."""


def reference(number: int, series: str = "C") -> str:
    """The reference of the `number`-th record of a series.

    Raises ValueError when the sequence is used up, because a reference must never come back.
    """
    if not 0 <= number < SPACE:
        raise ValueError("the sequence of references is used up")
    rest = ((BEGIN[series] + number) * MULTIPLIER + OFFSET) % SPACE
    letters = []
    for _position in range(LENGTH):
        rest, digit = divmod(rest, 32)
        letters.append(ALPHABET[digit])
    return f"{series}-{''.join(reversed(letters))}"


def take(count: int, series: str = "C") -> list[str]:
    """The next `count` references of a series. Held until the surrounding transaction ends."""
    row = SERIES[series]
    with transaction.atomic():
        ReferenceSequence.objects.get_or_create(pk=row)
        ReferenceSequence.objects.filter(pk=row).update(used=F("used") + count)
        used = ReferenceSequence.objects.values_list("used", flat=True).get(pk=row)
    return [reference(number, series) for number in range(used - count, used)]
