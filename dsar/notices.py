"""What follows in a case when a recipient was told: its step is done, whichever page recorded it (Art. 19)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from config.models import Actor
from consent.models import Recipient
from dsar import execution, workflow
from dsar.models import ExecutionTask, RightsRequest
from dsar.models.decisions import TaskState
from dsar.rights import procedure_of
from dsar.rights.telling import TELL, Telling


def recipient_told(recipient: Recipient, at: datetime, actor: Actor, **_signal: Any) -> None:
    """Finish every step that has nothing left to tell this recipient; in the transaction that recorded it.

    A step that a clerk is finishing at this moment is left to them. An approved answer that waited for nothing else
    leaves then.
    """
    waiting = ExecutionTask.objects.filter(kind=TELL, target=recipient.pk, state=TaskState.PENDING)
    steps = waiting.filter(asked__request__closed_at__isnull=True).select_related("asked__request")
    for step in steps.select_for_update(of=("self",), skip_locked=execution.skips()).order_by("pk"):
        procedure = procedure_of(step.asked.right)
        if isinstance(procedure, Telling) and not procedure.owed(step.asked).filter(recipient=recipient).exists():
            execution.finish(step, at, actor)
            workflow.release_answer(RightsRequest.objects.get(pk=step.asked.request_id), at)
