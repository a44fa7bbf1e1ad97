"""Who asks (Art. 12(6)): by what was on file before the request, and never by a copy of an identity card.

Level 1 is control of an address on file: a single-use link or the code in the same mail. Level 2 adds a fact that only
the person knows, or a call-back through the employer's published number, recorded by staff.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from config import keys
from config.dates import local_date
from config.models import Actor, AuditEvent
from config.policy.periods import IDENTITY_LINK_DAYS
from consent.models import ImportBatch
from contacts.models import Collection, Contact
from dsar import correspondence, letters, proofs
from dsar.history import note
from dsar.models import IdentityCheck, Match, RightsRequest
from dsar.models.correspondence import MessageKind
from dsar.models.history import EventKind
from dsar.models.matches import BY_ADDRESS, Level, MatchState, Method

MOST_ATTEMPTS: Final = 5
MOVED: Final = frozenset({"email", "collected_on"})
"""What a change must leave alone for an address to have been on file before it."""


def level_of(checks: Iterable[IdentityCheck]) -> Level:
    """How sure we are: a passed check of an address, and a fact on top of it, of nobody who was rejected."""
    methods = {one.method for one in checks if one.passed_at and one.match.state != MatchState.REJECTED}
    if not methods & set(BY_ADDRESS):
        return Level.NONE
    return Level.FACT if methods - set(BY_ADDRESS) else Level.ADDRESS


def was_on_file(contact: Contact, at: datetime) -> bool:
    """Whether the contact had its present address before the moment `at`: an attacker may have had it changed.

    A merge that made the contact older than it was proves nothing about the address of the younger record. An import
    leaves no event and its file may say any day, but it only fills in an address that is missing: what it did since
    counts where nothing before names one.
    """
    if not contact.email or contact.collected_on > local_date(at):
        return False
    changes = AuditEvent.objects.filter(object_id=contact.pk, at__gt=at).values_list("fields", flat=True)
    if any(MOVED & set(fields) for fields in changes):
        return False
    said = Collection.objects.filter(contact=contact).values_list("fields", "collected_on", "batch")
    named = [(on, batch) for fields, on, batch in said if "email" in fields]
    if any(on > local_date(at) for on, _batch in named):
        return False
    imported = ImportBatch.objects.filter(pk__in={batch for _on, batch in named if batch})
    since = set(imported.exclude(finished_at__lte=at).values_list("pk", flat=True))
    return not named or any(batch not in since for _on, batch in named)


def ask(request: RightsRequest, at: datetime, actor: Actor) -> int:
    """Send a link to the address on file of every candidate that is not rejected; returns how many were sent.

    Without any such address the person is asked in words, at the address they wrote from.
    """
    candidates = Match.objects.filter(request=request, contact__isnull=False).exclude(state=MatchState.REJECTED)
    confirmed = candidates.filter(state=MatchState.CONFIRMED)
    sent = 0
    for match in (confirmed if confirmed.exists() else candidates).select_related("contact"):
        if match.contact is not None and was_on_file(match.contact, request.received_at):
            _send_link(match, at, actor)
            sent += 1
    if not sent:
        with letters.speaking(request):
            question = _("Which address, phone number or customer account may we know you by?")
        correspondence.send(request, MessageKind.IDENTITY, letters.who_are_you(request, question), at, actor)
    return sent


def _send_link(match: Match, at: datetime, actor: Actor) -> None:
    until = at + timedelta(days=IDENTITY_LINK_DAYS)
    check = IdentityCheck(
        request=match.request,
        match=match,
        method=Method.LINK,
        sent_at=at,
        expires_at=until,
        recorded_by=actor.user_id,
    )
    check.secret_digest = keys.digest(proofs.identity_code(check))
    check.save()
    letter = letters.identity(match.request, proofs.LINK, proofs.CODE, local_date(until))
    correspondence.send(match.request, MessageKind.IDENTITY, letter, at, actor, match=match)


def find(token: str, at: datetime) -> IdentityCheck | None:
    """The check a link belongs to; None when it is not ours, used, too old, or its case is closed or decided."""
    said = proofs.read_identity(token)
    if said is None:
        return None
    key, code = said
    check = _usable(at).filter(pk=UUID(key)).first()
    return check if check and _is(check, code) else None


def _usable(at: datetime) -> QuerySet[IdentityCheck, IdentityCheck]:
    return IdentityCheck.objects.filter(
        passed_at__isnull=True, expires_at__gte=at, request__closed_at__isnull=True, match__contact__isnull=False
    ).exclude(match__state=MatchState.REJECTED)


def _is(check: IdentityCheck, code: str) -> bool:
    digests = [digest for _version, digest in keys.all_digests(code)]
    return any(secrets.compare_digest(check.secret_digest, digest) for digest in digests)


def pass_link(token: str, at: datetime) -> IdentityCheck | None:
    """The person pressed the button behind the link. Works once; None when there is nothing to pass."""
    with transaction.atomic():
        found = find(token, at)
        check = _usable(at).select_for_update(of=("self",)).filter(pk=found.pk).first() if found else None
        if check is not None:
            _passed(check, at, Actor.subject())
    return check


def enter_code(request: RightsRequest, code: str, at: datetime, *, actor: Actor) -> bool:
    """Staff enter the code that the person read to them; whether it was right. Five attempts for each mail."""
    with transaction.atomic():
        tried = _usable(at).filter(request=request, attempts__lt=MOST_ATTEMPTS).exclude(secret_digest="")
        for check in tried.select_for_update(of=("self",)):
            if _is(check, code.strip().upper()):
                check.method = Method.CODE
                _passed(check, at, actor)
                return True
        tried.update(attempts=F("attempts") + 1)
    return False


def record(match: Match, method: Method, what: str, at: datetime, *, actor: Actor) -> IdentityCheck:
    """Staff checked a fact, called back or saw a sign-in; `what` says how. Raises ValueError without it."""
    if method not in (Method.FACT, Method.CALL_BACK, Method.PORTAL):
        raise ValueError(_("A link is passed by whoever receives it."))
    if not what.strip():
        raise ValueError(_("Write down what was checked, and not the answer itself."))
    with transaction.atomic():
        check = IdentityCheck(request=match.request, match=match, method=method, note=what.strip())
        _passed(check, at, actor)
    return check


def confirmed_from_file(match: Match, at: datetime) -> None:
    """The request came from an address that was on file, and whoever has it confirmed: that proves level 1."""
    known = IdentityCheck.objects.filter(match=match, passed_at__isnull=False, method=Method.LINK)
    if match.contact is not None and was_on_file(match.contact, match.request.received_at) and not known.exists():
        _passed(IdentityCheck(request=match.request, match=match, method=Method.LINK, sent_at=at), at, Actor.subject())


def _passed(check: IdentityCheck, at: datetime, actor: Actor) -> None:
    check.passed_at = at
    check.recorded_by = actor.user_id
    check.save()
    note(check.request, EventKind.IDENTITY, at, actor, subject=check.method)
