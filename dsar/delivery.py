"""Handing a package over (Art. 12(3), 32): a signed link in the answer, a code by mail, a few days, then destroyed.

    build(...)   encrypt a package and keep it until its answer leaves
    link(...)    what the answer says
    find(...)    the package of a link, while it can be fetched
    send_code(...), check(...), fetch(...)   the three presses of a button; nothing happens on a GET
    expire(...)  destroy the keys of what is over

Link and code are made from the row and the secret key: whoever has the database alone cannot fetch anything.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.core.signing import BadSignature, Signer, TimestampSigner
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from config.models import Actor
from config.policy.periods import PACKAGE_DAYS
from dsar import attachments, correspondence, letters
from dsar.history import note
from dsar.models import AskedRight, Delivery
from dsar.models.correspondence import MessageKind
from dsar.models.history import EventKind
from dsar.proofs import code_for

logger = logging.getLogger(__name__)
AFTER_FETCHING: Final = timedelta(hours=24)
CODE_VALID: Final = timedelta(minutes=15)
PASS_VALID: Final = timedelta(minutes=15)
MOST_ATTEMPTS: Final = 5
MOST_CODES: Final = 3
"""Codes mailed within an hour: nobody's mailbox is flooded."""
MAIL: Final = "dsar.tasks.mail_code"


def build(
    asked: AskedRight,
    name: str,
    content: bytes,
    at: datetime,
    actor: Actor,
    *,
    language: str,
    entries: int,
    withheld: int,
) -> Delivery:
    """Keep a package encrypted, in place of an earlier one of this right. Runs in the caller's transaction."""
    end(Delivery.objects.filter(asked=asked, ended_at__isnull=True), at, actor)
    file = attachments.store(asked.request, name, content, at, actor, kind="application/zip")
    delivery = Delivery.objects.create(
        request=asked.request,
        asked=asked,
        attachment=file,
        round=asked.request.round,
        language=language,
        entries=entries,
        withheld=withheld,
        built_at=at,
    )
    note(asked.request, EventKind.PACKAGE, at, actor, subject=f"built {asked.right}"[:60])
    return delivery


def open_of(asked: AskedRight) -> Delivery | None:
    """The package of a right that has not been destroyed."""
    mine = Delivery.objects.filter(asked=asked, ended_at__isnull=True, round=asked.request.round)
    return mine.select_related("attachment", "request").first()


def until(delivery: Delivery) -> datetime | None:
    """The moment through which the package can be fetched; None before its answer has left."""
    answered = delivery.request.answered_at
    if answered is None or delivery.round != delivery.request.round:
        return None
    last = answered + timedelta(days=PACKAGE_DAYS)
    return min(last, delivery.first_download_at + AFTER_FETCHING) if delivery.first_download_at else last


# The link -------------------------------------------------------------------------------------------------------------


def link(delivery: Delivery) -> str:
    """The address that the answer names."""
    return f"{settings.BASE_URL}{reverse('dsar:package', args=[token_of(delivery)])}"


def token_of(delivery: Delivery) -> str:
    """What the link carries: which package, signed."""
    return Signer(salt="dsar.package.1", sep="~").sign(delivery.pk.hex)


def find(token: str, at: datetime) -> Delivery | None:
    """The package a link opens at the moment `at` (aware); None when it is not ours, not sent yet, or over."""
    try:
        key = UUID(Signer(salt="dsar.package.1", sep="~").unsign(token))
    except (BadSignature, ValueError):
        return None
    found = Delivery.objects.select_related("request", "attachment", "asked").filter(pk=key, ended_at=None).first()
    last = until(found) if found else None
    return found if last is not None and at <= last else None


# The code -------------------------------------------------------------------------------------------------------------


def code_of(delivery: Delivery) -> str:
    """The one-time code that was mailed at `code_at`; made anew from the row, and stored nowhere."""
    about = f"{delivery.pk} {delivery.code_at.isoformat() if delivery.code_at else ''}"
    return code_for("dsar.package.code.1", about)


def send_code(delivery: Delivery, at: datetime) -> bool:
    """The person pressed the button: mail a code; False when there were too many within an hour."""
    with transaction.atomic():
        mine = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if mine.codes_since_at is None or at - mine.codes_since_at > timedelta(hours=1):
            mine.codes, mine.codes_since_at = 0, at
        if mine.codes >= MOST_CODES:
            return False
        mine.code_at, mine.codes, mine.attempts = at, mine.codes + 1, 0
        mine.save(update_fields=["code_at", "codes", "codes_since_at", "attempts"])
        key = str(mine.pk)
        transaction.on_commit(lambda: current_app.send_task(MAIL, [key]), robust=True)
    return True


