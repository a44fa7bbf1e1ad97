"""Whom a request is about: candidates with what agrees and how much that weighs; staff decide.

Nothing is read for the person who sends the form: a worker looks afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config import keys
from config.models import Actor
from consent import former
from contacts.identity import clean_phone, email_key, names_clash, organisation_key
from contacts.models import Affiliation, Contact
from dsar import holds, identity
from dsar.history import note
from dsar.models import AskedRight, Match, Requester, RightsRequest
from dsar.models.history import EventKind
from dsar.models.matches import MatchState
from dsar.models.requests import FAST_LANE, Status
from dsar.rights import fast_lane, procedure_of
from dsar.workflow import NotAllowedError, locked

MOST: Final = 20
WEIGHTS: Final = {"email": 80, "phone": 50, "name": 25, "organisation": 25, "domain": 15, "other_name": -30}
"""What agrees, and how much that says; another name under the same address says that it may be somebody else."""
SENTENCES: Final = {
    "email": gettext_lazy("same e-mail address"),
    "phone": gettext_lazy("same phone number"),
    "name": gettext_lazy("same name"),
    "organisation": gettext_lazy("same organisation"),
    "domain": gettext_lazy("address of the same domain"),
    "other_name": gettext_lazy("clearly another name"),
    "staff": gettext_lazy("chosen by staff"),
}


def search(request: UUID, at: datetime, actor: Actor) -> int:
    """Look for the requester in the register and write down the candidates; returns how many there are.

    Safe to repeat: a candidate that was decided stays so. The address that was confirmed and is on file identifies the
    person, and the fast lane needs no more than that.
    """
    with transaction.atomic():
        case = locked(request)
        requester = Requester.objects.filter(request=case).first()
        if requester is None or not case.is_open:
            return 0
        found = candidates(requester)
        for contact, signals in found.items():
            Match.objects.get_or_create(
                request=case, contact_id=contact, defaults={"score": score(signals), "signals": " ".join(signals)}
            )
        case.matched_at = at
        case.save(update_fields=["matched_at"])
        if case.confirmed_at:
            recognise(case, at)
        holds.place(case, at, actor)
        note(case, EventKind.MATCHED, at, actor, subject=str(len(found)))
    return len(found)


def signals_of(match: Match) -> list[str]:
    """What agrees, in words."""
    return [str(SENTENCES[code]) for code in match.signals.split()]


def score(signals: list[str]) -> int:
    """The weight of what agrees, from 0 to 100."""
    return max(0, min(100, sum(WEIGHTS[one] for one in signals)))


def candidates(requester: Requester) -> dict[UUID, list[str]]:
    """Contacts that may be the requester, each with the codes of what agrees; the likeliest twenty."""
    signals: dict[UUID, list[str]] = defaultdict(list)
    for code, ids in _sightings(requester):
        for one in ids:
            signals[one].append(code)
    _same_house(requester, signals)
    likely = sorted(signals.items(), key=lambda item: (-score(item[1]), item[0]))
    return {contact: codes for contact, codes in likely[:MOST] if score(codes)}


def _sightings(requester: Requester) -> Iterator[tuple[str, list[UUID]]]:
    """What agrees, and with whom."""
    people = Contact.objects.order_by("pk")
    if requester.email:
        mine = list(people.filter(email_key=email_key(requester.email)))
        yield "email", [one.pk for one in mine]
        yield "other_name", [one.pk for one in mine if _other_name(requester, one)]
    if requester.phone:
        digests = [digest for _version, digest in keys.all_digests(clean_phone(requester.phone, "FI"))]
        yield "phone", list(people.filter(phone_digest__in=digests).values_list("pk", flat=True)[:MOST])
    if names := _name_keys(requester.name):
        yield "name", list(people.filter(name_key__in=names).values_list("pk", flat=True)[:MOST])


def _other_name(requester: Requester, contact: Contact) -> bool:
    first, _space, last = requester.name.strip().rpartition(" ")
    return bool(last) and names_clash(first, last, contact.first_name, contact.last_name)


def _name_keys(name: str) -> set[str]:
    """Every way to cut the words of a name into "last first"."""
    words = name.casefold().replace(",", " ").split()[:5]
    return {" ".join(words[cut:] + words[:cut]) for cut in range(len(words))} if len(words) > 1 else set()


def _same_house(requester: Requester, signals: dict[UUID, list[str]]) -> None:
    """Working for the organisation that was named, or an address of the same domain, makes a namesake likelier."""
    ids = list(signals)
    if requester.organisation:
        firms = Affiliation.objects.filter(
            contact__in=ids, organisation__name_key=organisation_key(requester.organisation)
        )
        for one in set(firms.values_list("contact_id", flat=True)):
            signals[one].append("organisation")
    domain = email_key(requester.email).rpartition("@")[2] if requester.email else ""
    if domain:
        namesakes = Contact.objects.filter(pk__in=ids, email_key__endswith=f"@{domain}")
        for one in namesakes.exclude(email_key=email_key(requester.email)).values_list("pk", flat=True):
            signals[one].append("domain")


def was_erased(requester: Requester) -> tuple[str, date] | None:
    """Why and when the requester's address left the register, where it was here once."""
    if not requester.email:
        return None
    key = email_key(requester.email)
    return former.find([key]).get(key)


