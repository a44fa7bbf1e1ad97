"""The state table of due dates, written set-wise from `rules.clock_sql`: lists and forecast need no rule of their own.

It only pre-selects. The live rule decides, and answers for every day but the one the table was made for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.functions import TruncMonth

from config.dates import BEGINNING, FOREVER, add_months, day_sql, local_date, now
from config.sql import column, execute, greatest, table
from contacts.models import Affiliation, Contact, Engagement
from retention.bars import active_holds, active_restrictions, data_gaps
from retention.models import DataGap, DueDate
from retention.rules import clock_sql

MEMORY = "64MB"
"""What the server may use to group and join the whole register instead of sorting it on disk."""
COLUMNS = ("marketing_on", "customer_on", "erase_on", "register")


def refresh(on: date, contacts: Iterable[UUID] | None = None) -> int:
    """Bring the table up to date for all contacts or the given ones; returns the rows that changed.

    Unchanged rows are not written: a nightly refresh of a quiet register costs reading only.

    Raises IntegrityError, when the transaction commits, if somebody whose dates changed is erased at the same moment;
    nothing was written then, and trying again helps.
    """
    sql, params = _rows(on, contacts)
    due, different = table(DueDate), "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"
    key, names = column(DueDate, "contact"), ", ".join(COLUMNS)
    changes = " OR ".join(f"due.{name} {different} fresh.{name}" for name in COLUMNS)
    assignments = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    with transaction.atomic():
        if contacts is None and connection.vendor == "postgresql":
            execute(f"SET LOCAL work_mem = '{MEMORY}'")
        return execute(
            f"INSERT INTO {due} ({key}, {names}) "
            f"SELECT fresh.contact_id, {', '.join(f'fresh.{name}' for name in COLUMNS)} "
            f"FROM ({sql}) AS fresh LEFT JOIN {due} AS due ON due.{key} = fresh.contact_id "
            f"WHERE due.{key} IS NULL OR {changes} "
            f"ON CONFLICT ({key}) DO UPDATE SET {assignments}",
            params,
        )


def _rows(on: date, contacts: Iterable[UUID] | None) -> tuple[str, tuple[Any, ...]]:
    """SQL for the columns of DueDate out of the rule's clocks, of all contacts or the given: FOREVER becomes NULL."""
    sql, params = clock_sql(on, contacts)
    none, never = day_sql(BEGINNING), day_sql(FOREVER)
    return (
        f"""
        SELECT contact_id,
               NULLIF(CASE WHEN marketing_on = {none} THEN {never} ELSE marketing_on END, {never}) AS marketing_on,
               NULLIF(link_on, {never}) AS customer_on,
               NULLIF({greatest("marketing_on", "customer_on")}, {never}) AS erase_on,
               CASE WHEN in_marketing AND customer_on > {none} THEN 'both'
                    WHEN in_marketing THEN 'marketing'
                    WHEN customer_on > {none} THEN 'customer'
                    ELSE 'none' END AS register
          FROM ({sql}) AS clock
        """,
        params,
    )


def contacts_changed(ids: Iterable[UUID], **_kwargs: Any) -> None:
    """Receiver of the signal of the same name: something a due date depends on has changed for these contacts."""
    refresh(local_date(now()), list(ids))


def as_one(survivor: Contact, merged: Contact, values: Mapping[str, Any], at: datetime, **_kwargs: Any) -> DueDate:
    """The due dates that `survivor` would have with these values by column and with the rows of both; not stored.

    The rule is asked as it is. What it reads are not the tables but, under their names, the rows that would be there.
    """
    both, mine = (survivor.pk, merged.pk), {"contact_id": survivor.pk}
    seen = [
        _seen(Contact, "id", (survivor.pk,), values),
        _seen(Affiliation, "contact", both, mine),
        _seen(Engagement, "contact", both, mine),
    ]
    sql, params = _rows(local_date(at), [survivor.pk])
    tables = ", ".join(text for text, _params in seen)
    given = [one for _text, own in seen for one in own]
    return DueDate.objects.raw(f"WITH {tables} SELECT * FROM ({sql}) AS one", (*given, *params))[0]


def _seen(
    model: type[Model], link: str, contacts: tuple[UUID, ...], values: Mapping[str, Any]
) -> tuple[str, list[Any]]:
    """A table's rows of these contacts with other values in some columns, as part of a WITH, under the table's name."""
    columns, params = [], []
    for field in model._meta.local_concrete_fields:
        name = column(model, field.name)
        if field.attname in values:
            params.append(field.get_db_prep_save(values[field.attname], connection))
            name = f"{_hole(field)} AS {name}"
        columns.append(name)
    key = model._meta.get_field(link)
    params += [key.get_db_prep_save(one, connection) for one in contacts]  # type: ignore[union-attr]
    among = ", ".join(["%s"] * len(contacts))
    real = table(model) if connection.vendor == "postgresql" else f"main.{table(model)}"  # SQLite would see a circle
    return (
        f"{table(model)} AS (SELECT {', '.join(columns)} FROM {real} WHERE {column(model, link)} IN ({among}))",
        params,
    )


def _hole(field: Any) -> str:
    """A parameter of the field's type: PostgreSQL takes an empty one for text."""
    return f"%s::{field.db_type(connection)}" if connection.vendor == "postgresql" else "%s"


def due(on: date) -> QuerySet[DueDate, DueDate]:
    """Whoever some rule may act on that day, by the state table: a superset of what the live rule will find."""
    return DueDate.objects.filter(Q(marketing_on__lt=on) | Q(customer_on__lt=on) | Q(erase_on__lt=on))


def actionable(on: date) -> QuerySet[DueDate, DueDate]:
    """Those of `due` whom nothing protects: what the breaker weighs, and what pages say a run will do.

    A hold on one register counts as a hold on both: only the run itself looks so closely.
    """
    mine = {"contact": OuterRef("pk")}
    stays = Q(erase_on__gte=on) | Q(erase_on__isnull=True)
    return due(on).filter(
        stays | ~Exists(data_gaps(on).filter(**mine)),
        ~Exists(active_holds(on).filter(**mine)),
        ~Exists(active_restrictions().filter(**mine)),
    )


def forecast(on: date, months: int = 24) -> list[tuple[date, int]]:
    """How many contacts would be erased in each coming month if nobody did anything: (first of the month, count)."""
    first = on.replace(day=1)
    rows = (
        DueDate.objects.filter(erase_on__lt=add_months(first, months))
        .annotate(month=TruncMonth("erase_on"))
        .values_list("month")
        .annotate(count=Count("contact_id"))
        .order_by("month")
    )
    counts = {add_months(first, number): 0 for number in range(months)}
    for month, count in rows:
        counts[max(month, first)] += count
    return list(counts.items())


def list_gaps(on: date, today: date) -> int:
    """Write down `today` as the first listing of new relationships without agreement (E25); returns how many."""
    links: QuerySet[Affiliation, Any] = data_gaps(on).filter(gap__isnull=True).values_list("pk", "contact_id")
    fresh = [DataGap(affiliation_id=link, contact_id=contact, first_listed_on=today) for link, contact in links]
    return len(DataGap.objects.bulk_create(fresh, ignore_conflicts=True))


__all__ = ["actionable", "as_one", "contacts_changed", "due", "forecast", "list_gaps", "refresh"]