def mail_code(key: UUID) -> bool:
    """Mail the code that was asked for, to where the answer went; whether the mail server took it. It is not filed."""
    mine = Delivery.objects.select_related("request").filter(pk=key, code_at__isnull=False, ended_at=None).first()
    answer = (
        mine and mine.request.messages.filter(kind=MessageKind.ANSWER, round=mine.round, sent_at__isnull=False).last()
    )
    to = correspondence.address_of(answer) if answer else ""
    if mine is None or not to:
        return False
    letter = letters.write(mine.request, "package_code", code=code_of(mine))
    try:
        correspondence.mail(mine.request, letter.subject, letter.body, to).send()
    except (SMTPException, OSError) as problem:  # its text may quote the address
        logger.warning("the code of package %s was not sent: %s", key, type(problem).__name__)
        return False
    return True


def check(delivery: Delivery, code: str, at: datetime) -> str:
    """The pass that a right code earns, good for 15 minutes; "" for a wrong or old one. Five attempts for each code."""
    with transaction.atomic():
        mine = Delivery.objects.select_for_update().get(pk=delivery.pk)
        fresh = mine.code_at is not None and at - mine.code_at <= CODE_VALID and mine.attempts < MOST_ATTEMPTS
        if not fresh or not secrets.compare_digest(code_of(mine), code.strip().upper()):
            Delivery.objects.filter(pk=mine.pk).update(attempts=F("attempts") + 1)
            return ""
        Delivery.objects.filter(pk=mine.pk).update(code_at=None)  # it works once
    return _passes().sign(mine.pk.hex)


def passed(delivery: Delivery, proof: str) -> bool:
    """Whether a pass belongs to this package and is not older than 15 minutes."""
    try:
        return bool(_passes().unsign(proof, max_age=PASS_VALID) == delivery.pk.hex)
    except BadSignature:
        return False


def _passes() -> TimestampSigner:
    return TimestampSigner(salt="dsar.package.pass.1", sep="~")


# Fetching and the end -------------------------------------------------------------------------------------------------


def fetch(delivery: Delivery, at: datetime, actor: Actor) -> bytes:
    """The package, and a note that it was fetched. Raises ValueError when it cannot be opened any more."""
    content = attachments.read(delivery.attachment)
    with transaction.atomic():
        mine = Delivery.objects.select_for_update().get(pk=delivery.pk)
        if mine.ended_at is None:
            mine.first_download_at, mine.downloads = mine.first_download_at or at, mine.downloads + 1
            mine.save(update_fields=["first_download_at", "downloads"])
        note(delivery.request, EventKind.PACKAGE, at, actor, subject="fetched")
    return content


def look(delivery: Delivery, at: datetime, actor: Actor) -> bytes:
    """The package for staff, who check it or print it for the post; noted, and no download of the person's."""
    content = attachments.read(delivery.attachment)
    note(delivery.request, EventKind.PACKAGE, at, actor, subject="opened by staff")
    return content


def end(deliveries: QuerySet[Delivery, Delivery], at: datetime, actor: Actor) -> int:
    """Destroy these packages; returns how many."""
    rows = list(deliveries.select_related("attachment", "request"))
    for one in rows:
        Delivery.objects.filter(pk=one.pk).update(ended_at=at)
        attachments.destroy([one.attachment], at)
        note(one.request, EventKind.PACKAGE, at, actor, subject="destroyed")
    return len(rows)


def over(at: datetime) -> QuerySet[Delivery, Delivery]:
    """Packages whose time is over at the moment `at`: fetched a day or sent a week ago, or never sent."""
    last = at - timedelta(days=PACKAGE_DAYS)
    never = Q(request__closed_at__isnull=False, request__answered_at__isnull=True)
    earlier = Q(round__lt=F("request__round"))
    fetched = Q(first_download_at__lt=at - AFTER_FETCHING)
    sent = Q(request__answered_at__lt=last)
    return Delivery.objects.filter(fetched | sent | never | earlier, ended_at__isnull=True)


def expire(at: datetime) -> int:
    """Destroy the packages whose time is over, and take away files that nothing knows; returns how many packages."""
    with transaction.atomic():
        done = end(over(at), at, Actor.task())
    attachments.tidy(at)
    return done
