"""The steps of a merge: each is done, written down as plain data, and can be taken back in reverse order.

move     rows change their link to the surviving contact
drop     a row goes, and is kept whole
change   columns of a row get new values; taken back only where nobody has changed them since
create   a row is added
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS
from django.db.models import ForeignKey, Model
from django.db.models.sql import DeleteQuery

from contacts.personal_data import OnMerge, declaration

Step = dict[str, Any]


class Steps:
    """Does steps and writes them down."""

    def __init__(self) -> None:
        self.done: list[Step] = []

    def move(self, model: type[Model], link: str, rows: Iterable[Any], *, old: Any, new: Any) -> None:
        """Let rows, given by their keys, point to another contact."""
        keys = list(rows)
        if keys:
            model._base_manager.filter(pk__among=keys).update(**{link: new})
            self._note("move", model, link=link, keys=[_plain(key) for key in keys], old=str(old), new=str(new))

    def drop(self, row: Model) -> None:
        """Delete a row; the database refuses while another one still points to it.

        Django would first ask each of two dozen tables whether it does.
        """
        self._note("drop", type(row), row=packed(row))
        DeleteQuery(type(row)).delete_batch([row.pk], DEFAULT_DB_ALIAS)

    def change(self, row: Model, values: Mapping[str, Any]) -> None:
        """Give columns of a row new values, past whatever `save` would do."""
        before = packed(row, values)
        type(row)._base_manager.filter(pk=row.pk).update(**values)
        for name, value in values.items():
            setattr(row, name, value)
        after = packed(row, values)
        names = [name for name in before if before[name] != after[name]]
        if names:
            old, new = ({name: side[name] for name in names} for side in (before, after))
            self._note("change", type(row), key=_plain(row.pk), before=old, after=new)

    def create(self, row: Model) -> None:
        """Add a row."""
        row.save(force_insert=True)
        self._note("create", type(row), key=_plain(row.pk))

    def _note(self, kind: str, model: type[Model], **more: Any) -> None:
        self.done.append({"step": kind, "model": model._meta.label, **more})

    def counts(self, kind: str) -> dict[str, int]:
        """How many rows steps of one kind have touched, by the model's label."""
        found: dict[str, int] = {}
        for step in self.done:
            if step["step"] == kind:
                found[step["model"]] = found.get(step["model"], 0) + len(step.get("keys", (1,)))
        return found


def changed(steps: Iterable[Step], row: Model) -> set[str]:
    """The fields of a row that these steps have given another value, and that taking them back changes again."""
    of_row = {"step": "change", "model": row._meta.label, "key": _plain(row.pk)}
    columns = [name for step in steps if of_row.items() <= step.items() for name in step["before"]]
    return {row._meta.get_field(name).name for name in columns}


def take_back(steps: Iterable[Step]) -> None:
    """Undo steps, the last one first; a row that has gone by its own clock since does not come back."""
    for step in reversed(list(steps)):
        _BACK[step["step"]](apps.get_model(step["model"]), step)


def _move_back(model: type[Model], step: Step) -> None:
    rows = model._base_manager.filter(pk__among=step["keys"], **{step["link"]: step["new"]})
    rows.update(**{step["link"]: step["old"]})


def _put_back(model: type[Model], step: Step) -> None:
    """Store a dropped row byte for byte, unless what it belongs to has gone; what was computed since gives way."""
    row = unpacked(model, step["row"])
    declared = declaration(model)
    if declared is not None and declared.on_merge is OnMerge.DERIVED:
        model._base_manager.filter(pk=row.pk).delete()
    links = [field for field in model._meta.local_concrete_fields if isinstance(field, ForeignKey)]
    if all(_is_there(field, getattr(row, field.attname)) for field in links):
        row.save_base(raw=True, force_insert=True)


def _is_there(field: ForeignKey[Any, Any], key: Any) -> bool:
    return key is None or bool(field.related_model._base_manager.filter(pk=key).exists())


def _change_back(model: type[Model], step: Step) -> None:
    row = model._base_manager.select_for_update().filter(pk=step["key"]).first()
    if row is None:
        return
    now = packed(row, step["after"])
    unchanged = {name: value for name, value in step["before"].items() if now[name] == step["after"][name]}
    if unchanged:
        model._base_manager.filter(pk=row.pk).update(**values_of(model, unchanged))


def _remove_again(model: type[Model], step: Step) -> None:
    model._base_manager.filter(pk=step["key"]).delete()


_BACK = {"move": _move_back, "drop": _put_back, "change": _change_back, "create": _remove_again}


# Rows as plain data -------------------------------------------------------------------------------------------------


def packed(row: Model, names: Iterable[str] | None = None) -> dict[str, Any]:
    """A row's columns, or the named ones, as data that JSON can hold without losing a microsecond."""
    fields: list[Any] = list(row._meta.local_concrete_fields)
    if names is not None:
        fields = [row._meta.get_field(name) for name in names]
    return {field.attname: _packed(field, row) for field in fields if not field.generated}


def _packed(field: Any, row: Model) -> Any:
    value = field.value_from_object(row)
    return None if value is None else field.value_to_string(row)


def values_of(model: type[Model], data: Mapping[str, Any]) -> dict[str, Any]:
    """Packed columns as Python values."""
    fields = {field.attname: field for field in model._meta.local_concrete_fields}
    return {name: _value(fields[name], value) for name, value in data.items()}


def unpacked(model: type[Model], data: Mapping[str, Any]) -> Model:
    """A row out of its packed columns, not yet stored."""
    return model(**values_of(model, data))


def _value(field: Any, value: Any) -> Any:
    if value is None:
        return None
    return (field.target_field if isinstance(field, ForeignKey) else field).to_python(value)


def _plain(key: Any) -> Any:
    return key if isinstance(key, int) else str(key)