# Deciding -----------------------------------------------------------------------------------------------------------


def recognise(case: RightsRequest, at: datetime) -> None:
    """The requester confirmed an address: whoever has it on file, under no other name, is the person."""
    key = email_key(case.requester.email)
    for match in case.matches.filter(contact__email_key=key).select_related("contact", "request"):
        if "other_name" in match.signals.split() or match.state == MatchState.REJECTED:
            continue
        identity.confirmed_from_file(match, at)
        if match.state == MatchState.OPEN:
            _settle(case, match, MatchState.CONFIRMED, at, Actor.subject())
    fast_lane.carry_out(case, at, Actor.subject())


def may_decide(case: RightsRequest) -> bool:
    """Whether it can still be said who the person is: until the case is carried out, also while a refusal waits.

    Somebody may prove who they are after it was proposed to refuse for want of proof.
    """
    decided = case.status in (Status.IN_PROGRESS, Status.AWAITING_APPROVAL) or case.answered_at is not None
    return case.is_open and not decided


def decide(match: UUID, state: str, at: datetime, *, actor: Actor) -> Match:
    """Staff confirm or reject a candidate; several confirmed ones are one person.

    Confirming carries out the fast lane for that contact in the same transaction. Raises NotAllowedError once the
    case is being carried out or closed, and for somebody erased.
    """
    with transaction.atomic():
        found = Match.objects.select_related("contact").get(pk=match)
        case = locked(found.request_id)
        if not may_decide(case):
            raise NotAllowedError(_("Who the person is, is decided before the case is carried out."))
        if found.contact is None:
            raise NotAllowedError(_("The person has been erased."))
        found.request = case
        _settle(case, found, MatchState(state), at, actor)
        holds.place(case, at, actor)
        if found.state == MatchState.CONFIRMED:
            fast_lane.carry_out(case, at, actor)
    return found


def heed_at_once(request: UUID, at: datetime, actor: Actor) -> None:
    """Carry out the fast lane of a request that staff entered: for whoever has the address, under no other name.

    They count as the person: what needs more certainty than an objection asks for its own level of identity.
    """
    with transaction.atomic():
        case = locked(request)
        if not AskedRight.objects.filter(request=case, right__in=FAST_LANE).exists():
            return
        for match in case.matches.filter(state=MatchState.OPEN).select_related("contact"):
            signals = match.signals.split()
            if "email" in signals and "other_name" not in signals:
                _settle(case, match, MatchState.CONFIRMED, at, actor)
        fast_lane.carry_out(case, at, actor)


def choose(request: UUID, contact: Contact, at: datetime, *, actor: Actor) -> Match:
    """Staff know whom the request is about, whatever agrees: the contact becomes a confirmed candidate."""
    with transaction.atomic():
        case = locked(request)
        match, _created = Match.objects.get_or_create(
            request=case, contact=contact, defaults={"score": 100, "signals": "staff"}
        )
        return decide(match.pk, MatchState.CONFIRMED, at, actor=actor)


def _settle(case: RightsRequest, match: Match, state: MatchState, at: datetime, actor: Actor) -> None:
    match.state, match.decided_at, match.decided_by = state, at, actor.user_id
    match.save(update_fields=["state", "decided_at", "decided_by"])
    if state == MatchState.REJECTED:
        holds.release(match, at, actor)
    _direct_answer(case)
    if state == MatchState.CONFIRMED and match.contact is not None:
        case.nothing_held = False
        case.save(update_fields=["nothing_held"])
        for asked in case.asked.all():
            procedure_of(asked.right).confirmed(asked, match.contact.pk, at, actor)
    note(case, EventKind.MATCH_DECIDED, at, actor, subject=f"{state} {match.pk}")


def _direct_answer(case: RightsRequest) -> None:
    """The answer goes to the address on file of whoever is confirmed now, to the first one found, or to none.

    Asked anew with every decision: somebody who was confirmed by mistake must not get what the person asked for.
    """
    confirmed = Match.objects.filter(request=case, state=MatchState.CONFIRMED, contact__isnull=False)
    people = [one.contact for one in confirmed.order_by("decided_at", "pk").select_related("contact") if one.contact]
    known = [one.email for one in people if identity.was_on_file(one, case.received_at)]
    Requester.objects.filter(request=case).exclude(answer_to__in=known).update(answer_to=known[0] if known else "")
