"""Messages of a case. What leaves by e-mail waits in the table of messages, which is the queue of record.

A message is claimed and committed before the mail server gets it: a worker killed in between leaves one "unclear",
which only staff send again. No address is written to in any header but the one on file.
"""

from __future__ import annotations

import logging
from datetime import datetime
from email.utils import formataddr
from smtplib import SMTPException
from uuid import UUID

from celery import current_app
from django.core.mail import EmailMessage
from django.db import transaction

from config.dates import local_date
from config.models import Actor, Controller
from dsar import attachments, deadlines
from dsar.history import note
from dsar.letters import Letter
from dsar.models import AskedRight, Match, Message, RightsRequest
from dsar.models.correspondence import Carrier, Direction, MessageKind, MessageState
from dsar.models.history import EventKind
from dsar.models.matches import MatchState
from dsar.models.requests import FAST_LANE, Right
from dsar.proofs import filled

logger = logging.getLogger(__name__)

MAIL = "dsar.tasks.deliver"


def write(
    request: RightsRequest, kind: MessageKind, letter: Letter, at: datetime, actor: Actor, *, match: Match | None = None
) -> Message:
    """File a letter as a draft: by e-mail where we have an address, else as a letter to print."""
    message = Message(
        request=request,
        round=request.round,
        direction=Direction.OUT,
        kind=kind,
        match=match,
        parts=" ".join(letter.parts),
        language=letter.language,
        subject=letter.subject,
        body=letter.body,
        state=MessageState.DRAFT,
        created_at=at,
        author_id=actor.user_id,
    )
    message.carrier = Carrier.EMAIL if address_of(message) else Carrier.LETTER
    message.save()
    return message


def send(
    request: RightsRequest, kind: MessageKind, letter: Letter, at: datetime, actor: Actor, *, match: Match | None = None
) -> Message:
    """Write a letter and let it leave: by e-mail as soon as this transaction is committed."""
    message = write(request, kind, letter, at, actor, match=match)
    release(message, at)
    return message


def release(message: Message, at: datetime) -> None:
    """A draft may leave. One on paper stays a draft until staff record that it was posted."""
    if message.carrier != Carrier.EMAIL or message.state != MessageState.DRAFT:
        return
    message.state = MessageState.QUEUED
    message.save(update_fields=["state"])
    key = str(message.pk)
    transaction.on_commit(lambda: current_app.send_task(MAIL, [key]), robust=True)


def receive(request: RightsRequest, text: str, carrier: Carrier, at: datetime, actor: Actor, **given: str) -> Message:
    """File what the person wrote or said; `at` is when it reached us. `given`: kind, subject."""
    return Message.objects.create(
        request=request,
        round=request.round,
        direction=Direction.IN,
        kind=given.get("kind", MessageKind.OTHER),
        carrier=carrier,
        language=request.language,
        subject=given.get("subject", "")[:200],
        body=text,
        state=MessageState.FILED,
        created_at=at,
        sent_at=at,
        author_id=actor.user_id,
    )


def discard_drafts(request: RightsRequest) -> None:
    """Answers that were written and have not left are gone: they were about another decision."""
    unsent = (MessageState.DRAFT, MessageState.QUEUED)
    Message.objects.filter(request=request, kind=MessageKind.ANSWER, state__in=unsent).delete()


def address_of(message: Message) -> str:
    """Where a message goes: the address on file of its match, or the one the request came from; "" for neither.

    An answer about somebody in the register goes to the address that was on file before the request, or to none: then
    it is a letter. Only the fast lane and a complaint are answered wherever they came from; they disclose nothing.
    """
    if message.match is not None:
        return message.match.contact.email if message.match.contact else ""
    requester = getattr(message.request, "requester", None)
    if requester is None:
        return ""
    if message.kind != MessageKind.ANSWER or not _discloses(message.request):
        return str(requester.email)
    return str(requester.answer_to)


def _discloses(request: RightsRequest) -> bool:
    """Whether the answer says something about somebody's data."""
    known = Match.objects.filter(request=request, state=MatchState.CONFIRMED)
    asked = AskedRight.objects.filter(request=request).exclude(right__in=(*FAST_LANE, Right.COMPLAINT))
    return known.exists() and asked.exists()


# Sending ------------------------------------------------------------------------------------------------------------


def record_sent(message: Message, at: datetime, actor: Actor) -> None:
    """A message has left, on paper or by the mail server; an answer answers the case. Runs in a transaction.

    The notice of an extension extends it, unless it left after the last day to tell the person (Art. 12(3)).
    """
    Message.objects.filter(pk=message.pk).update(state=MessageState.SENT, sent_at=at)
    request = RightsRequest.objects.select_for_update().get(pk=message.request_id)
    note(request, EventKind.MESSAGE, at, actor, subject=message.kind)
    if message.round != request.round or not request.is_open:
        return
    if message.kind == MessageKind.ANSWER:
        request.answered_at = at
        request.save(update_fields=["answered_at"])
    elif message.kind == MessageKind.EXTENSION and local_date(at) <= deadlines.due_on(request, local_date(at)):
        request.extended_at = at
        request.save(update_fields=["extended_at"])


def deliver(key: UUID, at: datetime) -> bool:
    """Hand one waiting message to the mail server; whether it took it. Never twice: a claimed one is left alone."""
    with transaction.atomic():
        waiting = Message.objects.select_for_update(of=("self",)).select_related("request", "match__contact")
        message = waiting.filter(pk=key, state=MessageState.QUEUED).first()
        if message is None:
            return False
        to = address_of(message)
        message.state = MessageState.SENDING if to else MessageState.FAILED
        message.save(update_fields=["state"])
    if not to:
        return False
    try:
        letter = mail(message.request, message.subject, filled(message), to)
        for file in message.attachments.filter(sealed_key__isnull=False):
            letter.attach(file.name, attachments.read(file), file.content_type)
        letter.send()
    except (SMTPException, OSError, ValueError) as problem:  # its text may quote the address
        logger.warning("message %s was not sent: %s", key, type(problem).__name__)
        Message.objects.filter(pk=key).update(state=MessageState.FAILED)
        return False
    with transaction.atomic():
        record_sent(message, at, Actor.task())
    return True


def waiting() -> list[UUID]:
    """What has yet to leave, in the order it was written: a message to the worker may have been lost."""
    return list(Message.objects.filter(state=MessageState.QUEUED).values_list("pk", flat=True))


def again(message: Message) -> None:
    """Staff send once more what failed or is unclear."""
    Message.objects.filter(pk=message.pk, state__in=(MessageState.FAILED, MessageState.SENDING)).update(
        state=MessageState.QUEUED
    )
    key = str(message.pk)
    transaction.on_commit(lambda: current_app.send_task(MAIL, [key]), robust=True)


def mail(request: RightsRequest, subject: str, body: str, to: str) -> EmailMessage:
    """A mail about a case to one address. A newline in the subject would be another header, so there is none."""
    controller = Controller.objects.get()
    return EmailMessage(
        " ".join(f"{subject} [{request.reference}]".split()),
        body,
        formataddr((controller.name, controller.privacy_email)),
        [to],
        headers={"Auto-Submitted": "auto-generated"},
    )
