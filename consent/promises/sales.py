"""Subsidiaries share what they need and no more (S65, S92, S103): what accounts in sales really see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import User
from config.models.accounts import Sees
from config.policy.controls import State, Verdict, keeps
from config.roles import SALES
from consent.restrictions import in_force
from contacts.visibility import visible_to


@keeps("S65", "S103", title=gettext_lazy("Sales see the people of their own company or region, and nobody restricted"))
def sales_see_their_own(at: datetime) -> Verdict:
    """Broken when an account in sales sees anybody else, at risk when one belongs to no subsidiary and sees nobody."""
    accounts = list(User.objects.filter(is_active=True, groups__name=SALES).select_related("subsidiary"))
    wide = sum(_sees_more(account, at) for account in accounts)
    lost = sum(account.subsidiary is None for account in accounts)
    text = _(
        "%(accounts)s accounts are in sales; %(wide)s of them see somebody of another company or region or somebody "
        "restricted, %(lost)s belong to no subsidiary"
    )
    state = State.BROKEN if wide else State.AT_RISK if lost else State.KEPT
    numbers = {"accounts": len(accounts), "wide": wide, "lost": lost}
    return Verdict(state, text % numbers, reverse("admin:config_user_changelist"))


def _sees_more(account: Any, at: datetime) -> bool:
    """Whether the account sees somebody who was given to a company out of its reach, or whose data is restricted."""
    own = account.subsidiary
    near = Q(subsidiary=None) | Q(subsidiary=own)
    if own is not None and own.region and account.sees == Sees.REGION:
        near |= Q(subsidiary__region=own.region)
    restricted = Q(Exists(in_force(at).filter(contact=OuterRef("pk"))))
    return visible_to(account, at).filter(~near | restricted).exists()
