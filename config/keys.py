"""Keyed digests: how an address is recognised again after the person has been erased.

A plain hash of an e-mail address can be guessed, so every digest is an HMAC. Keys are versioned: the newest writes,
older ones still recognise, so that a rotation never forgets an objection.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.conf import settings


def newest_version() -> int:
    """The version of the key that writes."""
    return max(settings.HMAC_KEYS)


def digest(text: str, version: int | None = None) -> str:
    """HMAC-SHA256 of a normalised identifier, in hex, under the newest key or the given version.

    Raises KeyError for a version whose key the environment no longer holds.
    """
    known = settings.HMAC_KEYS
    return _digest(known[max(known) if version is None else version], text)


def all_digests(text: str) -> Iterator[tuple[int, str]]:
    """(version, digest) under every key, the newest first: look-ups try each."""
    for version, key in sorted(settings.HMAC_KEYS.items(), reverse=True):
        yield version, _digest(key, text)


def digests_of(texts: Iterable[str]) -> dict[str, list[str]]:
    """The digests of many identifiers, each under every key, the newest first."""
    newest_first = [key for _version, key in sorted(settings.HMAC_KEYS.items(), reverse=True)]
    return {text: [_digest(key, text) for key in newest_first] for text in texts}


@lru_cache(maxsize=8192)
def _digest(key: bytes, text: str) -> str:
    """Remembered: an import asks each of its lists about the same few thousand addresses."""
    return hmac.digest(key, text.encode(), "sha256").hex()
