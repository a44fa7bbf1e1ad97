"""THE gate: may a contact's data be passed on to this recipient, for this purpose, with these fields; if not, why not.

    judged(...)     every contact with its ground and its bars: one statement, for previews and files
    passing(...)    only those whom no bar stops
    why_not(...)    the bars of one contact, with their clauses and words

Each bar is one database condition with one home; the preview, the file, the ledger and the list of recipients read the
same ones. Nothing leaves this program for others by another way (S60-S73, S83-S93; Art. 5, 14, 18, 19, 21, 28, 44).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import BooleanField, CharField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from config.dates import local_date
from consent import permission
from consent.models import ExceptionalDisclosure, Notice, Objection, Purpose, Recipient
from consent.models.exceptions import COMPELLED, WHILE_RESTRICTED, ExceptionGround
from consent.models.objections import BalancingResult, ObjectionGround
from consent.models.profiling import PROFILING
from consent.models.purposes import RegisterChoice
from consent.models.recipients import RecipientKind, Role, needs, open_negotiations
from consent.permission import informed
from consent.restrictions import in_force
from consent.shared_fields import INTEREST, PROFILE, most
from consent.transfers import onward_without_tool, without_tool
from contacts.models import Affiliation, Contact
from contacts.relationship import ties

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Bar(StrEnum):
    """A named reason why nothing is passed on, the weightiest first."""

    RESTRICTED = "restricted"
    NOT_APPROVED = "not_approved"
    OUT_OF_SCOPE = "out_of_scope"
    EXCEPTION_ONLY = "exception_only"
    PROFILE = "profile"
    INTEREST = "interest"
    NO_TOOL = "no_tool"
    ONWARD = "onward"
    ENDED = "ended"
    NO_CONTRACT = "no_contract"
    NOT_NEEDED = "not_needed"
    TOO_MUCH = "too_much"
    OBJECTED = "objected"
    INTEREST_OBJECTED = "interest_objected"
    NO_NEGOTIATION = "no_negotiation"
    WRONG_REGION = "wrong_region"
    NOTICE_OWED = "notice_owed"
    INACTIVE = "inactive"
    NOT_IN_REGISTER = "not_in_register"
    NO_GROUND = "no_ground"


SENTENCES: Final[Mapping[Bar, tuple[str, StrPromise]]] = {
    Bar.RESTRICTED: ("Art. 18", _("processing is restricted: the data is stored and not passed on")),
    Bar.NOT_APPROVED: ("S93", _("the exceptional disclosure is not approved by a second person, or its time is over")),
    Bar.OUT_OF_SCOPE: ("S85", _("the approved exceptional disclosure does not cover this")),
    Bar.EXCEPTION_ONLY: (
        "S83",
        _("an authority, insurer or acquirer gets data only by an approved exception"),
    ),
    Bar.PROFILE: ("S60", _("a profile goes to nobody outside the group")),
    Bar.INTEREST: ("S61", _("interests are passed on to channel partners only")),
    Bar.NO_TOOL: ("S72", _("the data would leave the EEA, and no valid transfer tool covers it")),
    Bar.ONWARD: ("S69", _("a sub-processor would take the data out of the EEA without a valid transfer tool")),
    Bar.ENDED: ("S67", _("the recipient receives nothing any more")),
    Bar.NO_CONTRACT: ("Art. 28", _("there is no contract with this processor")),
    Bar.NOT_NEEDED: ("S92", _("nobody has recorded that the recipient needs data for this purpose")),
    Bar.TOO_MUCH: ("S67", _("more fields than the purpose needs")),
    Bar.OBJECTED: ("S118", _("the person objected")),
    Bar.INTEREST_OBJECTED: ("S61", _("the person objected to marketing, so the interests are not passed on")),
    Bar.NO_NEGOTIATION: ("S62", _("no sales negotiation with the person's organisation is recorded as open")),
    Bar.WRONG_REGION: ("S68", _("the channel partner does not sell in the person's country")),
    Bar.NOTICE_OWED: ("Art. 14", _("the person has not been informed yet")),
    Bar.INACTIVE: ("S26", _("the purpose is not in use")),
    Bar.NOT_IN_REGISTER: ("S8", _("the contact is in no register that serves this purpose")),
    Bar.NO_GROUND: ("S26", _("there is neither a consent nor another ground")),
}
"""For each bar the clause or article it comes from, and the reason for people: "No, because ..."."""

COLUMNS: Final = tuple(f"stop_{bar}" for bar in Bar)
"""The columns of the bars."""
BY_EXCEPTION: Final = (RecipientKind.AUTHORITY, RecipientKind.INSURER, RecipientKind.ACQUIRER)
HEARS_OF_INTEREST: Final = (
    RecipientKind.SUBSIDIARY,
    RecipientKind.CHANNEL_PARTNER,
    RecipientKind.PROCESSOR,
    RecipientKind.SUB_PROCESSOR,
)
"""Who may be given general data about interests: resellers (S61), the group, and who stores it for us."""

Contacts = QuerySet[Contact, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to pass on: these fields to this recipient, for a purpose or by an exceptional disclosure.

    Raises ValueError unless exactly one of `purpose` and `exception` is given.
    """

    recipient: Recipient
    fields: tuple[str, ...]
    purpose: Purpose | None = None
    exception: ExceptionalDisclosure | None = None

    def __post_init__(self) -> None:
        if (self.purpose is None) == (self.exception is None):
            raise ValueError("A disclosure has a purpose or an exception, and not both.")


