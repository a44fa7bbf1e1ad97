"""Files at rest (Art. 32): each under a data key of its own, which the export key seals. No data key, no file.

AES-256-GCM throughout. The id of the row is bound into both layers, so that neither file nor key fits another row.
Destroying the sealed key destroys the file in every backup that has the file alone, and the folder's copy goes too.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES: Final = 12
FOLDER: Final = "sealed"
UNKNOWN_AFTER: Final = timedelta(hours=1)
"""A file without a row is left by a transaction that never ended; a running one may be as old as this."""


class LostKeyError(ValueError):
    """The file cannot be opened: its key was destroyed, or is not the export key's."""


def seal(owner: UUID, content: bytes) -> tuple[str, bytes]:
    """Write a file that belongs to the row `owner`; returns its path below the folder of uploads, and the sealed key.

    On the disk before it returns, under a name of its own: nothing is ever overwritten.
    """
    key = AESGCM.generate_key(bit_length=256)
    path = f"{FOLDER}/{owner.hex}-{secrets.token_hex(4)}"
    _write(settings.UPLOAD_DIR / path, _closed(key, content, owner))
    return path, _closed(_export_key(), key, owner)


def unseal(owner: UUID, path: str, sealed_key: bytes | memoryview | None) -> bytes:
    """What is in the file of the row `owner`. Raises LostKeyError, and OSError where the file is gone."""
    if sealed_key is None:
        raise LostKeyError("The key of this file has been destroyed.")
    try:
        key = _opened(_export_key(), bytes(sealed_key), owner)
        return _opened(key, (settings.UPLOAD_DIR / path).read_bytes(), owner)
    except InvalidTag:
        raise LostKeyError("This file was sealed with another export key, or was changed.") from None


def remove(path: str) -> None:
    """Take the file away; one that is gone already is no problem."""
    if path:
        with suppress(FileNotFoundError):
            (settings.UPLOAD_DIR / path).unlink()


def strangers(known: set[str], at: datetime) -> list[Path]:
    """Sealed files that no row knows and that are older than an hour at the moment `at` (aware)."""
    folder = settings.UPLOAD_DIR / FOLDER
    if not folder.exists():
        return []
    oldest = (at - UNKNOWN_AFTER).timestamp()
    files = [one for one in folder.iterdir() if one.is_file() and f"{FOLDER}/{one.name}" not in known]
    return [one for one in files if one.stat().st_mtime < oldest]


def _export_key() -> bytes:
    return sha256(b"obhut.export.1" + settings.EXPORT_KEY.encode()).digest()


def _closed(key: bytes, content: bytes, owner: UUID) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, owner.bytes)


def _opened(key: bytes, text: bytes, owner: UUID) -> bytes:
    return AESGCM(key).decrypt(text[:NONCE_BYTES], text[NONCE_BYTES:], owner.bytes)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
