"""Every model says which of its fields are personal data and what erasing the person does to its rows.

Erasure, the retention clocks, the residue scan and the system check walk these declarations, so a table that nobody
thought of cannot exist (Art. 5(1)(e), 17, 25, 30).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from config.policy.periods import AUDIT_MONTHS

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class OnErasure(StrEnum):
    """What happens to a row when the person it is about is erased."""

    DELETE = "delete"
    DETACH = "detach"
    """Evidence that outlives the person: the link is cut and the declared fields are emptied."""
    KEEP = "keep"
    """The row holds nothing that leads back to the person without our keys, or is not about contacts at all."""


class OnMerge(StrEnum):
    """What happens to a row when its contact is merged into another one."""

    MOVE = "move"
    """It follows to the surviving contact; where that has the same row already, `on_clash` makes one of the two."""
    PAIR = "pair"
    """It is about two contacts and follows with either; it goes where it would say something twice, or of one alone."""
    DERIVED = "derived"
    """It is computed from other rows: both contacts' rows go, and are computed anew."""
    STAY = "stay"
    """It knows the contact by a digest of the address only; the surviving contact goes on being known by that, too."""


def keep_first(_mine: Model, _theirs: Model) -> None:
    """Of two rows that say the same the surviving contact's stays as it is."""


