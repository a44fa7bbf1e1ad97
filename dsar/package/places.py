"""Where each declared table stands in an access package, or why it does not: the one list a test holds us to.

Tables with a link or a digest of the person come in by their declaration. `THROUGH`, `OF_REQUESTS` and `BY_DIGEST` name
the paths to the others. A new table or field without a place fails the build (S110; Art. 15).
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from dsar.models.decisions import DataCategory

THROUGH: Final = {
    "contacts.Organisation": "affiliations__contact",
    "contacts.Agreement": "organisation__affiliations__contact",
    "contacts.Source": "collections__contact",
    "consent.Balancing": "objection__contact",
}
"""Tables about the person's employer, sources and objections: the path from the table to the contact."""

OF_REQUESTS: Final = {
    "dsar.RightsRequest": "pk",
    "dsar.Requester": "request",
    "dsar.AskedRight": "request",
    "dsar.Message": "request",
    "dsar.Attachment": "request",
    "dsar.Outcome": "asked__request",
    "dsar.Correction": "asked__request",
    "dsar.Pause": "request",
    "dsar.Extension": "request",
    "dsar.AuthorityMatter": "request",
    "dsar.CaseEvent": "request",
    "dsar.IdentityCheck": "request",
    "dsar.ExecutionTask": "asked__request",
    "dsar.Delivery": "request",
}
"""The files of the person's own requests: the path from the table to the request."""

BY_DIGEST: Final = {
    "consent.QuarantinedRow": "digest",
    "consent.SuppressionEntry": "digest",
    "consent.SuppressionRemoval": "digest",
    "consent.FormerAddress": "digest",
    "retention.ErasureRecord": "digest",
}
"""Tables that know the person by keyed digests only."""

SIGN_INS: Final = (
    "sessions.Session",
    "account.EmailAddress",
    "account.EmailConfirmation",
    "mfa.Authenticator",
    "socialaccount.SocialAccount",
    "socialaccount.SocialApp",
    "socialaccount.SocialToken",
)
"""How our own staff sign in."""

LEFT_OUT: Final = {
    "config.User": _("accounts of our own staff; who looked at the record is told by role (C-579/21)"),
    "config.Controller": _("our own company, named at the head of the package"),
    "config.Subsidiary": _("our own companies, named with the record"),
    "consent.PolicyVersion": _("our published policy, named with each notice and consent"),
    "consent.OwnHost": _("our own websites"),
    "contacts.Conversion": _("when the employer became a customer; its agreements say so"),
    "contacts.DuplicatePair": _("a work list for staff, which names somebody else as well"),
    "contacts.FactSource": _("where facts about the employer came from"),
    "contacts.MergeUndo": _("copies of what stands elsewhere, for taking a merge back within 30 days"),
    "consent.Negotiation": _("sales talks with the employer"),
    "consent.Recipient": _("our partners; whoever received the person's data is named with the disclosure"),
    "consent.RecipientNotice": _("what recipients have yet to be told, by reference"),
    "consent.Safeguard": _("contracts with our partners; named with each disclosure they cover"),
    **dict.fromkeys(SIGN_INS, _("sign-ins of our own staff")),
    "admin.LogEntry": _("the log of our own pages: which form was saved when, without a value"),
    "dsar.IntakeAttempt": _("counts uses of the public form for a day, by keyed digest"),
    "dsar.Redaction": _("words about somebody else; each is among what was withheld"),
    "retention.DataGap": _("a work list for staff, without a value"),
}
"""Tables that are no part of a package, each with its reason."""

