"""Deleting the rows of erased contacts together with the proof: one ErasureRecord each, made by the database itself.

No name passes through here, and no row of a person is loaded. PostgreSQL does all of it in one statement, which counts
what it deletes; SQLite, which cannot, counts first and deletes then.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from config.dates import local_date
from config.sql import among, column, execute, one_row, table
from consent.models import FormerAddress
from consent.models.suppression import FormerReason
from contacts.models import Contact, DuplicatePair
from contacts.personal_data import OnErasure, linked_models
from retention.models import DueDate, ErasureRecord, RunChunk
from retention.models.evidence import ErasureRule

Cause = tuple[ErasureRule, date | None]
"""Why somebody is erased: the rule, and the last day it had a reason to keep the contact."""

RECORD = "contact_id, reference, digest, digest_version, country, rule, due_on, erased_at, chunk_id, counts"
FORMER = "digest, digest_version, reason, erased_on"
PERSON = "id, reference, email_digest, digest_version, country"
REASON = f"CASE rule WHEN '{ErasureRule.REQUEST}' THEN '{FormerReason.REQUEST}' ELSE '{FormerReason.PURGE}' END"


UNCOUNTED = (DueDate, DuplicatePair)
"""What is computed, and no data of its own."""

Rows = tuple[type[Model], str]
"""A table with the quoted column that links to the contact."""


def deleted_with_person() -> Iterator[Rows]:
    """The tables whose rows go with the person, each with the column that links to the contact."""
    for model, data in linked_models():
        if data.on_erasure is OnErasure.DELETE:
            yield from ((model, column(model, link)) for link in data.links)


def remove(
    causes: Mapping[UUID, Cause], ids: Any, tables: Collection[Rows], chunk: RunChunk, at: datetime
) -> Counter[str]:
    """Delete locked contacts and their rows, and prove it; `ids` are the same contacts as a `config.sql.array`.

    `tables` are those of `deleted_with_person` that have rows of them: one that is missing makes the database refuse.
    Returns the rows removed by table.
    """
    how = _at_once if connection.vendor == "postgresql" else _step_by_step
    return +Counter({model._meta.label: size for model, size in how(causes, ids, tables, chunk, at).items()})


def _at_once(
    causes: Mapping[UUID, Cause], ids: Any, tables: Collection[Rows], chunk: RunChunk, at: datetime
) -> dict[type[Model], int]:
    """PostgreSQL: delete, count and record in one statement; foreign keys are checked at the end of the transaction."""
    mine = among("{}", hole="%(ids)s")
    parts = [
        """cause AS (SELECT *
            FROM unnest(%(ids)s::uuid[], %(rules)s::text[], %(dues)s::date[]) AS one (id, rule, due_on))""",
        f"gone AS (DELETE FROM {table(Contact)} WHERE {mine.format('id')} RETURNING {PERSON})",
        f"""former AS (INSERT INTO {table(FormerAddress)} ({FORMER})
            SELECT email_digest, digest_version, {REASON}, %(on)s FROM gone JOIN cause USING (id)
             WHERE email_digest <> '')""",
    ]
    counts, joins = ["NULL"], []
    for number, (model, link) in enumerate(tables):
        parts.append(f"d{number} AS (DELETE FROM {table(model)} WHERE {mine.format(link)} RETURNING {link} AS id)")
        if model not in UNCOUNTED:
            parts.append(f"n{number} AS (SELECT id, COUNT(*) AS n FROM d{number} GROUP BY id)")
            counts.append(f"'\"{model._meta.label}\": ' || n{number}.n")
            joins.append(f"LEFT JOIN n{number} ON n{number}.id = gone.id")
    parts.append(
        f"proof AS (INSERT INTO {table(ErasureRecord)} ({RECORD}) "
        f"SELECT gone.id, reference, email_digest, digest_version, country, rule, due_on, %(at)s, %(chunk)s, "
        f"('{{' || concat_ws(', ', {', '.join(counts)}) || '}}')::jsonb "
        f"FROM gone JOIN cause ON cause.id = gone.id {' '.join(joins)})"
    )
    sizes = "".join(f", (SELECT COUNT(*) FROM d{number})" for number in range(len(tables)))
    row = one_row(
        f"WITH {', '.join(parts)} SELECT (SELECT COUNT(*) FROM gone){sizes}",
        {
            "ids": ids,
            "rules": f"{{{','.join(rule for rule, _due_on in causes.values())}}}",
            "dues": f"{{{','.join(due_on.isoformat() if due_on else 'NULL' for _rule, due_on in causes.values())}}}",
            "on": local_date(at),
            "at": at,
            "chunk": chunk.pk,
        },
    )
    return dict(zip([Contact, *(model for model, _link in tables)], row, strict=True))


def _step_by_step(
    causes: Mapping[UUID, Cause], ids: Any, tables: Collection[Rows], chunk: RunChunk, at: datetime
) -> dict[type[Model], int]:
    """SQLite: count and record while the rows are there, then delete the children, then the contacts."""
    reasons = json.dumps([(one.hex, rule, due_on and due_on.isoformat()) for one, (rule, due_on) in causes.items()])
    counts = ", ".join(
        f"'{model._meta.label}', (SELECT NULLIF(COUNT(*), 0) FROM {table(model)} WHERE {link} = person.id)"
        for model, link in tables
        if model not in UNCOUNTED
    )
    people = f"""(SELECT value ->> 0 AS contact, value ->> 1 AS rule, value ->> 2 AS due_on FROM json_each(%s)) AS cause
                 JOIN {table(Contact)} AS person ON person.id = cause.contact"""
    execute(
        f"INSERT INTO {table(ErasureRecord)} ({RECORD}) "
        f"SELECT person.id, reference, email_digest, digest_version, country, rule, due_on, %s, %s, "
        f"json_patch('{{}}', json_object({counts})) FROM {people}",
        [connection.ops.adapt_datetimefield_value(at), chunk.pk, reasons],
    )
    execute(
        f"INSERT INTO {table(FormerAddress)} ({FORMER}) SELECT email_digest, digest_version, {REASON}, %s "
        f"FROM {people} WHERE email_digest <> ''",
        [local_date(at).isoformat(), reasons],
    )
    sizes = {model: execute(f"DELETE FROM {table(model)} WHERE {among(link)}", [ids]) for model, link in tables}
    return {Contact: execute(f"DELETE FROM {table(Contact)} WHERE {among('id')}", [ids]), **sizes}
