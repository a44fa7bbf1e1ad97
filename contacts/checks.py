"""No table, field or link forgotten: Obhut does not start while a model is undeclared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import PROTECT, ForeignKey, Model, UniqueConstraint

from contacts.personal_data import OnErasure, OnMerge, PersonalData, declaration


@register("personal_data")
def every_model_is_declared(app_configs: Sequence[AppConfig] | None = None, **_kwargs: Any) -> list[CheckMessage]:
    """Refuse a model, field or relation to Contact that no declaration covers (Art. 25, 30)."""
    models = apps.get_models(include_auto_created=True)
    return [
        problem for model in models if model._meta.managed and not model._meta.proxy for problem in check_model(model)
    ]


def check_model(model: type[Model]) -> Iterator[CheckMessage]:
    """The problems of one model's declaration."""
    data = declaration(model)
    if data is None:
        yield Error(
            "This model does not declare its personal data.",
            hint="Add `personal_data = PersonalData(...)` to the model; see contacts/personal_data.py.",
            obj=model,
            id="obhut.E001",
        )
        return
    yield from _check_fields(model, data)
    yield from _check_links(model, data)
    if data.on_erasure is not OnErasure.DELETE and not data.reason:
        yield Error("Rows that outlive the person need a reason.", obj=model, id="obhut.E005")
    yield from _check_merging(model, data)


def _check_merging(model: type[Model], data: PersonalData) -> Iterator[CheckMessage]:
    """Rows about a contact must know what becomes of them when two contacts turn out to be one."""
    if (data.subject or data.digest or data.id_as_text) and data.on_merge is None:
        yield Error(
            "Rows about a contact need to say what merging two contacts does to them.",
            hint="Add `on_merge=OnMerge...`; see contacts/personal_data.py.",
            obj=model,
            id="obhut.E006",
        )
    if (
        data.on_merge is OnMerge.MOVE
        and data.on_clash is None
        and any(True for _others in unique_sets(model, data.subject))
    ):
        yield Error(
            f"A unique constraint holds {data.subject!r}: say with `on_clash` what becomes of two such rows.",
            obj=model,
            id="obhut.E007",
        )


def unique_sets(model: type[Model], link: str) -> Iterator[tuple[str, ...]]:
    """The other fields of each unique constraint that holds the link to the contact."""
    for field in model._meta.local_concrete_fields:
        if field.name == link and field.unique:
            yield ()
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and link in constraint.fields:
            yield tuple(name for name in constraint.fields if name != link)


def _check_fields(model: type[Model], data: PersonalData) -> Iterator[CheckMessage]:
    declared = [*data.personal, *data.organisational, *data.technical]
    actual = {field.name for field in model._meta.local_concrete_fields}
    for name in sorted(actual - set(declared)):
        yield Error(f"The field {name!r} is not declared.", obj=model, id="obhut.E002")
    for name in sorted(set(declared) - actual):
        yield Error(f"The declared field {name!r} does not exist.", obj=model, id="obhut.E003")
    for name in sorted({name for name in declared if declared.count(name) > 1}):
        yield Error(f"The field {name!r} is declared twice.", obj=model, id="obhut.E003")


def _check_links(model: type[Model], data: PersonalData) -> Iterator[CheckMessage]:
    for field in model._meta.local_concrete_fields:
        if not isinstance(field, ForeignKey) or field.related_model._meta.label != "contacts.Contact":
            continue
        if field.name not in data.links:
            yield Error(f"The link {field.name!r} to Contact is not the declared subject.", obj=model, id="obhut.E004")
        elif field.remote_field.on_delete is not PROTECT and getattr(field, "db_constraint", True):
            yield Error(
                f"The link {field.name!r} must be PROTECT: only erasure removes a person.", obj=model, id="obhut.E004"
            )
