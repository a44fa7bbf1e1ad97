"""Double opt-in (Art. 7(1); UWG section 7): a consent asked for counts once the person has confirmed it by a link.

The link shows a button, and pressing it confirms: a mail scanner fetches every link, and presses nothing. A request
that nobody confirms expires, and the data goes with it where there is no other basis.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import formataddr
from smtplib import SMTPException
from uuid import UUID

from celery import current_app
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from config.dates import local_date
from config.models import Actor, AuditEvent, Controller
from config.policy.periods import OPT_IN_DAYS
from consent import consents, notices
from consent.consents import Evidence
from consent.links import opt_in_link, opt_in_token, subject_of, token_digest
from consent.models import Consent
from consent.models.consents import USABLE, Channel, ConsentState
from consent.wording import spoken
from contacts.models import Contact
from contacts.signals import contacts_changed

logger = logging.getLogger(__name__)

PATIENCE = timedelta(days=OPT_IN_DAYS)
MAIL = "consent.tasks.mail_opt_in"
METHOD = "double opt-in"
MAILED = gettext_noop("opt-in mailed")
JOINED = "in the marketing register by this request"
"""Evidence of a request whose expiry ends the membership, because nothing else began it."""


def request(
    contact: UUID, purpose: str, at: datetime, *, evidence: Evidence, actor: Actor, channel: str = Channel.EMAIL
) -> Consent:
    """Ask the person to confirm a consent at `at` (aware): append the request, and mail the link once it is committed.

    Somebody new joins the marketing register with it, so that the nightly run waits for the answer (E45). A request
    that is still open, or a consent in force, is returned as it is. Raises Contact.DoesNotExist for somebody who has
    been erased, and ValueError for somebody without an e-mail address.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        if not person.email:
            raise ValueError("A double opt-in needs an e-mail address.")
        current = consents.state_of(contact, purpose, channel, at)
        if current and (current.state in USABLE or is_open(current, at)):
            return current
        is_new = not person.in_marketing and person.left_marketing_on is None
        if is_new:
            consents.join_marketing(contact, at, actor)
        digest = token_digest(opt_in_token(contact, purpose, channel, at))
        asked = replace(evidence, token_digest=digest, note=JOINED if is_new else "")
        event = consents.record(contact, purpose, channel, ConsentState.REQUESTED, at, evidence=asked, actor=actor)
        transaction.on_commit(lambda: current_app.send_task(MAIL, [str(event.pk)]), robust=True)
    return event


def is_open(event: Consent, at: datetime) -> bool:
    """Whether the event is a request that may still be confirmed at `at`; the last moment counts."""
    return event.state == ConsentState.REQUESTED and at <= event.occurred_at + PATIENCE


def find(token: str, at: datetime) -> Consent | None:
    """The request a token belongs to: open, or confirmed and in force.

    None when the token is unknown, the request has expired or was withdrawn, or the person has been erased.
    """
    events = Consent.objects.filter(token_digest=token_digest(token), contact__isnull=False)
    event = events.order_by("occurred_at", "recorded_at").first()
    if event is None:
        return None
    current = consents.state_of(subject_of(event), event.purpose, event.channel, at)
    if current is None or not (current.state in USABLE or (current == event and is_open(event, at))):
        return None
    return event


def is_confirmed(event: Consent, at: datetime) -> bool:
    """Whether a request that was found has been confirmed."""
    current = consents.state_of(subject_of(event), event.purpose, event.channel, at)
    return current is not None and current.state in USABLE


def confirm(token: str, at: datetime, *, source_ip: str | None) -> Consent | None:
    """Confirm a request at `at`; repeated, it changes nothing. None when there is nothing to confirm."""
    with transaction.atomic():
        asked = find(token, at)
        if asked is None:
            return None
        person = Contact.objects.select_for_update().filter(pk=subject_of(asked)).first()
        asked = find(token, at)  # somebody else may have confirmed or withdrawn while we waited for the lock
        if person is None or asked is None or is_confirmed(asked, at):
            return asked
        evidence = Evidence(
            METHOD,
            by_subject=True,
            text=asked.text,
            language=asked.language,
            source_ip=source_ip,
            token_digest=asked.token_digest,
        )
        consents.give(person.pk, asked.purpose, asked.channel, at, evidence=evidence)
        notices.inform_once(person, method=METHOD, at=at)
    return asked


