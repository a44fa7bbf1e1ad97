"""Objection on own grounds (Art. 21(1), S119): restricted while it is weighed, then upheld or outweighed.

From the moment we know who objects the processing is restricted (Art. 18(1)(d)). The outcome is the weighing; the
restriction ends with the answer, which tells the person so beforehand (Art. 18(3)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.models import Actor
from consent import objections, restrictions
from consent.models import Balancing, Objection, Restriction
from consent.models.objections import BalancingResult, ObjectionGround
from dsar.models import AskedRight, ExecutionTask, Match, Message, Outcome
from dsar.models.correspondence import Direction
from dsar.models.decisions import DataCategory, Decision
from dsar.models.matches import MatchState
from dsar.models.requests import Right
from dsar.rights.procedures import Procedure, Step, register


@register(Right.OBJECTION)
class OwnGrounds(Procedure):
    """One weighing for what the person objects to."""

    titles = {"uphold": gettext_lazy("End the processing that was objected to")}

    def categories(self, asked: AskedRight) -> Sequence[DataCategory]:
        """One outcome: granted upholds the objection, refused means that compelling grounds outweigh it."""
        return [DataCategory.CHOICES]

    def confirmed(self, asked: AskedRight, contact: UUID, at: datetime, actor: Actor) -> None:
        """The objection is on record, and the processing stands still until it is weighed."""
        if not raised(asked).filter(contact=contact).exists():
            said = _statement(asked)
            objections.on_own_grounds(
                contact, at, statement=said, method=asked.request.reference, actor=actor, purpose=asked.purpose
            )

    def preview(self, asked: AskedRight, at: datetime) -> Iterable[str]:
        """What each outcome brings."""
        yield _("The processing is restricted until the objection has been weighed.")
        yield _("Upheld: whatever rests on our interests ends; the data may be erased under Art. 17(1)(c).")
        yield _("Outweighed: the restriction is lifted after our answer has told the person.")

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """Recording that it is upheld; one that is outweighed is recorded when the answer has left."""
        return [Step("uphold")]

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Record the weighing in favour of the person, for each record."""
        return {"objections": _weigh(task.asked, BalancingResult.UPHELD, _grounds(task.asked), at, actor)}

    def closed(self, asked: AskedRight, at: datetime, actor: Actor) -> None:
        """Once the answer has told the person: an outweighed objection is recorded as such, and restrictions end.

        What was stored aside meanwhile rested on our interests: it is dropped where the objection is upheld.
        """
        request = asked.request
        if request.answered_at is None or not asked.outcomes.exists():
            return
        if asked.outcomes.filter(decision=Decision.REFUSED).exists():
            _weigh(asked, BalancingResult.OVERRIDDEN, _grounds(asked), at, actor)
        overridden = Balancing.objects.filter(result=BalancingResult.OVERRIDDEN)
        mine = Restriction.objects.filter(objection__in=raised(asked), lifted_at__isnull=True, contact__isnull=False)
        for one in mine.filter(objection__balancing__isnull=False).annotate(
            outweighed=Exists(overridden.filter(objection=OuterRef("objection")))
        ):
            restrictions.told(one, request.answered_at, actor=actor)
            restrictions.lift(one, at, actor=actor, take_in=one.outweighed)
        AskedRight.objects.filter(pk=asked.pk, done_at__isnull=True).update(done_at=at)


def raised(asked: AskedRight) -> QuerySet[Objection, Objection]:
    """The objections on record that this request raised."""
    mine = Match.objects.filter(request=asked.request_id, state=MatchState.CONFIRMED, contact__isnull=False)
    return Objection.objects.filter(
        ground=ObjectionGround.OWN_SITUATION, method=asked.request.reference, contact__in=mine.values("contact")
    )


def _weigh(asked: AskedRight, result: BalancingResult, grounds: str, at: datetime, actor: Actor) -> int:
    """Record the decision about each objection that has none yet; returns how many."""
    weighed = Balancing.objects.values("objection")
    waiting = list(raised(asked).exclude(pk__in=weighed))
    for one in waiting:
        objections.balance(one, result, grounds, at, actor=actor)
    return len(waiting)


def _grounds(asked: AskedRight) -> str:
    outcome = Outcome.objects.filter(asked=asked).first()
    return outcome.justification if outcome and outcome.justification else _("No compelling grounds outweigh it.")


def _statement(asked: AskedRight) -> str:
    """What the person said: their own message, which is what will be weighed."""
    first = Message.objects.filter(request=asked.request_id, direction=Direction.IN).first()
    return (
        first.body
        if first and first.body.strip()
        else _("See the request %(reference)s.") % {"reference": asked.request.reference}
    )
