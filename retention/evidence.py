"""Deleting the rows of erased contacts together with the proof: one ErasureRecord each, made by the database itself.

No name passes through here, and no row of a person is loaded. PostgreSQL does all of it in one statement, which counts
what it deletes; SQLite, which cannot, counts first and deletes then.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from config.dates import local_date
from config.sql import among, column, execute, table
from consent.models import FormerAddress
from consent.models.suppression import FormerReason
from contacts.models import Contact
from contacts.personal_data import OnErasure, linked_models
from retention.models import DueDate, ErasureRecord, RunChunk
from retention.models.evidence import ErasureRule

Cause = tuple[ErasureRule, date | None]
"""Why somebody is erased: the rule, and the last day it had a reason to keep the contact."""

RECORD = "contact_id, reference, digest, digest_version, country, rule, due_on, erased_at, chunk_id, counts"
FORMER = "digest, digest_version, reason, erased_on"
PERSON = "id, reference, email_digest, digest_version, country"


def remove(causes: Mapping[UUID, Cause], ids: Any, chunk: RunChunk, at: datetime) -> Counter[str]:
    """Delete locked contacts and their rows, and prove it; `ids` are the same contacts as a `config.sql.array`.

    Returns the rows removed by table.
    """
    reasons = json.dumps(
        [(one.hex, str(rule), due_on and due_on.isoformat(), _former(rule)) for one, (rule, due_on) in causes.items()]
    )
    if connection.vendor == "postgresql":
        return _at_once(reasons, ids, chunk, at)
    return _step_by_step(reasons, ids, chunk, at)


def _former(rule: ErasureRule) -> str:
    return str(FormerReason.REQUEST if rule is ErasureRule.REQUEST else FormerReason.PURGE)


def _deleted() -> list[tuple[type[Model], str]]:
    """The tables whose rows go with the person, and their link to the contact."""
    return [
        (model, column(model, data.subject))
        for model, data in linked_models()
        if data.subject and data.on_erasure is OnErasure.DELETE
    ]


def _at_once(reasons: str, ids: Any, chunk: RunChunk, at: datetime) -> Counter[str]:
    """PostgreSQL: delete, count and record in one statement; foreign keys are checked at the end of the transaction."""
    tables = _deleted()
    cause = (
        "SELECT (value ->> 0)::uuid AS id, value ->> 1 AS rule, (value ->> 2)::date AS due_on, value ->> 3 AS former "
        "FROM jsonb_array_elements(%s::jsonb) AS reason(value)"
    )
    parts = [f"cause AS ({cause})"]
    for number, (model, link) in enumerate(tables):
        parts.append(f"d{number} AS (DELETE FROM {table(model)} WHERE {among(link)} RETURNING {link} AS id)")
        parts.append(f"n{number} AS (SELECT id, COUNT(*) AS n FROM d{number} GROUP BY id)")
    parts.append(f"gone AS (DELETE FROM {table(Contact)} WHERE {among('id')} RETURNING {PERSON})")
    parts.append(
        f"former AS (INSERT INTO {table(FormerAddress)} ({FORMER}) SELECT email_digest, digest_version, former, %s "
        f"FROM gone JOIN cause USING (id) WHERE email_digest <> '')"
    )
    counts = ", ".join(
        f"'{model._meta.label}', n{number}.n" for number, (model, _link) in enumerate(tables) if model is not DueDate
    )
    joins = " ".join(f"LEFT JOIN n{number} ON n{number}.id = gone.id" for number in range(len(tables)))
    parts.append(
        f"proof AS (INSERT INTO {table(ErasureRecord)} ({RECORD}) "
        f"SELECT gone.id, reference, email_digest, digest_version, country, rule, due_on, %s, %s, "
        f"jsonb_strip_nulls(jsonb_build_object({counts})) FROM gone JOIN cause ON cause.id = gone.id {joins})"
    )
    sums = ", ".join(f"(SELECT COALESCE(SUM(n), 0) FROM n{number})" for number in range(len(tables)))
    params = [reasons, *[ids] * (len(tables) + 1), local_date(at), at, chunk.pk]
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(parts)} SELECT (SELECT COUNT(*) FROM gone), {sums}", params)
        gone, *sizes = cursor.fetchone()
    return _total(gone, {model: int(size) for (model, _link), size in zip(tables, sizes, strict=True)})


def _step_by_step(reasons: str, ids: Any, chunk: RunChunk, at: datetime) -> Counter[str]:
    """SQLite: count and record while the rows are there, then delete the children, then the contacts."""
    tables = _deleted()
    counts = ", ".join(
        f"'{model._meta.label}', (SELECT NULLIF(COUNT(*), 0) FROM {table(model)} WHERE {link} = person.id)"
        for model, link in tables
        if model is not DueDate
    )
    people = f"json_each(%s) AS cause JOIN {table(Contact)} AS person ON person.id = cause.value ->> 0"
    execute(
        f"INSERT INTO {table(ErasureRecord)} ({RECORD}) "
        f"SELECT person.id, reference, email_digest, digest_version, country, "
        f"cause.value ->> 1, cause.value ->> 2, %s, %s, json_patch('{{}}', json_object({counts})) FROM {people}",
        [connection.ops.adapt_datetimefield_value(at), chunk.pk, reasons],
    )
    execute(
        f"INSERT INTO {table(FormerAddress)} ({FORMER}) SELECT email_digest, digest_version, cause.value ->> 3, %s "
        f"FROM {people} WHERE email_digest <> ''",
        [local_date(at).isoformat(), reasons],
    )
    sizes = {model: execute(f"DELETE FROM {table(model)} WHERE {among(link)}", [ids]) for model, link in tables}
    return _total(execute(f"DELETE FROM {table(Contact)} WHERE {among('id')}", [ids]), sizes)


def _total(gone: int, sizes: Mapping[type[Model], int]) -> Counter[str]:
    return +Counter({"contacts.Contact": gone, **{model._meta.label: size for model, size in sizes.items()}})
