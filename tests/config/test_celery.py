"""The timetable and the messages: what beat sends, when, and what a broker ever gets to see (R5, R8, R23)."""

from __future__ import annotations

import base64
import datetime as dt
import json
import pickle
from collections.abc import Iterator
from inspect import signature
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import Celery, current_app
from celery.beat import ScheduleEntry
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads, prepare_accept_content
from pytest_django import Settings

from config.celery import app, embedded_broker, server_broker
from contacts.models import Contact
from retention import schedule, tasks
from tests.consent.pages import messages_sent

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
NIGHTS = {
    "an ordinary night": dt.date(2026, 11, 23),
    "clocks forward": dt.date(2026, 3, 29),
    "clocks back": dt.date(2026, 10, 25),
    "year end": dt.date(2027, 1, 1),
    "29 February": dt.date(2028, 2, 29),
}


def entry(name: str, last_run_at: dt.datetime) -> ScheduleEntry:
    """One line of the timetable, as beat would hold it."""
    return ScheduleEntry(name=name, app=app, last_run_at=last_run_at, **app.conf.beat_schedule[name])


def sent_on(name: str, day: dt.date) -> list[dt.datetime]:
    """The moments of a UTC day at which a beat that looks every minute sends this message."""
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    line, found = entry(name, midnight - MINUTE), []
    for number in range(24 * 60):
        at = midnight + number * MINUTE
        with time_machine.travel(at, tick=False):
            if line.is_due()[0]:
                found.append(at)
                line = entry(name, at)
    return found


@pytest.mark.parametrize("day", NIGHTS.values(), ids=NIGHTS)
def test_the_tick_comes_every_ten_minutes_of_every_day_whatever_the_clocks_do(day: dt.date) -> None:
    ticks = sent_on("retention", day)
    assert len(ticks) == 144
    assert {later - earlier for earlier, later in pairwise(ticks)} == {10 * MINUTE}
    window = [at for at in ticks if schedule.WINDOW[0] <= at.time() < schedule.WINDOW[1]]
    assert (window[0].time(), len(window)) == (dt.time(1, 30), 21)


@pytest.mark.parametrize("day", NIGHTS.values(), ids=NIGHTS)
def test_the_airlock_is_tidied_every_hour_of_every_day(day: dt.date) -> None:
    assert [at.time() for at in sent_on("airlock", day)] == [dt.time(hour, 25) for hour in range(24)]


def test_every_line_of_the_timetable_names_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    named = {line["task"] for line in app.conf.beat_schedule.values()}
    assert named == {
        "retention.tasks.tick",
        "config.tasks.check_promises",
        "config.tasks.count_figures",
        "consent.tasks.tidy",
        "consent.tasks.profile",
        "contacts.tasks.look_after_records",
        "dsar.tasks.tick",
    }
    assert named <= app.tasks.keys()


def test_our_tasks_take_an_id_or_nothing() -> None:
    app.loader.import_default_modules()
    ours = {name: list(signature(task.run).parameters) for name, task in app.tasks.items()}
    assert {name: names for name, names in ours.items() if not name.startswith("celery.")} == {
        "config.tasks.check_promises": [],
        "config.tasks.count_figures": [],
        "consent.tasks.announce": ["batch_id"],
        "consent.tasks.look": ["batch_id"],
        "consent.tasks.renew": [],
        "consent.tasks.compare_old_links": [],
        "consent.tasks.mail_opt_in": ["event_id"],
        "consent.tasks.run": ["batch_id"],
        "consent.tasks.profile": [],
        "consent.tasks.tidy": [],
        "contacts.tasks.look_after_records": [],
        "dsar.tasks.carry_out": ["request"],
        "dsar.tasks.deliver": ["message"],
        "dsar.tasks.mail_code": ["package"],
        "dsar.tasks.search": ["request"],
        "dsar.tasks.tick": [],
        "retention.tasks.tick": [],
        "retention.tasks.work": ["run_id"],
    }


