"""A hundred access packages on two real workers, one of them killed in the middle: none lost, none twice, each right."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.retention.test_workers import ready
from tests.workplace import Workplace, end, own_database, own_redis

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.postgres, pytest.mark.redis]

PEOPLE = 100
LEFT_BEHIND = "2"
"""Seconds after which a step is taken for one that its worker left: the test waits no quarter of an hour for it."""
TICK = "dsar.tasks.tick"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workplace]:
    """PostgreSQL and Redis, with a hundred granted requests whose messages wait for a worker."""
    with own_database("obhut_packages") as database, own_redis() as broker:
        place = Workplace(tmp_path, database, broker, tasks="tests.dsar.package_tasks")
        place.environment["OBHUT_TEST_LEFT_BEHIND"] = LEFT_BEHIND
        try:
            place.call("migrate")
            assert place.call("ask", str(PEOPLE)) == PEOPLE
            yield place
        finally:
            place.stop()


def built(place: Workplace) -> int:
    """How many packages there are."""
    return place.count("dsar_delivery")


def running(place: Workplace) -> int:
    """How many steps some worker has claimed and not finished."""
    return place.count("dsar_executiontask", "state = 'running'")


def test_a_hundred_packages_survive_the_death_of_a_worker(office: Workplace) -> None:
    ready(office, 2)
    office.wait_for("a third of the packages, and steps under way", lambda: built(office) >= 30 and running(office) > 1)
    first, second = office.workers
    end(first, signal.SIGKILL)
    so_far = built(office)
    office.wait_for("the other goes on alone", lambda: built(office) > so_far)
    end(second, signal.SIGKILL)
    office.workers.clear()
    assert 30 <= built(office) < PEOPLE
    assert running(office) >= 1, "both died with steps in their hands"
    ready(office, 2)

    def all_built() -> bool:
        office.send(TICK)
        time.sleep(1)
        return office.count("dsar_executiontask", "state = 'done'") == PEOPLE

    office.wait_for("the last package", all_built)
    found = office.call("report")
    assert found["steps"] == {"done": PEOPLE}
    assert found["noted"] == found["packages"] == found["people"] == found["files"] == PEOPLE
    assert found["wrong"] == []
    assert sum(count for attempts, count in found["attempts"].items() if int(attempts) > 1) >= 1
