"""The clock of the notices (Art. 13, 14): who has yet to be informed, by when, and how that is recorded.

    owed(on)        everybody without a notice, with the last day and the article: one statement, for lists and counts
    record(...)     informed: the same query again, for a selection of them
    exempt(...)     one person need not be informed, with the reason of Art. 14(5)

A notice is due one month after the collection, or after the collection anew of somebody who had left marketing. An
earlier first message or disclosure makes it due at once: `consent/permission.py` lets none out before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import uuid_utils.compat as uuid
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, CharField, DateField, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.dates import AddMonths, local_date
from config.models import Actor, AuditEvent
from config.policy.periods import NOTICE_MONTHS, NOTICE_SOON_DAYS
from config.sql import compiled, insert_from, insert_rows
from consent.models import Notice, OwedNotice, PolicyVersion
from consent.models.notices import Exemption, NoticeKind
from consent.prepared import NOBODY, Statement, ask, written
from contacts.models import Collection, Contact
from contacts.models.provenance import SourceKind

Owed = QuerySet[Any, Any]
"""A selection of `owed`: contacts with the two columns of their notice."""
SOON = timedelta(days=NOTICE_SOON_DAYS)
IMPORT = "import"
COLUMNS = ("contact", "kind", "policy", "given_at", "exemption", "reason", "method", "recorded_at", "actor_id", "batch")


def owed() -> Owed:
    """Everybody who has been told nothing yet, and customers whose data a partner has supplied or changed since.

    Each with `notice_due_on` and `notice_kind`. Art. 13 is meant when the person gave us all that we have, else Art.
    14. The day is the last one that is in time.
    """
    told = Exists(Notice.objects.filter(contact=OuterRef("pk")))
    by_partner = partner_said()
    last = by_partner.filter(contact=OuterRef("pk")).order_by("-collected_on").values("collected_on")[:1]
    first = Coalesce("returned_on", "collected_on", output_field=DateField())
    begun = Case(When(told, then=Subquery(last)), default=first, output_field=DateField())
    return OwedNotice.objects.filter(~told | Q(pk__in=by_partner.values("contact"))).annotate(
        notice_due_on=AddMonths(begun, NOTICE_MONTHS), notice_kind=kind()
    )


def due_on(contact: UUID, at: datetime) -> date | None:
    """The last day on which one contact is told in time; None while nothing is owed at `at` (aware)."""
    for (day,) in ask(_owed_to_one(connection.vendor), contact, at):
        return day if isinstance(day, date) else date.fromisoformat(day)  # SQLite keeps text
    return None


@lru_cache(maxsize=2)
def _owed_to_one(_vendor: str) -> Statement:
    """`owed` about nobody yet."""
    return written(*compiled(owed().filter(pk=NOBODY).order_by().values_list("notice_due_on")))


def partner_said() -> QuerySet[Collection, Collection]:
    """What partners said about end customers after these had last been informed (S37, S38; Art. 14)."""
    informed = Coalesce(
        TruncDate("given_at", tzinfo=settings.CONTROLLER_ZONE),
        TruncDate("recorded_at", tzinfo=settings.CONTROLLER_ZONE),
    )
    since = Notice.objects.filter(contact=OuterRef("contact")).annotate(day=informed)
    told = Notice.objects.filter(contact=OuterRef("contact"))
    said = Collection.objects.filter(source__kind=SourceKind.PARTNER, supplied_by_subject=False).exclude(fields=[])
    return said.filter(Exists(told), ~Exists(since.filter(day__gte=OuterRef("collected_on"))))


def kind() -> Case:
    """The article that asks for a notice, as an expression on a contact."""
    collected = Collection.objects.filter(contact=OuterRef("pk"))
    by_the_person = Exists(collected) & ~Exists(collected.filter(supplied_by_subject=False))
    return Case(
        When(Q(by_the_person), then=Value(NoticeKind.COLLECTION.value)),
        default=Value(NoticeKind.ELSEWHERE.value),
        output_field=CharField(),
    )


def overdue(rows: Owed, on: date) -> Owed:
    """Those whose last day was before the day `on`."""
    return rows.filter(notice_due_on__lt=on)


def due_soon(rows: Owed, on: date) -> Owed:
    """Those whose last day is the day `on` or within seven days after it."""
    return rows.filter(notice_due_on__range=(on, on + SOON))


# Recording ------------------------------------------------------------------------------------------------------------


def policy_for(on: date) -> Case | None:
    """The text in force on the day `on` in each contact's language, as an expression; None before the first one."""
    newest = PolicyVersion.in_force(on)
    if newest is None:
        return None
    others = PolicyVersion.objects.filter(version=newest.version).exclude(pk=newest.pk)
    fitting = [When(language=language, then=Value(pk)) for pk, language in others.values_list("pk", "language")]
    own = When(language=newest.language, then=Value(newest.pk))
    return Case(own, *fitting, default=Value(newest.pk), output_field=Notice._meta.get_field("policy").target_field)


def record(people: Owed, given_on: date, *, method: str, actor: Actor, at: datetime) -> int:
    """Record that these people (a selection of `owed`) were informed on the day `given_on`; returns how many.

    Whoever has been recorded or erased meanwhile is left alone. Raises ValueError for a day in the future, and for one
    on which no version of the policy had been published.
    """
    policy = policy_for(given_on)
    if given_on > local_date(at):
        raise ValueError(_("Nobody can have been informed on %(day)s, which is in the future.") % {"day": given_on})
    if policy is None:
        raise ValueError(_("On %(day)s no version of the policy had been published yet.") % {"day": given_on})
    given_at = at if given_on == local_date(at) else midnight(given_on)
    batch = uuid.uuid7()
    with transaction.atomic():
        told = _insert(
            Contact.objects.filter(pk__among=_lock(people)),
            policy,
            given_at,
            method=method,
            actor=actor,
            at=at,
            batch=batch,
        )
        AuditEvent.record(
            actor, gettext_noop("informed"), Contact, fields=["notices"], batch=batch, counts={"notices": told}
        )
    return told


