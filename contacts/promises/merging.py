"""One record for one person (S41, S42), and prospects that became customers (S21)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy.controls import State, Verdict, keeps
from contacts.conversions import unrecorded
from contacts.models import Agreement, Contact, Conversion, DuplicatePair, MergedRecord
from contacts.models.merging import PairState

WAITED: Final = timedelta(days=30)
ALIKE: Final = 80
UNNOTICED: Final = timedelta(days=2)
"""The nightly look notices every conversion; one night may fail."""


@keeps("S41", "S42", title=gettext_lazy("What one person told us over several channels is brought together"))
def channels_are_brought_together(at: datetime) -> Verdict:
    """At risk when pairs that are very much alike wait, both of them known for more than 30 days."""
    waiting = DuplicatePair.objects.filter(state=PairState.OPEN)
    long_known = {"contact__created_at__lt": at - WAITED, "other__created_at__lt": at - WAITED}
    late = waiting.filter(score__gte=ALIKE, **long_known)
    numbers = {"waiting": waiting.count(), "late": late.count(), "merged": MergedRecord.objects.count()}
    return Verdict(
        State.AT_RISK if numbers["late"] else State.KEPT,
        _("%(merged)s records were merged; %(waiting)s pairs wait, %(late)s of them much alike for over 30 days")
        % numbers,
        reverse("admin:contacts_duplicatepair_changelist") if numbers["late"] else "",
    )


@keeps("S42", title=gettext_lazy("A merged record does not come back as a second contact"))
def merged_stay_merged(at: datetime) -> Verdict:
    """Broken when the id, the reference or the address of a merged record belongs to another contact."""
    again = Contact.objects.filter(
        Q(pk=OuterRef("former_id")) | Q(reference=OuterRef("reference")) | Q(email_key=OuterRef("email_key"))
    )
    back = MergedRecord.objects.filter(Exists(again.exclude(pk=OuterRef("contact")))).count()
    return Verdict(
        State.BROKEN if back else State.KEPT,
        _("%(back)s of %(merged)s merged records exist as contacts again")
        % {"back": back, "merged": MergedRecord.objects.count()},
    )


@keeps("S21", title=gettext_lazy("Every prospect that became a customer is on record"))
def conversions_are_recorded(at: datetime) -> Verdict:
    """Broken when an organisation has been a customer or partner for two days by our books, and nobody has noticed."""
    early = Agreement.objects.filter(organisation=OuterRef("pk"), created_at__lt=at - UNNOTICED)
    missing = unrecorded(at).filter(Exists(early)).count()
    taken_back = Conversion.objects.filter(reversed_at__isnull=False).count()
    return Verdict(
        State.BROKEN if missing else State.KEPT,
        _("%(recorded)s conversions are on record, %(back)s taken back; %(missing)s are missing")
        % {"recorded": Conversion.objects.count(), "back": taken_back, "missing": missing},
        reverse("admin:contacts_conversion_changelist") if missing else "",
    )
