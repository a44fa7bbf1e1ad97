"""What the handling of breaches and the data dictionary keep (S102, S158-S161; Art. 30, 33, 34)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy.controls import State, Verdict, keeps
from config.policy.periods import BREACH_SOON_HOURS
from consent.breaches import handling
from consent.models import Breach
from consent.models.breaches import Risk
from contacts.personal_data import declared_models


@keeps("S102", title=gettext_lazy("Breaches are registered, and decided upon and notified in time"))
def breaches_are_handled(at: datetime) -> Verdict:
    """Broken when 72 hours passed without a notification, at risk with a day left, or while people wait to be told."""
    numbers = {
        "breaches": Breach.objects.count(),
        "late": handling.late(at).count(),
        "running": handling.running().count(),
        "untold": _people_wait().count(),
    }
    soon = handling.late(at + timedelta(hours=BREACH_SOON_HOURS)).exists()
    waits = soon or numbers["untold"]
    state = State.BROKEN if numbers["late"] else State.AT_RISK if waits else State.KEPT
    text = _(
        "%(breaches)s breaches are registered; the clock runs for %(running)s, is over for %(late)s; people wait to be "
        "told of %(untold)s"
    )
    return Verdict(state, text % numbers, reverse("admin:consent_breach_changelist"))


def _people_wait() -> QuerySet[Breach]:
    """Breaches of a high risk whose people have not been told, and need to be (Art. 34)."""
    undecided = Q(tell_people__isnull=True) | Q(tell_people=False, people_exemption="")
    untold = Q(tell_people=True) & (Q(people__isnull=True) | Q(people__told_at__isnull=True))
    return Breach.objects.filter(undecided | untold, risk=Risk.HIGH, closed_at__isnull=True).distinct()


@keeps("S158", "S159", "S160", "S161", title=gettext_lazy("The database holds nothing that the dictionary lacks"))
def every_column_is_known(at: datetime) -> Verdict:
    """Broken when a table of ours has a column that no declaration names, such as one added by hand."""
    unknown, columns = [], 0
    with connection.cursor() as cursor:
        for model, _data in declared_models():
            table = model._meta.db_table
            known = {field.column for field in model._meta.local_concrete_fields}
            found = {one.name for one in connection.introspection.get_table_description(cursor, table)}
            columns += len(found)
            unknown += [] if model._meta.proxy else sorted(f"{table}.{name}" for name in found - known)
    if unknown:
        return Verdict(State.BROKEN, _("Not in the data dictionary: %(fields)s") % {"fields": ", ".join(unknown)})
    text = _("All %(columns)s columns of the database stand in the dictionary") % {"columns": columns}
    return Verdict(State.KEPT, text, reverse("admin:consent_processingactivity_dictionary"))
