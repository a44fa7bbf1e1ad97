"""What the airlock asks of a file is asked of an entry by hand, too: is the address suppressed, was it held before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from config.admin_site.checks import Finding, form_check
from config.dates import now
from config.models import Actor, AuditEvent
from consent import former, restrictions, suppression
from consent.models.objections import RestrictionGround
from consent.models.suppression import FormerReason
from contacts.identity import email_key
from contacts.models import Contact

MAY_ADMIT = "consent.change_formeraddress"


@form_check("contacts.contact")
def suppressed_stays_out_of_marketing(contact: Contact, cleaned: dict[str, Any]) -> Iterator[Finding]:
    """Nobody who objected is put into the marketing register by hand (Art. 21(3))."""
    key, is_new = _address(contact, cleaned)
    wanted = cleaned.get("in_marketing")
    if not key or not (is_new or (wanted and not contact.in_marketing)) or not suppression.is_suppressed(key):
        return
    if not wanted:
        text = _("The address is on the suppression list: the contact may never be used for marketing.")
        yield Finding("email", settle=lambda _actor, _contact: text)
    elif contact.in_marketing:
        text = _("This address is on the suppression list, and the contact is in marketing. Keep the present address.")
        yield Finding("email", text)
    else:
        text = _("This address is on the suppression list and must stay out of marketing. Take the tick away.")
        yield Finding("in_marketing", text)


@form_check("contacts.contact")
def erased_comes_back_by_a_new_collection(contact: Contact, cleaned: dict[str, Any]) -> Iterator[Finding]:
    """Purged by a rule: collected anew, and marked. Erased on request: a privacy officer decides (E37)."""
    key, is_new = _address(contact, cleaned)
    found = former.find([key]).get(key) if key and is_new else None
    if found is None:
        return
    reason, on = found
    collected, day = cleaned.get("collected_on"), {"day": date_format(on)}
    if collected and collected <= on:
        text = _("The person with this address was erased on %(day)s. Enter the later day on which they came back.")
        yield Finding("collected_on", text % day)
    elif reason == FormerReason.REQUEST:
        text = _(
            "The person with this address was erased on request on %(day)s. Only when they ask for it themselves may a "
            "privacy officer enter them again."
        )
        confirm = _("The person has asked to be entered again, and I have seen it.")
        yield Finding("email", text % day, settle=_admit, confirm=confirm, permission=MAY_ADMIT)
    else:
        yield Finding("email", settle=lambda _actor, entered: _mark(entered, on))


def _address(contact: Contact, cleaned: dict[str, Any]) -> tuple[str, bool]:
    """The matching key of the address entered, and whether it is new to this contact."""
    key = email_key(cleaned["email"]) if cleaned.get("email") else ""
    return key, key != (contact.email_key or "")


def _mark(contact: Contact, on: date) -> str:
    contact.purged_before_on = on
    text = _("This address was purged by a rule on %(day)s. The contact is entered as a new one and marked with it.")
    return text % {"day": date_format(on)}


def _admit(actor: Actor, contact: Contact) -> str:
    """Lift the bar, as the quarantine does when a row is admitted."""
    former.forget(email_key(contact.email))
    AuditEvent.record(actor, gettext_noop("admitted after erasure"), contact, fields=["email"])
    return _("The contact was erased on request before and is entered again on the person's wish.")


@form_check("contacts.contact")
def restricted_is_edited_only_in_dispute(contact: Contact, cleaned: dict[str, Any]) -> Iterator[Finding]:
    """While processing is restricted only a disputed accuracy is put right by hand (domain section 10)."""
    standing = set(restrictions.in_force(now()).filter(contact=contact.pk).values_list("ground", flat=True))
    changed = any(getattr(contact, name) != value for name, value in cleaned.items() if hasattr(contact, name))
    if standing and cleaned.get("in_marketing") and not contact.in_marketing:
        yield Finding("in_marketing", _("Processing of this contact is restricted: nothing new may begin."))
    elif standing and changed and RestrictionGround.ACCURACY not in standing:
        text = _("Processing of this contact is restricted, and not because of a dispute about what is stored.")
        yield Finding("", text)
