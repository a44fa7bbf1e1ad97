"""Targets 1 and 3: the purge against raw chunked SQL over the same tables, and against Django's own ways to delete.

All ways take turns on blocks of the same database, so that cache, load and bloat are the same for all.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import post_delete

from config.dates import local_date
from config.models import Actor
from config.sql import array, may_change_evidence
from contacts.models import Contact
from contacts.personal_data import linked_models
from retention import due, journal, purge
from retention.models import RetentionRun, RunChunk
from retention.models.runs import RunState, RunTrigger
from tests.benchmarks.table import Figure, Table, Watch, rate

CHILDREN = [(model, data.subject) for model, data in linked_models() if data.subject]
"""Whoever purges these tables must think of every one, or a foreign key stops the chunk."""
MODELS: list[type[Model]] = [*(child for child, _link in CHILDREN), Contact]
ROUNDS = 5
FLOOR = "raw SQL, 5k chunks"


def run(table: Table, label: str) -> None:
    """Rounds of every way over the due contacts of the connected database."""
    at = datetime.now(UTC)
    on = local_date(at)
    planning = Watch()
    with planning.on():
        run = purge.begin(on, RunTrigger.COMMAND, Actor.command(), at, approve=True)
    chunks = list(run.chunks.order_by("first_id"))
    total = due.due(on).count()
    ways = {"ours": Watch(), "floor": Watch(), "chunked": Watch(), "signals": Watch(), "objects": Watch()}
    done = dict.fromkeys(ways, 0)
    turn = iter(chunks)
    for number in range(min(ROUNDS, len(chunks) // 5)):
        order = list(ways)[number % 5 :] + list(ways)[: number % 5]
        for way in order:
            block = next(turn)
            done[way] += _one(way, block, run, on, at=at, watch=ways[way])
    RetentionRun.objects.filter(pk=run.pk).update(state=RunState.DONE)
    per = {way: ways[way].seconds / done[way] for way in ways}
    ours = per["ours"] + planning.seconds / total
    floor = rate(1, per["floor"])
    add = table.add
    add(Figure("1", f"{label}: purge, chunks only", rate(1, per["ours"]), floor, per["floor"] / per["ours"], 0.7))
    add(Figure("1", f"{label}: purge, with planning of {total:,} due", rate(1, ours), floor, per["floor"] / ours, 0.7))
    for way, name, goal in (
        ("chunked", "Django's delete(), 1k chunks", 1.7),
        ("signals", "the same with delete signals", 4),
        ("objects", "per-object delete()", 25),
    ):
        add(Figure("3", f"{label}: purge against {name}", rate(1, ours), rate(1, per[way]), per[way] / ours, goal))


def _one(way: str, block: RunChunk, run: RetentionRun, on: date, *, at: datetime, watch: Watch) -> int:
    """Purge one block in one way; returns how many went."""
    if way == "ours":
        RunChunk.objects.filter(run=run).exclude(pk=block.pk).filter(state="pending").update(state="split")
        with watch.on():
            purge.work(run, Actor.command(), at)
        RunChunk.objects.filter(run=run, state="split").update(state="pending")
        RetentionRun.objects.filter(pk=run.pk).update(state=RunState.RUNNING)
        journal.write(at)
        return RunChunk.objects.get(pk=block.pk).erased
    block.state = "done"
    block.save()
    keys = due.due(on).filter(contact_id__gte=block.first_id, contact_id__lte=block.last_id)
    if way == "objects":
        ids = list(keys.values_list("pk", flat=True)[:300])
        with watch.on():
            _per_object(ids)
        return len(ids)
    if way == "floor":
        with watch.on():
            return _raw(list(keys.values_list("pk", flat=True)))
    if way == "signals":
        for model in MODELS:
            post_delete.connect(_listen, sender=model)
    ids = list(keys.values_list("pk", flat=True)[: 2000 if way == "signals" else 5000])
    try:
        with watch.on():
            _django(ids)
    finally:
        for model in MODELS:
            post_delete.disconnect(_listen, sender=model)
    return len(ids)


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
