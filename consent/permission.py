"""THE rule: may we use a contact for a purpose over a channel, on what ground, and if not, what stands in the way.

    weighed(...)    every contact with its ground and its bars: one statement, for lists and exports
    permitted(...)  only those whom no bar stops
    may_use(...)    the same for one contact, in words

Each bar is one database condition with one home; the list, the export, the contact's page and the sales directory read
the same ones. A message goes out only when no bar stands (S19, S26, S45, S49; Art. 6, 21; ePrivacy Art. 13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from config import keys
from config.sql import compiled
from consent.grounds import ENDED_BY_OBJECTION, Code, Ground, ground, in_a_register_of, is_marketing, own_consent_at
from consent.models import LegalBasis, Notice, Objection, Purpose, SuppressionEntry
from consent.models.consents import Channel
from consent.models.objections import BalancingResult, ObjectionGround
from consent.models.suppression import Identifier, SuppressionReason
from consent.prepared import NEVER, NOBODY, Statement, ask, written
from consent.restrictions import restricted
from contacts.models import Contact

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Bar(StrEnum):
    """A named reason why a contact may not be used, the weightiest first."""

    RESTRICTED = "restricted"
    SUPPRESSED = "suppressed"
    OBJECTED = "objected"
    UNCHECKED = "unchecked"
    INACTIVE = "inactive"
    NOT_IN_REGISTER = "not_in_register"
    NOTICE_OWED = "notice_owed"
    NO_GROUND = "no_ground"
    UNREACHABLE = "unreachable"


SENTENCES: Mapping[Bar, tuple[str, StrPromise]] = {
    Bar.RESTRICTED: ("Art. 18", _("processing is restricted: the data is stored and not used")),
    Bar.SUPPRESSED: ("Art. 21(3)", _("the address is on the suppression list")),
    Bar.OBJECTED: ("S118", _("the person objected")),
    Bar.UNCHECKED: ("Art. 21(3)", _("the address has yet to be compared with the suppression list under the new key")),
    Bar.INACTIVE: ("S26", _("the purpose is not in use, or not over this channel")),
    Bar.NOT_IN_REGISTER: ("S8", _("the contact is in no register that serves this purpose")),
    Bar.NOTICE_OWED: ("Art. 14", _("the person has not been informed yet")),
    Bar.NO_GROUND: ("S26", _("there is neither a consent nor another ground")),
    Bar.UNREACHABLE: ("Art. 5(1)(d)", _("there is no working address for this channel")),
}
"""For each bar the clause or article it comes from, and the reason for people: "No, because ..."."""

NO_ADDRESS = {Channel.EMAIL: Q(email=""), Channel.PHONE: Q(phone=""), Channel.POST: Q(street="") | Q(city="")}
"""Per channel, who has no address for it."""

ANSWER = ("ground", *(f"bar_{bar}" for bar in Bar))
"""The columns that make up an answer."""

Contacts = QuerySet[Contact, Any]


def weighed(
    purpose: Code, channel: str, at: datetime, contacts: Contacts | None = None, *, carries_notice: bool = False
) -> Contacts:
    """The contacts, each with `ground` (a `Ground`, or "") and one boolean column `bar_...` for each bar, at `at`.

    Whatever has a date is judged at `at` (aware): consents, objections, agreements, assessments; addresses, functions
    and the marketing register are those of today. `channel` "" asks about work behind the scenes, which reaches nobody;
    any other must be a `Channel`, else ValueError. `carries_notice`: the message itself informs whoever has not been
    informed yet (Art. 14(3)(b)).
    """
    rows = (Contact.objects.all() if contacts is None else contacts).annotate(
        ground=ground(purpose, channel, at), own_consent_at=own_consent_at(purpose, channel, at)
    )
    bars = _bars(purpose, channel, at, carries_notice=carries_notice)
    return rows.annotate(
        **{f"bar_{bar}": ExpressionWrapper(Q(condition), BooleanField()) for bar, condition in bars.items()}
    )


def permitted(
    purpose: Code, channel: str, at: datetime, contacts: Contacts | None = None, *, carries_notice: bool = False
) -> Contacts:
    """Only those contacts whom no bar stops."""
    rows = weighed(purpose, channel, at, contacts, carries_notice=carries_notice)
    return rows.filter(**{f"bar_{bar}": False for bar in Bar})


@dataclass(frozen=True, slots=True)
class Permission:
    """The answer for one contact: allowed on a ground, or the bars in the way; both, when a ground is not enough."""

    ground: Ground | None
    bars: tuple[Bar, ...]

    @property
    def allowed(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.bars

    @property
    def reasons(self) -> list[str]:
        """The bars in words."""
        return [str(SENTENCES[bar][1]) for bar in self.bars]


def may_use(contact: UUID, purpose: str, channel: str, at: datetime, *, carries_notice: bool = False) -> Permission:
    """Whether one contact may be used for a purpose over a channel at the moment `at` (aware).

    Raises Contact.DoesNotExist for somebody who has been erased.
    """
    statement = _statement(purpose, channel, carries_notice, keys.newest_version(), connection.vendor)
    for row in ask(statement, contact, at):
        return answer(row)
    raise Contact.DoesNotExist


@lru_cache(maxsize=256)
def _statement(purpose: str, channel: str, carries_notice: bool, _version: int, _vendor: str) -> Statement:
    """The statement about nobody; another newest key makes it anew."""
    rows = weighed(purpose, channel, NEVER, Contact.objects.filter(pk=NOBODY), carries_notice=carries_notice)
    return written(*compiled(rows.order_by().values_list(*ANSWER)))


def answer(row: Sequence[Any]) -> Permission:
    """The answer in the columns `ANSWER`."""
    found, *held = row
    return Permission(
        Ground(found) if found else None, tuple(bar for bar, holds in zip(Bar, held, strict=True) if holds)
    )


def permission_of(row: Any) -> Permission:
    """The answer that a row of `weighed` carries."""
    return answer([getattr(row, name) for name in ANSWER])


# The bars -----------------------------------------------------------------------------------------------------------

_NEVER = Q(Value(False))
_BOUNCE = SuppressionReason.HARD_BOUNCE
COLUMNS = {Identifier.EMAIL: "email_digest", Identifier.DOMAIN: "domain_digest", Identifier.PHONE: "phone_digest"}
"""Where a contact carries the digest of each identifier."""


def _bars(purpose: Code, channel: str, at: datetime, *, carries_notice: bool) -> dict[Bar, Any]:
    """Each bar as a condition on a contact. Those that protect from advertising never stop a service message."""
    advert = is_marketing(purpose)
    served = in_a_register_of(LegalBasis.objects.filter(purpose__code=purpose), at)
    unchecked = ~Q(digest_version=keys.newest_version()) & (~Q(email="") | ~Q(phone=""))
    return {
        Bar.RESTRICTED: restricted(at),
        Bar.SUPPRESSED: advert & _suppressed(purpose, channel, at),
        Bar.OBJECTED: _objected(purpose, channel, at),
        Bar.UNCHECKED: advert & unchecked,
        Bar.INACTIVE: ~Exists(_in_use(purpose, channel)),
        Bar.NOT_IN_REGISTER: ~served,
        Bar.NOTICE_OWED: _NEVER if carries_notice else advert & ~Exists(informed(at)),
        Bar.NO_GROUND: Q(ground=""),
        Bar.UNREACHABLE: _unreachable(channel, at),
    }


def informed(at: datetime) -> QuerySet[Notice, Notice]:
    """The notices the contact of the outer row had been given, or was exempt from, at `at` (Art. 13, 14)."""
    return Notice.objects.filter(contact=OuterRef("pk"), recorded_at__lte=at)


def _scope(purpose: Code, channel: str) -> Q:
    """What was said about this purpose and channel; an empty one means all of them."""
    return Q(purpose__in=("", purpose), channel__in=("", channel))


def _suppressed(purpose: Code, channel: str, at: datetime) -> Q:
    """Whether the contact's address, number or domain is on the list; an address that bounced is only unreachable.

    The person's own later consent outweighs an entry of the address or the number, never one of the employer's domain.
    """
    listed = SuppressionEntry.objects.filter(_scope(purpose, channel), since_at__lte=at).exclude(reason=_BOUNCE)
    found = Q()
    for identifier, column in COLUMNS.items():
        entries = listed.filter(identifier=identifier, digest=OuterRef(column))
        if identifier is not Identifier.DOMAIN:
            entries = entries.filter(since_at__gte=OuterRef("own_consent_at"))
        found |= Q(Exists(entries))
    return found


def _objected(purpose: Code, channel: str, at: datetime) -> Q:
    """An objection stands until the person consents later, or until one on own grounds was weighed and outweighed.

    The marketing lane is absolute (Art. 21(2)); the other one reaches whatever rests on interests (Art. 21(1)).
    """
    raised = Objection.objects.filter(_scope(purpose, channel), contact=OuterRef("pk"), raised_at__lte=at)
    to_marketing = raised.filter(ground=ObjectionGround.MARKETING, raised_at__gte=OuterRef("own_consent_at"))
    outweighed = Q(balancing__result=BalancingResult.OVERRIDDEN, balancing__decided_at__lte=at)
    on_own_grounds = raised.filter(ground=ObjectionGround.OWN_SITUATION).exclude(outweighed)
    ended = Q(ground__in=ENDED_BY_OBJECTION) & Q(Exists(on_own_grounds))
    return (is_marketing(purpose) & Q(Exists(to_marketing))) | ended


def _in_use(purpose: Code, channel: str) -> QuerySet[Purpose, Any]:
    """The purpose, when it is in use and its messages may take the channel."""
    found = Purpose.objects.filter(code=purpose, is_active=True)
    if not channel:
        return found
    return found.annotate(takes=Cast("channels", TextField())).filter(takes__contains=f'"{channel}"')


def _unreachable(channel: str, at: datetime) -> Q:
    """No address for the channel, or an e-mail address that has bounced for good."""
    if not channel:
        return _NEVER
    missing = NO_ADDRESS[Channel(channel)]
    if channel != Channel.EMAIL:
        return missing
    bounced = SuppressionEntry.objects.filter(
        identifier=Identifier.EMAIL,
        reason=_BOUNCE,
        digest=OuterRef("email_digest"),
        since_at__lte=at,
        since_at__gte=OuterRef("own_consent_at"),
    )
    return missing | Q(Exists(bounced))
