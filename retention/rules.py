"""THE rule: until when each register has a reason to keep a contact, and what follows on a given day (S95-S97).

Every answer starts from dates computed *forward* from the event with calendar months, because month arithmetic does not
invert. A rule acts on day D when D is later than the date; so a contact is kept through the date itself.

    agreed(on)     for each organisation: customer or partner through, five years from
    link_sql(on)   for each affiliation: tied through, kept through, due after
    clocks(on)     for each contact: marketing register through, first link through, kept through
    decide(...)    what a run on that day does with one contact, and which bars stand in the way

Lists, forecast, preview, nightly run and explanation all read these; `retention/due.py` stores the dates of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Case, DateField, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Coalesce, Greatest, Least, TruncDate
from django.db.models.lookups import GreaterThan, LessThanOrEqual

from config.dates import BEGINNING, FOREVER, AddMonths, add_months_sql, day_sql
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS, Period, steps
from config.sql import Array, array, compiled, greatest, least
from contacts.models import Affiliation, Agreement, Contact, Engagement
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


def began_five_years(on: date) -> Q:
    """The agreement has begun and its end starts the five years of S97 (E24)."""
    return counted(on) & Q(starts_on__lte=on, kind__in=STARTS_FIVE_YEARS)


def agreed(on: date) -> QuerySet[Any, Any]:
    """For each organisation with agreements two days, as known on that day; BEGINNING where there is no such day.

    `live_through`: the last day it is a customer or partner (E13, E22). `years_from`: the last day of those
    agreements whose end starts the five years of S97, be they live or over (E20, E21, E24).
    """

    def latest(which: Q) -> Max:
        return Max(Case(When(which, then=Coalesce(F("last_day"), _FOREVER)), default=_BEGINNING))

    five_years = began_five_years(on) | (live(on) & Q(kind__in=STARTS_FIVE_YEARS))
    organisations = Agreement.objects.order_by().values("organisation_id")
    return organisations.annotate(live_through=latest(live(on)), years_from=latest(five_years))


# Links --------------------------------------------------------------------------------------------------------------


def employed(on: date) -> QuerySet[Any, Any]:
    """Affiliations with `employed`, their last day, and `left_through`, the end of `years` months after it (E17)."""
    return Affiliation.objects.order_by().annotate(
        employed=Coalesce(F("ended_on"), _FOREVER),
        years=months(CUSTOMER_PERIODS, "contact__collected_on", on),
        left_through=AddMonths(F("employed"), F("years")),
    )


def link_sql(on: date, contacts: Iterable[UUID] | None = None) -> tuple[str, tuple[Any, ...]]:
    """SQL for each affiliation of all contacts or of the given ones, with three dates, as known on that day.

    `tied`: the last day it protects from the marketing rule (E13, E16, E17). `kept`: the last day it belongs to the
    customer register (S97, E17, E20-E24). Both are BEGINNING where it does not. `due`: the last day before the
    customer rule removes it, FOREVER when nothing ends it. A link that has no end, to an organisation without
    agreements, moves no date and is left out.
    """
    people, organisations = employed(on), agreed(on)
    if contacts is not None:
        people = people.filter(contact__among=array(contacts))
        organisations = organisations.filter(organisation__in=RawSQL("SELECT organisation_id FROM mine", ()))
    mine, mine_params = compiled(
        people.values_list("pk", "contact_id", "organisation_id", "employed", "years", "left_through")
    )
    theirs, theirs_params = compiled(organisations.values_list("organisation_id", "live_through", "years_from"))
    none, never = day_sql(BEGINNING), day_sql(FOREVER)
    sql = f"""
        WITH mine(id, contact_id, organisation_id, employed, years, left_through) AS ({mine}),
             agreed(organisation_id, live_through, years_from) AS ({theirs}),
             dated AS (
                 SELECT mine.*, COALESCE(live_through, {none}) AS live_through,
                        CASE WHEN years_from > {none} THEN {add_months_sql("years_from", "years")} ELSE {none} END
                        AS agreed_through
                   FROM mine LEFT JOIN agreed ON agreed.organisation_id = mine.organisation_id
                  WHERE employed < {never} OR agreed.organisation_id IS NOT NULL),
             one AS MATERIALIZED (
                 SELECT id, contact_id, organisation_id, left_through,
                        CASE WHEN employed >= %s THEN {least("live_through", "employed")} ELSE {none} END AS tied,
                        {least("left_through", greatest("live_through", "agreed_through"))} AS kept
                   FROM dated)
        SELECT id, contact_id, organisation_id, tied, kept,
               CASE WHEN kept > {none} THEN kept ELSE left_through END AS due
          FROM one
    """
    return sql, (*mine_params, *theirs_params, on)


def due_links(contacts: Iterable[UUID], on: date) -> list[tuple[UUID, UUID, UUID]]:
    """What the customer rule removes on that day: (affiliation, contact, organisation), of these contacts."""
    sql, params = link_sql(on, contacts)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, contact_id, organisation_id FROM ({sql}) AS one WHERE due < %s", (*params, on))
        return [(_uuid(link), _uuid(contact), _uuid(organisation)) for link, contact, organisation in cursor]


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


def clock_sql(
    on: date, contacts: Iterable[UUID] | None = None, *, stricter: bool = False
) -> tuple[str, tuple[Any, ...]]:
    """SQL for the columns of `Clock`, of all contacts or of the given ones, in one set-wise statement.

    The ORM cannot join grouped queries; this is the one place where the parts of the rule are put together.
    """
    sql, params = _statement(on, contacts is None, stricter, MARKETING_PERIODS, CUSTOMER_PERIODS)
    if contacts is None:
        return sql, params
    ids = array(contacts)
    return sql, tuple(ids if one is SOMEBODY else one for one in params)


SOMEBODY: Any = Array("somebody")
"""Stands for the contacts in a statement that is about nobody yet."""


@lru_cache(maxsize=16)
def _statement(on: date, everybody: bool, stricter: bool, *_periods: Any) -> tuple[str, tuple[Any, ...]]:
    """The text of `clock_sql`, made once for each day: Django's work on it takes longer than a chunk's decisions."""
    people = anchors(on, stricter=stricter)
    if not everybody:
        people = people.filter(pk__among=SOMEBODY)
    person, person_params = compiled(
        people.annotate(silent=AddMonths(F("anchor"), months(MARKETING_PERIODS, "collected_on", on))).values_list(
            "pk", "in_marketing", "marketing_frozen", "anchor", "silent"
        )
    )
    one, one_params = link_sql(on, None if everybody else SOMEBODY)
    none, never = day_sql(BEGINNING), day_sql(FOREVER)
    # SQLite would ask our Python function for the months anew wherever the date is mentioned.
    once = "MATERIALIZED" if connection.vendor == "sqlite" else ""
    sql = f"""
        WITH person(id, in_marketing, frozen, anchor, silent) AS {once} ({person}),
             link AS (SELECT contact_id, MAX(tied) AS tied, MAX(kept) AS kept, MIN(due) AS due FROM ({one}) AS one
                       GROUP BY contact_id)
        SELECT person.id AS contact_id, person.in_marketing, person.anchor AS anchor_on, person.silent AS silent_on,
               CASE WHEN person.in_marketing OR person.frozen
                    THEN {greatest("person.silent", f"COALESCE(link.tied, {none})")} ELSE {none} END AS marketing_on,
               COALESCE(link.due, {never}) AS link_on,
               COALESCE(link.kept, {none}) AS customer_on
          FROM person LEFT JOIN link ON link.contact_id = person.id
    """
    return sql, person_params + one_params


def clocks(
    on: date, contacts: Iterable[UUID] | None = None, *, due_only: bool = False, stricter: bool = False
) -> Iterator[Clock]:
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
            for contact_id, in_marketing, *days in rows:  # SQLite keeps numbers and text
                yield Clock(_uuid(contact_id), bool(in_marketing), *map(_day, days))


def _uuid(value: UUID | str) -> UUID:
    """What PostgreSQL gives as it is, and SQLite as hexadecimal digits: as a number they need not be searched."""
    return UUID(int=int(value, 16)) if isinstance(value, str) else value


_day = lru_cache(maxsize=100_000)(date.fromisoformat)
"""Remembered: a register has the same few thousand days again and again."""


DUE = """(silent_on < %s AND marketing_on > '0001-01-01') OR link_on < %s
         OR (marketing_on < %s AND customer_on < %s)"""
"""The clocks some rule acts on; the last part is who has no reason left in either register."""
