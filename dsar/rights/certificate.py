"""The certificate of an erasure (Art. 5(2), 17): what was deleted, what was kept, why. It names nobody."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

import typst
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.dates import add_days, local_date
from config.models import Actor, Controller
from config.policy.periods import BACKUP_DAYS
from dsar import attachments, letters
from dsar.counted import in_words
from dsar.models import AskedRight, ExecutionTask, Message, Outcome
from dsar.models.correspondence import MessageKind
from dsar.models.decisions import Decision, TaskState

LAYOUT: Final = Path(__file__).parent.parent / "package" / "answer.typ"


def certify(asked: AskedRight, at: datetime, actor: Actor) -> dict[str, int]:
    """Write the certificate from what the erasure step recorded, and attach it to the answer. Returns its size.

    Raises LookupError when nothing has been erased.
    """
    done = ExecutionTask.objects.filter(
        asked=asked, kind="erase", state=TaskState.DONE, round=asked.request.round
    ).first()
    if done is None or done.finished_at is None:
        raise LookupError("Nothing has been erased.")
    with letters.speaking(asked.request) as language:
        content = _pdf(asked, done.result, done.finished_at, language)
    answer = Message.objects.filter(request=asked.request, kind=MessageKind.ANSWER, round=asked.request.round).last()
    name = f"{asked.request.reference}-erasure.pdf"
    file = attachments.store(asked.request, name, content, at, actor, kind="application/pdf", message=answer)
    return {"bytes": file.size}


def _pdf(asked: AskedRight, removed: dict[str, int], erased_at: datetime, language: str) -> bytes:
    controller, outcomes = Controller.objects.get(), Outcome.objects.filter(asked=asked)
    deleted = [one for one in outcomes if one.decision == Decision.GRANTED]
    kept = [one for one in outcomes if one.decision == Decision.REFUSED]
    on = local_date(erased_at)
    data = {
        "title": _("Certificate of erasure"),
        "language": language,
        "author": controller.name,
        "lines": [
            controller.name,
            _("Request %(reference)s, erased on %(day)s")
            % {"reference": asked.request.reference, "day": date_format(on)},
        ],
        "sections": [
            {
                "title": _("Deleted"),
                "article": "17(1)",
                "sentences": [],
                "headers": [_("Category"), _("Ground")],
                "rows": [[one.get_category_display(), one.get_ground_display()] for one in deleted],
            },
            {
                "title": _("Rows deleted by table"),
                "article": "17",
                "sentences": [],
                "headers": [_("Table"), _("Rows")],
                "rows": [[table, count] for table, count in in_words(removed)],
            },
            {
                "title": _("Kept"),
                "article": "17(3)",
                "sentences": [
                    _("Where your address is on the list of addresses that get no advertising, it stays there as a "
                      "keyed digest. Proof of your consents and objections stays without your name."),
                    _("Backups that still hold the data expire by %(day)s; after a restore the erasure is carried out "
                      "again.") % {"day": date_format(add_days(on, BACKUP_DAYS))},
                ],
                "headers": [_("Category"), _("Why"), _("Until")],
                "rows": [
                    [
                        one.get_category_display(),
                        one.get_reason_display(),
                        date_format(one.keep_until_on) if one.keep_until_on else "–",
                    ]
                    for one in kept
                ],
            },
        ],
        "tables": [],
    }  # fmt: skip
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    return bytes(typst.compile(LAYOUT.read_bytes(), sys_inputs=inputs, pdf_standards=["ua-1"]))
