"""THE rule: until when each register has a reason to keep a contact, and what follows on a given day (S95-S97).

Every answer starts from dates computed *forward* from the event with calendar months, because month arithmetic does not
invert. A rule acts on day D when D is later than the date; so a contact is kept through the date itself.

    links(on)    for each affiliation: tied through, kept through, due after
    clocks(on)   for each contact: marketing register through, first link through, kept through
    decide(...)  what a run on that day does with one contact, and which bars stand in the way

Lists, forecast, preview, nightly run and explanation all read these three; `retention/due.py` stores the dates of
today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Case, DateField, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least, TruncDate
from django.db.models.lookups import Exact, GreaterThan, LessThanOrEqual

from config.dates import BEGINNING, FOREVER, AddMonths
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS, Period, steps
from config.sql import array, compiled
from contacts.models import Affiliation, Contact, Engagement
from contacts.models.engagement import RESPONSES, VISITS, counts_for_marketing
from contacts.models.organisations import STARTS_FIVE_YEARS
from contacts.personal_data import Register
from contacts.relationship import counted, live

_BEGINNING = Value(BEGINNING, DateField())
_FOREVER = Value(FOREVER, DateField())


def months(periods: Sequence[Period], collected_on: str, on: date) -> Combinable:
    """The period in months as an expression: the shortest version in force since the data was collected (E40)."""
    *newer, (_since, oldest) = steps(periods, on)
    whens = [When(**{f"{collected_on}__gte": since}, then=Value(count)) for since, count in newer]
    return Case(*whens, default=Value(oldest), output_field=IntegerField()) if whens else Value(oldest)


# Agreements ---------------------------------------------------------------------------------------------------------


def began_five_years(on: date, at: str = "") -> Q:
    """The agreement has begun and its end starts the five years of S97 (E24)."""
    return counted(on, at) & Q(**{f"{at}starts_on__lte": on, f"{at}kind__in": STARTS_FIVE_YEARS})


# Links --------------------------------------------------------------------------------------------------------------


def links(on: date, affiliations: QuerySet[Affiliation, Affiliation] | None = None) -> QuerySet[Any, Any]:
    """Each affiliation, or each of those given, with three dates, as known on that day.

    `tied`: the last day it protects from the marketing rule (E13, E16, E17). `kept`: the last day it belongs to the
    customer register (S97, E17, E20-E24). Both are BEGINNING where it does not. `due`: the last day before the
    customer rule removes it, FOREVER when nothing ends it.
    """
    at = "organisation__agreements__"
    agreed = Coalesce(F(f"{at}last_day"), _FOREVER)
    employed = Coalesce(F("ended_on"), _FOREVER)
    period = months(CUSTOMER_PERIODS, "contact__collected_on", on)
    is_current = Q(ended_on__isnull=True) | Q(ended_on__gte=on)
    is_live, began = live(on, at), began_five_years(on, at)
    five = Q(**{f"{at}kind__in": STARTS_FIVE_YEARS})

    def latest(*whens: When) -> Max:
        return Max(Case(*whens, default=_BEGINNING, output_field=DateField()))

    five_years = Least(_later(agreed, period), _later(employed, period))
    return (
        (Affiliation.objects.all() if affiliations is None else affiliations)
        .order_by()
        .values("pk", "contact_id", "organisation_id", "ended_on")
        .annotate(
            tied=latest(When(is_live & is_current, then=Least(agreed, employed))),
            own=latest(
                When(began | (is_live & five), then=five_years),
                When(is_live, then=Least(agreed, _later(employed, period))),
            ),
            # A live agreement of any kind postpones the five years, but only where such years have begun (11.3).
            postponed=latest(When(is_live, then=Least(agreed, _later(employed, period)))),
            has_begun=latest(When(began, then=_FOREVER)),
            left=Max(Case(When(ended_on__isnull=False, then=_later(F("ended_on"), period)), default=_FOREVER)),
        )
        .annotate(
            kept=Case(When(has_begun=FOREVER, then=Greatest("own", "postponed")), default=F("own")),
            due=Case(
                When(has_begun=FOREVER, then=Greatest("own", "postponed")),
                When(own__gt=BEGINNING, then=F("own")),
                default=F("left"),
            ),
        )
    )


def _later(day: Combinable, period: Combinable) -> Case:
    """`period` months after a day, where FOREVER stays FOREVER."""
    return Case(When(Q(_is_forever(day)), then=_FOREVER), default=AddMonths(day, period), output_field=DateField())


def _is_forever(day: Combinable) -> Any:
    return Exact(day, _FOREVER)


# Contacts -----------------------------------------------------------------------------------------------------------


def anchors(on: date, *, stricter: bool = False) -> QuerySet[Contact, Contact]:
    """Contacts with `anchor`, the day the 24 months run from: collection or the last engagement that counts (E3, 11.1).

    The contact keeps the day of its last counting engagement; only when that lies after `on`, because the rule is asked
    for an earlier day or a clock was wrong (E8), the engagements themselves are consulted.

    `stricter` is the other reading of S95 (E1), which is counted and never acted on: either silence purges, so it takes
    the earlier of the last response and the last visit. Their rows go after 24 months (E46), and a row that is gone
    means a silence that long: who is due today or later is exact, as long as S95 does not name more months than that.
    """
    collected = _collected(on)
    if stricter:
        engaged: Any = Least(*(Coalesce(_last_of(kinds, on), collected) for kinds in (VISITS, RESPONSES)))
    else:
        earlier = When(last_engaged_on__gt=on, then=_last_up_to(on))
        engaged = Coalesce(Case(earlier, default=F("last_engaged_on"), output_field=DateField()), collected)
    return Contact.objects.order_by().annotate(anchor=Greatest(collected, engaged))


def _collected(on: date) -> Combinable:
    """The day of collection for marketing; one that lies ahead counts as of the day of its recording (E8)."""
    said = Coalesce(F("returned_on"), F("collected_on"))
    recorded = TruncDate("created_at", tzinfo=settings.CONTROLLER_ZONE)
    ahead = When(Q(GreaterThan(said, Value(on))), then=Least(said, recorded))
    return Case(ahead, default=said, output_field=DateField())


def _last_up_to(on: date) -> Subquery:
    """The day of a contact's last engagement up to `on` that counts."""
    acts = Engagement.objects.filter(counts_for_marketing(), contact=OuterRef("pk"))
    days = acts.annotate(day=TruncDate("occurred_at", tzinfo=settings.CONTROLLER_ZONE)).filter(day__lte=on)
    return Subquery(days.order_by("-occurred_at").values("day")[:1])


