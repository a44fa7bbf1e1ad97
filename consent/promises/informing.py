"""The clock of the notices as a promise (S13, S16; Art. 13, 14): nobody waits for one past its last day."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.policy.controls import State, Verdict, keeps
from consent import notices
from consent.models.notices import NoticeKind


def nobody_waits_too_long(kind: NoticeKind, at: datetime) -> Verdict:
    """Broken when somebody's notice of this kind was due before today."""
    today = local_date(at)
    rows = notices.owed().filter(notice_kind=kind)
    counts = rows.aggregate(
        late=Count("pk", filter=Q(notice_due_on__lt=today)), owed=Count("pk"), first=Min("notice_due_on")
    )
    text = _("%(late)s of %(owed)s notices owed are overdue") % counts
    if not counts["late"]:
        return Verdict(State.KEPT, text)
    since = _("the longest since %(day)s") % {"day": date_format(counts["first"])}
    url = reverse("admin:consent_owednotice_changelist", query={"due": "overdue", "kind": kind.value})
    return Verdict(State.BROKEN, f"{text}; {since}", url)


keeps("S13", title=gettext_lazy("Whoever gave us data has been informed"))(
    partial(nobody_waits_too_long, NoticeKind.COLLECTION)
)
keeps("S16", title=gettext_lazy("Whoever others told us about has been informed within a month"))(
    partial(nobody_waits_too_long, NoticeKind.ELSEWHERE)
)


@keeps("S36", "S37", "S38", title=gettext_lazy("Customers are told what partners said about them"))
def customers_hear_of_partners(at: datetime) -> Verdict:
    """Broken when a partner supplied or changed a customer's data over a month ago, and nobody has told the person."""
    rows = notices.owed().filter(pk__in=notices.partner_said().values("contact"))
    counts = rows.aggregate(late=Count("pk", filter=Q(notice_due_on__lt=local_date(at))), owed=Count("pk"))
    text = _("%(owed)s people have yet to hear what a partner said about them, %(late)s of them too late") % counts
    url = reverse("admin:consent_owednotice_changelist", query={"due": "overdue"})
    return Verdict(State.BROKEN, text, url) if counts["late"] else Verdict(State.KEPT, text)
