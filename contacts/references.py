"""Human references such as C-7K3M9Q: readable over the phone, unguessable in order, never used twice."""

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


def reference(number: int) -> str:
    """The reference of the `number`-th contact.

    Raises ValueError when the sequence is used up, because a reference must never come back.
    """
    if not 0 <= number < SPACE:
        raise ValueError("the sequence of references is used up")
    rest = (number * MULTIPLIER + OFFSET) % SPACE
    letters = []
    for _position in range(LENGTH):
        rest, digit = divmod(rest, 32)
        letters.append(ALPHABET[digit])
    return "C-" + "".join(reversed(letters))


def take(count: int) -> list[str]:
    """The next `count` references. Held until the surrounding transaction ends."""
    with transaction.atomic():
        ReferenceSequence.objects.get_or_create(pk=1)
        ReferenceSequence.objects.filter(pk=1).update(used=F("used") + count)
        used = ReferenceSequence.objects.values_list("used", flat=True).get(pk=1)
    return [reference(number) for number in range(used - count, used)]