def _last_of(kinds: Sequence[str], on: date) -> Max:
    """The day of a contact's last act of these kinds up to `on`, as an aggregate: one pass serves everybody."""
    day = TruncDate("engagements__occurred_at", tzinfo=settings.CONTROLLER_ZONE)
    acts = Q(LessThanOrEqual(day, Value(on)), engagements__kind__in=kinds, engagements__automated=False)
    return Max(day, filter=acts)


class Clock(NamedTuple):
    """The dates of one contact, as known on the day asked for; each is the last day kept.

    `silent_on` is the end of the 24 months; `marketing_on` also respects the tie to a customer or partner. A date is
    BEGINNING where no clock runs, because the contact is not in that register, and FOREVER where no end is in sight.
    `link_on` is the earliest day after which the customer rule removes an affiliation.
    """

    contact_id: UUID
    in_marketing: bool
    anchor_on: date
    silent_on: date
    marketing_on: date
    link_on: date
    customer_on: date

    @property
    def erase_on(self) -> date:
        """The last day any register has a reason to keep the contact; BEGINNING when it is in none (E45)."""
        return max(self.marketing_on, self.customer_on)

    @property
    def last_register(self) -> Register | None:
        """The register whose reason ends last; None for somebody in no register."""
        if self.marketing_on >= self.customer_on:
            return Register.MARKETING if self.marketing_on > BEGINNING else None
        return Register.CUSTOMER

    @property
    def register(self) -> str:
        """In which registers the contact is: marketing, customer, both or none."""
        names = (("none", "customer"), ("marketing", "both"))
        return names[self.in_marketing][self.customer_on > BEGINNING]


