"""What people choose is heeded (S118, S119, S127-S129): objections stand, and the preference centre works."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy.controls import State, Verdict, keeps
from consent import links, preferences
from consent.models import Consent, LegalBasis, Objection, Purpose
from consent.models.consents import USABLE, Channel
from consent.models.objections import ObjectionGround
from consent.models.purposes import Basis, RegisterChoice
from consent.permission import Bar, Contacts
from consent.promises.profiling import standing
from consent.reach import crossed
from contacts.models import Contact

BY_LINK: Final = (preferences.CENTRE, preferences.UNSUBSCRIBED)
"""How objections that came through the public pages are recorded."""


@keeps("S118", title=gettext_lazy("Objections to marketing are heeded"))
def objections_are_heeded(at: datetime) -> Verdict:
    """Broken when somebody who objected to all marketing is in its register, or could be sent any of it."""
    adverts = Purpose.objects.filter(is_marketing=True).values("code")
    people = Contact.objects.filter(Exists(standing(at, ("",), adverts)))
    numbers = {
        "people": people.count(),
        "listed": people.filter(in_marketing=True).count(),
        "permitted": len(_permitted(people.all(), at)),
    }
    text = _(
        "%(people)s people have objected to all marketing; %(listed)s of them are in the marketing register, "
        "%(permitted)s could be sent some of it"
    )
    wrong = numbers["listed"] or numbers["permitted"]
    url = reverse("admin:consent_objection_changelist") if wrong else ""
    return Verdict(State.BROKEN if wrong else State.KEPT, text % numbers, url)


def _permitted(people: Contacts, at: datetime) -> set[object]:
    """Those whom the permission rule lets through for any advertising over any channel: a statement for each."""
    no_bar = {f"bar_{bar}": False for bar in Bar}
    found: set[object] = set()
    for channel in (*map(str, Channel), ""):
        rows = crossed(people, channel, at, '"consent_purpose"."is_marketing"').filter(**no_bar)
        found.update(rows.order_by().values_list("pk", flat=True))
    return found


@keeps("S119", title=gettext_lazy("An objection to anything else says why"))
def objections_on_own_grounds_have_some(at: datetime) -> Verdict:
    """Broken when an objection of somebody who is still here was taken in without what the person says."""
    taken_in = Objection.objects.filter(ground=ObjectionGround.OWN_SITUATION, contact__isnull=False)
    bare = taken_in.filter(statement="").count()
    text = _("%(bare)s of %(all)s objections on own grounds do not say why") % {"bare": bare, "all": taken_in.count()}
    return Verdict(State.BROKEN if bare else State.KEPT, text)


@keeps("S127", "S128", title=gettext_lazy("Every consent has a place where the person withdraws it"))
def consents_have_their_settings(at: datetime) -> Verdict:
    """At risk when a consent asked for, or given, has neither a box in the preference centre nor a pointer."""
    rests = LegalBasis.objects.filter(purpose=OuterRef("pk"), basis=Basis.CONSENT)
    asked = {pair for one in Purpose.objects.filter(Exists(rests), is_active=True) for pair in _places(one)}
    given = Consent.objects.filter(state__in=USABLE, contact__isnull=False).order_by()
    consents = asked.union(given.values_list("purpose", "channel").distinct())
    boxes = Q(pk__in=preferences.offers(list(RegisterChoice)).values("pk"))
    controlled = Purpose.objects.filter(boxes | ~Q(settings_url=""))
    places = {place for one in controlled for place in (*_places(one), (one.code, ""))}
    if lost := sorted({purpose for purpose, _channel in consents - places}):
        text = _("Neither a box in the preference centre nor a pointer: %(purposes)s") % {"purposes": ", ".join(lost)}
        return Verdict(State.AT_RISK, text, reverse("admin:consent_purpose_changelist"))
    numbers = {"all": len(consents), "pointers": preferences.pointers().count()}
    text = _("%(all)s consents have their place; for %(pointers)s purposes the centre points elsewhere")
    return Verdict(State.KEPT, text % numbers)


def _places(purpose: Purpose) -> list[tuple[str, str]]:
    """The purpose over each of its channels; work behind the scenes has none."""
    return [(purpose.code, channel) for channel in purpose.channels or [""]]


@keeps("S129", title=gettext_lazy("The preference centre opens by its link"))
def the_centre_works(at: datetime) -> Verdict:
    """Broken when a link built for the newest contact does not open a centre that has something to choose."""
    used = Objection.objects.filter(method__in=BY_LINK, raised_at__lte=at).count()
    text = _("%(used)s objections came through the preference centre and its links") % {"used": used}
    person = Contact.objects.order_by("-pk").first()
    if person is not None and not _opens(person, at):
        return Verdict(
            State.BROKEN, _("The link to the preference centre does not open it, or nothing is offered there")
        )
    return Verdict(State.KEPT, text)


def _opens(person: Contact, at: datetime) -> bool:
    """Whether the person's link leads to the centre, the centre finds them, and offers them something."""
    match = resolve(links.preferences_link(person).removeprefix(settings.BASE_URL))
    link = links.read(match.kwargs.get("token", ""), links.Page.PREFERENCES)
    return link is not None and preferences.person_of(link) == person and bool(preferences.rows(person, at))
