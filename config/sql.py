"""The few set-wise database tools that Django's ORM does not offer, for PostgreSQL and SQLite alike.

A purge or an import moves thousands of rows at once: one array parameter instead of thousands of placeholders, COPY
instead of INSERT, an INSERT fed by a query.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

import psycopg
from django.db import connection
from django.db.models import Field, ForeignKey, JSONField, Lookup, Model, QuerySet, UUIDField
from django.db.models.sql.compiler import SQLCompiler


@ForeignKey.register_lookup
@Field.register_lookup
class Among(Lookup):
    """`field__among=values`: membership in any number of values, sent as one parameter.

    Values that are needed more than once are best given as an `array`: Django walks through every list it is given.
    """

    lookup_name = "among"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        """One array (PostgreSQL) or one JSON list (SQLite) in place of one placeholder per value."""
        if isinstance(value, str):
            return "%s", [value]
        values = list(value)
        if isinstance(getattr(self.lhs.output_field, "target_field", self.lhs.output_field), UUIDField):
            values = [one if type(one) is UUID else UUID(str(one)) for one in values]
        return "%s", [array(values)]

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        """= ANY(array), cast to the column's own type."""
        lhs, params = self.process_lhs(compiler, connection)
        rhs, values = self.process_rhs(compiler, connection)
        kind = self.lhs.output_field.db_type(connection).split("(")[0]
        return f"{lhs} = ANY({rhs}::{kind}[])", [*params, *values]

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        """IN over json_each."""
        lhs, params = self.process_lhs(compiler, connection)
        rhs, values = self.process_rhs(compiler, connection)
        return f"{lhs} IN (SELECT value FROM json_each({rhs}))", [*params, *values]


@JSONField.register_lookup
class HoldsAny(Lookup):
    """`field__holds_any=texts`: a JSON list of texts has one of these among its items."""

    lookup_name = "holds_any"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Any]:
        """All texts as one parameter."""
        return "%s", [list(value) if connection.vendor == "postgresql" else json.dumps(list(value))]

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        """An operator that a GIN index answers."""
        lhs, params = self.process_lhs(compiler, connection)
        rhs, values = self.process_rhs(compiler, connection)
        return f"{lhs} ?| {rhs}::text[]", [*params, *values]

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        """A walk through the list of every row."""
        lhs, params = self.process_lhs(compiler, connection)
        rhs, values = self.process_rhs(compiler, connection)
        sql = f"EXISTS (SELECT 1 FROM json_each({lhs}) WHERE value IN (SELECT value FROM json_each({rhs})))"
        return sql, [*params, *values]


class Array(str):
    """The text of many values as one parameter.

    Django walks through whatever can be iterated before it compares it with a foreign key: through every character of a
    plain text, which takes longer than the query.
    """

    __slots__ = ()

    @property
    def __iter__(self) -> NoReturn:
        """Not to be walked through."""
        raise AttributeError("__iter__")


def array(values: Iterable[Any]) -> Any:
    """Many values as one parameter: for `= ANY(%s::type[])` on PostgreSQL, for `json_each(%s)` on SQLite."""
    if isinstance(values, Array):
        return values
    items = list(values)
    kinds = {type(item) for item in items}
    if connection.vendor != "postgresql":
        return Array(json.dumps([item.hex for item in items] if kinds == {UUID} else items, default=str))
    # The driver takes 14 ms to write 5,000 items as an array, and a purge needs it two dozen times for each chunk.
    if kinds == {UUID}:
        return Array("{" + ",".join([item.hex for item in items]) + "}")
    if kinds == {str}:
        return Array(_literal(items))
    return items


def _literal(values: Iterable[Any]) -> str:
    return "{" + ",".join(["NULL" if value is None else _quoted(str(value)) for value in values]) + "}"


def _quoted(item: str) -> str:
    """A text as an element of an array literal."""
    if "\\" in item or '"' in item:
        item = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{item}"'


def among(name: str, kind: str = "uuid", *, hole: str = "%s") -> str:
    """The condition that a quoted column's value is in an `array` parameter; `hole` may be a named one."""
    if connection.vendor == "postgresql":
        return f"{name} = ANY({hole}::{kind}[])"
    return f"{name} IN (SELECT value FROM json_each({hole}))"


def greatest(*terms: str) -> str:
    """The greatest of some SQL terms, none of which may be NULL."""
    return f"{'GREATEST' if connection.vendor == 'postgresql' else 'MAX'}({', '.join(terms)})"


def least(*terms: str) -> str:
    """The least of some SQL terms, none of which may be NULL."""
    return f"{'LEAST' if connection.vendor == 'postgresql' else 'MIN'}({', '.join(terms)})"


def table(model: type[Model]) -> str:
    """The quoted name of a model's table."""
    return connection.ops.quote_name(model._meta.db_table)