def _lock(people: Owed) -> list[UUID]:
    """Lock them in the order of their ids, so that a run that is erasing somebody meets this writer; who still owes.

    Asked before the insert, and not in it: a statement that fills a table it also looks through wades in its own rows.
    """
    ids = list(people.order_by("pk").values_list("pk", flat=True))
    locked = Contact.objects.filter(pk__among=ids).order_by("pk").select_for_update().values_list("pk", flat=True)
    list(locked)
    return list(owed().filter(pk__among=ids).order_by().values_list("pk", flat=True))


def _insert(
    people: QuerySet[Contact, Contact],
    policy: Any,
    given_at: datetime,
    *,
    method: str,
    actor: Actor,
    at: datetime,
    batch: UUID,
) -> int:
    values = people.order_by().values_list(
        "pk",
        kind(),
        policy,
        _value("given_at", given_at),
        _value("exemption", ""),
        _value("reason", ""),
        _value("method", method[:40]),
        _value("recorded_at", at),
        _value("actor_id", actor.user_id),
        _value("batch", batch),
    )
    return insert_from(Notice, COLUMNS, values)


def _value(name: str, value: Any) -> Value:
    field: Any = Notice._meta.get_field(name)
    return Value(value, output_field=field)


def inform(contact: Contact, *, method: str, actor: Actor, at: datetime) -> Notice | None:
    """Record that one person is informed now; None before the first version of the policy."""
    policy = PolicyVersion.in_force(local_date(at), contact.language)
    if policy is None:
        return None
    (article,) = Contact.objects.filter(pk=contact.pk).values_list(kind(), flat=True)
    notice = Notice.objects.create(
        contact=contact, kind=article, policy=policy, given_at=at, method=method, recorded_at=at, actor_id=actor.user_id
    )
    AuditEvent.record(actor, gettext_noop("informed"), contact, fields=["notices"])
    return notice


def inform_once(contact: Contact, *, method: str, at: datetime) -> None:
    """Whoever owed a notice has it now: the person chose something at `at` (aware) on a page that leads to the policy.

    The caller has locked the contact.
    """
    if not Notice.objects.filter(contact=contact).exists():
        inform(contact, method=method, actor=Actor.subject(), at=at)


def given_at_the_desk(contact: Contact, actor: Actor, at: datetime, **_signal: Any) -> None:
    """Whoever entered the contact says that the person was informed then."""
    inform(contact, method="in person", actor=actor, at=at)


def exempt(contact: UUID, exemption: Exemption, reason: str, *, actor: Actor, at: datetime) -> Notice:
    """Record that somebody need not be informed, and why (Art. 14(5)).

    Raises ValueError when the person owes nothing any more, when everything came from the person (Art. 13 knows one
    exemption only), or without a reason. Raises Contact.DoesNotExist for somebody who has been erased.
    """
    with transaction.atomic():
        person = Contact.objects.select_for_update().get(pk=contact)
        row = owed().filter(pk=contact).first()
        if row is None:
            raise ValueError(_("Nothing was done: this person has been informed, or exempted, already."))
        if row.notice_kind == NoticeKind.COLLECTION and exemption != Exemption.KNOWN:
            raise ValueError(_("Whoever gave us the data must be informed, unless they have the information already."))
        if not reason.strip():
            raise ValueError(_("Say why this person need not be informed."))
        policy = PolicyVersion.in_force(local_date(at), person.language)
        if policy is None:
            raise ValueError(_("No version of the policy has been published yet."))
        notice = Notice.objects.create(
            contact=person,
            kind=row.notice_kind,
            policy=policy,
            exemption=exemption,
            reason=reason.strip(),
            recorded_at=at,
            actor_id=actor.user_id,
        )
        AuditEvent.record(actor, gettext_noop("exempted from notice"), person, fields=["notices"])
    return notice


# At collection --------------------------------------------------------------------------------------------------------


def midnight(day: date) -> datetime:
    """The beginning of a day in the controller's time zone: when all that is known of a moment is its day."""
    return datetime.combine(day, datetime.min.time(), settings.CONTROLLER_ZONE)


def at_collection(supplied: Mapping[UUID, tuple[str, date]], at: datetime, batch: UUID) -> None:
    """Of an import: whoever gave us the data was informed by the form or the paper it was given on (Art. 13).

    `supplied` has the language and the day of collection of each of these contacts. Whoever has a notice already gets
    no second one; whose data are older than the first version of the policy still owes one.
    """
    texts = list(PolicyVersion.objects.defer("text").order_by("-published_on", "language")) if supplied else []
    told = set(Notice.objects.filter(contact__among=list(supplied)).values_list("contact_id", flat=True))
    rows = [
        (contact, str(NoticeKind.COLLECTION), policy.pk, midnight(day), "", "", IMPORT, at, None, batch)
        for contact, (language, day) in supplied.items()
        if contact not in told and (policy := _text(texts, day, language)) is not None
    ]
    insert_rows(Notice, COLUMNS, rows)


def _text(texts: Sequence[PolicyVersion], on: date, language: str) -> PolicyVersion | None:
    """Of the texts, newest first, the one in force on that day, in the language where there is one."""
    published = [text for text in texts if text.published_on <= on]
    in_force = [text for text in published if text.version == published[0].version]
    return next((text for text in in_force if text.language == language), in_force[0] if in_force else None)
