"""What the pages of the quarantine show: a row's values beside the register's, and why it waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from config import keys
from consent.intake.known import system_code
from consent.intake.quarantine import Met
from consent.models import FormerAddress, QuarantinedRow
from consent.models.airlock import QuarantineReason
from consent.models.suppression import FormerReason
from contacts import merged
from contacts.formats.rows import ContactRow
from contacts.labels import label_of
from contacts.models import Affiliation, Collection, Contact

SILENT = ("line", "email_key", "notes")


@dataclass(frozen=True, slots=True)
class Line:
    """One field: what the file and the register say about it."""

    name: str
    row: str
    contact: str

    @property
    def label(self) -> str:
        """What people call the field."""
        return label_of(self.name)

    @property
    def differs(self) -> bool:
        """Whether both say something, and not the same; days of collection always do."""
        both = self.row and self.contact and self.name != "collected_on"
        return bool(both) and self.row.casefold() != self.contact.casefold()


def sentence(waiting: QuarantinedRow) -> str:
    """Why a row waits."""
    if waiting.reason == QuarantineReason.ERASED:
        return _("The person with this address was erased on request.")
    return str(Met(waiting.row.get("met", Met.ADDRESS)).label)


def contact_of(waiting: QuarantinedRow, row: ContactRow) -> Contact | None:
    """The contact a row meets in the register now: by address, or without one by its id at the source."""
    if row.email_key:
        return merged.contact_with(row.email_key)
    return next(iter(claimants(waiting, row)), None)


def claimants(waiting: QuarantinedRow, row: ContactRow) -> list[Contact]:
    """The contacts with the row's id at the source, the oldest first: more than one may be one person."""
    code = system_code(row, waiting.batch.source_code, waiting.batch.format)
    known = Collection.objects.filter(source__code=code, external_id=row.external_id).exclude(external_id="")
    return list(Contact.objects.filter(pk__in=known.values("contact")).order_by("created_at", "pk"))


def erased_on(row: ContactRow) -> date | None:
    """The day the person was last erased on request, under whichever key the address was remembered."""
    digests = [digest for _version, digest in keys.all_digests(row.email_key)]
    found = FormerAddress.objects.filter(digest__in=digests, reason=FormerReason.REQUEST)
    return found.order_by("-erased_on").values_list("erased_on", flat=True).first()


def lines(row: ContactRow, contact: Contact | None) -> Iterator[Line]:
    """What the file says, and the contact's value of each such field; in the order of the contact's own page."""
    said = {field.name: getattr(row, field.name) for field in fields(row) if field.name not in SILENT}
    for name, value in said.items():
        if value not in ("", None, (), False) or name == "in_marketing":
            yield Line(name, shown(value), shown(_registered(contact, name)))


def _registered(contact: Contact | None, name: str) -> object:
    """What the register holds about a field of a row, if it holds such a thing."""
    if contact is None:
        return ""
    if name == "organisation":
        links = Affiliation.objects.filter(contact=contact).order_by("ended_on", "pk")
        return list(links.values_list("organisation__name", flat=True))
    return getattr(contact, name, "")


def shown(value: object) -> str:
    """A value in words and in the reader's language."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value or "")
