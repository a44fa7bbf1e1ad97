"""Erasure (Art. 17; S121, S122): by category, each with its ground or its exception; the whole person where all go.

The plan is made once and read by the preview and by the act. Evidence of consents and objections, the suppression list
and the proof of the erasure stay (Art. 17(3)(b), (e)).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from uuid import UUID

from django.db.models import Model
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.dates import add_months, local_date
from config.models import Actor
from config.policy.periods import BACKUP_DAYS, HOLD_MAX_MONTHS
from config.together import counts
from consent.models import RecipientNotice
from consent.models.disclosures import NoticeReason
from contacts.models import Affiliation, Contact, MergeUndo
from contacts.personal_data import OnErasure, linked_models
from dsar.counted import in_words
from dsar.models import AskedRight, ExecutionTask, Outcome
from dsar.models.decisions import DataCategory, Decision, Ground, RefusalReason
from dsar.models.matches import Level
from dsar.models.requests import Right
from dsar.package.places import CATEGORIES, category_of
from dsar.rights.certificate import certify
from dsar.rights.people import confirmed, decided, was_known
from dsar.rights.procedures import Step, register
from dsar.rights.telling import Telling, who_is_told
from retention import on_request
from retention.bars import SENTENCES, Bar, active_holds
from retention.erasure import leave_marketing
from retention.holding import place

KEPT_FIELDS: Final = {
    "reference", "collected_on", "in_marketing", "marketing_frozen", "left_marketing_on", "returned_on",
    "purged_before_on", "email_key", "email_digest", "domain_digest", "phone_digest", "name_key",
}  # fmt: skip
"""What a contact that stays has for the rules, or what is made anew of its other fields."""
HELD_FOR: Final = (RefusalReason.LEGAL_CLAIMS, RefusalReason.LEGAL_OBLIGATION)
"""Exceptions for which the data must not go by a rule either, before their time is over."""


@dataclass(frozen=True)
class Plan:
    """What an erasure removes: whole records, or categories of them."""

    contacts: tuple[Contact, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def ids(self) -> list[UUID]:
        """The contacts by id."""
        return [one.pk for one in self.contacts]

    @cached_property
    def kept(self) -> list[Outcome]:
        """What was refused: the data stays, for a reason."""
        return [one for one in self.outcomes if one.decision == Decision.REFUSED]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the records stays."""
        return not self.kept

    @cached_property
    def categories(self) -> set[DataCategory]:
        """The categories that go, where not all do."""
        return {DataCategory(one.category) for one in self.outcomes if one.decision == Decision.GRANTED}

    @property
    def models(self) -> list[type[Model]]:
        """The tables whose rows go with these categories; so do copies of a merge, which hold all kinds."""
        return [
            model
            for model, data in linked_models()
            if data.subject and data.on_erasure is OnErasure.DELETE and (model is MergeUndo or self._goes(model))
        ]

    def _goes(self, model: type[Model]) -> bool:
        """Whether all rows of a table go: those about work at an organisation are of two categories."""
        label = model._meta.label
        kinds = {category_of(label)} | ({DataCategory.ORGANISATION} if model is Affiliation else set())
        return label in CATEGORIES and kinds <= self.categories

    @property
    def fields(self) -> dict[str, object]:
        """The fields of the contact that are emptied with these categories, and what empty is."""
        label = Contact._meta.label
        found: dict[str, object] = {}
        for name in Contact.personal_data.personal:
            if name not in KEPT_FIELDS and category_of(label, name) in self.categories:
                field = Contact._meta.get_field(name)
                found[name] = [] if name == "topics" else None if field.null else ""
        return found

    @property
    def leaves_marketing(self) -> bool:
        """Whether the marketing register ends too: it does unless some of its data must be kept."""
        needed = {DataCategory.INTERESTS, DataCategory.ACTIVITY}
        return not any(one.category in needed for one in self.kept)


def plan(asked: AskedRight) -> Plan:
    """The plan as it stands: whoever is confirmed, and the outcomes."""
    return Plan(tuple(confirmed(asked)), tuple(decided(asked)))