def judged(proposal: Proposal, at: datetime, contacts: Contacts | None = None) -> Contacts:
    """The contacts, each with `ground` and one boolean column `stop_...` for each bar, at the moment `at` (aware)."""
    rows = Contact.objects.all() if contacts is None else contacts
    if proposal.purpose is not None:
        rows = permission.weighed(proposal.purpose.code, "", at, rows)
    elif proposal.exception is not None:
        rows = rows.annotate(ground=Value(proposal.exception.ground, CharField()))
    bars = _bars(proposal, at)
    return rows.annotate(
        **{f"stop_{bar}": ExpressionWrapper(bars.get(bar, _NEVER), BooleanField()) for bar in Bar},
    )


def passing(proposal: Proposal, at: datetime, contacts: Contacts | None = None) -> Contacts:
    """Only those contacts whom no bar stops."""
    return judged(proposal, at, contacts).filter(**dict.fromkeys(COLUMNS, False))


def why_not(contact: UUID, proposal: Proposal, at: datetime) -> tuple[Bar, ...]:
    """The bars in the way of one contact, none when the data may go.

    Raises Contact.DoesNotExist for somebody who has been erased.
    """
    row = judged(proposal, at, Contact.objects.filter(pk=contact)).get()
    return tuple(bar for bar in Bar if getattr(row, f"stop_{bar}"))


# The bars -------------------------------------------------------------------------------------------------------------

_NEVER = Q(Value(False))


def recipient_bars(on: date, *, exceptional: bool = False) -> dict[Bar, Q]:
    """What stands in the way whoever the contact is, as conditions on `Recipient`."""
    bars = {
        Bar.NO_TOOL: without_tool(on, exceptional=exceptional),
        Bar.ONWARD: onward_without_tool(on),
        Bar.ENDED: Q(ended_on__lte=on),
        Bar.NO_CONTRACT: Q(role=Role.PROCESSOR, contract=""),
    }
    return bars if exceptional else {Bar.EXCEPTION_ONLY: Q(kind__in=BY_EXCEPTION), **bars}


def without_purpose(on: date) -> Q:
    """No purpose is recorded for which the recipient needs data; whoever gets it by exception or onward needs none."""
    asked = ~Q(kind__in=(*BY_EXCEPTION, RecipientKind.SUB_PROCESSOR))
    return asked & ~Q(Exists(needs(on).filter(recipient=OuterRef("pk"))))


def unusable(on: date) -> QuerySet[Recipient, Recipient]:
    """Recipients that are meant to receive data on the day `on`, and may not be given any."""
    bars = recipient_bars(on)
    wrong = bars[Bar.NO_TOOL] | bars[Bar.ONWARD] | bars[Bar.NO_CONTRACT] | without_purpose(on)
    return Recipient.objects.filter(wrong, Q(ended_on__isnull=True) | Q(ended_on__gt=on))


def _bars(proposal: Proposal, at: datetime) -> dict[Bar, Q]:
    """Each bar as a condition on a contact."""
    on, exceptional = local_date(at), proposal.exception is not None
    this = Recipient.objects.filter(pk=proposal.recipient.pk)
    bars = {
        bar: Q(Exists(this.filter(condition))) for bar, condition in recipient_bars(on, exceptional=exceptional).items()
    }
    if proposal.exception is not None:
        return bars | _exceptional(proposal, proposal.exception, at)
    return bars | _by_purpose(proposal, at) | _of_interest(proposal, this, at)


def _by_purpose(proposal: Proposal, at: datetime) -> dict[Bar, Q]:
    """The permission rule's own bars, and whether the recipient needs this for the purpose."""
    purpose: Any = proposal.purpose
    needed = needs(local_date(at)).filter(recipient=proposal.recipient.pk, purpose=purpose.pk)
    objected = Q(bar_objected=True) | Q(bar_suppressed=True) | Q(bar_unchecked=True)
    return {
        Bar.RESTRICTED: Q(bar_restricted=True),
        Bar.OBJECTED: objected,
        Bar.NOTICE_OWED: ~Q(Exists(informed(at))),
        Bar.INACTIVE: Q(bar_inactive=True),
        Bar.NOT_IN_REGISTER: Q(bar_not_in_register=True),
        Bar.NO_GROUND: Q(bar_no_ground=True),
        Bar.NOT_NEEDED: ~Q(Exists(needed)),
        Bar.TOO_MUCH: Q(Value(not set(proposal.fields) <= set(most(purpose)))),
    }


