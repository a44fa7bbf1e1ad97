"""Keyed digests: how an address is recognised again after the person has been erased.

A plain hash of an e-mail address can be guessed, so every digest is an HMAC. Keys are versioned: the newest writes,
older ones still recognise, so that a rotation never forgets an objection.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from django.conf import settings


def newest_version() -> int:
    """The version of the key that writes."""
    return max(settings.HMAC_KEYS)


def digest(text: str, version: int | None = None) -> str:
    """HMAC-SHA256 of a normalised identifier, in hex, under the newest key or the given version.

    Raises KeyError for a version whose key the environment no longer holds.
    """
    key = settings.HMAC_KEYS[newest_version() if version is None else version]
    return hmac.digest(key, text.encode(), "sha256").hex()


def all_digests(text: str) -> Iterator[tuple[int, str]]:
    """(version, digest) under every key, the newest first: look-ups try each."""
    encoded = text.encode()
    for version, key in sorted(settings.HMAC_KEYS.items(), reverse=True):
        yield version, hmac.digest(key, encoded, "sha256").hex()
