"""What the desk asks of a right: who may ask for it, what it can concern, which steps carry it out.

A module of this package subclasses `Procedure` and registers an instance:

    @register(Right.PORTABILITY)
    class Portability(Procedure):
        level = Level.FACT
        def steps(self, asked): return [Step("package")]
        def execute(self, task, at, actor): ...

The desk calls nothing else: `preview` for the page, `begin` in the transaction that starts carrying out, `execute` for
one step in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from config.models import Actor
from dsar.models import AskedRight, ExecutionTask
from dsar.models.decisions import DataCategory, Ground
from dsar.models.matches import Level
from dsar.models.requests import Right
from dsar.package.holding import Holding


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a procedure: its name, what it is about (the id of a match or a recipient), and whether by hand.

    What cannot be undone is done `after_approval`, between the second person's approval and the answer. A step is done
    `again` when the case was given back and decided anew: it replaces what it made, or does what was left.
    """

    kind: str
    target: UUID | None = None
    by_hand: bool = False
    after_approval: bool = False
    again: bool = False


class Procedure:
    """A right without a procedure of its own: assessed for every category, carried out by hand.

    `level` is how sure we must be who asks, `four_eyes` whether a second person approves also when it is granted,
    `grounds` the grounds of the law one of which a grant must name, `titles` the sentence for people for each kind of
    step.
    """

    level: ClassVar[Level] = Level.ADDRESS
    four_eyes: ClassVar[bool] = False
    grounds: ClassVar[tuple[Ground, ...]] = ()
    titles: ClassVar[dict[str, Any]] = {"by_hand": _("Carry it out in every system, and note what was done")}

    def level_for(self, asked: AskedRight) -> Level:
        """How sure we must be who asks, for this request."""
        return self.level

    def categories(self, asked: AskedRight) -> Sequence[DataCategory]:
        """The categories of data that need an outcome."""
        return list(DataCategory)

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """What carrying it out will do, in sentences with counts; the same query as `execute`, and writes nothing."""
        return ()

    def confirmed(self, asked: AskedRight, contact: UUID, at: datetime, actor: Actor) -> None:
        """What must hold as soon as a contact is known to be the person; in that transaction, safe to repeat."""

    def begin(self, asked: AskedRight, at: datetime, actor: Actor) -> None:
        """Whatever must hold from the moment the assessment ends, such as a restriction; in that transaction."""

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """The steps, in their order; called once, when the assessment ends."""
        return [Step("by_hand", by_hand=True)]

    def title_of(self, task: ExecutionTask) -> str:
        """What a step is about, for people."""
        return str(self.titles.get(task.kind, task.kind))

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Do one step in the caller's transaction; returns counts. Whatever it raises undoes it and fails the task."""
        raise NotImplementedError(task.kind)

    def finished(self, task: ExecutionTask, at: datetime, actor: Actor) -> None:
        """What follows from a step that is done, by the program or by hand; in that transaction."""

    def closed(self, asked: AskedRight, at: datetime, actor: Actor) -> None:
        """What follows once the answer has left and the case ends; in that transaction."""


PROCEDURES: dict[str, Procedure] = {}


def register(right: Right) -> Callable[[type[Procedure]], type[Procedure]]:
    """Register the class as the procedure of a right."""

    def add(kind: type[Procedure]) -> type[Procedure]:
        PROCEDURES[right] = kind()
        return kind

    return add


class Disclosing(Procedure):
    """Data leaves the house in a package: nobody but the person may get it."""

    level = Level.FACT

    def holding(self, asked: AskedRight, at: datetime) -> Holding:
        """What the package would hold if it were built at that moment; read as for the package."""
        raise NotImplementedError(asked.right)


class Listening(Procedure):
    """Whoever complains is heard."""

    level = Level.NONE


PLAIN = Procedure()


def procedure_of(right: str) -> Procedure:
    """The procedure of a right."""
    return PROCEDURES.get(right, PLAIN)


def packing(asked: AskedRight) -> Disclosing | None:
    """The procedure of a right that hands over a package, while its case is open."""
    procedure = procedure_of(asked.right)
    return procedure if isinstance(procedure, Disclosing) and asked.request.is_open else None
