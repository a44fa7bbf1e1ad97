"""Figures of the home page that take long to count in a large register."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext_lazy as _


class CountedFigure(models.Model):
    """What a worker counted for the day `on` at the moment `counted_at`: numbers, about nobody."""

    name = models.CharField(max_length=100)
    on = models.DateField()
    value = models.JSONField(encoder=DjangoJSONEncoder)
    counted_at = models.DateTimeField()

    class Meta:
        """One row for each figure and day."""

        verbose_name = _("counted figure")
        verbose_name_plural = _("counted figures")
        constraints = [models.UniqueConstraint(fields=["name", "on"], name="figure_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.on}"