FIELDS_LEFT_OUT: Final = {
    "id": _("a key without meaning"),
    "batch": _("the key of an import"),
    "matter": _("the key of another row"),
    "digest_version": _("the number of a key"),
    "actor_id": _("an account of our staff (C-579/21)"),
    "author_id": _("an account of our staff (C-579/21)"),
    "added_by": _("an account of our staff (C-579/21)"),
    "approved_by": _("an account of our staff (C-579/21)"),
    "decided_by": _("an account of our staff (C-579/21)"),
    "finished_by": _("an account of our staff (C-579/21)"),
    "logged_by": _("an account of our staff (C-579/21)"),
    "noted_by": _("an account of our staff (C-579/21)"),
    "owner": _("a member of our staff (C-579/21)"),
    "placed_by": _("an account of our staff (C-579/21)"),
    "prepared_by": _("an account of our staff (C-579/21)"),
    "proposed_by": _("an account of our staff (C-579/21)"),
    "recorded_by": _("an account of our staff (C-579/21)"),
    "released_by": _("an account of our staff (C-579/21)"),
    "reviewed_by": _("an account of our staff (C-579/21)"),
    "asked_by": _("an account of our staff (C-579/21)"),
    "email_key": _("made of the address, to compare spellings"),
    "email_digest": _("a keyed digest of the address"),
    "domain_digest": _("a keyed digest of the address"),
    "phone_digest": _("a keyed digest of the number"),
    "name_key": _("made of the name, to compare spellings"),
    "sealed_key": _("the key of a file"),
    "path": _("where a file lies"),
    "secret_digest": _("guards a link"),
    "token_digest": _("guards a link"),
    "hold_id": _("the key of a hold"),
    "is_secret": _("whether a hold is listed here"),
    "marketing_frozen": _("follows from a hold"),
    "attachment": _("the key of a file"),
    "objection": _("the key of another row"),
    "recipient_id": _("the key of another row"),
    "notification": _("the key of another row"),
    "affiliation": _("the key of another row"),
    "chunk": _("the key of another row"),
    "contact_id": _("the key of the erased record"),
    "match": _("the key of another row"),
    "codes": _("guards a link"),
    "codes_since_at": _("guards a link"),
    "attempts": _("guards a link, or counts tries of the program"),
    "only": _("a key without meaning"),
    "target": _("the key of another row"),
    "position": _("state of a task of the program"),
    "claimed_at": _("state of a task of the program"),
    "explanation": _("notes of our staff on how the program ran"),
    "error": _("state of a task of the program"),
}
"""Fields without a place, by name: keys and digests, and the names of our staff."""

TITLES: Final = {
    "digest": _("keyed digest of the address"),
    "last_day": _("last day"),
    "parts": _("parts of the letter"),
    "requester_digest": _("keyed digest of the address"),
    "round": _("round of the case"),
    "sha256": _("check sum of the file"),
}
"""What people call fields that have no name of their own."""
NAMED_BY: Final = {
    "contact": "contact__reference",
    "organisation": "organisation__name",
    "source": "source__name",
    "purpose": "purpose__code",
    "policy": "policy__version",
    "subsidiary": "subsidiary__name",
    "request": "request__reference",
    "asked": "asked__right",
    "recipient": "recipient__name",
    "Disclosure.batch": "batch__title",
}
"""Links to other tables, by field name or by model and field, with what they are called by in the package."""

CATEGORIES: Final = {
    "contacts.Contact": DataCategory.IDENTITY,
    "contacts.Organisation": DataCategory.ORGANISATION,
    "contacts.Agreement": DataCategory.ORGANISATION,
    "contacts.Affiliation": DataCategory.WORK,
    "contacts.SystemAccount": DataCategory.ACCOUNTS,
    "contacts.Engagement": DataCategory.ACTIVITY,
    "consent.AsideEngagement": DataCategory.ACTIVITY,
    "consent.InterestProfile": DataCategory.INTERESTS,
}
"""The category of data of each table; whatever is not named here is about our own dealings with the person."""

FIELD_CATEGORIES: Final = {
    **dict.fromkeys(
        ("email", "phone", "street", "postcode", "city", "state", "country"),
        DataCategory.ADDRESS,
    ),
    **dict.fromkeys(("job_title", "job_function", "linkedin_url"), DataCategory.WORK),
    **dict.fromkeys(("topics",), DataCategory.INTERESTS),
    **dict.fromkeys(("last_engaged_on",), DataCategory.ACTIVITY),
    **dict.fromkeys(
        (
            "notification_preferences",
            "in_marketing",
            "marketing_frozen",
            "left_marketing_on",
            "returned_on",
            "purged_before_on",
        ),
        DataCategory.CHOICES,
    ),
}
"""The category of each field of the contact itself; the others identify the person."""

FREE_TEXT: Final = frozenset(
    {
        "AsideEngagement.url",
        "Balancing.grounds",
        "CaseEvent.note",
        "Consent.evidence",
        "Correction.after",
        "Correction.before",
        "Engagement.referrer",
        "Engagement.url",
        "Extension.reason",
        "AuthorityMatter.note",
        "IdentityCheck.note",
        "Message.body",
        "Message.subject",
        "Notice.reason",
        "Objection.statement",
        "Outcome.justification",
        "Pause.answer",
        "Pause.question",
        "Restriction.note",
    }
)
"""Texts that somebody wrote freely, and addresses with whatever is in them: other persons are blacked out here."""


def category_of(label: str, field: str = "") -> DataCategory:
    """The category of data that a table (its label), or a field of the contact itself, belongs to."""
    if label == "contacts.Contact" and field in FIELD_CATEGORIES:
        return FIELD_CATEGORIES[field]
    return CATEGORIES.get(label, DataCategory.CHOICES)
