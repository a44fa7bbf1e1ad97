"""The answer to "Why still here?": the rule in sentences, for one contact and one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from config.dates import BEGINNING, FOREVER
from contacts.models import Contact
from retention.bars import NO_BARS, SENTENCES, Bar, Outcome, Verdict, bars_of, decide
from retention.rules import Clock, clocks


@dataclass(frozen=True, slots=True)
class Line:
    """One reason: which register or bar, the sentence, the clause it comes from, and the last day it holds."""

    register: str
    text: str
    clause: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that keeps one contact on one day, what a run would do, and what would change it."""

    on: date
    verdict: Verdict
    lines: list[Line]
    outcome_text: str
    change_text: str

    @property
    def kept_until(self) -> date | None:
        """The last day the contact is kept as things stand; None with no end in sight."""
        last = self.verdict.clock.erase_on
        return None if last == FOREVER else last


def explain(contact: Contact, on: date, *, to_the_person: bool = False) -> Explanation:
    """Why this contact is here on the day `on` (controller's time zone), until when, and what would change it.

    What is said `to_the_person` leaves out a hold that must stay secret, as if there were none.
    """
    clock = next(clocks(on, [contact.pk]))
    elsewhere = () if clock.in_marketing else (contact.pk,)
    bars = bars_of(on, [contact.pk], elsewhere, to_the_person=to_the_person).get(contact.pk, NO_BARS)
    verdict = decide(clock, bars, on)
    standing = sorted(bars.marketing | bars.customer | bars.erasure)
    lines = [*_marketing(clock, on), *_customer(clock), *(_bar(bar) for bar in standing)]
    if not lines:
        lines = [Line("", _("No register has a reason to keep this contact."), "Art. 5(1)(e)")]
    return Explanation(on, verdict, lines, _outcome(verdict), _change(clock))


def _marketing(clock: Clock, on: date) -> list[Line]:
    """The 24-month clock and the tie that suspends it; nothing for somebody outside the register."""
    if clock.marketing_on == BEGINNING:
        return []
    text = _(
        "Marketing register: last response, visit or collection on %(anchor)s, so it may stay until %(until)s."
    ) % {
        "anchor": _day(clock.anchor_on),
        "until": _day(clock.silent_on),
    }
    lines = [Line("marketing", text, "S95", clock.silent_on)]
    if clock.marketing_on > clock.silent_on and clock.marketing_on >= on:
        until = "" if clock.marketing_on == FOREVER else _(" until %(day)s") % {"day": _day(clock.marketing_on)}
        lines.append(
            Line(
                "marketing",
                _("The contact works for a customer or partner%(until)s; so long the rule does not apply.")
                % {"until": until},
                "S95",
                _end(clock.marketing_on),
            )
        )
    return lines


def _customer(clock: Clock) -> list[Line]:
    """The five years after the last agreement; nothing for somebody without a customer link."""
    if clock.customer_on == BEGINNING:
        return []
    if clock.customer_on == FOREVER:
        text = _("Customer register: an agreement with the organisation is in force, with no end in sight.")
    else:
        text = _(
            "Customer register: kept until %(until)s, five years after the last agreement or affiliation ended."
        ) % {"until": _day(clock.customer_on)}
    return [Line("customer", text, "S96" if clock.customer_on == FOREVER else "S97", _end(clock.customer_on))]


def _bar(bar: Bar) -> Line:
    clause, sentence = SENTENCES[bar]
    text = sentence if isinstance(sentence, Promise) else _(sentence)
    return Line("bar", _("The contact %(reason)s.") % {"reason": text}, clause)


def _outcome(verdict: Verdict) -> str:
    texts = {
        Outcome.ERASE: _("A run on this day erases the contact."),
        Outcome.LEAVE: _("A run on this day ends a register; the contact stays for another reason."),
        Outcome.FREEZE: _("A run on this day ends the marketing register; under the hold the data stays as it is."),
        Outcome.BLOCKED: _("The time is over, but a run on this day may not touch the contact."),
        Outcome.TIED: _("The 24 months are over; the tie to a customer or partner keeps the contact."),
        Outcome.KEEP: _("A run on this day leaves the contact alone."),
    }
    return texts[verdict.outcome]


def _change(clock: Clock) -> str:
    """What would change the answer."""
    if clock.register == "none":
        return _("Only a new collection, or an agreement with the organisation, would keep the contact.")
    if clock.erase_on == FOREVER:
        return _("The end of the agreement, or of the affiliation, would start the clock of five years.")
    if clock.register == "customer":
        return _("A new agreement with the organisation would stop the clock.")
    return _("A response or visit starts the 24 months anew; an objection ends the marketing register at once.")


def _end(day: date) -> date | None:
    return None if day == FOREVER else day


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
