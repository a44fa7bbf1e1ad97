"""Telling people of a material change of the policy (S168): a service message, so no opt-out of marketing stops it.

The queue is the database's: a row for everybody still to be told. A row is claimed, and the claim committed, before its
mail leaves; afterwards the row goes and a `Notice` stays, in one transaction. Killed at any moment and started again,
nobody gets a second mail: whoever was claimed when the worker died stays "unclear", because nobody can know whether the
mail server had accepted the message, until staff decide to send it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import repeat
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent, Controller
from config.sql import insert_from
from consent.models import (
    Notice,
    PolicyNotification,
    PolicyRecipient,
    PolicyVersion,
    Restriction,
    SuppressionEntry,
)
from consent.models.notices import NoticeKind
from consent.models.notifications import RecipientState, texts
from consent.models.suppression import Identifier, SuppressionReason
from contacts.models import Contact

METHOD: Final = "e-mail"
UNCLEAR_AFTER: Final = timedelta(minutes=15)
"""A claim this old is nobody's work in progress: longer than a task may run."""
PER_CONNECTION: Final = 50
"""So many mails go over one connection to the mail server."""

logger = logging.getLogger(__name__)


# Who is told ----------------------------------------------------------------------------------------------------------


def recipients(version: str, at: datetime) -> QuerySet[Contact, Any]:
    """Everybody who was informed of another version and not of this one, unless restricted at `at`; with `reachable`.

    Whoever has been told nothing yet owes a first notice, which is of the version in force anyway.
    """
    told = Notice.objects.filter(contact=OuterRef("pk"))
    not_lifted = Q(lifted_at__isnull=True) | Q(lifted_at__gt=at)
    restricted = Restriction.objects.filter(not_lifted, contact=OuterRef("pk"), since_at__lte=at)
    dead = SuppressionEntry.objects.filter(
        identifier=Identifier.EMAIL, reason=SuppressionReason.HARD_BOUNCE, digest=OuterRef("email_digest")
    )
    known = Contact.objects.filter(
        Exists(told.exclude(policy__version=version)),
        ~Exists(told.filter(policy__version=version)),
        ~Exists(restricted),
    )
    return known.annotate(reachable=ExpressionWrapper(~Q(email="") & ~Exists(dead), BooleanField()))


def preview(version: str, at: datetime) -> dict[str, int]:
    """How many would be told, and how many more have no working address."""
    found = recipients(version, at).aggregate(
        planned=Count("pk", filter=Q(reachable=True)), unreachable=Count("pk", filter=Q(reachable=False))
    )
    return dict(found)


def begin(version: str, actor: Actor, at: datetime) -> PolicyNotification:
    """Confirm the announcement of a material version in force: from now on its queue is worked off.

    Raises ValueError when the version is not in force yet, is no material change, is the first one, or has been
    announced already.
    """
    with transaction.atomic():
        if problem := why_not(version, at):
            raise ValueError(problem)
        batch, created = PolicyNotification.objects.get_or_create(
            version=version, defaults={"created_at": at, "actor_id": actor.user_id}
        )
        if not created:
            raise ValueError(_("This version has been announced already."))
        counts = preview(version, at)
        batch.planned, batch.unreachable = counts["planned"], counts["unreachable"]
        if not batch.planned:
            batch.finished_at = at
        batch.save()
        state = Case(
            When(reachable=True, then=Value(RecipientState.WAITING.value)),
            default=Value(RecipientState.UNREACHABLE.value),
            output_field=CharField(),
        )
        key = Value(batch.pk, output_field=PolicyNotification._meta.pk)
        rows = recipients(version, at).order_by("pk").values_list(key, "pk", state)
        insert_from(PolicyRecipient, ("notification", "contact", "state"), rows)
        AuditEvent.record(actor, gettext_noop("announced"), batch, batch=batch.pk, counts=counts)
    return batch


def why_not(version: str, at: datetime) -> str:
    """Why a version cannot be announced at `at`; "" when it can."""
    earlier = PolicyVersion.objects.filter(published_on__lt=OuterRef("published_on"))
    announced = PolicyNotification.objects.filter(version=OuterRef("version"))
    known = texts(version).annotate(has_earlier=Exists(earlier), is_announced=Exists(announced))
    first = known.order_by("published_on").first()
    if first is None or not first.is_in_force(local_date(at)):
        return _("This version is not published yet. Announce it on its day.")
    if not first.is_material:
        return _("This version is no material change, so nobody is told.")
    if not first.has_earlier:
        return _("This is the first version: nobody knows an earlier one.")
    if first.is_announced:
        return _("This version has been announced already.")
    return ""


# Telling --------------------------------------------------------------------------------------------------------------


class Interrupted(Exception):  # noqa: N818
    """The mail server went away; who was being told stays unclear, the others wait."""


def work(batch: PolicyNotification, now: Callable[[], datetime], *, until: datetime | None = None) -> bool:
    """Tell one after the other until nobody waits or the moment `until` has come; returns whether the queue is empty.

    `now` gives the moment of each mail. Raises Interrupted, which quotes nothing, when the mail server cannot be
    reached; nobody is claimed before it answers.
    """
    policies = {one.language: one for one in texts(batch.version)}
    try:
        while not _is_empty(batch) and (until is None or now() < until):
            with get_connection() as mails:
                for _number in repeat(None, PER_CONNECTION):
                    claimed = _claim(batch, now())
                    if claimed is None:
                        break
                    _tell(claimed, batch, policies, mails, now())
    except OSError as problem:  # the text of an SMTPException may quote an address
        raise Interrupted(type(problem).__name__) from None
    return _finish(batch, now())


