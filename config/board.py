"""The promise board: every clause of the policy with its controls, and whether it is kept.

A worker looks every hour and writes down how each clause stands: at a million contacts the controls take longer than a
page may. What has not been looked at for two hours is not known to be kept, and the board says so.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext_noop

from config.models import Actor, AuditEvent, PromiseState
from config.policy.controls import Promise, State, report

STALE: Final = timedelta(hours=2)
"""A check runs every hour: after two somebody should see whether the worker and its schedule run."""


ACTIONS: Final = {
    State.KEPT: gettext_noop("kept"),
    State.AT_RISK: gettext_noop("at risk"),
    State.BROKEN: gettext_noop("broken"),
    State.NO_CONTROL: gettext_noop("no control"),
}
"""What the audit trail calls the turn of a promise."""


def check(at: datetime, actor: Actor) -> Counter[State]:
    """Judge every clause at `at` (aware) and write down how it stands; returns how many stand how.

    A clause whose state differs from the last check is one audit event.
    """
    reports: dict[str, list[Promise]] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            reports[language] = report(at)
    languages = tuple(reports)
    with transaction.atomic():
        known = {one.clause: one for one in PromiseState.objects.select_for_update()}
        for position, promises in enumerate(zip(*reports.values(), strict=True)):
            evidence = {language: one.evidence for language, one in zip(languages, promises, strict=True)}
            promise, before = promises[0], known.get(promises[0].clause.id)
            row = PromiseState(
                clause=promise.clause.id,
                position=position,
                state=promise.state,
                evidence=evidence,
                url=promise.url,
                since_at=_began(promise, before, at),
                checked_at=at,
            )
            row.save()
            if before is not None and before.state != promise.state:
                AuditEvent.record(actor, ACTIONS[promise.state], row, fields=[promise.clause.id])
        PromiseState.objects.filter(checked_at__lt=at).delete()  # clauses that the policy does not have any more
    return Counter(promise.state for promise in reports[languages[0]])


def _began(promise: Promise, before: PromiseState | None, at: datetime) -> datetime:
    """Since when the clause has stood so: as its control says, or since a check first found it so."""
    if promise.since:
        return promise.since
    return before.since_at if before is not None and before.state == promise.state else at


def last_checked() -> datetime | None:
    """When somebody last looked."""
    found: datetime | None = PromiseState.objects.aggregate(at=Max("checked_at"))["at"]
    return found


def is_stale(checked_at: datetime | None, at: datetime) -> bool:
    """Whether nobody has looked for so long that the board is no answer any more."""
    return checked_at is None or checked_at < at - STALE
