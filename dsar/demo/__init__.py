"""Invented people, companies and agreements, so that every page of a fresh Obhut has something to show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_noop

from config.dates import local_date
from config.models import AccessEvent, Actor, AuditEvent, Subsidiary, User
from config.roles import create_roles, seed_controller, seed_example_subsidiaries
from consent.catalogue import TOPICS
from consent.models import PolicyVersion
from contacts.models import Affiliation, Contact, Organisation, Source
from contacts.models.people import derived_keys
from contacts.references import take
from dsar.demo import requests
from dsar.demo.accounts import create_accounts
from dsar.demo.companies import Companies, companies
from dsar.demo.incidents import breaches, look_ups
from dsar.demo.people import Inventor
from dsar.demo.reasons import assessments
from dsar.demo.recipients import pass_on
from dsar.demo.rows import OFFERS_OPT_OUT, SOURCE_PREFIX, SOURCES, Rows
from dsar.demo.scenes import Role, Scene, scenes
from dsar.demo.twins import bring_together, licences
from dsar.models import RightsRequest
from retention import due, purge
from retention.models import RetentionRun
from retention.models.runs import RunTrigger

FEWEST = 100


def is_filled() -> bool:
    """Whether demo data are there already."""
    return Source.objects.filter(code__startswith=SOURCE_PREFIX).exists()


def fill(at: datetime, contacts: int, seed: int) -> dict[str, int]:
    """Write roles, the controller, demo accounts and `contacts` people into an empty register, and complete one run.

    The run is for the day before `at`. Returns how many rows of each table were written, by label, and under "erased"
    how many people that run erased. The same seed and day give the same people. Raises ValueError for fewer than 100
    contacts.
    """
    if contacts < FEWEST:
        raise ValueError(f"The demo needs at least {FEWEST} contacts.")
    today, random = local_date(at), Random(seed)  # noqa: S311  (repeatable, nothing secret)
    inventor = Inventor(random, seed)
    invented = companies(inventor, today, contacts)
    cast = list(scenes(random, today, contacts))
    with transaction.atomic():
        create_roles()
        seed_controller()
        seed_example_subsidiaries()
        create_accounts()
        written = _write(inventor, invented, cast, today)
        AuditEvent.record(Actor.command(), gettext_noop("demo data"), Contact, counts=written)
        pass_on(at)
    erased = _run(at)
    bring_together(at, today)
    with transaction.atomic():
        AccessEvent.objects.bulk_create(look_ups(random, at))
        breaches(at)
        asked = requests.tell(at)
    return {**written, "erased": erased, RightsRequest._meta.label: asked}


def _write(inventor: Inventor, invented: Companies, cast: list[Scene], today: date) -> dict[str, int]:
    """Store everything, parents first; returns the number of rows by label."""
    sources = {
        end: Source(
            code=SOURCE_PREFIX + end,
            kind=kind,
            name=name,
            supplier=supplier,
            offers_opt_out=end in OFFERS_OPT_OUT,
            **licences(today).get(end, {}),
        )
        for end, (kind, name, supplier) in SOURCES.items()
    }
    officer = User.objects.get(username="officer")
    rows = Rows(inventor.random, today, officer.pk, sources, list(PolicyVersion.objects.all()))
    people = _people(inventor, invented, cast, rows)
    written: dict[str, int] = {}
    known = (sources.values(), invented.organisations, invented.agreements, assessments(today))
    for some in (*known, people, *rows.rows.values()):
        written |= _store(list(some))
    return written


def _store(rows: list[Any]) -> dict[str, int]:
    model: type[Model] = type(rows[0])
    model._default_manager.bulk_create(rows, batch_size=1000)
    return {model._meta.label: len(rows)}


def _people(inventor: Inventor, invented: Companies, cast: Iterable[Scene], rows: Rows) -> list[Contact]:
    """The contacts of all scenes; what else belongs to each of them is added to `rows`."""
    scenes_of = list(cast)
    local = {one.country.code: one for one in Subsidiary.objects.order_by("-name")}
    seats: dict[Role, int] = defaultdict(int)
    people = []
    for scene, reference in zip(scenes_of, take(len(scenes_of)), strict=True):
        # Round robin, so that no organisation stays empty.
        houses = invented.by_role[scene.role]
        organisation = houses[seats[scene.role] % len(houses)]
        seats[scene.role] += 1
        contact = _contact(inventor, scene, organisation, reference)
        contact.subsidiary = local.get(organisation.country.code)
        people.append(contact)
        rows.person(scene, contact, _affiliation(scene, contact, organisation))
    return people


def _contact(inventor: Inventor, scene: Scene, organisation: Organisation, reference: str) -> Contact:
    contact = Contact(
        reference=reference,
        **inventor.person(organisation.country.code, organisation.domain),
        in_marketing=scene.in_marketing,
        collected_on=scene.collected_on,
        last_engaged_on=scene.engaged_on,
        topics=inventor.random.sample(TOPICS, k=inventor.random.randint(0, 2)) if scene.in_marketing else [],
        notification_preferences="Renewals and maintenance" if scene.role is Role.CUSTOMER else "",
    )
    contact.__dict__.update(derived_keys(contact.email, contact.first_name, contact.last_name, contact.phone))
    return contact


def _affiliation(scene: Scene, contact: Contact, organisation: Organisation) -> Affiliation:
    return Affiliation(
        contact=contact,
        organisation=organisation,
        role=contact.job_function,
        started_on=min(scene.collected_on, scene.left_on or scene.collected_on),
        ended_on=scene.left_on,
    )


def _run(at: datetime) -> int:
    """Complete one run for the day before `at`, unless this database has seen a run; returns how many were erased."""
    today, erased = local_date(at), 0
    if not RetentionRun.objects.exists():
        run = purge.begin(today - timedelta(days=1), RunTrigger.COMMAND, Actor.command(), at)
        purge.work(run, Actor.command(), at)
        erased = run.erased
    due.refresh(today)
    return erased


__all__ = ["FEWEST", "fill", "is_filled"]
