"""Finds contacts who may be one person (S41, S42), as a work list for people: nothing is merged by itself.

The same address is one contact anyway. So the database puts those side by side who share a number, an organisation, or
a name at one mail domain, and only within such a block names are compared: the register is never compared with itself.
One block at a time is in memory. A pair that somebody has found to be two people does not come back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import combinations, groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_noop
from rapidfuzz import fuzz

from config.models import Actor, AuditEvent
from contacts.identity import name_words, names_clash
from contacts.models import Affiliation, Contact, DuplicatePair
from contacts.models.merging import Evidence, PairState

MOST_SHARING = 20
"""A number or a name that more people have in common is a switchboard or a coincidence."""
ALL_WITH_ALL = 200
"""In a larger organisation only neighbours in the order of the alphabet are compared, in either order of the name."""
NEIGHBOURS = 15
ALIKE = 88
"""How alike two names are, of 100, from where on they count as similar."""
ENOUGH = 60
WEIGHTS = {
    Evidence.SAME_NAME: 60,
    Evidence.SIMILAR_NAME: 45,
    Evidence.PHONE: 45,
    Evidence.EMPLOYER: 20,
    Evidence.DOMAIN: 10,
    Evidence.MAILBOX: 15,
}
"""What each finding adds to the likeness; 60 is enough for the list."""
MOST_PAIRS = 50_000
"""More than anybody decides between two nights; the rest is found when these are decided."""
FLUSH = 2_000
COLUMNS = ("pk", "first_name", "last_name", "email_key", "phone")


class Person(NamedTuple):
    """What is compared of a contact, and the block it was found in."""

    block: Any
    id: UUID
    first_name: str
    last_name: str
    email_key: str | None
    phone: str

    @property
    def mailbox(self) -> tuple[str, str]:
        """What stands before and after the @."""
        local, _at, domain = (self.email_key or "").rpartition("@")
        return local, domain

    @property
    def name(self) -> str:
        """Both parts folded to plain letters, in the order of the alphabet."""
        return " ".join(sorted(name_words(f"{self.first_name} {self.last_name}")))


class Pair(NamedTuple):
    """Two contacts, the smaller id first, with how alike they are and why."""

    contact: UUID
    other: UUID
    score: int
    evidence: tuple[str, ...]


def likeness(one: Person, other: Person, *, employer: bool) -> Pair | None:
    """How much speaks for two people being one; None when it is not enough, or the names clearly differ."""
    if names_clash(one.first_name, one.last_name, other.first_name, other.last_name):
        return None
    found = [Evidence.EMPLOYER] if employer else []
    if (one.name and one.name == other.name) or (one.name and other.name and fuzz.ratio(one.name, other.name) >= ALIKE):
        found.append(Evidence.SAME_NAME if one.name == other.name else Evidence.SIMILAR_NAME)
    if one.phone and one.phone == other.phone:
        found.append(Evidence.PHONE)
    (mine, my_domain), (theirs, their_domain) = one.mailbox, other.mailbox
    if mine and mine == theirs:
        found.append(Evidence.MAILBOX)
    elif my_domain and my_domain == their_domain:
        found.append(Evidence.DOMAIN)
    score = min(100, sum(WEIGHTS[one_finding] for one_finding in found))
    if score < ENOUGH:
        return None
    first, second = sorted((one.id, other.id))
    return Pair(first, second, score, tuple(one_finding for one_finding in Evidence if one_finding in found))


# Blocks -------------------------------------------------------------------------------------------------------------


def _by_phone() -> Iterator[Person]:
    shared = Contact.objects.exclude(phone="").order_by().values("phone").annotate(number=Count("pk"))
    few = shared.filter(number__gte=2, number__lte=MOST_SHARING).values("phone")
    return _people(Contact.objects.filter(phone__in=few).order_by("phone", "pk").values_list("phone", *COLUMNS))


def _by_name_and_domain() -> Iterator[Person]:
    """The same name at the same mail domain, with or without an organisation."""
    named = Contact.objects.exclude(name_key="").exclude(domain_digest="").order_by()
    shared = named.values("name_key", "domain_digest").annotate(number=Count("pk"))
    few = shared.filter(number__gte=2, number__lte=MOST_SHARING)
    names = few.values("name_key")
    rows = named.filter(name_key__in=names).order_by("name_key", "domain_digest", "pk")
    for name, domain, *columns in rows.values_list("name_key", "domain_digest", *COLUMNS).iterator():
        yield Person((name, domain), *columns)


def _by_employer() -> Iterator[Person]:
    links = Affiliation.objects.order_by("organisation", "contact")
    return _people(links.values_list("organisation_id", *(f"contact__{name}" for name in COLUMNS)))


def _people(rows: QuerySet[Any, Any]) -> Iterator[Person]:
    return (Person(*row) for row in rows.iterator())


def pairs() -> Iterator[Pair]:
    """Every pair that is alike enough; one may come more than once, by different evidence."""
    for people, employer in ((_by_phone(), False), (_by_name_and_domain(), False), (_by_employer(), True)):
        for _key, block in groupby(people, attrgetter("block")):
            for one, other in _side_by_side(list(block)):
                if found := likeness(one, other, employer=employer):
                    yield found


def _side_by_side(block: Sequence[Person]) -> Iterator[tuple[Person, Person]]:
    """Everybody with everybody in a small block; in a large one neighbours, by last name and by first name."""
    if len(block) <= ALL_WITH_ALL:
        yield from combinations(block, 2)
        return
    for key in (attrgetter("last_name", "first_name"), attrgetter("first_name", "last_name")):
        ordered = sorted(block, key=lambda one: tuple(part.casefold() for part in key(one)))
        for place, one in enumerate(ordered):
            yield from ((one, other) for other in islice(ordered, place + 1, place + 1 + NEIGHBOURS))


# The work list ------------------------------------------------------------------------------------------------------


def refresh(actor: Actor, at: datetime) -> int:
    """Bring the list up to date at the moment `at`; returns how many pairs wait for a decision.

    Pairs that are alike no longer go, those entered by hand or decided stay. Each batch is a transaction of its own.
    """
    batch: dict[tuple[UUID, UUID], Pair] = {}
    for found in islice(pairs(), MOST_PAIRS):
        key = found.contact, found.other
        batch[key] = _joined(found, batch.get(key))
        if len(batch) >= FLUSH:
            _store(batch, at)
            batch = {}
    _store(batch, at)
    waiting = DuplicatePair.objects.filter(state=PairState.OPEN)
    stale = waiting.filter(found_at__lt=at).exclude(evidence=[Evidence.BY_HAND])
    stale.delete()
    number = waiting.count()
    AuditEvent.record(
        actor, gettext_noop("looked for duplicates"), DuplicatePair, counts={"contacts.DuplicatePair": number}
    )
    return number


def _joined(one: Pair, other: Pair | None) -> Pair:
    """The same pair by both evidences."""
    if other is None:
        return one
    evidence = tuple(found for found in Evidence if found in (*one.evidence, *other.evidence))
    score = min(100, sum(WEIGHTS.get(found, 0) for found in evidence))
    return Pair(one.contact, one.other, score, evidence)


def _store(batch: dict[tuple[UUID, UUID], Pair], at: datetime) -> None:
    """Add new pairs and bring open ones up to date; whoever has been erased meanwhile is left out."""
    ids = {key for pair in batch for key in pair}
    with transaction.atomic():
        locked = Contact.objects.filter(pk__among=ids).order_by("pk").select_for_update(no_key=True)
        there = set(locked.values_list("pk", flat=True))
        known = {
            tuple(sorted((row.contact_id, row.other_id))): row
            for row in DuplicatePair.objects.filter(contact__among=there, other__among=there)
        }
        fresh, renewed = [], []
        for key, pair in batch.items():
            row = known.get(key)
            if row is None and there.issuperset(key):
                fresh.append(_row(pair, at))
            elif row is not None and row.state == PairState.OPEN:
                seen = row.found_at == at
                now = _joined(pair, Pair(*key, row.score, tuple(row.evidence))) if seen else pair
                row.score, row.evidence, row.found_at = now.score, list(now.evidence), at
                renewed.append(row)
        DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True)
        DuplicatePair.objects.bulk_update(renewed, ["score", "evidence", "found_at"])


def _row(pair: Pair, at: datetime) -> DuplicatePair:
    return DuplicatePair(
        contact_id=pair.contact, other_id=pair.other, score=pair.score, evidence=list(pair.evidence), found_at=at
    )


def distinct(pair: DuplicatePair, *, actor: Actor, at: datetime) -> None:
    """Remember that the two are not the same person."""
    with transaction.atomic():
        changes = {"state": PairState.DISTINCT, "decided_at": at, "decided_by": actor.user_id}
        DuplicatePair.objects.filter(pk=pair.pk).update(**changes)
        AuditEvent.record(actor, gettext_noop("found to be two people"), pair, fields=["state"])


def between(one: UUID, other: UUID) -> DuplicatePair | None:
    """The pair of these two on the list, in whichever order."""
    return DuplicatePair.objects.filter(Q(contact=one, other=other) | Q(contact=other, other=one)).first()


def propose(contacts: Iterable[UUID], *, at: datetime) -> DuplicatePair:
    """Put two contacts on the list by hand, or find the pair there; a decision that they are two is opened again."""
    first, second = sorted(contacts)
    known = between(first, second)
    if known is None:
        evidence = [Evidence.BY_HAND]
        return DuplicatePair.objects.create(
            contact_id=first, other_id=second, score=100, evidence=evidence, found_at=at
        )
    if known.state == PairState.DISTINCT:
        known.state, known.decided_at, known.decided_by, known.found_at = PairState.OPEN, None, None, at
        known.evidence = [Evidence.BY_HAND]
        known.save()
    return known
