"""What consent keeps (S26, S28, S49, S51): it is explicit, and its withdrawal takes effect."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, Max, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy.controls import State, Verdict, keeps
from consent.grounds import Ground, ground
from consent.models import Consent
from consent.models.consents import USABLE, ConsentState
from contacts.models import Contact


@keeps("S26", "S49", title=gettext_lazy("Every consent has the wording that was shown, and how it was given"))
def consents_are_explicit(at: datetime) -> Verdict:
    """Broken when a consent that permits something cannot be proved: no wording, or no act (Art. 7(1))."""
    given = Consent.objects.filter(state__in=USABLE, contact__isnull=False)
    bare = (given.filter(text="") | given.filter(method="")).count()
    text = _("%(bare)s of %(given)s consents lack the wording, or how they were given")
    return Verdict(State.BROKEN if bare else State.KEPT, text % {"bare": bare, "given": given.count()})


@keeps("S28", "S51", title=gettext_lazy("After a withdrawal nothing rests on the consent any more"))
def withdrawals_take_effect(at: datetime) -> Verdict:
    """Broken when somebody who withdrew, and has not consented since, could still be used on that consent."""
    withdrawn = Consent.objects.filter(state=ConsentState.WITHDRAWN, contact__isnull=False, occurred_at__lte=at)
    pairs = withdrawn.order_by().values_list("purpose", "channel").distinct()
    people = used = 0
    for purpose, channel in pairs:
        withdrew = _withdrew(purpose, channel, at)
        people += withdrew.count()
        used += withdrew.annotate(ground=ground(purpose, channel, at)).filter(ground=Ground.CONSENT).count()
    text = _("%(used)s of %(people)s withdrawn consents would still be used")
    return Verdict(State.BROKEN if used else State.KEPT, text % {"used": used, "people": people})


def _withdrew(purpose: str, channel: str, at: datetime) -> QuerySet[Contact, Contact]:
    """Who withdrew last, whenever it was recorded: read from the events themselves, not by the rule under control."""
    events = Consent.objects.filter(contact=OuterRef("pk"), purpose=purpose, channel=channel, occurred_at__lte=at)
    last = events.filter(state=ConsentState.WITHDRAWN).order_by().values("contact").annotate(at=Max("occurred_at"))
    known = Contact.objects.alias(withdrawn_at=Subquery(last.values("at"))).filter(withdrawn_at__isnull=False)
    return known.filter(~Exists(events.filter(state__in=USABLE, occurred_at__gt=OuterRef("withdrawn_at"))))
