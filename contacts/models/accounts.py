"""References to accounts of contacts in our systems (S31): never a password."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.language import called
from contacts.models.organisations import Organisation
from contacts.models.people import Contact
from contacts.personal_data import OnErasure, OnMerge, PersonalData, Register


class SystemAccount(models.Model):
    """An account a contact has in one of our systems on behalf of an organisation, by reference."""

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, models.PROTECT, related_name="system_accounts")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="system_accounts")
    system = models.CharField(_("system"), max_length=100)
    login = models.CharField(_("account"), max_length=200)
    last_login_at = models.DateTimeField(_("last login"), null=True, blank=True)

    personal_data = PersonalData(
        OnErasure.DELETE,
        subject="contact",
        on_merge=OnMerge.MOVE,
        register=Register.CUSTOMER,
        personal=("login", "last_login_at"),
        technical=("id", "contact", "organisation", "system"),
    )

    class Meta:
        """One account of a name in each system."""

        verbose_name = _("system account")
        verbose_name_plural = _("system accounts")
        constraints = [models.UniqueConstraint(fields=["system", "login"], name="system_account_once")]

    def __str__(self) -> str:
        return called(self)
