"""The register of processing activities (Art. 30(1)(a)-(g)) as tables, one for each letter."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from config.dates import local_date
from config.models import Controller
from config.policy.periods import AUDIT_MONTHS, BACKUP_DAYS
from config.roles import ROLES
from consent.models import Assessment, LegalBasis, PolicyVersion, Purpose
from consent.models.consents import Channel
from consent.models.purposes import Category, in_force
from consent.processing import recipients
from consent.processing.dictionary import category, named, time_limit
from consent.processing.recipients import Receiving
from consent.processing.tables import Table
from consent.processing.time_limits import time_limits
from contacts.personal_data import OnErasure, PersonalData, declared_models


def record(at: datetime) -> list[Table]:
    """The whole register as it stands at the moment `at` (aware)."""
    known = recipients.recipients(local_date(at))
    return [
        _controller(),
        _purposes(at),
        _categories(),
        _recipients(known),
        _transfers(known),
        _time_limits(),
        _security(),
    ]


def about(at: datetime) -> str:
    """Of which day the register is, and which policy was in force."""
    policy = PolicyVersion.in_force(local_date(at))
    said = {"day": date_format(local_date(at)), "version": policy.version if policy else "–"}
    return _("Register of processing, Art. 30 GDPR, as of %(day)s. Privacy policy in force: %(version)s.") % said


def _controller() -> Table:
    rows: list[tuple[str, str]] = []
    for one in Controller.objects.all():
        shown = [field for field in one._meta.local_concrete_fields if field.editable]
        rows += [(capfirst(str(field.verbose_name)), str(getattr(one, field.name))) for field in shown]
    rows.append((_("Joint controllers"), _("none")))
    rows.append((_("Representative in the Union"), _("none is needed: the controller is established in the Union")))
    return Table("a Controller", _("Controller and data protection officer, Art. 30(1)(a)"), (_("What"), _("Is")), rows)


def _purposes(at: datetime) -> Table:
    assessed = Prefetch("assessments", Assessment.objects.filter(in_force(at)), to_attr="standing")
    bases = Prefetch("bases", LegalBasis.objects.prefetch_related(assessed))
    headings = (
        _("Purpose"), _("Clause"), _("What it covers"), _("Legal basis"), _("Assessed until"), _("Channels"),
        _("Categories of data"), _("In use"),
    )  # fmt: skip
    rows = [
        (
            str(purpose),
            purpose.clause,
            _(purpose.note) if purpose.note else "–",
            "; ".join(f"{one.get_register_display()}: {one.get_basis_display()}" for one in purpose.bases.all()),
            ", ".join(str(found.review_on) for one in purpose.bases.all() for found in getattr(one, "standing", ())),
            ", ".join(str(Channel(one).label) for one in purpose.channels),
            ", ".join(str(Category(one).label) for one in purpose.categories),
            _("yes") if purpose.is_active else _("no"),
        )
        for purpose in Purpose.objects.prefetch_related(bases)
    ]
    return Table("b Purposes", _("Purposes and their legal bases, Art. 30(1)(b)"), headings, rows)


def _categories() -> Table:
    rows = []
    for model, data in sorted(declared_models(), key=lambda pair: pair[0]._meta.label):
        names = [*data.personal, *data.organisational]
        kinds = sorted({category(model, name) for name in names})
        name = named(model._meta.verbose_name_plural) or model._meta.label
        rows.append((_persons(data), name, ", ".join(kinds) or "–", len(data.personal), time_limit(model, data)))
    headings = (_("Persons"), _("Table"), _("Categories of data"), _("Personal fields"), _("Kept"))
    return Table("c Persons and data", _("Categories of persons and of data, Art. 30(1)(c)"), headings, rows)


def _persons(data: PersonalData) -> str:
    """Whom a table is about."""
    if data.subject or data.digest or data.id_as_text or data.on_erasure is OnErasure.DELETE:
        return _("contacts: staff of customers, partners and prospects")
    return _("our own staff") if data.personal else _("nobody")


def _recipients(known: list[Receiving]) -> Table:
    rows = [(one.name, one.role, recipients.country(one.country), one.clause) for one in known]
    headings = (_("Recipient"), _("Role"), _("Country"), _("Clause"))
    return Table("d Recipients", _("Recipients and groups of recipients, Art. 30(1)(d)"), headings, rows)


def _transfers(known: list[Receiving]) -> Table:
    outside = [one for one in known if one.is_outside]
    rows = [(one.name, recipients.country(one.country), one.safeguard, one.clause) for one in outside]
    rows += [
        (_("our own staff at work there: %(count)s") % {"count": count}, name, _("access under our own rules"), "S70")
        for name, count in recipients.staff_abroad()
    ]
    headings = (_("To"), _("Country"), _("Safeguard"), _("Clause"))
    return Table("e Transfers", _("Transfers to third countries, Art. 30(1)(e)"), headings, rows)


def _time_limits() -> Table:
    headings = (_("What for"), _("How long"), _("From"))
    return Table("f Time limits", _("Time limits for erasure, Art. 30(1)(f)"), headings, list(time_limits()))


def _security() -> Table:
    encrypted = settings.BASE_URL.startswith("https://")
    session = {"hours": settings.SESSION_COOKIE_AGE // 3600}
    rows = [
        (_("Who may see what"), _("%(count)s roles, written in code: %(roles)s") % _roles()),
        (_("Who looked"), _("every look is written down before it is shown, kept %(n)s months") % {"n": AUDIT_MONTHS}),
        (_("Who changed what"), _("every change in the audit trail, kept %(n)s months") % {"n": AUDIT_MONTHS}),
        (_("On the way"), _("encrypted by TLS, and nothing else") if encrypted else _("not encrypted: a trial set-up")),
        (_("Signing in"), _("a session ends after %(hours)s hours; passwords are stored as hashes") % session),
        (_("Pseudonyms"), _("addresses on suppression lists and in evidence are keyed digests")),
        (_("Files"), _("exports have no name on the disk and vanish when sent; uploads go within a day")),
        (_("Evidence"), _("append-only, and of erasures a chained journal outside the database")),
        (_("Backups"), _("kept %(days)s days; erasures are repeated after a restore") % {"days": BACKUP_DAYS}),
    ]
    return Table("g Security", _("Security measures, Art. 30(1)(g) and 32(1)"), (_("What"), _("How")), rows)


def _roles() -> dict[str, object]:
    return {"count": len(ROLES), "roles": ", ".join(map(_, ROLES))}
