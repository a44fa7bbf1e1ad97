"""Taking a request in, wherever it reached us: the clock starts at the true receipt, in the controller's time zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils.translation import gettext as _

from config import keys
from config.dates import local_date
from config.models import Actor
from contacts.identity import email_key
from contacts.models import Contact
from contacts.references import take
from dsar import answers, correspondence, deadlines, flood, letters, matching, proofs, workflow
from dsar.history import note
from dsar.models import AskedRight, Requester, RightsRequest
from dsar.models.correspondence import Carrier, MessageKind
from dsar.models.history import EventKind
from dsar.models.requests import FAST_LANE, ReceivedBy, Right

SEARCH = "dsar.tasks.search"
CARRIERS = {
    ReceivedBy.FORM: Carrier.FORM,
    ReceivedBy.PHONE: Carrier.PHONE,
    ReceivedBy.LETTER: Carrier.LETTER,
    ReceivedBy.AUTHORITY: Carrier.LETTER,
}


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as they say."""

    name: str = ""
    email: str = ""
    phone: str = ""
    organisation: str = ""
    postal_address: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `purpose` and `channel` narrow an objection to marketing or a withdrawal."""

    rights: Sequence[str]
    text: str = ""
    purpose: str = ""
    channel: str = ""
    language: str = "en"


def log(
    asker: Asker, wish: Wish, received_by: ReceivedBy, received_at: datetime, at: datetime, *, actor: Actor
) -> RightsRequest:
    """Log a request: `received_at` is when it reached any of us, `at` when it is logged (both aware).

    Raises ValueError without a right, for one that does not exist, and for a receipt in the future.
    """
    rights = list(dict.fromkeys(Right(one) for one in wish.rights))
    if not rights:
        raise ValueError(_("Choose at least one right."))
    if received_at > at:
        raise ValueError(_("A request cannot be received in the future."))
    with transaction.atomic():
        request = _store(asker, wish.language, received_by, received_at, at=at, actor=actor)
        AskedRight.objects.bulk_create(
            AskedRight(request=request, right=right, **(_scope(wish) if right in FAST_LANE else {})) for right in rights
        )
        carrier = CARRIERS.get(received_by, Carrier.EMAIL)
        correspondence.receive(request, wish.text, carrier, received_at, actor, kind=MessageKind.REQUEST)
        note(request, EventKind.LOGGED, at, actor, subject=received_by)
    return request


def _scope(wish: Wish) -> dict[str, str]:
    return {"purpose": wish.purpose, "channel": wish.channel}


def _store(
    asker: Asker, language: str, received_by: ReceivedBy, received_at: datetime, *, at: datetime, actor: Actor
) -> RightsRequest:
    key = email_key(asker.email) if asker.email else ""
    request = RightsRequest.objects.create(
        reference=take(1, "R")[0],
        received_by=received_by,
        received_at=received_at,
        clock_on=local_date(received_at),
        logged_at=at,
        logged_by=actor.user_id,
        status_since_at=at,
        language=language,
        requester_digest=keys.digest(key) if key else "",
        digest_version=keys.newest_version() if key else 0,
    )
    Requester.objects.create(
        request=request,
        name=asker.name,
        email=asker.email,
        phone=asker.phone,
        organisation=asker.organisation,
        postal_address=asker.postal_address,
    )
    return request


def enter(
    asker: Asker,
    wish: Wish,
    received_by: ReceivedBy,
    received_at: datetime,
    at: datetime,
    *,
    actor: Actor,
    contact: Contact | None = None,
) -> RightsRequest:
    """Staff enter what reached them by phone, letter or mail: the register is searched at once.

    The fast lane is carried out in this transaction, for the `contact` where staff know whom it is about, and for
    whoever has the address. An acknowledgement leaves where there is an address.
    """
    with transaction.atomic():
        request = log(asker, wish, received_by, received_at, at, actor=actor)
        matching.search(request.pk, at, actor)
        if contact is not None:
            matching.choose(request.pk, contact, at, actor=actor)
        matching.heed_at_once(request.pk, at, actor)
        acknowledge(request, at, actor)
        answers.fast_lane_only(request.pk, at, actor=actor)
    return request


def acknowledge(request: RightsRequest, at: datetime, actor: Actor, link: str = "") -> None:
    """Say that the request came, under which reference, and by when it is answered; `link` confirms the address."""
    due = deadlines.due_on(request, local_date(at))
    correspondence.send(request, MessageKind.RECEIPT, letters.receipt(request, due, link), at, actor)


# The public form ----------------------------------------------------------------------------------------------------


def from_form(asker: Asker, wish: Wish, at: datetime, *, network: str) -> RightsRequest | None:
    """Take in what somebody sent by the public form; None when it is used too often.

    Nobody is looked for here, so neither the answer nor its time tells who is known: a worker does it once this
    transaction is committed, and what needs control of the address waits until it is confirmed. `network` is the
    network address the form came from.
    """
    actor = Actor.subject()
    with transaction.atomic():
        if not flood.allowed(network, asker.email, at):
            return None
        request = log(asker, wish, ReceivedBy.FORM, at, at, actor=actor)
        acknowledge(request, at, actor, proofs.LINK)
        key = str(request.pk)
        transaction.on_commit(lambda: current_app.send_task(SEARCH, [key]), robust=True)
    return request


def find(token: str) -> RightsRequest | None:
    """The open request that a link confirms; None when the link is not ours or the case is closed."""
    said = proofs.read_confirmation(token)
    if said is None:
        return None
    key, digest = said
    return RightsRequest.objects.filter(pk=key, requester_digest=digest, closed_at__isnull=True).first()


def confirm(token: str, at: datetime) -> RightsRequest | None:
    """Whoever has the address says that they asked; pressed again it changes nothing. None when there is nothing.

    The fast lane is carried out in this transaction, or by the search where that has not been made yet.
    """
    actor = Actor.subject()
    with transaction.atomic():
        found = find(token)
        request = workflow.locked(found.pk) if found else None
        if request is None or request.confirmed_at:
            return request
        request.confirmed_at = at
        request.save(update_fields=["confirmed_at"])
        note(request, EventKind.CONFIRMED, at, actor)
        if request.matched_at:
            matching.recognise(request, at)
            answers.fast_lane_only(request.pk, at, actor=actor)
    return request


def look(request: UUID, at: datetime) -> None:
    """What the worker does with a request from the form: look for the person, and heed what has been confirmed."""
    with transaction.atomic():
        matching.search(request, at, Actor.task())
        answers.fast_lane_only(request, at, actor=Actor.task())


def not_searched(before: datetime) -> list[UUID]:
    """Open requests that nobody has looked for since: the message to the worker was lost."""
    rows = RightsRequest.objects.filter(matched_at__isnull=True, closed_at__isnull=True, logged_at__lt=before)
    return list(rows.values_list("pk", flat=True))
