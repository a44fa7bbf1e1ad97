"""A hundred audiences and answers while the person unsubscribes: none that begins after the commit has the person (R25).

PostgreSQL only: SQLite has one writer.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import threading
import time
from dataclasses import dataclass

import pytest
from django.db import connections

from config.dates import now
from config.models import Actor
from consent import audience, objections
from consent.audience import Selection
from consent.models import AudienceExport, Purpose
from consent.models.consents import Channel
from consent.permission import may_use
from contacts.models import Contact
from tests.consent.permission_cast import consents, prospect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.slow]

WORKERS, EACH = 4, 25


@dataclass
class Seen:
    """What one export or answer found, and when it began."""

    began: float
    contains: bool


class Watchers:
    """Threads that export and ask all the time."""

    def __init__(self, person: Contact) -> None:
        self.person, self.seen, self.problems = person, list[Seen](), list[str]()
        self.selection = Selection(Purpose.objects.get(code="marketing"), Channel.EMAIL, title="race")
        self.half_way = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(number,)) for number in range(WORKERS)]

    def work(self, number: int) -> None:
        """Export and ask in turns."""
        try:
            for turn in range(EACH):
                if turn == EACH // 3:
                    self.half_way.set()
                self.seen.append(self.export() if turn % 2 else self.ask())
        except Exception as problem:  # noqa: BLE001  (a thread must not swallow it)
            self.problems.append(f"{number}: {type(problem).__name__}: {problem}")
        finally:
            connections.close_all()

    def export(self) -> Seen:
        """One audience, read to its end and compared with its record."""
        began = time.monotonic()
        record, file = audience.export(self.selection, now(), actor=Actor.command())
        with file:
            content = file.read()
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
        assert hashlib.sha256(content).hexdigest() == record.digest and len(rows) == record.included
        return Seen(began, any(row["reference"] == self.person.reference for row in rows))

    def ask(self) -> Seen:
        """One answer."""
        began = time.monotonic()
        return Seen(began, may_use(self.person.pk, "marketing", "email", now()).allowed)


def test_none_that_begins_after_the_person_unsubscribed_has_the_person() -> None:
    person = prospect()
    consents(person, at=now())
    for number in range(30):
        consents(prospect(f"p{number}@example.org"), at=now())
    watchers = Watchers(person)
    for thread in watchers.threads:
        thread.start()
    assert watchers.half_way.wait(60)
    time.sleep(random.random() / 100)
    objections.to_marketing(person.pk, now(), method="link", actor=Actor.command())
    committed = time.monotonic()
    for thread in watchers.threads:
        thread.join(120)
        assert not thread.is_alive()
    assert watchers.problems == []
    assert len(watchers.seen) == WORKERS * EACH
    assert any(one.contains for one in watchers.seen)
    late = [one for one in watchers.seen if one.began > committed]
    assert late and not any(one.contains for one in late)
    assert AudienceExport.objects.count() == WORKERS * (EACH // 2)
    assert not AudienceExport.objects.filter(digest="").exists()
