"""Files of a case: what the person sent, what belongs to an answer, packages. Small, of known types, encrypted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath
from typing import Final

import uuid_utils.compat as uuid
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.models import Actor
from dsar import sealed
from dsar.history import note
from dsar.models import Attachment, Message, RightsRequest
from dsar.models.history import EventKind

MAX_BYTES: Final = 10 * 1024 * 1024
MOST: Final = 20
"""Files of one case; more than that is no correspondence."""
TYPES: Final = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".txt": ("text/plain", b""),
    ".eml": ("message/rfc822", b""),
}
"""What may be attached: ending, type, and the bytes such a file begins with."""


def add(
    request: RightsRequest, name: str, content: bytes, at: datetime, actor: Actor, *, message: Message | None = None
) -> Attachment:
    """Keep a file that somebody uploaded. Raises ValueError, saying why, for one too large or of another type."""
    kind = _type_of(name, content)
    if Attachment.objects.filter(request=request).count() >= MOST:
        text = ngettext("A case has at most %(most)s file.", "A case has at most %(most)s files.", MOST)
        raise ValueError(text % {"most": MOST})
    return store(request, PurePath(name.replace("\\", "/")).name, content, at, actor, kind=kind, message=message)


def store(
    request: RightsRequest,
    name: str,
    content: bytes,
    at: datetime,
    actor: Actor,
    *,
    kind: str,
    message: Message | None = None,
) -> Attachment:
    """Encrypt and keep a file of our own making or one that `add` has checked; `kind` is its media type."""
    key = uuid.uuid7()
    path, sealed_key = sealed.seal(key, content)
    with transaction.atomic():
        attachment = Attachment.objects.create(
            id=key,
            request=request,
            message=message,
            name=name[-150:],
            content_type=kind,
            size=len(content),
            sha256=sha256(content).hexdigest(),
            path=path,
            sealed_key=sealed_key,
            added_at=at,
            added_by=actor.user_id,
        )
        note(request, EventKind.FILE, at, actor, subject="added")
    return attachment


def read(attachment: Attachment) -> bytes:
    """What is in the file. Raises ValueError, with a sentence, when it was destroyed or changed."""
    try:
        content = sealed.unseal(attachment.pk, attachment.path, attachment.sealed_key)
    except (sealed.LostKeyError, OSError):
        raise ValueError(_("This file cannot be opened any more.")) from None
    if sha256(content).hexdigest() != attachment.sha256:
        raise ValueError(_("This file cannot be opened any more."))
    return content


def destroy(attachments: Iterable[Attachment], at: datetime) -> int:
    """Destroy the keys of these files, and after the commit the files themselves; returns how many."""
    done = 0
    for one in attachments:
        done += Attachment.objects.filter(pk=one.pk, sealed_key__isnull=False).update(sealed_key=None, destroyed_at=at)
        path = one.path
        transaction.on_commit(lambda path=path: sealed.remove(path), robust=True)  # type: ignore[misc]
    return done


def tidy(at: datetime) -> int:
    """Delete the files whose key is gone or that no case knows; returns how many."""
    for path in Attachment.objects.filter(sealed_key__isnull=True).values_list("path", flat=True):
        sealed.remove(path)
    known = set(Attachment.objects.filter(sealed_key__isnull=False).values_list("path", flat=True))
    left = sealed.strangers(known, at)
    for stranger in left:
        stranger.unlink(missing_ok=True)
    return len(left)


def _type_of(name: str, content: bytes) -> str:
    """The media type by the ending, which the first bytes must bear out."""
    ending = PurePath(name).suffix.lower()
    if ending not in TYPES:
        endings = ", ".join(sorted(TYPES))
        raise ValueError(_("Attach a file of one of these types: %(endings)s") % {"endings": endings})
    if not content:
        raise ValueError(_("This file is empty."))
    if len(content) > MAX_BYTES:
        raise ValueError(_("This file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1024 // 1024})
    kind, beginning = TYPES[ending]
    if not content.startswith(beginning) or (not beginning and b"\0" in content):
        raise ValueError(_("This file is not what its ending says. Save it again in its own format."))
    return kind