def _is_empty(batch: PolicyNotification) -> bool:
    return not PolicyRecipient.objects.filter(notification=batch, state=RecipientState.WAITING).exists()


def _claim(batch: PolicyNotification, at: datetime) -> PolicyRecipient | None:
    """The next in the queue, marked and committed; whoever is not to be told any more leaves the queue."""
    waiting = PolicyRecipient.objects.filter(notification=batch, state=RecipientState.WAITING).order_by("pk")
    skip = connection.features.has_select_for_update_skip_locked
    while True:
        with transaction.atomic():
            row = waiting.select_for_update(skip_locked=skip, of=("self",)).first()
            if row is None:
                return None
            if recipients(batch.version, at).filter(pk=row.contact_id).exists():
                row.state, row.claimed_at = RecipientState.CLAIMED, at
                row.save(update_fields=["state", "claimed_at"])
                return row
            row.delete()


def _tell(
    row: PolicyRecipient, batch: PolicyNotification, policies: dict[str, PolicyVersion], mails: Any, at: datetime
) -> None:
    """Send one mail and write its proof; a refusal is noted, anything else leaves the claim as it is."""
    contact = Contact.objects.filter(pk=row.contact_id).first()
    if contact is None:
        return
    policy = policies.get(contact.language) or next(iter(policies.values()))
    try:
        message(contact, policy, mails).send()
    except (SMTPRecipientsRefused, SMTPDataError) as problem:
        logger.warning("announcement %s: a message was refused: %s", batch.pk, type(problem).__name__)
        PolicyRecipient.objects.filter(pk=row.pk).update(state=RecipientState.REFUSED)
        return
    _prove(row, batch, policy, at)


def _prove(row: PolicyRecipient, batch: PolicyNotification, policy: PolicyVersion, at: datetime) -> None:
    """The notice in place of the row; nothing when the person has been erased since the claim."""
    with transaction.atomic():
        if Contact.objects.select_for_update().filter(pk=row.contact_id).first() is None:
            return
        Notice.objects.create(
            contact_id=row.contact_id,
            kind=NoticeKind.CHANGE,
            policy=policy,
            given_at=at,
            method=METHOD,
            recorded_at=at,
            actor_id=batch.actor_id,
            batch=batch.pk,
        )
        row.delete()


def message(contact: Contact, policy: PolicyVersion, mails: Any = None) -> EmailMessage:
    """What one person gets: that the policy changed, what changed, and where it stands, in their language."""
    controller = Controller.objects.first()
    context = {"contact": contact, "policy": policy, "controller": controller}
    with translation.override(contact.language or policy.language):
        subject = _("Our privacy policy has changed")
        body = render_to_string("consent/policy_changed.txt", context)
    sender = controller.privacy_email if controller and controller.privacy_email else settings.DEFAULT_FROM_EMAIL
    return EmailMessage(subject, body, sender, [contact.email], connection=mails)


def _finish(batch: PolicyNotification, at: datetime) -> bool:
    done = _is_empty(batch)
    if done:
        PolicyNotification.objects.filter(pk=batch.pk, finished_at=None).update(finished_at=at)
        batch.refresh_from_db()
    return done


# What became of it ----------------------------------------------------------------------------------------------------


def progress(batch: PolicyNotification, at: datetime) -> dict[str, int]:
    """How many have been told, wait, are unclear, were refused, cannot be reached, and left the queue meanwhile."""
    states = dict(batch.recipients.order_by().values_list("state").annotate(number=Count("pk")))
    unclear = batch.recipients.filter(state=RecipientState.CLAIMED, claimed_at__lt=at - UNCLEAR_AFTER).count()
    told = told_by(batch.pk)
    in_queue = sum(states.values())
    return {
        "told": told,
        "waiting": states.get(RecipientState.WAITING, 0) + states.get(RecipientState.CLAIMED, 0) - unclear,
        "unclear": unclear,
        "refused": states.get(RecipientState.REFUSED, 0),
        "unreachable": states.get(RecipientState.UNREACHABLE, 0),
        "gone": max(batch.planned + batch.unreachable - told - in_queue, 0),
    }


def told_by(batch: UUID) -> int:
    """How many people a batch has told, by their notices; whoever was erased since is not counted any more."""
    return Notice.objects.filter(batch=batch, kind=NoticeKind.CHANGE).count()


def stuck(batch: PolicyNotification, at: datetime) -> QuerySet[PolicyRecipient, PolicyRecipient]:
    """Whoever may not have got the message: refused, or claimed by a worker that is gone."""
    unclear = Q(state=RecipientState.CLAIMED, claimed_at__lt=at - UNCLEAR_AFTER)
    return PolicyRecipient.objects.filter(Q(state=RecipientState.REFUSED) | unclear, notification=batch)


def again(batch: PolicyNotification, actor: Actor, at: datetime) -> int:
    """Put them back into the queue: staff decided that a second mail does less harm than none. Returns how many."""
    with transaction.atomic():
        rows = stuck(batch, at).update(state=RecipientState.WAITING, claimed_at=None)
        if rows:
            PolicyNotification.objects.filter(pk=batch.pk).update(finished_at=None)
        AuditEvent.record(actor, gettext_noop("announced again"), batch, batch=batch.pk, counts={"waiting": rows})
    return rows
