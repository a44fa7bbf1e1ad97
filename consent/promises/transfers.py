"""What data abroad is promised (S69-S73): nothing leaves the EEA without a transfer tool, nor is seen from outside."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.models import User
from config.policy.controls import State, Verdict, keeps
from consent import transfers
from consent.models import DisclosureBatch, Recipient
from consent.models.recipients import RecipientKind, Role
from consent.promises.passing_on import ledger_page


def _receiving(at: datetime) -> Q:
    """Recipients that are still meant to receive data."""
    return Q(ended_on__isnull=True) | Q(ended_on__gt=local_date(at))


def _unusable_page() -> str:
    return reverse("admin:consent_recipient_changelist", query={"usable": "no"})


@keeps("S69", title=gettext_lazy("Sub-processors outside the EEA have a transfer tool"))
def sub_processors_have_tools(at: datetime) -> Verdict:
    """Broken when a processor that got data works with a sub-processor abroad without a tool; at risk before that."""
    helpers = Recipient.objects.filter(_receiving(at), kind=RecipientKind.SUB_PROCESSOR)
    bare = helpers.filter(transfers.without_tool(local_date(at)))
    received = bare.filter(parent__batches__isnull=False).distinct().count()
    text = _("%(bare)s of %(all)s sub-processors would take data out of the EEA without a transfer tool")
    numbers = {"bare": bare.count(), "all": helpers.count()}
    state = State.BROKEN if received else State.AT_RISK if numbers["bare"] else State.KEPT
    return Verdict(state, text % numbers, _unusable_page() if numbers["bare"] else "")


@keeps("S70", title=gettext_lazy("Who looks from outside the EEA is covered by a transfer tool"))
def access_from_outside_is_covered(at: datetime) -> Verdict:
    """Broken when an account in use works in an unprotected country and its subsidiary has no transfer tool."""
    on = local_date(at)
    abroad = User.objects.filter(is_active=True).exclude(country="").exclude(country__in=transfers.protected(on))
    covered = Recipient.objects.filter(~transfers.without_tool(on), kind=RecipientKind.SUBSIDIARY)
    bare = abroad.exclude(subsidiary__in=covered.values("subsidiary")).count()
    text = _("%(bare)s of %(all)s accounts used from unprotected countries are covered by no transfer tool")
    url = reverse("admin:config_user_changelist") if bare else ""
    return Verdict(State.BROKEN if bare else State.KEPT, text % {"bare": bare, "all": abroad.count()}, url)


@keeps("S71", title=gettext_lazy("Whoever processes for us has a contract"))
def processors_have_contracts(at: datetime) -> Verdict:
    """Broken when a processor without a contract got data (Art. 28); at risk while there is one."""
    processors = Recipient.objects.filter(_receiving(at), role=Role.PROCESSOR)
    bare = processors.filter(contract="")
    received = bare.filter(batches__isnull=False).distinct().count()
    text = _("%(bare)s of %(all)s processors have no contract, %(received)s of them got data")
    numbers = {"bare": bare.count(), "all": processors.count(), "received": received}
    state = State.BROKEN if received else State.AT_RISK if numbers["bare"] else State.KEPT
    return Verdict(state, text % numbers, _unusable_page() if numbers["bare"] else "")


@keeps("S72", "S73", title=gettext_lazy("Nothing leaves the EEA without a transfer tool"))
def nothing_leaves_without_a_tool(at: datetime) -> Verdict:
    """Broken when something was passed on abroad without a tool; at risk when somebody abroad has data and no tool now.

    What was passed on is read from the ledger, which names the tool it relied on.
    """
    on = local_date(at)
    abroad = DisclosureBatch.objects.exclude(country__in=transfers.EEA)
    bare = abroad.filter(safeguard="").count()
    lacking = Recipient.objects.filter(transfers.without_tool(on), batches__isnull=False).distinct().count()
    ending = transfers.ending(on).count() + transfers.decisions_ending(on).count()
    text = _(
        "%(bare)s of %(abroad)s files went out of the EEA without a transfer tool; %(lacking)s recipients abroad have "
        "data and no tool any more; %(ending)s tools end within 60 days"
    )
    evidence = text % {"bare": bare, "abroad": abroad.count(), "lacking": lacking, "ending": ending}
    if bare:
        return Verdict(State.BROKEN, evidence, ledger_page())
    url = reverse("admin:consent_safeguard_changelist")
    return Verdict(State.AT_RISK, evidence, url) if lacking else Verdict(State.KEPT, evidence)
