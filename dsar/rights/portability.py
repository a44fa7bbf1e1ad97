"""Portability (Art. 20; S124, S125): what the person gave us, under their consent or a contract of their own, no more.

"Gave" covers what they typed in and what was observed with their consent; neither scores nor what others said (WP242).
The contract of an employer is no contract of the person's (domain section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.models import Actor, Controller
from consent.grounds import Ground
from consent.models import Consent, Purpose
from consent.models.consents import USABLE
from consent.profiling import consented_activity
from consent.reach import reach
from contacts.models import Collection, Contact, Engagement, SystemAccount
from dsar import delivery, letters
from dsar.history import note
from dsar.models import AskedRight, ExecutionTask
from dsar.models.decisions import DataCategory, Decision
from dsar.models.history import EventKind
from dsar.models.requests import Right
from dsar.package import formats
from dsar.package.holding import Holding, part_of_rows
from dsar.package.places import category_of
from dsar.package.tables import plain
from dsar.rights.people import confirmed, decided
from dsar.rights.procedures import Disclosing, Step, register

SCHEMA: Final = Path(__file__).parent.parent / "package" / "portability.schema.json"
OWN: Final = (Ground.CONSENT, Ground.CONTRACT)
"""The grounds of Art. 20(1)(a)."""
PORTABLE: Final = (
    "email", "salutation", "academic_title", "first_name", "last_name", "job_title", "job_function", "phone",
    "language", "country", "street", "postcode", "city", "state", "linkedin_url", "topics", "notification_preferences",
)  # fmt: skip
ACTIVITY: Final = ("kind", "occurred_at", "url", "referrer", "device", "ip_address")
CONSENTS: Final = ("purpose", "channel", "state", "occurred_at", "language")
ACCOUNTS: Final = ("system", "login", "last_login_at")


@dataclass(frozen=True, slots=True)
class Portable:
    """What one person may take along: each table's rows by name, and why anything is in it."""

    grounds: dict[str, str]
    tables: dict[str, list[dict[str, Any]]]

    @property
    def entries(self) -> int:
        """How many rows there are."""
        return sum(len(rows) for rows in self.tables.values())


@register(Right.PORTABILITY)
class Portability(Disclosing):
    """One package with a documented JSON file, the same as CSV, and a note on how to read both."""

    titles = {
        "package": gettext_lazy("Build the package of portable data"),
        "transmit": gettext_lazy("Send the data to the other controller, and note how (Art. 20(2))"),
    }

    def holding(self, asked: AskedRight, at: datetime) -> Holding:
        """What is portable, on which ground, and why the rest is not."""
        found = portable(asked, at)
        why_not = _(
            "Not portable: what rests on our interests or on your employer's contract, scores, and what others told us."
        )
        return Holding(
            people=confirmed(asked),
            parts=[part_of_rows(name, rows) for name, rows in found.tables.items()],
            notes=[*(f"{purpose}: {ground}." for purpose, ground in found.grounds.items()), why_not],
        )

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """One package."""
        return [Step("package", again=True)]

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Gather, write down, encrypt."""
        asked = task.asked
        if not confirmed(asked):
            raise LookupError("Nobody is confirmed to be the person any more.")
        with letters.speaking(asked.request) as language:
            found = portable(asked, at)
            content = as_zip(asked, found, at)
        name = f"{asked.request.reference}-portability-{local_date(at)}.zip"
        built = delivery.build(asked, name, content, at, actor, language=language, entries=found.entries, withheld=0)
        return {"rows": found.entries, "bytes": built.attachment.size}


def portable(asked: AskedRight, at: datetime) -> Portable:
    """What may be taken along as of `at` (aware): the same for the preview and the package."""
    people = confirmed(asked)
    refused = {one.category for one in decided(asked) if one.decision == Decision.REFUSED}
    grounds, covered = _covered(people, at)
    covered -= refused
    tables = {
        "person": [row for one in people if (row := _given(one, covered))],
        "activity": _activity(people, at) if DataCategory.ACTIVITY in covered else [],
        "accounts": _rows(SystemAccount.objects.filter(contact__in=people), ACCOUNTS)
        if DataCategory.ACCOUNTS in covered
        else [],
        "consents": []
        if DataCategory.CHOICES in refused
        else _rows(Consent.objects.filter(contact__in=people, by_subject=True).order_by("occurred_at"), CONSENTS),
    }
    return Portable(grounds, {name: rows for name, rows in tables.items() if rows})


def _covered(people: Sequence[Contact], at: datetime) -> tuple[dict[str, str], set[str]]:
    """The purposes that rest on consent or on a contract of the person's own, and the categories they need."""
    known = {one.code: one for one in Purpose.objects.all()}
    grounds: dict[str, str] = {}
    covered: set[str] = set()
    for contact in people:
        for code, _channel, permission in reach(contact.pk, at):
            if permission.ground in OWN and code in known:
                grounds[str(known[code])] = str(permission.ground.label)
                covered |= set(known[code].categories)
    return grounds, covered


