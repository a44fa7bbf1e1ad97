"""How often the public form may be used (ASVS 2.4.1): counted in the database, where every process sees it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from config import keys
from config.sql import take_turns
from contacts.identity import email_key
from dsar.models import IntakeAttempt
from dsar.models.flood import AttemptKind

WINDOW: Final = timedelta(hours=1)
MOST: Final = {AttemptKind.NETWORK: 20, AttemptKind.ADDRESS: 3}
"""Per hour: from one network address, which an office may share, and for one e-mail address, which gets a mail each."""
KEPT: Final = timedelta(days=1)


def allowed(network: str, email: str, at: datetime) -> bool:
    """Whether the form may be used once more at `at`, from that network address for that e-mail address.

    Counts the use when it is allowed. Runs in the caller's transaction; uses for one address wait for each other, so
    that two at once do not both count as the last.
    """
    digests = {
        AttemptKind.NETWORK: keys.digest(f"network {network}"),
        AttemptKind.ADDRESS: keys.digest(f"address {email_key(email)}"),
    }
    for kind, digest in digests.items():
        take_turns(f"intake.{digest}")
        if IntakeAttempt.objects.filter(digest=digest, at__gt=at - WINDOW).count() >= MOST[kind]:
            return False
    IntakeAttempt.objects.bulk_create(
        IntakeAttempt(kind=kind, digest=digest, at=at) for kind, digest in digests.items()
    )
    return True


def tidy(at: datetime) -> int:
    """Forget uses that count no longer; returns how many."""
    return IntakeAttempt.objects.filter(at__lt=at - KEPT).delete()[0]