Chosen = QuerySet[Contact, Contact] | Iterable[UUID] | None
"""Which contacts: those of a query set, those with these ids, or all."""


def clock_sql(on: date, contacts: Chosen = None, *, stricter: bool = False) -> tuple[str, tuple[Any, ...]]:
    """SQL for the columns of `Clock`, of all contacts or of the given ones, in one set-wise statement.

    The ORM cannot join a grouped query; this is the one place where the two halves of the rule are put together.
    """
    people = anchors(on, stricter=stricter)
    # A link that has no end to an organisation without agreements moves no date: BEGINNING, BEGINNING, FOREVER.
    telling = Q(organisation__agreements__isnull=False) | Q(ended_on__isnull=False)
    affiliations = links(on, Affiliation.objects.filter(telling))
    if isinstance(contacts, QuerySet):
        chosen: Any = contacts.order_by().values("pk")
        people = people.filter(pk__in=chosen)
        affiliations = affiliations.filter(contact__in=chosen)
    elif contacts is not None:
        ids = array(contacts)
        people = people.filter(pk__among=ids)
        affiliations = affiliations.filter(contact__among=ids)
    people_sql, people_params = compiled(
        people.annotate(silent=AddMonths(F("anchor"), months(MARKETING_PERIODS, "collected_on", on))).values_list(
            "pk", "in_marketing", "marketing_frozen", "anchor", "silent"
        )
    )
    links_sql, links_params = compiled(affiliations.values_list("contact_id", "tied", "kept", "due"))
    greatest = "GREATEST" if connection.vendor == "postgresql" else "MAX"
    none, never = f"'{BEGINNING.isoformat()}'", f"'{FOREVER.isoformat()}'"
    if connection.vendor == "postgresql":
        none, never = f"{none}::date", f"{never}::date"
    sql = f"""
        WITH person(id, in_marketing, frozen, anchor, silent) AS ({people_sql}),
             one(contact_id, tied, kept, due) AS ({links_sql}),
             link AS (SELECT contact_id, MAX(tied) AS tied, MAX(kept) AS kept, MIN(due) AS due FROM one GROUP BY
             contact_id)
        SELECT person.id AS contact_id, person.in_marketing, person.anchor AS anchor_on, person.silent AS silent_on,
               CASE WHEN person.in_marketing OR person.frozen THEN {greatest}(person.silent, COALESCE(link.tied,
               {none})) ELSE {none} END AS marketing_on,
               COALESCE(link.due, {never}) AS link_on,
               COALESCE(link.kept, {none}) AS customer_on
          FROM person LEFT JOIN link ON link.contact_id = person.id
    """
    return sql, people_params + links_params


def clocks(on: date, contacts: Chosen = None, *, due_only: bool = False, stricter: bool = False) -> Iterator[Clock]:
    """The clocks of all contacts or the given ones, streamed; `due_only` leaves out whoever no rule is due for.

    "Due" here includes contacts whose 24 months are over but who are tied to a customer or partner. `stricter` is for
    counting what the other reading of S95 would mean (`anchors`).
    """
    sql, params = clock_sql(on, contacts, stricter=stricter)
    if due_only:
        sql = f"SELECT * FROM ({sql}) AS clock WHERE {DUE}"
        params += (on, on, on, on)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        while rows := cursor.fetchmany(2000):
            if connection.vendor == "postgresql":
                yield from map(Clock._make, rows)
                continue
            for contact_id, in_marketing, *days in rows:  # SQLite keeps hexadecimal digits, numbers and text
                yield Clock(UUID(contact_id), bool(in_marketing), *(date.fromisoformat(day) for day in days))


DUE = """(silent_on < %s AND marketing_on > '0001-01-01') OR link_on < %s
         OR (marketing_on < %s AND customer_on < %s)"""
"""The clocks some rule acts on; the last part is who has no reason left in either register."""