def _of_interest(proposal: Proposal, this: QuerySet[Recipient, Recipient], at: datetime) -> dict[Bar, Q]:
    """Profiles and interests (S60-S62), and the region of a channel partner (S68)."""
    on, wanted = local_date(at), set(proposal.fields)
    partner = Q(Exists(this.filter(kind=RecipientKind.CHANNEL_PARTNER)))
    about_interest = Q(Value(bool(wanted & INTEREST)))
    tied = Q(Exists(ties(on).filter(contact=OuterRef("pk"))))
    region = [country.code for country in proposal.recipient.serves]
    return {
        Bar.PROFILE: Q(Value(bool(wanted & PROFILE))) & ~Q(Exists(this.filter(kind=RecipientKind.SUBSIDIARY))),
        Bar.INTEREST: about_interest & ~Q(Exists(this.filter(kind__in=HEARS_OF_INTEREST))),
        Bar.INTEREST_OBJECTED: about_interest & Q(Exists(_objections_to_interest(at))),
        Bar.NO_NEGOTIATION: partner & ~Q(Exists(_negotiating(on))) & (about_interest | ~tied),
        Bar.WRONG_REGION: partner & ~Q(country__in=region),
    }


def _negotiating(on: date) -> QuerySet[Affiliation, Affiliation]:
    """Where the contact of the outer row works on the day `on`, as far as a negotiation is open there (S62)."""
    there = open_negotiations(on).filter(organisation=OuterRef("organisation"))
    present = Q(ended_on__isnull=True) | Q(ended_on__gte=on)
    return Affiliation.objects.filter(present, Exists(there), contact=OuterRef("pk"))


def _objections_to_interest(at: datetime) -> QuerySet[Objection, Objection]:
    """Marketing objections of the contact of the outer row that reach what we know of the person's interests."""
    return Objection.objects.filter(
        contact=OuterRef("pk"),
        ground=ObjectionGround.MARKETING,
        purpose__in=("", "personalised_marketing", PROFILING),
        raised_at__lte=at,
    )


def _exceptional(proposal: Proposal, exception: ExceptionalDisclosure, at: datetime) -> dict[Bar, Q]:
    """What an approved exceptional disclosure does not open (S83-S90, S93; Art. 18(2))."""
    on, ground = local_date(at), ExceptionGround(exception.ground)
    approved = ExceptionalDisclosure.objects.filter(pk=exception.pk, approved_at__lte=at, until_on__gte=on)
    beyond = exception.recipient_id != proposal.recipient.pk or not set(proposal.fields) <= set(exception.fields)
    outside = proposal.recipient.kind != RecipientKind.SUBSIDIARY and ground not in COMPELLED
    return {
        Bar.NOT_APPROVED: ~Q(Exists(approved)),
        Bar.OUT_OF_SCOPE: Q(Value(beyond)) | ~_within(exception, at),
        Bar.RESTRICTED: (
            _NEVER if ground in WHILE_RESTRICTED else Q(Exists(in_force(at).filter(contact=OuterRef("pk"))))
        ),
        Bar.OBJECTED: _NEVER if ground in COMPELLED else Q(Exists(_open_objections(at))),
        Bar.PROFILE: Q(Value(outside and bool(set(proposal.fields) & PROFILE))),
        Bar.NOTICE_OWED: ~Q(Exists(_told_of(exception, at))) if exception.announced_in_id else _NEVER,
    }


def _within(exception: ExceptionalDisclosure, at: datetime) -> Q:
    """The contact is one the exception was approved for."""
    if exception.ground != ExceptionGround.TRANSACTION:
        named = exception.scope.filter(contact=OuterRef("pk"), added_at__lte=exception.approved_at or at)
        return Q(Exists(named))
    tied = Q(Exists(ties(local_date(at)).filter(contact=OuterRef("pk"))))
    register = Q(in_marketing=True) if exception.register == RegisterChoice.MARKETING else tied
    return register & Q(country=exception.country.code) if exception.country else register


def _open_objections(at: datetime) -> QuerySet[Objection, Objection]:
    """Objections on own grounds to every purpose that nobody has outweighed (Art. 21(1))."""
    raised = Objection.objects.filter(
        contact=OuterRef("pk"), ground=ObjectionGround.OWN_SITUATION, purpose="", raised_at__lte=at
    )
    return raised.exclude(balancing__result=BalancingResult.OVERRIDDEN, balancing__decided_at__lte=at)


def _told_of(exception: ExceptionalDisclosure, at: datetime) -> QuerySet[Notice, Notice]:
    """That the contact of the outer row was told of the transaction (S90)."""
    version = exception.announced_in.version if exception.announced_in else ""
    return informed(at).filter(policy__version=version, given_at__isnull=False)
