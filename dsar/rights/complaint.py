"""Complaint about our processing (S137; Art. 77): looked into and answered, the authority named in any case."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from dsar.models import AskedRight
from dsar.models.decisions import DataCategory
from dsar.models.requests import Right
from dsar.rights.procedures import Listening, Step, register


@register(Right.COMPLAINT)
class Complaint(Listening):
    """One outcome: justified, or not. What follows from a justified one is done by hand."""

    titles = {"remedy": _("Put right what the complaint is about, and note what was done")}

    def categories(self, asked: AskedRight) -> Sequence[DataCategory]:
        """One outcome."""
        return [DataCategory.CHOICES]

    def steps(self, asked: AskedRight) -> Sequence[Step]:
        """Something was wrong: it is put right."""
        return [Step("remedy", by_hand=True)]