@register(Right.ERASURE)
class Erasure(Telling):
    """A second person approves; then it is carried out, certified, and the recipients are told."""

    level = Level.FACT
    four_eyes = True
    told_that = "recipient_erased"
    told_because = NoticeReason.ERASED
    changes = frozenset({"erase"})
    grounds = (
        Ground.NOT_NEEDED,
        Ground.WITHDRAWN,
        Ground.OBJECTED,
        Ground.UNLAWFUL,
        Ground.MUST_ERASE,
        Ground.CHILD,
    )
    titles = {
        **Telling.titles,
        "erase": gettext_lazy("Erase what was granted"),
        "certificate": gettext_lazy("Write the certificate of the erasure"),
    }

    def level_for(self, asked: AskedRight) -> Level:
        """Marketing data alone needs the address; the customer register a fact as well."""
        people = confirmed(asked)
        if people and not Affiliation.objects.filter(contact__in=people).exists():
            return Level.ADDRESS
        return Level.FACT

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """What goes, what stays and why, and what stands in the way."""
        made = plan(asked)
        if not made.contacts:
            return
        standing = on_request.bars(made.ids, at)
        if standing:
            reasons = "; ".join(str(SENTENCES[one][1]) for one in sorted(standing))
            yield _("This cannot be carried out yet: the contact %(reasons)s.") % {"reasons": reasons}
        is_held = Bar.LEGAL_HOLD in standing
        if is_held and active_holds(local_date(at)).filter(contact__among=made.ids, is_secret=True).exists():
            yield _("A hold must stay secret: the law forbids to mention it to the person, in a refusal as well.")
        yield from _removed(made)
        for one in made.kept:
            yield _("Kept: %(category)s. %(reason)s: %(why)s") % {
                "category": one.get_category_display(),
                "reason": one.get_reason_display(),
                "why": one.justification,
            } + (" " + _("Until %(day)s.") % {"day": date_format(one.keep_until_on)} if one.keep_until_on else "")
        yield from who_is_told(asked)
        yield _("The suppression list and the proof of consents and objections stay, without a name.")
        yield _("Backups expire within %(days)s days; after a restore the erasure is carried out again.") % {
            "days": BACKUP_DAYS
        }

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """Erase and certify once it is approved."""
        return [Step("erase", after_approval=True), Step("certificate", after_approval=True)]

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Erase, or certify what was erased. Whom a rule has erased meanwhile is erased as they asked (E31).

        Raises BarredError while anything stands in the way, and where the person is gone whose data was kept in part.
        """
        if task.kind == "certificate":
            return certify(task.asked, at, actor)
        made = plan(task.asked)
        if made.is_whole and not made.contacts and was_known(task.asked):
            return {}
        if made.is_whole:
            removed, _run = on_request.erase_all(made.ids, at, actor, batch=task.asked.request_id)
            removed.pop(RecipientNotice._meta.label, None)  # what was queued is not what was removed
            return dict(removed)
        return self._in_part(task.asked, made, at, actor)

    def _in_part(self, asked: AskedRight, made: Plan, at: datetime, actor: Actor) -> dict[str, int]:
        removed = on_request.erase_parts(made.ids, made.models, made.fields, at, actor, batch=asked.request_id)
        members = [one.pk for one in made.contacts if one.in_marketing]
        if members and made.leaves_marketing:
            removed += leave_marketing(members, local_date(at), at, actor, asked.request_id)
        removed["fields"] = len(made.fields)
        _keep(asked, made, at, actor)
        return dict(+removed)


def _removed(made: Plan) -> Iterator[str]:
    """What goes, in sentences with counts."""
    if made.is_whole:
        found = on_request.counts(made.ids)
        people = len(made.contacts)
        text = ngettext("%(count)s record is erased whole", "%(count)s records are erased whole", people)
        rows = ", ".join(f"{table}: {count}" for table, count in in_words(found))
        yield f"{text % {'count': people}} ({rows})."
        return
    names = {one.name: str(one.verbose_name) for one in Contact._meta.local_concrete_fields}
    if made.fields:
        yield _("Fields emptied: %(fields)s.") % {"fields": ", ".join(names[name] for name in made.fields)}
    links = {model: data.subject for model, data in linked_models()}
    going = {model: model._base_manager.filter(**{f"{links[model]}__in": made.contacts}) for model in made.models}
    for model, count in counts(going).items():
        yield _("Rows deleted: %(table)s, %(count)s.") % {"table": model._meta.verbose_name_plural, "count": count}
    if made.leaves_marketing and any(one.in_marketing for one in made.contacts):
        yield _("The contact leaves the marketing register, and its data goes.")


def _keep(asked: AskedRight, made: Plan, at: datetime, actor: Actor) -> None:
    """What must be kept for claims or by law does not go by a rule either: a hold, for a year at most at a time."""
    ends = [one.keep_until_on for one in made.kept if one.reason in HELD_FOR and one.keep_until_on]
    on = local_date(at)
    if ends and max(ends) > on:
        until = min(max(ends), add_months(on, HOLD_MAX_MONTHS))
        for contact in made.contacts:
            place(contact, asked.request.reference, until, actor, at, owner=_("Privacy office"))