def column(model: type[Model], field: str) -> str:
    """The quoted name of a field's column."""
    found = model._meta.get_field(field)
    name: Any = getattr(found, "column", None)
    return str(connection.ops.quote_name(name))


def execute(sql: str, params: Sequence[Any] = ()) -> int:
    """Run one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        touched: int = cursor.rowcount
        return max(touched, 0)


@contextmanager
def bound(*, plan_kept: bool = False) -> Iterator[None]:
    """Let PostgreSQL fill the parameters in: thousands of ids travel and are read once, however often they are named.

    `plan_kept`: the connection keeps the plans of what is asked inside from the first time on, whatever the values are;
    and the values are numbered (`$1`), so that the driver need not read the text.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    raw: Any = connection.connection
    usual = raw.cursor_factory, raw.prepare_threshold
    raw.cursor_factory = psycopg.RawCursor if plan_kept else psycopg.Cursor
    raw.prepare_threshold = 0 if plan_kept else usual[1]
    try:
        yield
    finally:
        raw.cursor_factory, raw.prepare_threshold = usual


def one_row(sql: str, params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Run one statement with named parameters and return its only row."""
    with bound(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return tuple(cursor.fetchone() or ())


def take_turns(what: str, *, shared: bool = False) -> None:
    """Let only one transaction at a time do this kind of work, or many that share it; held until the transaction ends.

    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        lock = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(hashtext(%s))", [f"obhut.{what}"])


def may_change_evidence() -> None:
    """Let this transaction change or delete evidence; only erasure, expiry and merging ask for it.

    On PostgreSQL a trigger refuses everybody else.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL obhut.may_change_evidence = 'on'")


def compiled(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a query set and its parameters, to be built into a larger statement."""
    return rows.query.sql_with_params()


def insert_from(model: type[Model], fields: Sequence[str], rows: QuerySet[Any, Any], *, ignore: bool = False) -> int:
    """INSERT ... SELECT: feed `fields` of a model from a `values_list` query set in the same order.

    `ignore` skips rows that a unique constraint refuses. Returns the number of rows written.
    """
    sql, params = compiled(rows)
    columns = ", ".join(column(model, field) for field in fields)
    conflict = " ON CONFLICT DO NOTHING" if ignore else ""
    where = " WHERE true" if ignore and connection.vendor == "sqlite" else ""  # SQLite parses ON as a join without it
    source = f"SELECT * FROM ({sql}) AS source{where}" if where else sql
    return execute(f"INSERT INTO {table(model)} ({columns}) {source}{conflict}", params)


def insert_rows(model: type[Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write many plain rows (database-ready Python values in the order of `fields`): COPY on PostgreSQL."""
    columns = ", ".join(column(model, field) for field in fields)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            count = 0
            # COPY is the driver's own; a refusal must come as Django's exception all the same.
            with connection.wrap_database_errors, cursor.copy(f"COPY {table(model)} ({columns}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
                    count += 1
            return count
        holes = ", ".join("%s" for _ in fields)
        data = [tuple(_sqlite(value) for value in row) for row in rows]
        if data:
            cursor.executemany(f"INSERT INTO {table(model)} ({columns}) VALUES ({holes})", data)
        return len(data)


def _sqlite(value: Any) -> Any:
    """What Django's SQLite backend would store for this value."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def update_rows(model: type[Model], fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Update many rows in one statement; each row is the primary key followed by the values of `fields`."""
    names = [column(model, name) for name in fields]
    key = column(model, model._meta.pk.name)
    if not rows:
        return 0
    if connection.vendor != "postgresql":
        data = [(*(_sqlite(value) for value in values), _sqlite(pk)) for pk, *values in rows]
        assignments = ", ".join(f"{name} = %s" for name in names)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table(model)} SET {assignments} WHERE {key} = %s", data)
            return int(cursor.rowcount)
    # Every column travels as an array of text and is cast back: one statement whatever the number of rows.
    types = [_type(model, name) for name in fields]
    key_type = _type(model, model._meta.pk.name)
    assignments = ", ".join(
        f"{name} = fresh.v{i}::{kind}" for i, (name, kind) in enumerate(zip(names, types, strict=True))
    )
    columns = ", ".join(["pk", *(f"v{i}" for i in range(len(fields)))])
    arrays = [_literal(values) for values in zip(*rows, strict=True)]
    holes = ", ".join(["%s::text[]"] * len(arrays))
    return execute(
        f"UPDATE {table(model)} SET {assignments} FROM unnest({holes}) AS fresh({columns}) "
        f"WHERE {table(model)}.{key} = fresh.pk::{key_type}",
        arrays,
    )


def _type(model: type[Model], name: str) -> str:
    """The database's type of a column, without its length."""
    found: Any = model._meta.get_field(name)
    return str(found.rel_db_type(connection) if found.is_relation else found.db_type(connection)).split("(")[0]
