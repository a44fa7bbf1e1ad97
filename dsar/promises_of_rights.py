"""Whether each right is really carried out (S110 to S131): what was granted has happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy.controls import State, Verdict, keeps
from consent import aside
from consent.models import AsideEngagement, Objection, RecipientNotice, Restriction
from consent.models.objections import ObjectionGround
from contacts.models import Collection
from contacts.personal_data import declared_models
from dsar import delivery
from dsar.models import AskedRight, Correction, Delivery, ExecutionTask, Match, Outcome, RightsRequest
from dsar.models.decisions import Decision, TaskState
from dsar.models.matches import MatchState
from dsar.models.requests import FAST_LANE, Right
from dsar.package.places import FIELDS_LEFT_OUT, LEFT_OUT
from dsar.package.tables import columns_of, models_in_package

GRACE: Final = timedelta(hours=1)
"""The worker looks every ten minutes; whatever has waited so long has been forgotten."""


def granted(right: Right) -> QuerySet[AskedRight, AskedRight]:
    """Rights of answered requests that were granted at least in part."""
    yes = Outcome.objects.filter(asked=OuterRef("pk"), decision=Decision.GRANTED)
    return AskedRight.objects.filter(Exists(yes), right=right, request__answered_at__isnull=False)


def _refused() -> Exists:
    return Exists(Outcome.objects.filter(asked=OuterRef("pk"), decision=Decision.REFUSED))


def _still_here() -> Exists:
    """A record of the person that has not been erased."""
    confirmed = Match.objects.filter(state=MatchState.CONFIRMED, contact__isnull=False)
    return Exists(confirmed.filter(request=OuterRef("request")))


def unplaced() -> list[str]:
    """Declared fields that no access package has and no reason leaves out."""
    inside = {model: {one.name for one in columns_of(model)} for model in models_in_package()}
    missing = []
    for model, data in declared_models():
        label, names = model._meta.label, (*data.personal, *data.organisational)
        if model not in inside:
            missing += [f"{label}.{name}" for name in names if label not in LEFT_OUT]
            continue
        key = model._meta.pk.name
        missing += [f"{label}.{one}" for one in names if one not in {*inside[model], *FIELDS_LEFT_OUT, key}]
    return missing


@keeps("S110", title=gettext_lazy("An access answer covers every declared field"))
def copies_are_complete(at: datetime) -> Verdict:
    """Broken when a declared field has neither a place in the package nor a reason to be left out."""
    if missing := unplaced():
        return Verdict(State.BROKEN, _("Without a place: %(fields)s") % {"fields": ", ".join(missing)})
    fields = sum(len(columns_of(model)) for model in models_in_package())
    return Verdict(State.KEPT, _("A package has places for %(fields)s fields") % {"fields": fields})


@keeps("S110", "S124", "S125", title=gettext_lazy("Whoever asked for data got a package, and it is destroyed in time"))
def packages_are_handed_over(at: datetime) -> Verdict:
    """Broken when an answer left without its package, or a package outlived its time by an hour."""
    built = Delivery.objects.filter(asked=OuterRef("pk"), round=OuterRef("request__round"))
    asked = granted(Right.ACCESS) | granted(Right.PORTABILITY)
    without = asked.filter(~Exists(built)).count()
    late = delivery.over(at - GRACE).count()
    numbers = {"answers": asked.count(), "without": without, "late": late}
    text = (
        _("%(without)s of %(answers)s answers left without a package; %(late)s packages outlived their time") % numbers
    )
    return Verdict(State.BROKEN if without or late else State.KEPT, text)


@keeps("S125", title=gettext_lazy("Data goes to another controller where the person wants it"))
def transmissions_are_done(at: datetime) -> Verdict:
    """Broken when a case closed with a transmission that nobody made."""
    wanted = ExecutionTask.objects.filter(kind="transmit")
    undone = wanted.filter(asked__request__closed_at__isnull=False).exclude(state=TaskState.DONE).count()
    return Verdict(
        State.BROKEN if undone else State.KEPT,
        _("%(undone)s of %(wanted)s transmissions were not made") % {"undone": undone, "wanted": wanted.count()},
    )


@keeps("S112", "S116", title=gettext_lazy("Corrections that were granted have been made"))
def corrections_are_made(at: datetime) -> Verdict:
    """Broken when an answer left and a granted correction was not made."""
    refused = Outcome.objects.filter(asked=OuterRef("asked"), decision=Decision.REFUSED)
    noted = Correction.objects.filter(asked__request__answered_at__isnull=False)
    undone = noted.filter(~Exists(refused), applied_at__isnull=True).count()
    return Verdict(
        State.BROKEN if undone else State.KEPT,
        _("%(undone)s of %(noted)s corrections were not made") % {"undone": undone, "noted": noted.count()},
    )


@keeps("S113", "S114", "S115", title=gettext_lazy("What a person says of themselves is not overwritten by others"))
def own_words_stand(at: datetime) -> Verdict:
    """Broken when a corrected field says something else now, and the last source of it is not the person."""
    made = Correction.objects.filter(applied_at__isnull=False, match__contact__isnull=False).select_related(
        "match__contact"
    )
    overwritten = sum(_is_overwritten(one) for one in made.iterator(chunk_size=500))
    return Verdict(
        State.BROKEN if overwritten else State.KEPT,
        _("%(overwritten)s of %(made)s corrections were overwritten from elsewhere")
        % {"overwritten": overwritten, "made": made.count()},
    )


def _is_overwritten(correction: Correction) -> bool:
    contact = correction.match.contact
    value = getattr(contact, correction.field) if contact else ""
    now = "; ".join(value) if isinstance(value, list) else str(value or "")
    if now == correction.after or contact is None:
        return False
    later = Collection.objects.filter(contact=contact).order_by("-pk").values_list("fields", "supplied_by_subject")
    return not next((by_subject for fields, by_subject in later if correction.field in fields), False)


@keeps("S118", title=gettext_lazy("Objections are heeded from the moment we know whose they are"))
def objections_are_heeded(at: datetime) -> Verdict:
    """Broken when one to marketing waits although the person is known, or one on own grounds restricts nothing.

    On own grounds the processing stands still until the objection has been weighed (Art. 18(1)(d)).
    """
    waiting = AskedRight.objects.filter(_still_here(), right__in=FAST_LANE, done_at__isnull=True)
    standing = Restriction.objects.filter(objection=OuterRef("pk"), lifted_at__isnull=True)
    unweighed = Objection.objects.filter(
        ground=ObjectionGround.OWN_SITUATION, balancing__isnull=True, contact__isnull=False
    )
    used = unweighed.filter(~Exists(standing)).count()
    numbers = {"waiting": waiting.count(), "used": used}
    text = _("%(waiting)s objections wait although the person is known; %(used)s are unweighed and restrict nothing")
    return Verdict(State.BROKEN if any(numbers.values()) else State.KEPT, text % numbers)


@keeps("S121", title=gettext_lazy("Whoever was to be erased is erased"))
def erasures_are_done(at: datetime) -> Verdict:
    """Broken when an erasure was granted whole, the answer has left, and a record of the person is still here."""
    whole = granted(Right.ERASURE).filter(~_refused())
    here = whole.filter(_still_here()).count()
    return Verdict(
        State.BROKEN if here else State.KEPT,
        _("%(here)s of %(whole)s erasures left a record behind") % {"here": here, "whole": whole.count()},
    )


@keeps("S122", title=gettext_lazy("Each erasure has its ground, each refusal its exception"))
def erasures_are_reasoned(at: datetime) -> Verdict:
    """Broken when an erasure was granted without a ground of Art. 17(1); the person need not have named it."""
    decided = Outcome.objects.filter(asked__right=Right.ERASURE).exclude(decision=Decision.NOT_HELD)
    bare = decided.filter(Q(decision=Decision.GRANTED, ground="") | Q(decision=Decision.REFUSED, reason="")).count()
    return Verdict(
        State.BROKEN if bare else State.KEPT,
        _("%(bare)s of %(decided)s outcomes of erasures have no ground") % {"bare": bare, "decided": decided.count()},
    )


@keeps("S131", title=gettext_lazy("Whoever asked for a restriction is left alone"))
def restrictions_stand(at: datetime) -> Verdict:
    """Broken when a granted restriction restricts nothing; none can be lifted before the person was told."""
    made = Restriction.objects.filter(note=OuterRef("request__reference"))
    asked = granted(Right.RESTRICTION).filter(_still_here())
    missing = asked.filter(~Exists(made)).count()
    return Verdict(
        State.BROKEN if missing else State.KEPT,
        _("%(missing)s of %(asked)s granted restrictions restrict nothing")
        % {"missing": missing, "asked": asked.count()},
    )


@keeps("S131", title=gettext_lazy("What arrives under a restriction lies aside, and no longer than the restriction"))
def events_lie_aside(at: datetime) -> Verdict:
    """Broken when events still lie aside of somebody whom no restriction covers any more (Art. 18(2))."""
    numbers = {"forgotten": aside.forgotten().count(), "all": AsideEngagement.objects.count()}
    text = _("%(forgotten)s of %(all)s responses and visits lie aside although the restriction has ended") % numbers
    return Verdict(State.BROKEN if numbers["forgotten"] else State.KEPT, text)


@keeps("S116", "S121", "S131", title=gettext_lazy("Recipients hear of what was corrected, erased or restricted"))
def recipients_are_told(at: datetime) -> Verdict:
    """Broken when a case ended while a recipient was still to be told of what it had changed (Art. 19)."""
    owed = RecipientNotice.objects.filter(told_at__isnull=True)
    cases = RightsRequest.objects.filter(closed_at__isnull=False).values("pk")
    late = owed.filter(batch__in=cases).count()
    return Verdict(
        State.BROKEN if late else State.KEPT,
        _("%(late)s of %(owed)s notices to recipients belong to a closed case") % {"late": late, "owed": owed.count()},
    )
