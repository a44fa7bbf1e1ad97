"""What a contact's page shows beside the form: where the data came from, what the person did, and who looked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, prefetch_related_objects
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.dates import local_date, now
from config.figures import figure_of_rows, for_page
from config.models import AuditEvent, User
from config.panels import Panel, once, panel, record_panel
from contacts import conversions
from contacts.look_ups import look_ups
from contacts.manual import MANUAL
from contacts.models import Collection, Contact, DuplicatePair, Organisation, SystemAccount
from contacts.models.engagement import COUNTING, EngagementKind
from contacts.models.merging import PairState
from contacts.provenance import VALUES, origins
from contacts.revealing import alarms
from contacts.visibility import SEE, sees_all

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

NEWEST = 50
NEWEST_RESPONSES = 20
ALARM_SHOWN = timedelta(days=7)
TOWARDS_US = (
    EngagementKind.REPLY,
    EngagementKind.FORM,
    EngagementKind.EVENT,
    EngagementKind.SURVEY,
    EngagementKind.CONTEST,
    EngagementKind.CALL_IN,
    EngagementKind.CONSENT,
)
"""What somebody did knowingly; visits, clicks and opens are tracking, which sales see with a consent only (S53)."""
LOOKED = 8
"""The newest look-ups that the page itself shows; a link leads to all of them."""


@record_panel("contacts.contact", order=60)
def provenance(request: HttpRequest, contact: Contact) -> Panel:
    """For each field where its present value came from, when and by whose hand (Art. 14(2)(f)): one query for all."""
    known = origins([contact.pk])[contact.pk]
    labels = {field.name: capfirst(str(field.verbose_name)) for field in Contact._meta.fields}
    labels["organisation"] = capfirst(str(Organisation._meta.verbose_name))
    held = [name for name in ("email", *VALUES) if getattr(contact, name)]
    named = [*held, *(name for name in known if name in labels and name not in (*VALUES, "email"))]
    rows = [{"field": labels[name], "origin": known.get(name), "hand": _hand(known.get(name))} for name in named]
    return Panel(_("Where the data came from"), "panels/provenance.html", {"rows": rows})


def _hand(origin: Collection | None) -> StrPromise | str:
    """Whose hand brought a value: the person, a merge, an import, or our staff."""
    if origin is None:
        return ""
    if origin.supplied_by_subject:
        return _("the person")
    if origin.merged_record is not None:
        return gettext("merged from %(reference)s") % {"reference": origin.merged_record.reference}
    if origin.batch is not None:
        return _("an import")
    return _("our staff") if origin.source.code == MANUAL else origin.source.get_kind_display()


@record_panel("contacts.contact", order=65)
def one_person(request: HttpRequest, contact: Contact) -> Panel | None:
    """Who may be the same person, and which records have been merged into this one (S42)."""
    if not request.user.has_perm("contacts.view_duplicatepair"):
        return None
    prefetch_related_objects([contact], "merged_records")  # which the look-ups need as well
    mine = Q(contact=contact) | Q(other=contact)
    waiting = DuplicatePair.objects.filter(mine, state=PairState.OPEN).select_related("contact", "other")[:NEWEST]
    context = {
        "pairs": [(pair, pair.other if pair.contact_id == contact.pk else pair.contact) for pair in waiting],
        "merged": contact.merged_records.all()[:NEWEST],
        "contact": contact,
        "may_add": request.user.has_perm("contacts.add_duplicatepair"),
    }
    return Panel(_("One person, one record"), "panels/one_person.html", context, alert=bool(context["pairs"]))


@figure_of_rows(always_live=True)
def count_pairs(_on: date) -> QuerySet[DuplicatePair, DuplicatePair]:
    """Pairs that nobody has decided about."""
    return DuplicatePair.objects.filter(state=PairState.OPEN)


@panel(order=55)
def duplicates(request: HttpRequest) -> Panel | None:
    """How many pairs wait for somebody to decide whether they are one person."""
    if not request.user.has_perm("contacts.view_duplicatepair"):
        return None
    on = local_date(now())
    waiting = count_pairs(on, once(request, for_page, on))
    return Panel(_("Possible duplicates"), "panels/duplicates.html", {"waiting": waiting})


@record_panel("contacts.contact", order=68, rows=conversions.of_contact)
def joined(request: HttpRequest, contact: Contact) -> Panel:
    """Since when and by which agreement what we knew before belongs to the customer register (S21); else nothing."""
    rows = list(conversions.of_contact(contact)[:NEWEST])
    return Panel(_("From prospect to customer"), "panels/joined.html", {"rows": rows})


@record_panel("contacts.contact", order=70)
def engagements(request: HttpRequest, contact: Contact) -> Panel:
    """The newest engagements; those that count move the 24 months of S95."""
    rows = list(contact.engagements.all()[: NEWEST + 1])
    for row in rows:
        row.counts = not row.automated and row.kind in COUNTING  # type: ignore[attr-defined]
    context = {"rows": rows[:NEWEST], "more": len(rows) > NEWEST, "newest": NEWEST}
    return Panel(_("Responses and visits"), "panels/engagements.html", context)


@record_panel("directory.contact", order=50)
def responses(request: HttpRequest, contact: Contact) -> Panel:
    """What the person did towards us, without what a website or a mail program noted of it."""
    acts = contact.engagements.filter(kind__in=TOWARDS_US, automated=False)
    rows = [(one.occurred_at, one.get_kind_display()) for one in acts[:NEWEST_RESPONSES]]
    return Panel(_("What this person did"), "panels/responses.html", {"rows": rows})


def _accounts(contact: Contact) -> QuerySet[SystemAccount, SystemAccount]:
    return SystemAccount.objects.filter(contact=contact).select_related("organisation")


@record_panel("contacts.contact", order=80, rows=_accounts)
def accounts(request: HttpRequest, contact: Contact) -> Panel:
    """Accounts in our systems, by reference (S31); nothing for somebody without one."""
    rows = list(_accounts(contact)[:NEWEST])
    return Panel(_("Accounts in our systems"), "panels/accounts.html", {"rows": rows})


@record_panel("contacts.contact", order=90)
def who_looked(request: HttpRequest, contact: Contact) -> Panel:
    """Who looked at this record before this look: with the account for whoever may read the whole log."""
    names = User.objects.filter(pk=OuterRef("actor_id")).values("username")
    may_see_all = request.user.has_perm("config.view_accessevent")
    rows = look_ups(contact).annotate(account=Subquery(names))[:LOOKED]
    context = {"rows": rows, "may_see_all": may_see_all, "contact": contact}
    return Panel(_("Who looked at this record"), "panels/who_looked.html", context)


# The home page ------------------------------------------------------------------------------------------------------


@panel(order=10)
def find_people(request: HttpRequest) -> Panel | None:
    """The way into the directory, for whoever works nowhere else."""
    if not request.user.has_perm(SEE) or sees_all(request.user):
        return None
    return Panel(_("Find a person"), "panels/find_people.html")


def _alarms() -> QuerySet[AuditEvent, AuditEvent]:
    return alarms(now() - ALARM_SHOWN)


@panel(order=15, rows=_alarms)
def many_revealed(request: HttpRequest) -> Panel | None:
    """Accounts that revealed many contacts within a day of the last week; nothing while there is none."""
    if not request.user.has_perm("config.view_user"):
        return None
    raised = list(_alarms()[:NEWEST])
    names: dict[Any, str] = dict(
        User.objects.filter(pk__in=[one.object_id for one in raised]).values_list("pk", "username")
    )
    rows = [
        {"at": one.at, "account": names.get(one.object_id, ""), "number": one.counts.get(Contact._meta.label, 0)}
        for one in raised
    ]
    return Panel(_("Many contacts revealed"), "panels/many_revealed.html", {"rows": rows}, alert=True)