def _given(contact: Contact, covered: set[str]) -> dict[str, Any]:
    """The fields whose latest source is the person, of the covered categories."""
    latest: dict[str, bool] = {}
    rows = Collection.objects.filter(contact=contact).order_by("collected_on", "pk")
    for fields, by_subject in rows.values_list("fields", "supplied_by_subject"):
        latest |= dict.fromkeys(fields, by_subject)
    return {
        name: plain(value)
        for name in PORTABLE
        if latest.get(name) and category_of("contacts.Contact", name) in covered and (value := getattr(contact, name))
    }


def _activity(people: Sequence[Contact], at: datetime) -> list[dict[str, Any]]:
    """What was observed with consent: since the consent to the record of visits, or to profiling."""
    ids = [one.pk for one in people]
    given = Consent.objects.filter(contact__in=ids, purpose="website_activity", state__in=USABLE)
    since = given.order_by("occurred_at").first()
    known = Engagement.objects.filter(contact__in=ids, automated=False).order_by("occurred_at")
    rows = known.filter(pk__in=consented_activity(ids, at).values("pk"))
    if since is not None:
        rows = known.filter(occurred_at__gte=since.occurred_at) | rows
    return _rows(rows, ACTIVITY)


def _rows(rows: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    return [dict(zip(names, map(plain, row), strict=True)) for row in rows.values_list(*names)]


def as_zip(asked: AskedRight, found: Portable, at: datetime) -> bytes:
    """The package: the JSON file that decides, its schema, the same as CSV, and a note on how to read them."""
    document = {
        "schema": "obhut-portability-1",
        "made_at": formats.moment(at),
        "request": asked.request.reference,
        "controller": formats.controller(Controller.objects.get()),
        **found.tables,
    }
    files = {
        "data.json": formats.dump(document),
        "data.schema.json": SCHEMA.read_bytes(),
        "README.txt": render_to_string("dsar/package/portability.txt", {"case": asked.request}).encode(),
    }
    for name, rows in found.tables.items():
        headers = list(dict.fromkeys(key for row in rows for key in row))
        files[f"{name}.csv"] = formats.as_csv(headers, [[row.get(key) for key in headers] for row in rows])
    return formats.zipped(files, at)


# To another controller (Art. 20(2)) -----------------------------------------------------------------------------------


def to_transmit(asked: AskedRight, to: str, at: datetime, *, actor: Actor) -> ExecutionTask:
    """The person wants the data sent to another controller: one step more, by hand; the history says to whom.

    Raises ValueError without a name, and once the case has been answered.
    """
    if not to.strip():
        raise ValueError(_("Name the other controller."))
    if not asked.request.is_open or asked.request.answered_at:
        raise ValueError(_("The case has been answered already."))
    last = ExecutionTask.objects.filter(asked=asked, round=asked.request.round).count()
    task, _created = ExecutionTask.objects.get_or_create(
        asked=asked, round=asked.request.round, kind="transmit", defaults={"position": last, "by_hand": True}
    )
    note(asked.request, EventKind.PACKAGE, at, actor, subject="to another controller", text=to.strip())
    return task
