"""What a row says about the person's wishes: an opt-out becomes an objection and a suppression entry, and no import ever
lifts one; a consent is evidence only with its text and time (Art. 7(1), 21(3), domain sections 8 and 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from django.conf import settings

from config import keys
from config.dates import local_date
from consent.intake.known import Person
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

    def __init__(self, rows: Sequence[ContactRow], context: Context) -> None:
        self.context = context
        self.objections: list[Objection] = []
        self.fresh: dict[Scope, SuppressionEntry] = {}
        self.consents: list[Consent] = []
        self.engagements: list[Engagement] = []
        self.of_row: list[Objection] = []
        self.listed = _listed(rows)

    def take(self, row: ContactRow, person: Person | None) -> bool:
        """Book the row's opt-outs; returns whether it opts out of marketing by e-mail."""
        self.of_row = []
        since = row.unsubscribed_at or self.context.at
        if row.bounced and row.email_key:
            bounced_at = row.bounced_at or self.context.at
            self._list(row.email_key, SuppressionReason.HARD_BOUNCE, bounced_at, channel=Channel.EMAIL)
        if row.phone_opt_out and row.phone.startswith("+"):
            if self._list(row.phone, SuppressionReason.OBJECTION, since, Identifier.PHONE, Channel.PHONE):
                self._object(row, person, Channel.PHONE, since)
        elif row.phone_opt_out and self._list(row.email_key, SuppressionReason.OBJECTION, since, channel=Channel.PHONE):
            self._object(row, person, Channel.PHONE, since)
        if row.unsubscribed:
            is_new = self._list(row.email_key, SuppressionReason.OBJECTION, since)
            if is_new or (person is not None and not person.objected):
                self._object(row, person, "", since)
        return row.unsubscribed or row.bounced

    def attach(self, person: Person) -> None:
        """The row's objections belong to a contact that was created after they were booked."""
        for objection in self.of_row:
            objection.contact_id = person.id

    def _list(
        self,
        key: str,
        reason: SuppressionReason,
        since: datetime,
        identifier: Identifier = Identifier.EMAIL,
        channel: str = "",
    ) -> bool:
        """Put an identifier on the suppression list; returns whether its own or a weightier word was not there yet."""
        word = Authority.MACHINE if reason is SuppressionReason.HARD_BOUNCE else Authority.PERSON
        digest = keys.digest(key) if key else ""
        scope = (str(identifier), digest, str(channel))
        if not key or self.listed.get(scope, 0) >= word:
            return False
        self.listed[scope] = word
        self.fresh[scope] = SuppressionEntry(
            identifier=identifier, digest=digest, digest_version=keys.newest_version(), channel=channel, reason=reason,
            authority=word, since_at=since,
        )
        return True

    def _object(self, row: ContactRow, person: Person | None, channel: str, since: datetime) -> None:
        if person is not None and not channel:
            person.objected = True
        objection = Objection(
            contact_id=person.id if person else None,
            digest=keys.digest(row.email_key) if row.email_key else "",
            digest_version=keys.newest_version() if row.email_key else 0,
            ground=ObjectionGround.MARKETING,
            channel=channel,
            raised_at=since,
            recorded_at=self.context.at,
            method="import",
            batch=self.context.batch,
        )
        self.of_row.append(objection)
        self.objections.append(objection)

    def consent(self, row: ContactRow, person: Person) -> bool:
        """Book the row's consent as evidence; returns whether it is new.

        Without text and time the state is unknown, which permits nothing. A documented one is an act of the person and
        counts as an engagement on its day.
        """
        if not row.consent_email:
            return False
        documented = row.consent_email == "yes" and bool(row.consent_text) and row.consent_at is not None
        state = ConsentState.GIVEN if documented else ConsentState.UNKNOWN
        if row.consent_email == "no":
            state = ConsentState.REFUSED
        at = row.consent_at or self._start_of(row)
        if (state, at) in person.consents or (not documented and any(known == state for known, _at in person.consents)):
            return False
        person.consents.add((state, at))
        self.consents.append(
            Consent(
                contact_id=person.id, digest=keys.digest(row.email_key) if row.email_key else "",
                digest_version=keys.newest_version() if row.email_key else 0, purpose=MARKETING,
                channel=Channel.EMAIL, state=state, occurred_at=at, recorded_at=self.context.at,
                text=row.consent_text, language=row.language, method="import", batch=self.context.batch,
            )
        )
        if documented:
            self.engagements.append(Engagement(contact_id=person.id, kind=EngagementKind.CONSENT, occurred_at=at))
            person.values["last_engaged_on"] = max(local_date(at), person.values["last_engaged_on"] or local_date(at))
            person.changed.add("last_engaged_on")
        return True

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


def _listed(rows: Sequence[ContactRow]) -> dict[Scope, int]:
    """The entries that the rows' opt-outs could repeat, under the newest key, with their authority."""
    opted_out = [row for row in rows if row.unsubscribed or row.bounced or row.phone_opt_out]
    found = {keys.digest(key) for row in opted_out for key in (row.email_key, row.phone) if key}
    entries = SuppressionEntry.objects.filter(purpose="", digest__among=list(found))
    return {
        (identifier, digest, channel): authority
        for identifier, digest, channel, authority in entries.values_list(
            "identifier", "digest", "channel", "authority"
        )
    }
