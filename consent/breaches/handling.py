"""What is done about a breach: facts, two decisions, the notification in phases, the people concerned (Art. 33, 34).

Every act writes a line of the breach's history and an audit event in its own transaction. Times are arguments; each act
raises ValueError with the reason why it cannot be done.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent
from config.policy.periods import BREACH_HOURS
from config.sql import insert_rows
from consent.models import Breach, BreachEvent, BreachPerson
from consent.models.breaches import BreachStep, NotTelling, Risk

CLOCK: Final = timedelta(hours=BREACH_HOURS)


# The clock ------------------------------------------------------------------------------------------------------------


def running() -> QuerySet[Breach]:
    """Breaches whose clock runs, the oldest first: undecided, riskier than decided upon, or not notified as decided."""
    undecided = Q(notify_authority__isnull=True)
    riskier = Q(notify_authority=False) & ~Q(risk=Risk.UNLIKELY)
    unsent = Q(notify_authority=True, notified_at__isnull=True)
    return Breach.objects.filter(undecided | riskier | unsent, closed_at__isnull=True).order_by("aware_at")


def late(at: datetime) -> QuerySet[Breach]:
    """Those of them whose 72 hours were over at the moment `at` (aware)."""
    return running().filter(aware_at__lt=at - CLOCK)


def hours_left(breach: Breach, at: datetime) -> int:
    """Whole hours until the authority must have been notified; negative once they are over."""
    return int((breach.notify_by - at).total_seconds() // 3600)


# The acts -------------------------------------------------------------------------------------------------------------


ACTIONS: Final = {
    BreachStep.REGISTERED: gettext_noop("breach: registered"),
    BreachStep.CORRECTED: gettext_noop("breach: corrected"),
    BreachStep.SEARCHED: gettext_noop("breach: searched"),
    BreachStep.DECIDED_AUTHORITY: gettext_noop("breach: authority"),
    BreachStep.NOTIFIED: gettext_noop("breach: notified"),
    BreachStep.DECIDED_PEOPLE: gettext_noop("breach: people"),
    BreachStep.TOLD: gettext_noop("breach: told"),
    BreachStep.NOTE: gettext_noop("breach: note"),
    BreachStep.CLOSED: gettext_noop("breach: closed"),
}
"""What the audit trail calls each step."""


def note(breach: Breach, step: BreachStep, text: str = "", *, actor: Actor, at: datetime) -> None:
    """Add a line to the history; call it in the transaction of what it is about."""
    BreachEvent.objects.create(breach=breach, at=at, actor_id=actor.user_id, step=step, text=text)
    AuditEvent.record(actor, ACTIONS[step], breach)


def decide_about_authority(breach: Breach, notify: bool, reason: str, *, actor: Actor, at: datetime) -> None:
    """Decide whether the authority is notified; not to needs a reason and a risk that is unlikely (Art. 33(1), (5))."""
    _refuse(breach.closed_at is not None, _("This breach is closed."))
    _refuse(breach.notify_authority is True, _("It has been decided already that the authority is notified."))
    _refuse(not breach.risk, _("First enter how high the risk for the people is."))
    _refuse(not reason.strip(), _("Enter the reason. It is what the authority asks for later."))
    if not notify:
        _refuse(breach.risk != Risk.UNLIKELY, _("The authority may stay out of it only if a risk is unlikely."))
    fields = {"notify_authority": notify, "authority_reason": reason.strip()}
    _do(breach, fields, BreachStep.DECIDED_AUTHORITY, reason, actor=actor, at=at)


def notified(breach: Breach, sent_at: datetime, text: str, delay_reason: str, *, actor: Actor, at: datetime) -> None:
    """Record a notification, or one more phase of it; a first one after 72 hours needs reasons (Art. 33(1), (4))."""
    _refuse(breach.notify_authority is not True, _("First decide that the authority is notified."))
    _refuse(not breach.aware_at <= sent_at <= at, _("That is before we became aware, or in the future."))
    first = breach.notified_at is None
    is_late = first and sent_at > breach.notify_by
    _refuse(is_late and not delay_reason.strip(), _("It is later than 72 hours. Enter the reasons for the delay."))
    fields = {"notified_at": sent_at, "delay_reason": delay_reason.strip()} if first else {}
    said = " ".join(part for part in (text.strip(), delay_reason.strip()) if part)
    when = date_format(localtime(sent_at), "SHORT_DATETIME_FORMAT")
    _do(breach, fields, BreachStep.NOTIFIED, f"{when}: {said}", actor=actor, at=at)


def decide_about_people(breach: Breach, tell: bool, why: str, reason: str, *, actor: Actor, at: datetime) -> None:
    """Decide whether the people are told; a high risk leaves that open only on a ground of Art. 34(3)."""
    _refuse(breach.closed_at is not None, _("This breach is closed."))
    _refuse(breach.tell_people is True, _("It has been decided already that the people are told."))
    _refuse(not breach.risk, _("First enter how high the risk for the people is."))
    _refuse(not reason.strip(), _("Enter the reason. It is what the authority asks for later."))
    if not tell and breach.risk == Risk.HIGH:
        _refuse(
            why not in NotTelling.values, _("The risk is high: choose why the people need not be told, Art. 34(3).")
        )
    fields = {"tell_people": tell, "people_exemption": "" if tell else why, "people_reason": reason.strip()}
    _do(breach, fields, BreachStep.DECIDED_PEOPLE, reason, actor=actor, at=at)


def told(breach: Breach, told_at: datetime, *, actor: Actor, at: datetime) -> int:
    """Record that everybody concerned who had not been told was told at that moment; returns how many."""
    _refuse(breach.tell_people is not True, _("First decide that the people are told."))
    _refuse(not breach.aware_at <= told_at <= at, _("That is before we became aware, or in the future."))
    with transaction.atomic():
        count = breach.people.filter(told_at__isnull=True, contact__isnull=False).update(told_at=told_at)
        _refuse(not count, _("Nobody is listed who has not been told. First look for the people concerned."))
        note(breach, BreachStep.TOLD, str(count), actor=actor, at=at)
    return count


def close(breach: Breach, *, actor: Actor, at: datetime) -> None:
    """Close a breach once both decisions are made and carried out; it then stays for three years."""
    _refuse(breach.closed_at is not None, _("This breach is closed."))
    _refuse(breach.notify_authority is None or breach.tell_people is None, _("First make both decisions."))
    _refuse(running().filter(pk=breach.pk).exists(), _("The authority has not been notified yet, though it must be."))
    waiting = breach.people.filter(told_at__isnull=True, contact__isnull=False)
    untold = waiting.exists() or not breach.people.exists()
    _refuse(bool(breach.tell_people) and untold, _("Not everybody has been told yet."))
    owed = breach.risk == Risk.HIGH and not breach.tell_people and not breach.people_exemption
    _refuse(owed, _("The risk has become high: decide again about the people."))
    _do(breach, {"closed_at": at}, BreachStep.CLOSED, actor=actor, at=at)


def add_people(breach: Breach, ids: Iterable[UUID], found_by: str, *, actor: Actor, at: datetime) -> int:
    """List contacts as concerned; whoever is listed already stays so. Returns how many are new."""
    with transaction.atomic():
        locked = Breach.objects.select_for_update().get(pk=breach.pk)
        _refuse(locked.closed_at is not None, _("This breach is closed."))
        known = set(breach.people.filter(contact__isnull=False).values_list("contact", flat=True))
        fresh = sorted(set(ids) - known)
        rows = ((breach.pk, one, found_by[:200], at, None) for one in fresh)
        insert_rows(BreachPerson, ("breach", "contact", "found_by", "added_at", "told_at"), rows)
        note(breach, BreachStep.SEARCHED, f"{found_by}: {len(fresh)}", actor=actor, at=at)
    return len(fresh)


def _do(
    breach: Breach, fields: dict[str, Any], step: BreachStep, text: str = "", *, actor: Actor, at: datetime
) -> None:
    """Write what was decided, unless somebody else has decided or closed it since the page was opened."""
    with transaction.atomic():
        stored = Breach.objects.select_for_update().get(pk=breach.pk)
        read = ("notify_authority", "tell_people", "risk", "closed_at")
        changed = any(getattr(stored, name) != getattr(breach, name) for name in read)
        _refuse(changed, _("Somebody else was faster. Please look again."))
        for name, value in fields.items():
            setattr(breach, name, value)
        breach.save(update_fields=list(fields))
        note(breach, step, text, actor=actor, at=at)


def _refuse(stands: bool, reason: str) -> None:
    if stands:
        raise ValueError(reason)
