"""What people call the fields of an import's row."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from contacts.models import Contact

FIELDS = {
    "organisation": gettext_lazy("organisation"),
    "organisation_domain": gettext_lazy("organisation's domain"),
    "affiliated_from": gettext_lazy("works there from"),
    "affiliated_until": gettext_lazy("works there until"),
    "source": gettext_lazy("source"),
    "source_supplier": gettext_lazy("supplier of the data"),
    "supplied_by_subject": gettext_lazy("supplied by the person"),
    "seen_on": gettext_lazy("first seen on"),
    "consent_email": gettext_lazy("consent to e-mail"),
    "consent_at": gettext_lazy("consent given at"),
    "consent_text": gettext_lazy("text of the consent"),
    "unsubscribed": gettext_lazy("objects to marketing"),
    "unsubscribed_at": gettext_lazy("objected at"),
    "phone_opt_out": gettext_lazy("objects to calls"),
    "bounced": gettext_lazy("address does not work"),
    "bounced_at": gettext_lazy("did not work at"),
    "external_id": gettext_lazy("id at the source"),
    "industry": gettext_lazy("industry"),
    "company_size": gettext_lazy("company size"),
    "revenue": gettext_lazy("revenue"),
}
"""Fields of a row that a contact does not have under the same name."""


def label_of(name: str) -> str:
    """The label of a field of a row; a contact's own where it has the field."""
    if name in FIELDS:
        return str(FIELDS[name])
    return next(str(field.verbose_name) for field in Contact._meta.fields if field.name == name)
