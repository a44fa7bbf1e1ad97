"""Addresses we once held (E37): one way to ask for them, for files and for entries by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from config import keys
from consent.models import FormerAddress
from consent.models.suppression import FormerReason


def find(address_keys: Iterable[str]) -> dict[str, tuple[str, date]]:
    """Which of these keys were erased: why and when, the latest erasure; on request outweighs a rule."""
    by_digest = {digest: key for key, digests in keys.digests_of(address_keys).items() for digest in digests}
    former: dict[str, list[tuple[bool, date]]] = defaultdict(list)
    rows = FormerAddress.objects.filter(digest__among=list(by_digest)).values_list("digest", "reason", "erased_on")
    for digest, reason, on in rows:
        former[by_digest[digest]].append((reason == FormerReason.REQUEST, on))
    return {
        key: (str(FormerReason.REQUEST if max(found)[0] else FormerReason.PURGE), max(on for _request, on in found))
        for key, found in former.items()
    }


def forget(key: str) -> None:
    """Lift the bar of a former address: privacy staff decided that the person may enter again."""
    FormerAddress.objects.filter(digest__in=[digest for _version, digest in keys.all_digests(key)]).delete()
