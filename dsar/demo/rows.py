"""Everything that belongs to one person of the demo: where the data came from, what the person did and wished."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Model

from config.dates import add_months
from config.policy.periods import ENGAGEMENT_MONTHS
from consent.models import Consent, Objection, PolicyVersion, Restriction, SuppressionEntry
from consent.models.consents import Channel, ConsentState
from consent.models.objections import ObjectionGround, RestrictionGround
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts.models import Affiliation, Collection, Contact, Engagement, Source, SystemAccount
from contacts.models.engagement import EngagementKind
from contacts.models.provenance import SourceKind
from dsar.demo.reasons import notice
from dsar.demo.scenes import Act, Role, Scene
from retention.models import Hold

SOURCE_PREFIX: Final = "demo-"
SOURCES: Final = {
    "form": (SourceKind.FORM, "Contact form of the website", ""),
    "webinar": (SourceKind.WEBINAR, "Webinar on ransomware", ""),
    "fair": (SourceKind.WEBINAR, "Autumn security fair", ""),
    "partner": (SourceKind.PARTNER, "Orders of our partners", "Example Distribution Oy"),
    "list": (SourceKind.THIRD_PARTY, "Bought list of decision makers", "Example Data Ltd"),
    "fair-list": (SourceKind.THIRD_PARTY, "Visitors of a trade fair", "Example Fairs Ltd"),
    "sales": (SourceKind.SALES, "Account management", ""),
}
"""The places the demo's data comes from, by the end of their code: kind, name, supplier."""
CUSTOMERS_FROM: Final = ("sales", "partner", "form", "webinar")
PROSPECTS_FROM: Final = ("webinar", "fair", "form", "list")
BY_SUBJECT: Final = ("form", "webinar", "fair")
OFFERS_OPT_OUT: Final = ("form", "webinar", "sales")
"""Where whoever gives an address can refuse advertising at once."""
FROM_OTHERS: Final = """
    email salutation academic_title first_name last_name job_title job_function phone language country postcode city
""".split()
"""What a third party gives: no more than S16 lists."""
ACTS_OF_PERSONS: Final = [
    EngagementKind(kind) for kind in "click click visit visit event form reply survey call_in".split()
]
PAGES: Final = ("products", "webinars/ransomware", "guides/phishing", "pricing", "events/autumn-fair")
DEVICES: Final = ("Firefox on Windows", "Chrome on Windows", "Safari on macOS", "Safari on iPhone", "Chrome on Android")
CONSENT_TEXT: Final = "I agree to receive information about services by e-mail. I can withdraw this at any time."


def moment(random: Random, day: date) -> datetime:
    """Some moment of that day within office hours, in the controller's time zone."""
    at = time(random.randint(8, 16), random.randint(0, 59), random.randint(0, 59))
    return datetime.combine(day, at, settings.CONTROLLER_ZONE)