def test_a_lost_child_gives_its_task_back_and_a_failed_task_is_not_delivered_again_and_again() -> None:
    task = tasks.work
    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)
    assert (task.acks_on_failure_or_timeout, task.ignore_result) == (True, True)
    assert app.conf.worker_prefetch_multiplier == 1


# Brokers --------------------------------------------------------------------------------------------------------------


def test_the_redelivery_time_stands_in_all_three_places_and_exceeds_twice_the_longest_task(settings: Settings) -> None:
    conf = server_broker("redis://example.org/0")
    options: Any = conf["broker_transport_options"]
    results: Any = conf["result_backend_transport_options"]
    times = {options["visibility_timeout"], results["visibility_timeout"], conf["visibility_timeout"]}
    assert times == {settings.VISIBILITY_TIMEOUT}
    assert 2 * app.conf.task_time_limit < settings.VISIBILITY_TIMEOUT
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit


@pytest.fixture
def folder_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    """A Celery app on an embedded broker of its own."""
    monkeypatch.delenv("CELERY_BROKER_URL")
    with Celery("folder", set_as_current=False) as embedded:
        embedded.conf.update(embedded_broker(tmp_path / "deep" / "broker"))
        yield embedded


def test_the_embedded_broker_needs_a_folder_only_and_keeps_messages_for_a_worker(
    folder_app: Celery, tmp_path: Path
) -> None:
    folder_app.send_task("retention.tasks.work", ["01a2074822e071c39fd09d20b53cc84c"])
    (message,) = (path for path in (tmp_path / "deep" / "broker").iterdir() if path.is_file())
    envelope = json.loads(message.read_bytes())
    args, kwargs, _embedded = json.loads(base64.b64decode(envelope["body"]))
    assert (args, kwargs) == (["01a2074822e071c39fd09d20b53cc84c"], {})
    with folder_app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        received = queue.get(timeout=5)
        assert received.headers["task"] == "retention.tasks.work"
        received.ack()
    assert not [path for path in (tmp_path / "deep" / "broker").iterdir() if path.is_file()]


def test_a_worker_takes_json_and_nothing_else() -> None:
    accepted = prepare_accept_content(app.conf.accept_content)
    assert loads(b'["a"]', "application/json", "utf-8", accept=accepted) == ["a"]
    pickled = pickle.dumps(["a"])
    with pytest.raises(ContentDisallowed):
        loads(pickled, "application/x-python-serialize", "binary", accept=accepted)
    assert app.conf.task_serializer == "json"


# Messages -------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_tick_sends_one_message_for_each_worker_with_the_run_and_nothing_else() -> None:
    messages_sent()
    Contact.objects.create(email="anna@example.org", collected_on=dt.date(2020, 1, 1), in_marketing=True)
    with time_machine.travel(dt.datetime(2026, 11, 23, 2, 30, tzinfo=dt.UTC), tick=False):
        current_app.tasks["retention.tasks.tick"]()
    sent = messages_sent()
    (run,) = {args[0] for _task, args, _kwargs in sent}
    assert sent == [("retention.tasks.work", [run], {})] * schedule.WORKERS
    assert Contact.objects.filter(email="anna@example.org").exists(), "a tick only says: go and look"
    with time_machine.travel(dt.datetime(2026, 11, 23, 2, 40, tzinfo=dt.UTC), tick=False):
        current_app.tasks["retention.tasks.work"](run)
        assert not Contact.objects.exists()
        current_app.tasks["retention.tasks.work"](run)
        current_app.tasks["retention.tasks.tick"]()
    assert messages_sent() == [], "a finished run needs no worker"


@pytest.mark.django_db
def test_a_message_about_a_run_nobody_knows_does_no_harm() -> None:
    current_app.tasks["retention.tasks.work"]("01a20748-22e0-71c3-9fd0-9d20b53cc84c")
