"""No table, field or link forgotten: Obhut does not start while a model is undeclared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db.models import PROTECT, ForeignKey, Model

from contacts.personal_data import OnErasure, PersonalData, declaration


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
        if field.name != data.subject:
            yield Error(f"The link {field.name!r} to Contact is not the declared subject.", obj=model, id="obhut.E004")
        elif field.remote_field.on_delete is not PROTECT and getattr(field, "db_constraint", True):
            yield Error(
                f"The link {field.name!r} must be PROTECT: only erasure removes a person.", obj=model, id="obhut.E004"
            )
