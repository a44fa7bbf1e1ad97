"""What the ground floor keeps: controller and subsidiaries as published, access by role, and every look noted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.models import AccessEvent, Controller, Subsidiary, User
from config.policy.clauses import BY_ID
from config.policy.controls import State, Verdict, keeps
from config.roles import ROLES

PUBLISHED: Final[dict[str, tuple[str, ...]]] = {
    "S3": ("name",),
    "S5": ("name", "business_id"),
    "S142": ("name",),
    "S143": ("street",),
    "S144": ("po_box",),
    "S145": ("postcode", "city"),
    "S146": ("country",),
    "S148": ("consumer_support_url",),
    "S149": ("business_support_url",),
    "S150": ("privacy_email",),
}
"""For each clause the fields of the controller record whose values it publishes."""
MONTH: Final = timedelta(days=30)


def as_published(clause: str, at: datetime) -> Verdict:
    """Broken when a field that the clause publishes is empty, at risk when it says something else than the clause."""
    controller = Controller.objects.first()
    if controller is None:
        return Verdict(State.BROKEN, _("There is no controller record"))
    said = {name: _as_written(controller, name) for name in PUBLISHED[clause]}
    if empty := [name for name, value in said.items() if not value]:
        return Verdict(State.BROKEN, _("The controller record lacks: %(fields)s") % {"fields": _labels(empty)})
    quote = BY_ID[clause].quote.replace("\u2011", "-")
    if other := [name for name, value in said.items() if not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", quote)]:
        return Verdict(
            State.AT_RISK,
            _("The controller record differs from the published policy in: %(fields)s") % {"fields": _labels(other)},
        )
    return Verdict(
        State.KEPT,
        _("The controller record says what the policy publishes: %(fields)s") % {"fields": _labels(list(said))},
    )


def _as_written(controller: Controller, name: str) -> str:
    """A field's value in the way the German policy writes it."""
    if name == "country":
        with translation.override("de"):
            return str(controller.country.name)
    return str(getattr(controller, name)).removeprefix("https://").rstrip("/")


def _labels(names: list[str]) -> str:
    fields = {field.name: field for field in Controller._meta.local_fields}
    return ", ".join(str(fields[name].verbose_name) for name in names)


for _clause in PUBLISHED:
    keeps(_clause, title=gettext_lazy("The controller record is complete and as published"))(
        partial(as_published, _clause)
    )


@keeps("S6", title=gettext_lazy("Every way to reach the controller is recorded"))
def contact_details_are_complete(at: datetime) -> Verdict:
    """Broken while anything that the end of the policy publishes is missing."""
    names = list(dict.fromkeys(name for fields in PUBLISHED.values() for name in fields))
    controller = Controller.objects.first()
    empty = [name for name in names if controller is None or not getattr(controller, name)]
    if empty:
        return Verdict(State.BROKEN, _("The controller record lacks: %(fields)s") % {"fields": _labels(empty)})
    return Verdict(State.KEPT, capfirst(_("%(fields)s are recorded") % {"fields": _labels(names)}))


@keeps("S66", title=gettext_lazy("The list of subsidiaries is kept here"))
def subsidiaries_are_listed(at: datetime) -> Verdict:
    """Broken while no subsidiary is recorded."""
    count = Subsidiary.objects.count()
    if not count:
        return Verdict(State.BROKEN, _("No subsidiary is recorded"))
    return Verdict(
        State.KEPT,
        ngettext("%(count)s subsidiary is recorded", "%(count)s subsidiaries are recorded", count) % {"count": count},
    )


@keeps("S103", title=gettext_lazy("Only authorised staff reach the data, and every look is written down"))
def looks_are_noted(at: datetime) -> Verdict:
    """Broken when pages leave without the read log; at risk while an account can sign in and nobody gave it a role."""
    if "config.read_log.ReadLog" not in settings.MIDDLEWARE:
        return Verdict(State.BROKEN, _("Pages are shown without the read log"))
    staff = User.objects.filter(is_active=True, is_staff=True)
    numbers = {
        "looks": AccessEvent.objects.filter(at__range=(at - MONTH, at)).count(),
        "accounts": staff.count(),
        "without": staff.filter(groups=None, is_superuser=False).count(),
    }
    text = _("%(looks)s look-ups in 30 days are noted; %(without)s of %(accounts)s accounts of staff have no role")
    return Verdict(State.AT_RISK if numbers["without"] else State.KEPT, text % numbers, "/admin/config/accessevent/")


@keeps("S103", title=gettext_lazy("Signing in takes more than a password"))
def sign_in_takes_two(at: datetime) -> Verdict:
    """Broken when the gate is not in place, at risk where a password alone opens everything, as in development."""
    if "config.sign_in.gate.Gate" not in settings.MIDDLEWARE:
        return Verdict(State.BROKEN, _("Pages are shown without asking for a second factor"))
    if not settings.REQUIRE_MFA:
        return Verdict(State.AT_RISK, _("REQUIRE_MFA is off: a password alone opens everything"))
    staff = User.objects.filter(is_active=True, is_staff=True)
    numbers = {"all": staff.count(), "without": staff.filter(authenticator=None, socialaccount=None).count()}
    text = _("%(without)s of %(all)s accounts of staff have no second factor yet, and can open nothing until they do")
    return Verdict(State.KEPT, text % numbers, reverse("admin:config_user_changelist"))


BREAK_GLASS_QUIET: Final = timedelta(days=30)
"""How long the use of the break-glass account stays in sight."""


@keeps("S101", "S103", title=gettext_lazy("Access is by four roles, as they are written"))
def access_is_by_role(at: datetime) -> Verdict:
    """Broken when a group may do other than its role says, at risk when somebody broke the glass lately."""
    if other := _groups_that_differ():
        text = _("These groups may do other than their role says: %(groups)s. `manage.py prepare` puts it right")
        return Verdict(State.BROKEN, text % {"groups": ", ".join(other)}, reverse("admin:auth_group_changelist"))
    active = User.objects.filter(is_active=True)
    used = active.filter(is_superuser=True, last_login__gt=at - BREAK_GLASS_QUIET, last_login__lte=at).count()
    numbers = {"accounts": active.filter(groups__name__in=ROLES).distinct().count(), "used": used}
    text = _("%(accounts)s active accounts have a role; break-glass accounts that signed in within 30 days: %(used)s")
    return Verdict(State.AT_RISK if used else State.KEPT, text % numbers, reverse("admin:config_user_changelist"))


def _groups_that_differ() -> list[str]:
    """The roles whose group has other permissions than written, or is missing, and groups that are no role."""
    held: dict[str, set[str]] = {name: set() for name in Group.objects.values_list("name", flat=True)}
    granted = Group.objects.filter(~Q(permissions=None))
    for name, app, code in granted.values_list("name", "permissions__content_type__app_label", "permissions__codename"):
        held[name].add(f"{app}.{code}")
    return sorted(name for name in {*held, *ROLES} if held.get(name) != ROLES.get(name))
