"""The state table of due dates, generated from the rule; it pre-selects, the live rule decides."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.models import Affiliation, Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData


class RegisterChoice(models.TextChoices):
    """In which registers a contact is."""

    MARKETING = "marketing", _("marketing")
    CUSTOMER = "customer", _("customers and partners")
    BOTH = "both", _("both registers")
    NONE = "none", _("no register")


class DueDate(models.Model):
    """Until when each register has a reason to keep a contact, as known today.

    All three are the last day kept: the rule acts when the day of a run is later. Empty means no end in sight; the
    first day of the calendar means that no clock runs. Not an enforced key, because erasure removes these rows by
    declaration.
    """

    contact = models.OneToOneField(
        Contact, models.DO_NOTHING, primary_key=True, related_name="due", db_constraint=False
    )
    marketing_on = models.DateField(_("marketing register until"), null=True)
    customer_on = models.DateField(_("first customer link until"), null=True)
    erase_on = models.DateField(_("kept until"), null=True)
    register = models.CharField(_("register"), max_length=9, choices=RegisterChoice)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.DERIVED,
        personal=("marketing_on", "customer_on", "erase_on", "register"),
        technical=("contact",),
    )

    class Meta:
        """Runs, lists and the forecast look up by date."""

        verbose_name = _("due date")
        verbose_name_plural = _("due dates")
        indexes = [
            models.Index(fields=["marketing_on"], name="due_marketing"),
            models.Index(fields=["customer_on"], name="due_customer"),
            models.Index(fields=["erase_on"], name="due_erase"),
        ]

    def __str__(self) -> str:
        return str(self.erase_on)


class DataGap(models.Model):
    """A customer link without any agreement whose organisation looks like a customer (E25), with its first listing.

    The link is held back for 30 days from that day, so that bad data does not delete the wrong person.
    """

    affiliation = models.OneToOneField(
        Affiliation, models.DO_NOTHING, primary_key=True, related_name="gap", db_constraint=False
    )
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="gaps")
    first_listed_on = models.DateField(_("first listed on"))

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        technical=("affiliation", "contact", "first_listed_on"),
    )

    class Meta:
        """Wording."""

        verbose_name = _("relationship without agreement")
        verbose_name_plural = _("relationships without agreement")

    def __str__(self) -> str:
        return str(self.first_listed_on)
