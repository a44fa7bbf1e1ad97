"""The preference centre (S28, S118, S127-S129; Art. 7(3), 21(2)): what a person receives, and changing it by a link.

A box is on when we may write, call or send something now, on whatever ground. Taking a tick away is an objection, which
withdraws a consent too; setting one is a consent. Only what the person changed on the page they saw is done, so a form
that is sent again does nothing again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import get_language, gettext_noop

from config import keys
from config.dates import local_date
from config.models import Actor, AuditEvent
from consent import consents, notices, objections, suppression
from consent.catalogue import TOPICS
from consent.consents import SUBJECT, Evidence
from consent.links import Link
from consent.models import Consent, LegalBasis, Objection, Purpose
from consent.models.consents import USABLE, ConsentState
from consent.models.objections import ObjectionGround
from consent.models.purposes import Basis, RegisterChoice
from consent.permission import Bar, Permission
from consent.reach import reach
from consent.wording import CHANNELS, meaning, shown
from contacts import merged
from contacts.models import Collection, Contact, Source
from contacts.models.provenance import SourceKind
from contacts.relationship import ties

CENTRE = "preference centre"
UNSUBSCRIBED = "unsubscribe link"
"""How a choice came to us, as the evidence keeps it."""
SOURCE = "preference-centre"
COMPARE = "consent.tasks.compare_old_links"
REFUSED = {Bar.SUPPRESSED, Bar.OBJECTED}

Wishes = Mapping[tuple[str, str], bool]
"""For each box that somebody changed, by purpose and channel, whether they want it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One box: a channel of a purpose, and whether it is on."""

    channel: str
    label: str
    on: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One purpose with its boxes."""

    purpose: Purpose
    meaning: str
    choices: Sequence[Choice]


def person_of(link: Link) -> Contact | None:
    """Whose preferences a link opens: the contact it was sent to, while the address is still theirs."""
    person = Contact.objects.filter(pk=link.contact).first()
    if person is None and (record := merged.survivor_of(link.contact)) is not None:
        person = record.contact
    return person if person is not None and link.was_sent_to(person) else None


def rows(person: Contact, at: datetime) -> list[Row]:
    """What is on and off for the person at `at`, purpose by purpose; channels without an address are left out."""
    known = {(purpose, channel): answer for purpose, channel, answer in reach(person.pk, at)}
    found = (
        (purpose, [choice for one in purpose.channels or [""] if (choice := _choice(one, known[purpose.code, one]))])
        for purpose in _offered(person, at)
    )
    return [Row(purpose, meaning(purpose), choices) for purpose, choices in found if choices]


def _choice(channel: str, answer: Permission) -> Choice | None:
    """The box for one channel; None where there is nothing to switch, because there is no address for it."""
    on = answer.ground is not None and REFUSED.isdisjoint(answer.bars)
    return Choice(channel, str(CHANNELS[channel]), on) if on or Bar.UNREACHABLE not in answer.bars else None


def _offered(person: Contact, at: datetime) -> QuerySet[Purpose, Purpose]:
    """Advertising, and what rests on consent, in the registers the person is in; marketing is open to everybody."""
    registers = [RegisterChoice.MARKETING]
    if ties(local_date(at)).filter(contact=person.pk).exists():
        registers.append(RegisterChoice.CUSTOMER)
    return offers(registers)


def offers(registers: Sequence[RegisterChoice]) -> QuerySet[Purpose, Purpose]:
    """What the centre has a box for: in use, asked of people in these registers, and not controlled elsewhere."""
    bases = LegalBasis.objects.filter(purpose=OuterRef("pk"), register__in=registers)
    asked = Q(is_marketing=True) | Exists(bases.filter(basis=Basis.CONSENT))
    return Purpose.objects.filter(asked, Exists(bases), is_active=True).exclude(CONTROLLED_ELSEWHERE)


CONTROLLED_ELSEWHERE = Q(channels=[]) & ~Q(settings_url="")
"""Work behind the scenes that a service's own settings control: the centre points there (S128)."""


def pointers() -> QuerySet[Purpose, Purpose]:
    """The purposes that people control elsewhere."""
    return Purpose.objects.exclude(settings_url="")


# Changing -----------------------------------------------------------------------------------------------------------


