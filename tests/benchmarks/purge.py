"""Targets 1 and 3: the purge against raw chunked SQL over the same tables, and against Django's own ways to delete.

All ways take turns on blocks of the same database, so that cache, load and bloat are the same for all.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_delete

from config.dates import local_date
from config.models import Actor
from config.sql import array, may_change_evidence
from contacts.models import Contact
from contacts.personal_data import linked_models
from retention import due, evidence, purge
from retention.models import RetentionRun, RunChunk
from retention.models.evidence import ErasureRule
from retention.models.runs import RunState, RunTrigger
from tests.benchmarks.table import Figure, Table, Watch, rate

CHILDREN = [(model, data.subject) for model, data in linked_models() if data.subject]
"""Whoever purges these tables must think of every one, or a foreign key stops the chunk."""
MODELS: list[type[Model]] = [*(child for child, _link in CHILDREN), Contact]
ROUNDS = 8
BLOCKS = 8
"""A small register is cut into at least this many chunks, so that all ways find enough of them."""
WAYS = ("ours", "floor", "proof")
SHARED = (("chunked", 2_000), ("signals", 2_000), ("objects", 200))
"""Django's own ways are slow: they share one chunk, each with at most so many contacts of it."""


def run(table: Table, label: str) -> None:
    """Rounds of every way over the due contacts of the connected database."""
    at = datetime.now(UTC)
    on = local_date(at)
    purge.CHUNK = max(1, min(purge.CHUNK, due.due(on).count() // BLOCKS))
    planning = Watch()
    with planning.on():
        run = purge.begin(on, RunTrigger.COMMAND, Actor.command(), at, approve=True)
    total = due.due(on).count()
    watches = {way: Watch() for way in (*WAYS, *(way for way, _most in SHARED))}
    done = dict.fromkeys(watches, 0)
    blocks = list(run.chunks.order_by("first_id"))
    for number in range(min(ROUNDS, len(blocks) // (len(WAYS) + 1))):
        *own, shared = blocks[number * 4 : number * 4 + 4]
        turns = WAYS[number % 3 :] + WAYS[: number % 3]
        for way, block in zip(turns, own, strict=True):
            done[way] += _one(way, block, run, _keys(block, on), at=at, watch=watches[way])
        ids = _keys(shared, on)
        for way, most in SHARED:
            part = ids[: min(most, len(ids) // 3)]
            ids = ids[len(part) :]
            done[way] += _one(way, shared, run, part, at=at, watch=watches[way])
    RetentionRun.objects.filter(pk=run.pk).update(state=RunState.DONE)
    _report(table, label, {way: watches[way].seconds / done[way] for way in done}, planning.seconds, total)


def _report(table: Table, label: str, per: dict[str, float], planning: float, total: int) -> None:
    """Seconds for each contact, as ratios. Planning is shared by all who are due."""
    ours = per["ours"] + planning / total
    floor = rate(1, per["floor"])
    add = table.add
    chunks = f"{label}: purge, chunks of {purge.CHUNK:,} only"
    add(Figure("1", chunks, rate(1, per["ours"]), floor, per["floor"] / per["ours"], 0.7))
    add(Figure("1", f"{label}: with planning of {total:,} due", rate(1, ours), floor, per["floor"] / ours, 0.7))
    extra = per["proof"] / per["floor"] - 1
    add(Figure("1", f"{label}: extra time for evidence", rate(1, per["proof"]), floor, extra, 0.25, at_least=False))
    for way, name, goal in (
        ("chunked", "Django's delete(), 1k chunks", 1.7),
        ("signals", "the same with delete signals", 4),
        ("objects", "per-object delete()", 25),
    ):
        add(Figure("3", f"{label}: purge against {name}", rate(1, ours), rate(1, per[way]), per[way] / ours, goal))


def _keys(block: RunChunk, on: date) -> list[UUID]:
    """The due contacts of a chunk."""
    rows = due.due(on).filter(contact_id__gte=block.first_id, contact_id__lte=block.last_id)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _one(way: str, block: RunChunk, run: RetentionRun, ids: list[UUID], *, at: datetime, watch: Watch) -> int:
    """Purge these contacts of one chunk in one way; returns how many went."""
    if way == "ours":
        RunChunk.objects.filter(run=run).exclude(pk=block.pk).filter(state="pending").update(state="split")
        with watch.on():
            purge.work(run, Actor.command(), at)
        RunChunk.objects.filter(run=run, state="split").update(state="pending")
        RetentionRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
        return RunChunk.objects.get(pk=block.pk).erased
    RunChunk.objects.filter(pk=block.pk).update(state="done")
    act = {"floor": _raw, "objects": _per_object, "chunked": _django, "signals": _with_signals}
    with watch.on():
        _proven(ids, block, at) if way == "proof" else act[way](ids)
    return len(ids)


def _with_signals(ids: list[UUID]) -> None:
    """Django's delete() while somebody listens."""
    for model in MODELS:
        post_delete.connect(_listen, sender=model)
    try:
        _django(ids)
    finally:
        for model in MODELS:
            post_delete.disconnect(_listen, sender=model)


def _proven(ids: list[UUID], block: RunChunk, at: datetime) -> None:
    """The floor with the evidence, and nothing else: no lock, no re-check, no journal."""
    causes = {one: (ErasureRule.MARKETING, local_date(at)) for one in ids}
    with transaction.atomic():
        may_change_evidence()
        evidence.remove(causes, array(ids), list(evidence.deleted_with_person()), block, at)


def _raw(ids: list[Any]) -> int:
    """The floor: one statement for each table, one transaction, foreign keys on, no re-check and no evidence."""
    with transaction.atomic(), connection.cursor() as cursor:
        may_change_evidence()
        if connection.vendor == "postgresql":
            parts = ", ".join(
                f"t{number} AS (DELETE FROM {child._meta.db_table} WHERE {link}_id = ANY(%s::uuid[]))"
                for number, (child, link) in enumerate(CHILDREN)
            )
            keys = [array(ids)] * (len(CHILDREN) + 1)
            cursor.execute(f"WITH {parts} DELETE FROM contacts_contact WHERE id = ANY(%s::uuid[])", keys)
        else:
            for child, link in CHILDREN:
                cursor.execute(
                    f"DELETE FROM {child._meta.db_table} WHERE {link}_id IN (SELECT value FROM json_each(%s))",
                    [array(ids)],
                )
            cursor.execute("DELETE FROM contacts_contact WHERE id IN (SELECT value FROM json_each(%s))", [array(ids)])
    return len(ids)


def _django(ids: list[Any]) -> None:
    """Django's delete(), children first because they are protected."""
    for start in range(0, len(ids), 1000):
        part = ids[start : start + 1000]
        with transaction.atomic():
            may_change_evidence()
            for model, link in CHILDREN:
                model._base_manager.filter(**{f"{link}__in": part}).delete()
            Contact.objects.filter(pk__in=part).delete()


def _per_object(ids: list[Any]) -> None:
    for contact in Contact.objects.filter(pk__in=ids):
        with transaction.atomic():
            may_change_evidence()
            for model, link in CHILDREN:
                for child in model._base_manager.filter(**{link: contact.pk}):
                    child.delete()
            contact.delete()


def _listen(**_kwargs: Any) -> None:
    """What an audit app would do at least: be called."""
