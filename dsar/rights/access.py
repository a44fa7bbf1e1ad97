"""Access (Art. 15, S110): the copy and the list of Art. 15(1), as one package behind a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy

from config.dates import local_date
from config.models import Actor
from dsar import delivery, letters
from dsar.models import AskedRight, ExecutionTask
from dsar.models.requests import Right
from dsar.package import formats
from dsar.package.contents import Contents, copy_of, gather
from dsar.package.holding import Holding, part_of
from dsar.rights.people import confirmed
from dsar.rights.procedures import Disclosing, Step, register


@register(Right.ACCESS)
class Access(Disclosing):
    """Everything we hold, but for what was refused; the same gathering for the page that shows it and the package."""

    titles = {"package": gettext_lazy("Build the package of the answer")}

    def holding(self, asked: AskedRight, at: datetime) -> Holding:
        """The copy, and what it leaves out."""
        people = confirmed(asked)
        if not people:
            return Holding((), ())
        _subject, kept, withheld = copy_of(asked, people)
        return Holding(people, [part_of(one) for one in kept], withheld)

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """One package."""
        return [Step("package", again=True)]

    def execute(self, task: ExecutionTask, at: datetime, actor: Actor) -> dict[str, int]:
        """Gather, write down, encrypt; nothing leaves before the answer does."""
        contents = contents_of(task.asked, at)
        if contents is None:
            raise LookupError("Nobody is confirmed to be the person any more.")
        with letters.speaking(task.asked.request):
            content = formats.as_zip(contents)
        built = delivery.build(
            task.asked,
            f"{contents.reference}-access-{local_date(at)}.zip",
            content,
            at,
            actor,
            language=contents.language,
            entries=contents.entries,
            withheld=len(contents.withheld),
        )
        return {"rows": contents.entries, "withheld": len(contents.withheld), "bytes": built.attachment.size}


def contents_of(asked: AskedRight, at: datetime) -> Contents | None:
    """What the answer holds as of `at` (aware), in the language of the case; None when nobody is confirmed."""
    people = confirmed(asked)
    if not people:
        return None
    with letters.speaking(asked.request) as language:
        return gather(asked, people, at, language)
