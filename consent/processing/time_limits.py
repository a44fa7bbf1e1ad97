"""Every period that Obhut counts in (Art. 30(1)(f)), read from the module that holds them: none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.policy import periods
from config.policy.clauses import BY_ID
from config.policy.periods import CUSTOMER_PERIODS, MARKETING_PERIODS

UNITS: Final = {"MONTHS": gettext_lazy("months"), "DAYS": gettext_lazy("days"), "HOURS": gettext_lazy("hours")}
MEANINGS: Final = {
    "EVIDENCE_MONTHS": gettext_lazy("evidence of consents and finished rights requests"),
    "AUDIT_MONTHS": gettext_lazy("read log and audit trail"),
    "BACKUP_DAYS": gettext_lazy("backups"),
    "QUARANTINE_DAYS": gettext_lazy("rows of imports that nobody decided on"),
    "UPLOAD_HOURS": gettext_lazy("uploaded files"),
    "DATA_GAP_DAYS": gettext_lazy("links whose agreement seems to be missing, held back"),
    "OPT_IN_DAYS": gettext_lazy("confirmations of a consent that nobody gave"),
    "LATE_ALARM_HOURS": gettext_lazy("alarm when somebody due is still here"),
    "MISSED_RUN_HOURS": gettext_lazy("alarm when no run has completed"),
    "ENGAGEMENT_MONTHS": gettext_lazy("responses and visits"),
    "HOLD_MAX_MONTHS": gettext_lazy("a legal hold at most, before somebody looks again"),
    "REQUEST_PAUSE_DAYS": gettext_lazy("pause of the rules after a rights request"),
    "HOLD_NOTICE_DAYS": gettext_lazy("warning before a legal hold ends"),
    "RESTRICTION_REMINDER_DAYS": gettext_lazy("reminder of a standing restriction"),
    "SILENT_AGREEMENT_MONTHS": gettext_lazy("silence after which an open-ended agreement is looked at"),
    "AGREEMENT_REVIEW_MONTHS": gettext_lazy("a review of such an agreement holds"),
    "NOTICE_MONTHS": gettext_lazy("time to inform somebody whose data came from elsewhere"),
    "NOTICE_SOON_DAYS": gettext_lazy("warning before that time is over"),
    "REVIEW_MAX_MONTHS": gettext_lazy("an assessment of interests holds at most"),
    "REVIEW_SOON_DAYS": gettext_lazy("warning before its review"),
    "UNDO_DAYS": gettext_lazy("time to take a merge back"),
    "ANSWER_MONTHS": gettext_lazy("time to answer a request of a person"),
    "EXTENDED_ANSWER_MONTHS": gettext_lazy("the same, extended"),
    "ASK_WORKING_DAYS": gettext_lazy("time to ask somebody who they are, or what they mean"),
    "REQUEST_SOON_DAYS": gettext_lazy("warning before a request is due"),
    "REQUEST_LAST_DAYS": gettext_lazy("the last warning before it"),
    "LAPSE_DAYS": gettext_lazy("silence of the person after which a request lapses"),
    "LAPSE_REMINDER_DAYS": gettext_lazy("silence after which we remind them"),
    "IDENTITY_LINK_DAYS": gettext_lazy("a link to say who one is can be used"),
    "PACKAGE_DAYS": gettext_lazy("a package with an answer can be fetched"),
    "BREACH_HOURS": gettext_lazy("time to notify the authority of a breach"),
    "BREACH_SOON_HOURS": gettext_lazy("rest of that time which the list of promises warns of"),
}
"""What the program's own clocks are for; one without a meaning here is named as the code names it."""


def time_limits() -> Iterator[tuple[str, str, str]]:
    """(what for, how long, where from): every version of the periods that the policy promises, then our own clocks."""
    for period in (*MARKETING_PERIODS, *CUSTOMER_PERIODS):
        since = _("%(clause)s, since %(day)s") % {"clause": period.clause, "day": period.valid_from.isoformat()}
        yield BY_ID[period.clause].quote, _length(period.months, "MONTHS"), since
    for name, value in vars(periods).items():
        unit = name.rpartition("_")[2]
        if name.isupper() and not name.startswith("_") and isinstance(value, int) and unit in UNITS:
            yield str(MEANINGS.get(name, name.replace("_", " ").lower())), _length(value, unit), name


def _length(number: int, unit: str) -> str:
    return f"{number} {UNITS[unit]}"
