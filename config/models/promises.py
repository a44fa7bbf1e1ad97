"""How each clause of the policy stood when it was last looked at, and since when it has stood so."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from config.policy.clauses import BY_ID, Clause
from config.policy.controls import LABELS


class PromiseState(models.Model):
    """One clause on the promise board, written by `config.board.check` alone.

    `evidence` is what the controls said, by language: sentences of counts, never of names. `since_at` is when the state
    began: as the control says, or the first check that found it.
    """

    clause = models.CharField(_("clause"), max_length=8, primary_key=True)
    position = models.PositiveSmallIntegerField(editable=False)
    state = models.CharField(_("state"), max_length=10, choices=[(one.value, label) for one, label in LABELS.items()])
    evidence = models.JSONField(_("evidence"), default=dict)
    url = models.CharField(max_length=300, blank=True)
    since_at = models.DateTimeField(_("since"))
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        """In the policy's order."""

        verbose_name = _("promise of the policy")
        verbose_name_plural = _("promises of the policy")
        ordering = ["position"]

    def __str__(self) -> str:
        return self.clause

    @property
    def published(self) -> Clause:
        """The clause as the policy publishes it."""
        return BY_ID[self.clause]

    @property
    def words(self) -> str:
        """What the controls said, in the language of the reader."""
        return str(self.evidence.get(get_language() or "en") or self.evidence.get("en", ""))
