"""A register in plain objects, with what the policy's predicates call their inputs (domain 11.1).

Without any code of the program: month arithmetic by dateutil, Helsinki dates by zoneinfo, one object at a time.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

HELSINKI = ZoneInfo("Europe/Helsinki")
REQUEST_PAUSE_DAYS = 30
COUNTING = frozenset({"reply", "click", "form", "event", "survey", "contest", "visit", "login", "call_in", "consent"})

VISITS = frozenset({"visit", "login"})


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months on, clamped to the month's end (E6)."""
    return day + relativedelta(months=months)


def helsinki(moment: dt.datetime) -> dt.date:
    """The date on the wall in Helsinki at this moment (E7)."""
    return moment.astimezone(HELSINKI).date()


@dataclass(frozen=True)
class Agreement:
    """One agreement; of a missing signature or start the other date serves. Both ends are the last valid day."""

    signed_on: dt.date | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    terminated_on: dt.date | None = None
    party: str = "customer"
    starts_five_years: bool = True

    @property
    def signed(self) -> dt.date:
        return self.signed_on or self.starts_on  # type: ignore[return-value]

    @property
    def starts(self) -> dt.date:
        return self.starts_on or self.signed_on  # type: ignore[return-value]

    @property
    def end(self) -> dt.date | None:
        return min((day for day in (self.ends_on, self.terminated_on) if day), default=None)

    @property
    def cancelled_before_start(self) -> bool:
        return self.terminated_on is not None and self.terminated_on < self.starts

    def live(self, day: dt.date) -> bool:
        return not self.cancelled_before_start and self.signed <= day and (self.end is None or self.end >= day)

    def began(self, day: dt.date) -> bool:
        return not self.cancelled_before_start and self.starts <= day and self.signed <= day


@dataclass(frozen=True)
class Organisation:
    """An organisation: its name without the legal form, and every agreement with it."""

    key: str
    stripped_name: str = ""
    agreements: tuple[Agreement, ...] = ()

    def live(self, day: dt.date) -> bool:
        return any(agreement.live(day) for agreement in self.agreements)

    def five_years_began(self, day: dt.date) -> list[Agreement]:
        return [one for one in self.agreements if one.starts_five_years and one.began(day)]

    def ended(self, day: dt.date) -> bool:
        ahead = [one for one in self.agreements if one.live(day) and one.starts > day]
        return bool(self.five_years_began(day)) and not self.live(day) and not ahead

    def last_end(self, day: dt.date) -> dt.date:
        ends = [one.end for one in self.five_years_began(day)]
        assert all(ends), "only of an organisation that has ended"
        return max(end for end in ends if end)


@dataclass(frozen=True)
class Link:
    """A place in an organisation; `gap_listed_on` is the day of listing as "relationship without agreement"."""

    key: str
    organisation: Organisation
    ended_on: dt.date | None = None
    gap_listed_on: dt.date | None = None

    def current(self, day: dt.date) -> bool:
        return self.ended_on is None or self.ended_on >= day


@dataclass(frozen=True)
class Engagement:
    """Something that happened between the person and us."""

    at: dt.datetime
    kind: str = "click"
    automated: bool = False

    def counts(self, day: dt.date) -> bool:
        return self.kind in COUNTING and not self.automated and helsinki(self.at) <= day


@dataclass(frozen=True)
class Hold:
    """A legal hold over a part of the data (all, marketing, customer), through its last day or until its release."""

    until_on: dt.date
    part: str = "all"
    released: bool = False

    def active(self, day: dt.date) -> bool:
        return not self.released and day <= self.until_on

    def freezes(self, part: str, day: dt.date) -> bool:
        return self.active(day) and self.part in ("all", part)


@dataclass(frozen=True)
class Restriction:
    """A restriction of processing under Art. 18, until it is lifted (E29)."""

    lifted: bool = False


@dataclass(frozen=True)
class Request:
    """A rights request that pauses retention while it is open and for 30 days after (E30)."""

    closed_on: dt.date | None = None

    def pauses(self, day: dt.date) -> bool:
        return self.closed_on is None or (day - self.closed_on).days < REQUEST_PAUSE_DAYS


@dataclass(frozen=True)
class Person:
    """Everything retention may look at about one person."""

    key: str
    collected_on: dt.date
    in_marketing: bool = True
    engagements: tuple[Engagement, ...] = ()
    links: tuple[Link, ...] = ()
    holds: tuple[Hold, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    requests: tuple[Request, ...] = ()
    frozen: bool = False
    stricter: bool = False

    @property
    def marketing_record(self) -> bool:
        """In the register, or out of it with data that a legal hold has frozen (E28)."""
        return self.in_marketing or self.frozen

    def anchor(self, day: dt.date) -> dt.date:
        """The last response or visit; in the stricter reading of S95 the earlier of the last of each (E1)."""
        counted = [one for one in self.engagements if one.counts(day)]
        if self.stricter:
            visits = [one for one in counted if one.kind in VISITS]
            return min(self._last(visits), self._last([one for one in counted if one not in visits]))
        return self._last(counted)

    def _last(self, engagements: list[Engagement]) -> dt.date:
        return max([self.collected_on, *(helsinki(one.at) for one in engagements)])

    def linked(self, day: dt.date) -> bool:
        return any(link.current(day) and link.organisation.live(day) for link in self.links)

    def paused(self, day: dt.date) -> bool:
        """Restricted (E29), or a pausing request is open or fresh (E30): nothing at all moves."""
        return any(not one.lifted for one in self.restrictions) or any(one.pauses(day) for one in self.requests)

    def held(self, part: str, day: dt.date) -> bool:
        return any(hold.freezes(part, day) for hold in self.holds)

    def blocked(self, part: str, day: dt.date) -> bool:
        return self.paused(day) or self.held(part, day)

    def blocked_somewhere(self, day: dt.date) -> bool:
        """The person as a whole cannot go while any part of her is held."""
        return self.paused(day) or any(hold.active(day) for hold in self.holds)


@dataclass(frozen=True)
class Register:
    """A whole register: the persons and every organisation, linked or not."""

    persons: tuple[Person, ...] = ()
    organisations: tuple[Organisation, ...] = ()
