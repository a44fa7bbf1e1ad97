"""What a row says about the person's wishes (Art. 7(1), 21(3), domain sections 8 and 9).

An opt-out becomes an objection and a suppression entry, and no import ever lifts one; a consent is evidence only with
its text and time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from django.conf import settings

from config import keys
from config.dates import local_date
from config.sql import array
from consent.intake.known import Known, Person
from consent.intake.outcome import Context
from consent.models import Consent, Objection, SuppressionEntry
from consent.models.consents import Channel, ConsentState
from consent.models.objections import ObjectionGround
from consent.models.suppression import Authority, Identifier, SuppressionReason
from contacts.formats.rows import ContactRow
from contacts.models import Engagement
from contacts.models.engagement import EngagementKind

MARKETING = "marketing"


Scope = tuple[str, str, str]
"""Identifier, keyed digest and channel: what makes an entry of the suppression list unique."""


class Wishes:
    """The opt-outs and consents of one chunk."""

    def __init__(self, rows: Sequence[ContactRow], known: Known, context: Context) -> None:
        self.context = context
        self.suppressed = known.suppressed
        self.objections: list[Objection] = []
        self.fresh: dict[Scope, SuppressionEntry] = {}
        self.consents: list[Consent] = []
        self.engagements: list[Engagement] = []
        self.objected = known.objected
        self.told: dict[str, Authority] = {}
        """The addresses that rows of this chunk put on the list, and on whose word."""
        self.objectors: list[Person] = []
        self.listed = _listed(rows, known)
        self.by_person = {key for key, word in known.suppressed_by.items() if word > Authority.MACHINE}

    def take(self, row: ContactRow, person: Person | None) -> None:
        """List the identifiers that the row's opt-outs and bounces are about, whoever the row turns out to be."""
        key = row.email_key or (person.values["email_key"] if person else "") or ""
        since = row.unsubscribed_at or self.context.at
        if row.bounced:
            self._list(key, SuppressionReason.HARD_BOUNCE, row.bounced_at or self.context.at, channel=Channel.EMAIL)
        if row.phone_opt_out:
            by_number = row.phone.startswith("+")
            kind, listed = (Identifier.PHONE, row.phone) if by_number else (Identifier.EMAIL, key)
            self._list(listed, SuppressionReason.OBJECTION, since, kind, Channel.PHONE)
        if row.unsubscribed:
            for address in dict.fromkeys([key, *(person.addresses if person else ())]):
                self._list(address, SuppressionReason.OBJECTION, since)
        if key and (row.unsubscribed or row.bounced):
            word = Authority.PERSON if row.unsubscribed else Authority.MACHINE
            self.told[key] = max(word, self.told.get(key, word))
            self.suppressed.add(key)

    def object_(self, row: ContactRow, person: Person | None) -> None:
        """Book the row's objections, each once for a contact, and once for an address of which we hold no contact.

        Then only the keyed digest is kept; it stands for itself, and is found by the digest when the person is held.
        """
        key = row.email_key or (person.values["email_key"] if person else "") or ""
        on_record = person.objections if person else self.objected[key]
        for channel, said in (("", row.unsubscribed), (str(Channel.PHONE), row.phone_opt_out)):
            if said and channel not in on_record and (key or person):
                self._object(row, person, key, channel)
                on_record.add(channel)
                if person:
                    self.objectors.append(person)

    def bars_marketing(self, row: ContactRow, person: Person | None) -> bool:
        """Whether the row's or the contact's address must not be used for marketing."""
        theirs = person.addresses if person else ()
        return (
            not self.suppressed.isdisjoint({row.email_key, *theirs})
            or row.unsubscribed
            or bool(person and "" in person.objections)
        )

    def only_bounced(self, row: ContactRow, person: Person) -> bool:
        """Whether nothing but a dead address stands in the way, which says nothing about the person's wishes."""
        return not row.unsubscribed and "" not in person.objections and person.values["email_key"] not in self.by_person

    def _list(
        self,
        key: str,
        reason: SuppressionReason,
        since: datetime,
        identifier: Identifier = Identifier.EMAIL,
        channel: str = "",
    ) -> None:
        """Put an identifier on the suppression list, unless an equal or weightier word has done so."""
        word = Authority.MACHINE if reason is SuppressionReason.HARD_BOUNCE else Authority.PERSON
        digest = keys.digest(key) if key else ""
        scope = (str(identifier), digest, str(channel))
        if not key or self.listed.get(scope, 0) >= word:
            return
        self.listed[scope] = word
        self.fresh[scope] = SuppressionEntry(
            identifier=identifier,
            digest=digest,
            digest_version=keys.newest_version(),
            channel=channel,
            reason=reason,
            authority=word,
            since_at=since,
        )

    def _object(self, row: ContactRow, person: Person | None, key: str, channel: str) -> None:
        self.objections.append(
            Objection(
                contact_id=person.id if person else None,
                digest=keys.digest(key) if key else "",
                digest_version=keys.newest_version() if key else 0,
                ground=ObjectionGround.MARKETING,
                channel=channel,
                raised_at=row.unsubscribed_at or self.context.at,
                recorded_at=self.context.at,
                method="import",
                batch=self.context.batch,
            )
        )

    def consent(self, row: ContactRow, person: Person, *, marketing: bool) -> bool:
        """Book the row's consent as evidence; returns whether it is new.

        Without text and time the state is unknown, which permits nothing. A documented one is an act of the person and
        counts as an engagement on its day. For somebody outside marketing a refusal is still worth keeping.
        """
        if not row.consent_email or (row.consent_email != "no" and not marketing and row.in_marketing):
            return False
        documented = row.consent_email == "yes" and bool(row.consent_text) and row.consent_at is not None
        state = ConsentState.GIVEN if documented else ConsentState.UNKNOWN
        if row.consent_email == "no":
            state = ConsentState.REFUSED
        at = row.consent_at or self._start_of(row)
        current = person.consents[max(person.consents)] if person.consents else None
        if person.consents.get(at) == state or (current == state and not documented):
            return False
        if state is ConsentState.UNKNOWN and current is not None:
            return False
        person.consents[at] = state
        key = person.values["email_key"]
        self.consents.append(
            Consent(
                contact_id=person.id,
                digest=keys.digest(key) if key else "",
                digest_version=keys.newest_version() if key else 0,
                purpose=MARKETING,
                channel=Channel.EMAIL,
                state=state,
                occurred_at=at,
                recorded_at=self.context.at,
                text=row.consent_text,
                language=row.language,
                method="import",
                batch=self.context.batch,
            )
        )
        if documented and marketing:
            self._engage(person, at)
        return True

    def _engage(self, person: Person, at: datetime) -> None:
        """Giving consent is an act of the person (E12)."""
        self.engagements.append(Engagement(contact_id=person.id, kind=EngagementKind.CONSENT, occurred_at=at))
        person.values["last_engaged_on"] = max(local_date(at), person.values["last_engaged_on"] or local_date(at))
        person.changed.add("last_engaged_on")

    def _start_of(self, row: ContactRow) -> datetime:
        """The moment an undated consent is filed under: the beginning of the day of collection."""
        if row.collected_on is None:
            return self.context.at
        return datetime.combine(row.collected_on, time(), settings.CONTROLLER_ZONE)

    def write(self) -> None:
        """Store objections, entries and consents; an entry that rests on a lesser word is raised."""
        SuppressionEntry.objects.bulk_create(
            self.fresh.values(),
            update_conflicts=True,
            unique_fields=["digest", "identifier", "purpose", "channel"],
            update_fields=["reason", "authority", "since_at"],
        )
        Objection.objects.bulk_create(self.objections)
        Consent.objects.bulk_create(self.consents)
        Engagement.objects.bulk_create(self.engagements, ignore_conflicts=True)


def _listed(rows: Sequence[ContactRow], known: Known) -> dict[Scope, int]:
    """The entries that the rows' opt-outs could repeat, named by the newest key's digest, with their authority."""
    newest: dict[str, str] = {}
    for row in rows:
        if row.unsubscribed or row.bounced or row.phone_opt_out:
            for key in filter(None, (row.email_key, row.phone)):
                known_as = [digest for _version, digest in keys.all_digests(key)]
                newest.update((digest, known_as[0]) for digest in known_as)
    for person in known.people.values():
        for key in person.addresses:
            newest.update((digest, known.digests[key][0]) for digest in known.digests[key])
    found: dict[Scope, int] = {}
    entries = SuppressionEntry.objects.filter(purpose="", digest__among=array(newest))
    for identifier, digest, channel, word in entries.values_list("identifier", "digest", "channel", "authority"):
        scope = (identifier, newest[digest], channel)
        found[scope] = max(word, found.get(scope, 0))
    return found