@dataclass(slots=True)
class Rows:
    """Collects the rows about people; parents are written before them."""

    random: Random
    today: date
    officer: UUID
    sources: dict[str, Source]
    versions: list[PolicyVersion]
    rows: dict[type[Model], list[Model]] = field(default_factory=dict)
    number: int = 0

    def add(self, row: Model) -> None:
        """Remember a row to be written."""
        self.rows.setdefault(type(row), []).append(row)

    def person(self, scene: Scene, contact: Contact, affiliation: Affiliation) -> None:
        """Add all rows of one person."""
        is_prospect = scene.role in (Role.PROSPECT, Role.TRIED)
        source = self.random.choice(PROSPECTS_FROM if is_prospect else CUSTOMERS_FROM)
        self.add(affiliation)
        self._collections(scene, contact, source)
        if told := notice(contact, self.versions, self.today, by_subject=source in BY_SUBJECT):
            self.add(told)
        if scene.in_marketing and source in BY_SUBJECT and self.random.random() < 0.4:
            self._consent(contact, ConsentState.GIVEN, scene.collected_on)
            self._engagement(contact, EngagementKind.CONSENT, scene.collected_on)
        if scene.role in (Role.CUSTOMER, Role.PARTNER) and scene.left_on is None:
            self._account(contact, affiliation, scene.engaged_on)
        if scene.engaged_on is not None:
            self._history(contact, scene.collected_on, scene.engaged_on)
        self._act(scene, contact)

    def _collections(self, scene: Scene, contact: Contact, source: str) -> None:
        given = [name for name in FROM_OTHERS if getattr(contact, name)]
        own = [*given, "topics"] if source in BY_SUBJECT and contact.topics else given
        self._collection(contact, source, scene.collected_on, own)
        if scene.engaged_on and scene.engaged_on > scene.collected_on and self.random.random() < 0.15:
            self._collection(contact, "form", scene.engaged_on, ["job_title", "phone"])

    def _collection(self, contact: Contact, source: str, on: date, names: list[str]) -> None:
        by_subject = source in BY_SUBJECT
        self.add(
            Collection(
                contact=contact,
                source=self.sources[source],
                collected_on=on,
                supplied_by_subject=by_subject,
                fields=names,
            )
        )

    def _history(self, contact: Contact, first: date, last: date) -> None:
        """Earlier acts, the last one that counts, and afterwards what no person did: opens, a scanner's click."""
        for _act in range(self.random.randint(0, 4)):
            day = first + timedelta(days=self.random.randint(0, (last - first).days))
            self._engagement(contact, self.random.choice(ACTS_OF_PERSONS), day)
        self._engagement(contact, self.random.choice(ACTS_OF_PERSONS), last)
        for _sent in range(self.random.randint(0, 3)):
            day = last + timedelta(days=self.random.randint(0, (self.today - last).days - 1))
            self._engagement(contact, EngagementKind.DELIVERY, day)
            if self.random.random() < 0.6:
                self._engagement(contact, EngagementKind.OPEN, day)
            if self.random.random() < 0.2:
                self._engagement(contact, EngagementKind.CLICK, day, automated=True)

    def _engagement(self, contact: Contact, kind: EngagementKind, day: date, *, automated: bool = False) -> None:
        """One engagement, unless its own clock has already removed it (E46)."""
        if add_months(day, ENGAGEMENT_MONTHS) < self.today:
            return
        self.number += 1
        on_web = kind in (EngagementKind.VISIT, EngagementKind.FORM)
        details: dict[str, Any] = {}
        if on_web:
            details = {
                "url": f"https://www.f-secure.com/{self.random.choice(PAGES)}",
                "referrer": self.random.choice(("", "https://search.example.com/", "https://news.example.net/")),
                "device": self.random.choice(DEVICES),
                "ip_address": f"198.51.100.{self.random.randint(1, 254)}",
            }
        self.add(
            Engagement(
                contact=contact,
                kind=kind,
                occurred_at=moment(self.random, day),
                automated=automated,
                external_id=f"{SOURCE_PREFIX}{self.number}",
                **details,
            )
        )

    def _account(self, contact: Contact, affiliation: Affiliation, last_login: date | None) -> None:
        if self.random.random() < 0.3:
            self.add(
                SystemAccount(
                    contact=contact,
                    organisation=affiliation.organisation,
                    system="Partner portal",
                    login=contact.email,
                    last_login_at=moment(self.random, last_login) if last_login else None,
                )
            )

    def _consent(self, contact: Contact, state: ConsentState, day: date) -> None:
        at = moment(self.random, day)
        self.add(
            Consent(
                contact=contact,
                digest=contact.email_digest,
                digest_version=contact.digest_version,
                purpose="marketing",
                channel=Channel.EMAIL,
                state=state,
                occurred_at=at,
                recorded_at=at,
                text=CONSENT_TEXT,
                language="en",
                method="form",
                by_subject=True,
            )
        )

    def _act(self, scene: Scene, contact: Contact) -> None:
        """What makes a person special."""
        lately = self.today - timedelta(days=self.random.randint(5, 300))
        match scene.act:
            case Act.OBJECTED:
                self._objection(contact, moment(self.random, lately))
                self._suppression(contact, SuppressionReason.OBJECTION, Authority.PERSON, lately)
            case Act.WITHDREW:
                self._consent(contact, ConsentState.GIVEN, scene.collected_on)
                self._consent(contact, ConsentState.WITHDRAWN, lately)
                self._suppression(contact, SuppressionReason.WITHDRAWAL, Authority.PERSON, lately)
            case Act.BOUNCED:
                self._engagement(contact, EngagementKind.BOUNCE, lately)
                self._suppression(contact, SuppressionReason.HARD_BOUNCE, Authority.MACHINE, lately, Channel.EMAIL)
            case Act.HELD:
                self._hold(contact)
            case Act.RESTRICTED:
                at = moment(self.random, self.today - timedelta(days=60))
                self.add(
                    Restriction(contact=contact, ground=RestrictionGround.ACCURACY, since_at=at, actor_id=self.officer)
                )

    def _objection(self, contact: Contact, at: datetime) -> None:
        self.add(
            Objection(
                contact=contact,
                digest=contact.email_digest,
                digest_version=contact.digest_version,
                ground=ObjectionGround.MARKETING,
                raised_at=at,
                recorded_at=at,
                method="e-mail",
                actor_id=self.officer,
            )
        )

    def _suppression(
        self, contact: Contact, reason: SuppressionReason, authority: Authority, since: date, channel: str = ""
    ) -> None:
        self.add(
            SuppressionEntry(
                identifier=Identifier.EMAIL,
                digest=contact.email_digest,
                digest_version=contact.digest_version,
                channel=channel,
                reason=reason,
                authority=authority,
                since_at=moment(self.random, since),
            )
        )

    def _hold(self, contact: Contact) -> None:
        held = len(self.rows.get(Hold, []))
        matters = ("Claim 2026-17: disputed number of licences", "Claim 2026-23: unpaid invoices")
        self.add(
            Hold(
                contact=contact,
                matter=matters[held % len(matters)],
                placed_by=self.officer,
                placed_at=moment(self.random, self.today - timedelta(days=45)),
                until_on=add_months(self.today, 5 + 4 * held),
            )
        )