def change(contact: UUID, wishes: Wishes, at: datetime, *, source_ip: str | None) -> None:
    """Do what the person changed, in one transaction, and note that whoever chose something here was informed here.

    Raises Contact.DoesNotExist for somebody who has been erased.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        offered = rows(person, at) if wishes else []
        changed = [_change_row(person, row, wishes, at, source_ip) for row in offered]
        if any(changed):
            notices.inform_once(person, method=CENTRE, at=at)


def _change_row(person: Contact, row: Row, wishes: Wishes, at: datetime, source_ip: str | None) -> bool:
    """Do what was changed about one purpose; whether anything was."""
    wanted = {choice: wishes.get((row.purpose.code, choice.channel), choice.on) for choice in row.choices}
    for choice, yes in wanted.items():
        if yes and not choice.on:
            evidence = Evidence(
                CENTRE,
                by_subject=True,
                text=shown(row.purpose, choice.channel),
                language=get_language() or "",
                source_ip=source_ip,
            )
            consents.give(person.pk, row.purpose.code, choice.channel, at, evidence=evidence)
    ended = [choice.channel for choice, yes in wanted.items() if choice.on and not yes]
    if row.purpose.is_marketing and ended and not any(wanted.values()):
        ended = [""]  # the purpose as a whole is refused, also over channels that may come later
    for channel in ended:
        if row.purpose.is_marketing:
            heed(person, row.purpose.code, channel, at, CENTRE)
        else:
            consents.withdraw(person.pk, row.purpose.code, channel, at, method=CENTRE, actor=SUBJECT)
    return any(yes != choice.on for choice, yes in wanted.items())


def save_topics(contact: UUID, topics: Mapping[str, bool], at: datetime) -> bool:
    """Set the topics of interest: those offered by the page, and whether each is ticked; whether anything changed.

    Only what the page offered is taken, and it has the person's own provenance, which outranks every import (S13).
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        known = topics_of(person)
        wanted = [topic for topic in known if topics.get(topic, topic in person.topics)]
        if set(wanted) == set(person.topics) or not person.in_marketing:
            return False
        Contact.objects.filter(pk=contact).update(topics=wanted, updated_at=at)
        source, _created = Source.objects.get_or_create(
            code=SOURCE, defaults={"name": "Preference centre", "kind": SourceKind.FORM}
        )
        Collection.objects.create(
            contact=person, source=source, collected_on=local_date(at), supplied_by_subject=True, fields=["topics"]
        )
        AuditEvent.record(Actor.subject(), gettext_noop("changed"), person, fields=["topics"])
        notices.inform_once(person, method=CENTRE, at=at)
    return True


def topics_of(person: Contact) -> list[str]:
    """The topics a page offers: the person's own, then ours."""
    return list(dict.fromkeys([*person.topics, *TOPICS]))


# Opting out ---------------------------------------------------------------------------------------------------------


def opt_out(link: Link, at: datetime, *, method: str, purpose: str = "", channel: str = "") -> list[Contact]:
    """Heed an objection to marketing by link (Art. 21(3)), also after the person was erased or has a new address.

    Whoever the link was sent to opts out, and so does the address it was sent to; returns the people found. Repeated,
    it changes nothing.
    """
    with transaction.atomic():
        people = list(_people(link).select_for_update())
        for person in people:
            heed(person, purpose, channel, at, method)
        if link.digest and not any(link.was_sent_to(person) for person in people):
            _remember(link, purpose, channel, at, method)
    return people


def nothing_at_all(link: Link, at: datetime) -> None:
    """No advertising of any kind, and every consent withdrawn."""
    with transaction.atomic():
        withdraw_everything(opt_out(link, at, method=CENTRE), at)


def withdraw_everything(people: Sequence[Contact], at: datetime) -> None:
    """End every consent of these contacts, as "nothing at all" on the page asks (Art. 7(3))."""
    known = Consent.objects.filter(contact__in=people).order_by()
    for contact, purpose, channel in set(known.values_list("contact", "purpose", "channel")):
        consents.withdraw(contact, purpose, channel, at, method=CENTRE, actor=SUBJECT)


def _people(link: Link) -> QuerySet[Contact, Contact]:
    """The contact the link was sent to; when it is gone, whoever has the same address, also by a merged record."""
    known = Contact.objects.filter(Q(pk=link.contact) | Q(merged_records__former_id=link.contact))
    if not known.exists() and link.digest:
        known = Contact.objects.filter(email_digest=link.digest, digest_version=link.digest_version)
        if not known.exists():
            known = Contact.objects.filter(pk__in=merged.by_digest(link.digest, link.digest_version))
    return Contact.objects.filter(pk__in=known.values("pk"))


def heed(person: Contact, purpose: str, channel: str, at: datetime, method: str) -> None:
    """Record an objection to marketing by the person, unless an earlier one covers it; the contact is locked."""
    if not _is_heeded(person, purpose, channel, at):
        objections.to_marketing(person.pk, at, method=method, actor=SUBJECT, purpose=purpose, channel=channel)


def _is_heeded(person: Contact, purpose: str, channel: str, at: datetime) -> bool:
    """Whether an earlier objection covers this one, and nothing has begun since that it would have to end."""
    raised = Objection.objects.filter(
        contact=person, ground=ObjectionGround.MARKETING, purpose__in={"", purpose}, channel__in={"", channel}
    )
    if not raised.exists() or (person.in_marketing and not purpose and not channel):
        return False
    covered = Consent.objects.filter(
        contact=person, purpose__in=Purpose.objects.filter(is_marketing=True).values("code")
    )
    covered = covered.filter(purpose=purpose) if purpose else covered
    covered = covered.filter(channel=channel) if channel else covered
    states = (consents.state_of(person.pk, *one, at) for one in set(covered.values_list("purpose", "channel")))
    return not any(event and event.state in (*USABLE, ConsentState.REQUESTED) for event in states)


def _remember(link: Link, purpose: str, channel: str, at: datetime, method: str) -> None:
    """The suppression list and the evidence by the digest alone, for an address that nobody here has.

    A digest of an older key does not tell that yet: a worker compares the register with it.
    """
    _entry, is_new = suppression.add_by_digest(link.digest, link.digest_version, at, purpose=purpose, channel=channel)
    if is_new:
        Objection.objects.create(
            digest=link.digest,
            digest_version=link.digest_version,
            ground=ObjectionGround.MARKETING,
            purpose=purpose,
            channel=channel,
            raised_at=at,
            recorded_at=at,
            method=method,
        )
        if link.digest_version != keys.newest_version():
            transaction.on_commit(lambda: current_app.send_task(COMPARE), robust=True)