def unanswered(at: datetime) -> QuerySet[Consent, Consent]:
    """Requests after which nothing happened to the same consent, of people who are still here."""
    later = Consent.objects.filter(
        contact=OuterRef("contact"),
        purpose=OuterRef("purpose"),
        channel=OuterRef("channel"),
        occurred_at__gt=OuterRef("occurred_at"),
        occurred_at__lte=at,
    )
    asked = Consent.objects.filter(state=ConsentState.REQUESTED, contact__isnull=False, occurred_at__lte=at)
    return asked.filter(~Exists(later))


def expire(at: datetime) -> int:
    """Close the requests nobody confirmed in time; returns how many.

    Whoever came into the marketing register by such a request leaves it, unless a consent has been given meanwhile;
    in no other register, they are erased by the next run (E45).
    """
    expired = 0
    for late in unanswered(at).filter(occurred_at__lt=at - PATIENCE).order_by("occurred_at"):
        with transaction.atomic():
            person = Contact.objects.select_for_update().filter(pk=subject_of(late)).first()
            if person is None or not unanswered(at).filter(pk=late.pk).exists():
                continue
            evidence = Evidence("expiry", by_subject=False, token_digest=late.token_digest)
            consents.record(
                person.pk, late.purpose, late.channel, ConsentState.EXPIRED, at, evidence=evidence, actor=Actor.task()
            )
            if late.evidence == JOINED and not _has_another_basis(person, late, at):
                _leave_marketing(person, at)
        expired += 1
    return expired


def _has_another_basis(person: Contact, request: Consent, at: datetime) -> bool:
    """Another open request, a consent in force, or a collection on a later day."""
    later = person.collections.filter(collected_on__gt=local_date(request.occurred_at))
    if later.exists() or unanswered(at).filter(contact=person).exists():
        return True
    known = Consent.objects.filter(contact=person).order_by().values_list("purpose", "channel").distinct()
    states = (consents.state_of(person.pk, purpose, channel, at) for purpose, channel in known)
    return any(event is not None and event.state in USABLE for event in states)


def _leave_marketing(person: Contact, at: datetime) -> None:
    Contact.objects.filter(pk=person.pk).update(in_marketing=False, left_marketing_on=local_date(at), updated_at=at)
    AuditEvent.record(Actor.task(), gettext_noop("left marketing"), person, fields=["in_marketing"])
    contacts_changed.send(sender=Contact, ids=[person.pk])


def unmailed(at: datetime) -> QuerySet[Consent, Consent]:
    """Open requests whose mail has not been handed over yet: a message was lost, or the mail server was away."""
    mailed = AuditEvent.objects.filter(object_id=OuterRef("pk"), action=MAILED)
    waiting = unanswered(at).exclude(token_digest="").filter(occurred_at__gte=at - PATIENCE)
    return waiting.filter(~Exists(mailed))


def mail(event: UUID, at: datetime) -> bool:
    """Hand the mail with the link to the mail server; whether it took it. Sent twice, it holds the same link."""
    asked = unmailed(at).select_related("contact").filter(pk=event).first()
    if asked is None or asked.contact is None:
        return False
    if not (link := opt_in_link(asked)):
        logger.warning("the mail of opt-in %s was not sent: its key has been retired", event)
        return False
    try:
        _message(asked, asked.contact, link).send()
    except (SMTPException, OSError) as problem:  # its text may quote the address; the next tidying tries again
        logger.warning("the mail of opt-in %s was not sent: %s", event, type(problem).__name__)
        return False
    AuditEvent.record(Actor.task(), MAILED, asked)
    return True


def _message(asked: Consent, person: Contact, link: str) -> EmailMessage:
    """The mail: the wording to confirm and the link, and not a word of advertising."""
    controller = Controller.objects.get()
    context = {
        "controller": controller,
        "text": asked.text,
        "link": link,
        "until": local_date(asked.occurred_at + PATIENCE),
    }
    with translation.override(spoken(asked.language or person.language)):
        return EmailMessage(
            gettext("Please confirm your consent"),
            render_to_string("consent/public/opt_in_mail.txt", context),
            formataddr((controller.name, controller.privacy_email)),
            [person.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
