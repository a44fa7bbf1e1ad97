"""What Celery runs for the rights desk. The database is the queue of record; a message only says "go and look"."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task

from config.dates import now
from config.models import Actor
from dsar import answers, correspondence, delivery, execution, flood, forgetting, intake, reminders, waiting, workflow
from dsar.models import Message, RightsRequest

LOST = timedelta(minutes=2)
"""A request from the form that nobody looked for after this: the message to the worker was lost."""


@shared_task
def search(request: str) -> None:
    """Look for whoever sent the public form."""
    intake.look(UUID(request), now())


@shared_task
def deliver(message: str) -> None:
    """Mail one message; an answer that has left closes its case."""
    at = now()
    correspondence.deliver(UUID(message), at)
    for request in Message.objects.filter(pk=message).values_list("request_id", flat=True):
        answers.close(request, at, Actor.task())


@shared_task
def carry_out(request: str) -> None:
    """Do the steps of one case that may be done now; with the last one an approved answer leaves."""
    at = now()
    execution.run(UUID(request), at, Actor.task())
    for case in RightsRequest.objects.filter(pk=request):
        workflow.release_answer(case, at)


@shared_task
def mail_code(package: str) -> None:
    """Mail the one-time code of a package."""
    delivery.mail_code(UUID(package))


@shared_task
def tick() -> None:
    """Take up what a crash or a lost message left, remind whoever is to be reminded, and forget what is over."""
    at = now()
    execution.recover(at)
    for request in intake.not_searched(at - LOST):
        search.delay(str(request))
    for message in correspondence.waiting():
        deliver.delay(str(message))
    for request in set(execution.runnable().values_list("asked__request_id", flat=True)):
        carry_out.delay(str(request))
    for request in answers.answered():
        answers.close(request, at, Actor.task())
    waiting.tidy(at)
    reminders.remind(at)
    forgetting.tidy(at)
    flood.tidy(at)
    delivery.expire(at)
