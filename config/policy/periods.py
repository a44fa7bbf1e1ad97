"""Every period Obhut counts in: those the policy promises, with their dates, and the program's own clocks.

A period of the policy is dated, written in code and reviewed like code; it is never a setting. When the published
number changes, a `Period` is appended here with the day of publication (S169). A shorter period then applies to
everybody from that day; a longer one only to data collected under it (E40). The own clocks below are ours alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True)
class Period:
    """One version of a period that a clause names.

    `months` are calendar months, `valid_from` is the first day in the controller's time zone on which the version is in
    force, and `run_every_months` is how often the clause says that somebody looks (None: the clause does not say).
    """

    clause: str
    months: int
    valid_from: date
    run_every_months: int | None = None


_PUBLISHED_ON = date(2019, 9, 1)

# S95: "Einmal im Monat" ... "in den vorigen 24 Monaten". Oldest version first.
MARKETING_PERIODS: Final[tuple[Period, ...]] = (Period("S95", 24, _PUBLISHED_ON, run_every_months=1),)
# S97: "bis zu fünf Jahre nach Ablauf der letzten Vereinbarung". Oldest version first.
CUSTOMER_PERIODS: Final[tuple[Period, ...]] = (Period("S97", 60, _PUBLISHED_ON),)


def months_in_force(periods: Sequence[Period], collected_on: date, at: date) -> int:
    """The months that count on `at` for data collected on `collected_on` (both days in the controller's time zone).

    It is the least of the versions that were in force on any day from the collection up to `at`: nobody is kept longer
    than any notice since then has said (E40, S169). Before the first version's day the first version applies, and
    a collection dated after `at` counts as made on `at`. `periods` are oldest first; raises ValueError when there are
    none.
    """
    under = _latest(periods, min(collected_on, at))
    return min(period.months for period in periods if period is under or collected_on < period.valid_from <= at)


def steps(periods: Sequence[Period], at: date) -> list[tuple[date | None, int]]:
    """`months_in_force` on the day `at` as thresholds for a database CASE, newest first.

    Each entry reads "collected on or after this date: so many months"; the first entry that fits decides, and the last
    one (None) fits everybody. `periods` are oldest first; raises ValueError when there are none.
    """
    found: list[tuple[date | None, int]] = []
    lowest = _latest(periods, at).months
    for period in reversed([period for period in periods if period.valid_from <= at]):
        lowest = min(lowest, period.months)
        if found and found[-1][1] == lowest:
            found.pop()
        found.append((period.valid_from, lowest))
    return [*found[:-1], (None, lowest)]


def _latest(periods: Sequence[Period], on: date) -> Period:
    """The version in force on the day `on`; before the first version's day that is the first."""
    if not periods:
        raise ValueError("A clause needs at least one dated period.")
    return next((period for period in reversed(periods) if period.valid_from <= on), periods[0])


# The program's own clocks. Not in the policy; each one is a decision with its reason.

# Evidence of a consent, and a rights request's file, after withdrawal, expiry or closing: we must be able to prove and
# to defend (E35; Art. 5(2), 7(1), 17(3)(e)). What proves an erasure adds the age of the oldest backup.
EVIDENCE_MONTHS: Final = 36
# The read log and the audit trail: access answers and the persons hit by a breach need them that long (Art. 15, 33).
AUDIT_MONTHS: Final = 24
# The oldest backup: within it a restore brings the erased back, and the journal must be replayed (Art. 17, 32).
BACKUP_DAYS: Final = 35
# Rows in quarantine that nobody decided on belong to no register and may not wait for ever (Art. 5(1)(e)).
QUARANTINE_DAYS: Final = 30
# An uploaded file is needed until its preview is confirmed, and no longer (Art. 5(1)(c)).
UPLOAD_HOURS: Final = 24
# A customer link without any agreement row, whose organisation has the name of one with a live agreement, is held back
# for so long from its first listing: bad data must not erase a customer's people (E25).
DATA_GAP_DAYS: Final = 30
# A double opt-in that nobody confirms expires; without another basis the data goes with it (Art. 5(1)(e), 7(1)).
OPT_IN_DAYS: Final = 14
# Somebody due and still here after this raises an alarm: "bis zu" is an upper bound; one night may fail, not two (E26).
LATE_ALARM_HOURS: Final = 48
# A nightly run has a day to complete, and two hours of grace, before its silence is a fault.
MISSED_RUN_HOURS: Final = 26
# Engagement rows go on their own clock; the contact keeps the date of its last one that counts, so no due date moves
# (E46; Art. 5(1)(c)).
ENGAGEMENT_MONTHS: Final = 24
# A legal hold must be looked at again within this time, or it becomes keeping for ever (E28; Art. 17(3)(e)).
HOLD_MAX_MONTHS: Final = 12
# A rights request pauses both rules until so long after its end: nothing that it is about may go meanwhile, and the
# person has time to react (E30).
REQUEST_PAUSE_DAYS: Final = 30
# Whoever answers for a hold is asked so long before its end whether it must be renewed (E28).
HOLD_NOTICE_DAYS: Final = 30
# Staff are reminded of a standing restriction this often: it ends by a decision, never by being forgotten (E29).
RESTRICTION_REMINDER_DAYS: Final = 90
# An open-ended agreement keeps people for as long as it stands. One without any sign of life for the first period is
# put on a list, and a review keeps it off the list for the second (E19).
SILENT_AGREEMENT_MONTHS: Final = 36
AGREEMENT_REVIEW_MONTHS: Final = 12
# Somebody whose data we got is informed within this time of the collection, at the latest (Art. 14(3)(a)).
NOTICE_MONTHS: Final = 1
# A notice is on the work list as due soon for so many days before its last one.
NOTICE_SOON_DAYS: Final = 7
# An assessment of interests is looked at again within this time, or the purpose may not rest on it any more (S26, S49).
REVIEW_MAX_MONTHS: Final = 24
# A review is announced so many days before its last one.
REVIEW_SOON_DAYS: Final = 60
# Merging two contacts, and an organisation's becoming a customer, can be taken back for so long; then the copies that
# this needs go (E36; CON-09; Art. 5(1)(e)).
UNDO_DAYS: Final = 30
# The authority is notified of a breach within this time of our becoming aware; nights and weekends count (Art. 33(1)).
BREACH_HOURS: Final = 72
# With so little of it left, a breach that nobody has decided about or notified is at risk of being late.
BREACH_SOON_HOURS: Final = 24
# A rights request is answered within a month of its receipt; two more where it is complex, counted in one step from the
# receipt (Art. 12(3)).
ANSWER_MONTHS: Final = 1
EXTENDED_ANSWER_MONTHS: Final = 3
# Waiting for the person stops the clock only where we asked without delay: within so many working days (Art. 12(6)).
ASK_WORKING_DAYS: Final = 5
# A case is due soon for so many days before its last one; staff are reminded then, and again shortly before.
REQUEST_SOON_DAYS: Final = 7
REQUEST_LAST_DAYS: Final = 2
# Somebody who never answers our question is reminded once, and after this time the case lapses.
LAPSE_DAYS: Final = 90
LAPSE_REMINDER_DAYS: Final = 30
# A link that proves an address works so long, and once.
IDENTITY_LINK_DAYS: Final = 14
# A package can be fetched for so long after its answer, and a day after it was first fetched; then it is destroyed: a
# copy of everything about somebody lies about no longer than it must (Art. 5(1)(c), 32).
PACKAGE_DAYS: Final = 7