class Register(StrEnum):
    """The two registers of the policy (S8)."""

    MARKETING = "marketing"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Expiry:
    """The row's own clock: it is deleted `months` calendar months, or `days`, after the controller's day of `field`.

    A row whose `field` is empty stays, and so does one that `only` does not cover.
    """

    field: str
    months: int = 0
    only: Callable[[date], Q] | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What a model holds and what becomes of it.

    Every concrete field stands in exactly one of `personal` (about a person), `organisational` (about a company) and
    `technical` (keys, links, times, states). `subject` names the foreign key to Contact; `digest` a column that holds
    the keyed digest of the address where no key is possible. `register` is the register whose end deletes the row; ""
    means the row stays as long as the person does. `reason` says why a row that is kept may be kept.
    `may_name_erased`: the row may hold the address of somebody erased until it is answered, decided or expired.

    `also` names further links to Contact: the row is about all of them and goes with the first. `on_merge` says what
    merging two contacts does; `on_clash` gets the surviving contact's row and the other one, where a unique constraint
    allows only one, and changes the first.
    """

    on_erasure: OnErasure
    personal: tuple[str, ...] = ()
    organisational: tuple[str, ...] = ()
    technical: tuple[str, ...] = ()
    subject: str = ""
    digest: str = ""
    id_as_text: str = ""
    register: Register | None = None
    blank: tuple[str, ...] = ()
    reason: StrPromise | str = ""
    expiry: Expiry | None = None
    may_name_erased: bool = False
    also: tuple[str, ...] = ()
    on_merge: OnMerge | None = None
    on_clash: Callable[[Any, Any], None] | None = None

    @property
    def links(self) -> tuple[str, ...]:
        """The names of all foreign keys to Contact."""
        return tuple(filter(None, (self.subject, *self.also)))


_STAFF = _("an account of our own staff, not of a contact")
_NO_PERSON = _("holds nothing about a person")

DECLARED_HERE: dict[str, PersonalData] = {
    # The ground floor imports no other app, and Django's own models cannot be edited: both are declared here.
    "config.User": PersonalData(
        OnErasure.KEEP,
        personal=("username", "first_name", "last_name", "email", "password", "last_login", "country", "language"),
        technical=("id", "is_superuser", "is_staff", "is_active", "date_joined", "subsidiary", "sees"),
        reason=_STAFF,
    ),
    "config.User_groups": PersonalData(OnErasure.KEEP, technical=("id", "user", "group"), reason=_STAFF),
    "config.User_user_permissions": PersonalData(OnErasure.KEEP, technical=("id", "user", "permission"), reason=_STAFF),
    "config.Controller": PersonalData(
        OnErasure.KEEP,
        organisational=(
            "name",
            "business_id",
            "street",
            "po_box",
            "postcode",
            "city",
            "country",
            "privacy_email",
            "consumer_support_url",
            "business_support_url",
            "authority_name",
            "authority_url",
        ),
        technical=("id", "only"),
        reason=_NO_PERSON,
    ),
    "config.Subsidiary": PersonalData(
        OnErasure.KEEP, organisational=("name", "country", "serves", "region"), technical=("id",), reason=_NO_PERSON
    ),
    "config.CountedFigure": PersonalData(
        OnErasure.KEEP, technical=("id", "name", "on", "value", "counted_at"), reason=_NO_PERSON
    ),
    "config.PromiseState": PersonalData(
        OnErasure.KEEP,
        technical=("clause", "position", "state", "evidence", "url", "since_at", "checked_at"),
        reason=_("how a clause of the policy stands: counts, about nobody"),
    ),
    "config.AuditEvent": PersonalData(
        OnErasure.KEEP,
        technical=(
            "id",
            "at",
            "actor_kind",
            "actor_id",
            "action",
            "model",
            "object_id",
            "batch",
            "fields",
            "counts",
        ),
        reason=_("evidence without values; the record's id leads nowhere once the person is erased (Art. 5(2))"),
        expiry=Expiry("at", AUDIT_MONTHS),
    ),
    "config.AccessEvent": PersonalData(
        OnErasure.KEEP,
        technical=("id", "at", "actor_id", "role", "purpose", "kind", "view", "object_ids"),
        reason=_("who looked, without values; the ids lead nowhere once the person is erased (Art. 15, 33)"),
        expiry=Expiry("at", AUDIT_MONTHS),
    ),
    "auth.Permission": PersonalData(
        OnErasure.KEEP, technical=("id", "name", "content_type", "codename"), reason=_NO_PERSON
    ),
    "auth.Group": PersonalData(OnErasure.KEEP, technical=("id", "name"), reason=_NO_PERSON),
    "auth.Group_permissions": PersonalData(OnErasure.KEEP, technical=("id", "group", "permission"), reason=_NO_PERSON),
    "contenttypes.ContentType": PersonalData(OnErasure.KEEP, technical=("id", "app_label", "model"), reason=_NO_PERSON),
    "sessions.Session": PersonalData(
        OnErasure.KEEP,
        personal=("session_data",),
        technical=("session_key", "expire_date"),
        reason=_("a sign-in of our own staff, gone within eight hours"),
    ),
    # Of allauth. Whoever leaves is closed, not deleted, and `recovery.py` removes the factors.
    "account.EmailAddress": PersonalData(
        OnErasure.KEEP, personal=("email",), technical=("id", "user", "verified", "primary"), reason=_STAFF
    ),
    "account.EmailConfirmation": PersonalData(
        OnErasure.KEEP, technical=("id", "email_address", "created", "sent", "key"), reason=_STAFF
    ),
    "mfa.Authenticator": PersonalData(
        OnErasure.KEEP,
        personal=("data",),
        technical=("id", "user", "type", "created_at", "last_used_at"),
        reason=_STAFF,
    ),
    "socialaccount.SocialAccount": PersonalData(
        OnErasure.KEEP,
        personal=("uid", "extra_data"),
        technical=("id", "user", "provider", "last_login", "date_joined"),
        reason=_STAFF,
    ),
    "socialaccount.SocialToken": PersonalData(
        OnErasure.KEEP,
        personal=("token", "token_secret"),
        technical=("id", "app", "account", "expires_at"),
        reason=_STAFF,
    ),
    "socialaccount.SocialApp": PersonalData(
        OnErasure.KEEP,
        technical=("id", "provider", "provider_id", "name", "client_id", "secret", "key", "settings"),
        reason=_NO_PERSON,
    ),
    "admin.LogEntry": PersonalData(
        OnErasure.DELETE,
        id_as_text="object_id",
        on_merge=OnMerge.MOVE,
        technical=(
            "id",
            "action_time",
            "user",
            "content_type",
            "object_id",
            "object_repr",
            "action_flag",
            "change_message",
        ),
        expiry=Expiry("action_time", AUDIT_MONTHS),
    ),
}


def declaration(model: type[Model]) -> PersonalData | None:
    """What a model declares, or None when nobody declared it."""
    own = model.__dict__.get("personal_data")
    return own if isinstance(own, PersonalData) else DECLARED_HERE.get(model._meta.label)


def declared_models() -> Iterator[tuple[type[Model], PersonalData]]:
    """Every installed model with its declaration; undeclared ones are the system check's business."""
    for model in apps.get_models(include_auto_created=True):
        if (found := declaration(model)) is not None:
            yield model, found


def linked_models(register: Register | None = None) -> Iterator[tuple[type[Model], PersonalData]]:
    """The models with rows about a contact, or only those that one register's end deletes."""
    for model, data in declared_models():
        if (data.subject or data.digest or data.id_as_text) and (register is None or data.register is register):
            yield model, data
