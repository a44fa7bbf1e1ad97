"""Uploaded files: stored until they are decided, given up, or forgotten after a day. Nobody else may read them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from config.policy.periods import UPLOAD_HOURS
from consent.models import ImportBatch
from consent.models.airlock import ImportKind, ImportState

WAITING = (ImportState.UPLOADED, ImportState.PREVIEWED)
"""Nobody has confirmed the file yet."""


def receive(
    pieces: Iterable[bytes],
    *,
    kind: ImportKind,
    file_name: str = "",
    format_name: str = "auto",
    source_code: str = "",
    uploaded_by: UUID | None = None,
) -> ImportBatch:
    """Store an uploaded file and its batch until it is decided; nobody else may read it."""
    batch = ImportBatch(
        kind=kind,
        format=format_name,
        source_code=source_code,
        file_name=_harmless(file_name),
        uploaded_by=uploaded_by,
    )
    store(batch, pieces)
    batch.save()
    return batch


def store(batch: ImportBatch, pieces: Iterable[bytes]) -> None:
    """Write the file of a batch that is not stored yet; `discard` deletes it."""
    settings.UPLOAD_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    batch.stored_as = batch.pk.hex
    digest = hashlib.sha256()
    with path_of(batch).open("xb") as handle:
        path_of(batch).chmod(0o600)
        for piece in pieces:
            digest.update(piece)
            handle.write(piece)
    batch.digest = digest.hexdigest()


def _harmless(file_name: str) -> str:
    """The name of a file as we may keep it: some people name files after a person's address."""
    name = Path(file_name).name.encode("utf-8", "replace").decode()[:200]
    return name if "@" not in name else Path(name).suffix


def path_of(batch: ImportBatch) -> Path:
    """Where the uploaded file lies."""
    path: Path = settings.UPLOAD_DIR / batch.stored_as
    return path


def discard(batch: ImportBatch) -> None:
    """Delete the uploaded file; the batch keeps counts, line numbers and reasons only."""
    if batch.stored_as:
        path_of(batch).unlink(missing_ok=True)


def abandon(batch: ImportBatch) -> bool:
    """Give an unconfirmed upload up; returns False when it was confirmed or ended meanwhile."""
    waiting = ImportBatch.objects.filter(pk=batch.pk, state__in=WAITING)
    won = bool(waiting.update(state=ImportState.ABANDONED, sample={}))
    if won:
        discard(batch)
    batch.refresh_from_db()
    return won


def tidy(at: datetime) -> int:
    """Uploads that nobody confirmed within a day vanish, and so do files no batch knows; returns how many."""
    old = ImportBatch.objects.filter(state__in=WAITING, created_at__lt=at - timedelta(hours=UPLOAD_HOURS))
    for batch in old:
        abandon(batch)
    limit = (at - timedelta(hours=UPLOAD_HOURS)).timestamp()
    alive = ImportBatch.objects.filter(state__in=(*WAITING, ImportState.RUNNING)).values_list("stored_as", flat=True)
    for path in settings.UPLOAD_DIR.glob("*"):
        if path.name not in set(alive) and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
    return len(old)
