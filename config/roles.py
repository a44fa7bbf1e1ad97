"""Who may do what: the four roles as data, and the records every installation begins with.

Nobody may delete: a person leaves through erasure alone, and evidence stays. Approving a run and placing or releasing a
hold is the privacy officer's; the superuser is break-glass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_noop

from config.models import Controller, Subsidiary

PRIVACY_OFFICER: Final = gettext_noop("privacy officer")
PRIVACY_CLERK: Final = gettext_noop("privacy clerk")
SALES: Final = gettext_noop("sales")
AUDITOR: Final = gettext_noop("auditor")


def _may(actions: str, models: str) -> frozenset[str]:
    """Each action on each model, as "app.action_model"."""
    pairs = [model.split(".") for model in models.split()]
    return frozenset(f"{app}.{action}_{name}" for app, name in pairs for action in actions.split())


_EVIDENCE: Final = """
    config.auditevent config.promisestate consent.adequacydecision consent.assessment consent.audienceexport
    consent.balancing consent.breach consent.breachevent consent.breachperson consent.consent consent.disclosure
    consent.disclosurebatch consent.exceptionaldisclosure consent.exceptionalscope consent.importbatch
    consent.legalbasis consent.negotiation consent.notice consent.objection consent.policynotification
    consent.policyversion consent.processingactivity consent.purpose consent.recipient consent.recipientnotice
    consent.recipientpurpose consent.restriction consent.safeguard consent.suppressionentry
    consent.suppressionremoval retention.erasurerecord retention.hold retention.retentionrun retention.runchunk
"""
_REGISTER: Final = """
    contacts.affiliation contacts.agreement contacts.contact contacts.organisation contacts.source
    contacts.systemaccount
"""
_CASES: Final = """
    dsar.askedright dsar.attachment dsar.authoritymatter dsar.caseevent dsar.correction dsar.delivery
    dsar.executiontask dsar.extension dsar.identitycheck dsar.match dsar.message dsar.outcome dsar.pause
    dsar.reminder dsar.requester dsar.rightsrequest
"""
_FINDINGS: Final = """
    config.controller config.subsidiary consent.formeraddress consent.interestprofile consent.owednotice consent.ownhost
    consent.policyrecipient consent.quarantinedrow
    contacts.collection contacts.conversion contacts.duplicatepair contacts.engagement contacts.mergedrecord
    retention.datagap retention.duedate
"""

_CLERK: Final = (
    _may("view", _EVIDENCE + _REGISTER + _FINDINGS + _CASES)
    | _may("add change", _REGISTER + "consent.importbatch")
    | _may("add", "consent.assessment consent.audienceexport consent.consent consent.notice consent.objection")
    | _may("change", "consent.quarantinedrow")
    | _may("add change", "consent.breach consent.negotiation contacts.duplicatepair dsar.rightsrequest")
    | _may("add", "consent.disclosurebatch consent.exceptionaldisclosure")
    | _may("change", "consent.recipientnotice")
)

ROLES: Final[dict[str, frozenset[str]]] = {
    PRIVACY_OFFICER: _CLERK
    | _may("view recover", "config.user")
    | _may("view", "config.accessevent")
    | _may("change", "contacts.conversion")
    | _may("approve", "dsar.rightsrequest")
    | _may("change", "config.controller consent.formeraddress retention.retentionrun")
    | _may("add", "consent.balancing consent.policynotification consent.policyversion")
    | _may("add", "consent.breachevent consent.breachperson")
    | _may("add", "consent.suppressionentry consent.suppressionremoval")
    | _may("add change", "config.subsidiary consent.assessment consent.restriction retention.hold")
    | _may("add change", "consent.legalbasis consent.ownhost consent.purpose")
    | _may("add change", "consent.adequacydecision consent.exceptionaldisclosure consent.recipient")
    | _may("add change", "consent.recipientpurpose consent.safeguard"),
    PRIVACY_CLERK: _CLERK,
    SALES: _may("view", "contacts.contact contacts.organisation"),
    AUDITOR: _may("view", _EVIDENCE + "config.accessevent"),
}
"""What each role may do, by "app.action_model"; a group of that name carries it."""


def create_roles() -> None:
    """Give each role's group exactly the permissions above; what somebody added or took away is put right.

    Raises LookupError, naming them, when permissions do not exist: a misspelt one must not silently mean "no".
    """
    with transaction.atomic():
        known = _permissions(frozenset[str]().union(*ROLES.values()))
        for name, codenames in ROLES.items():
            group, _created = Group.objects.get_or_create(name=name)
            group.permissions.set(known[codename] for codename in codenames)


def _permissions(wanted: Iterable[str]) -> dict[str, Permission]:
    """The permissions of these names ("app.action_model")."""
    every = Permission.objects.select_related("content_type")
    known = {f"{one.content_type.app_label}.{one.codename}": one for one in every}
    if unknown := sorted(set(wanted) - set(known)):
        raise LookupError(f"There is no permission {', '.join(unknown)}.")
    return known


def seed_controller() -> None:
    """Write the controller as the policy names it (S5, S139, S142-S150), unless there is a record already."""
    Controller.objects.get_or_create(
        only=True,
        defaults={
            "name": "F-Secure Corporation",
            "business_id": "0705579-2",
            "street": "Tammasaarenkatu 7",
            "po_box": "PL 24",
            "postcode": "00181",
            "city": "Helsinki",
            "country": "FI",
            "privacy_email": "privacy-office@f-secure.com",
            "consumer_support_url": "https://f-secure.com/support",
            "business_support_url": "https://f-secure.com/corporate-support",
            "authority_name": "Tietosuojavaltuutettu",
            "authority_url": "https://tietosuoja.fi",
        },
    )


EXAMPLE_SUBSIDIARIES: Final = (
    ("F-Secure Corporation", "FI", "Nordics"),
    ("F-Secure AB", "SE", "Nordics"),
    ("F-Secure GmbH", "DE", "DACH"),
    ("F-Secure (UK) Ltd", "GB", "UK & Ireland"),
    ("F-Secure SARL", "FR", "Southern Europe"),
    ("F-Secure Inc.", "US", "Americas"),
    ("F-Secure KK", "JP", "Asia Pacific"),
)
"""Plausible local companies for trying Obhut out; the policy links to the real list (S66), which staff enter."""


def seed_example_subsidiaries() -> None:
    """Write the example subsidiaries, unless there is any: a renamed or deleted one does not come back."""
    if not Subsidiary.objects.exists():
        Subsidiary.objects.bulk_create(
            Subsidiary(name=name, country=country, region=region) for name, country, region in EXAMPLE_SUBSIDIARIES
        )
