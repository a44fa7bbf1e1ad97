"""`manage.py demo_data`: invented people, companies and agreements for trying Obhut out."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.dates import now
from consent.links import preferences_link
from contacts.models import Contact
from dsar import demo
from dsar.demo.accounts import logins


class Command(BaseCommand):
    """Fill an empty register with demo data and print the demo logins; changes nothing the second time."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many people, and the seed of chance."""
        parser.description = _("Fill an empty register with invented people, companies and agreements. Needs DEBUG.")
        parser.add_argument("--contacts", type=int, default=600, metavar="N", help=_("how many people, at least 100"))
        parser.add_argument("--seed", type=int, default=7, help=_("the same seed invents the same people"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Write demo data. Raises CommandError with DEBUG off, or when the register holds other contacts."""
        if not settings.DEBUG:
            raise CommandError(
                _("Demo data have a published password and are refused while DEBUG is off. Nothing was written.")
            )
        if demo.is_filled():
            self.stdout.write(_("Demo data are there already. Nothing was changed."))
            return
        if Contact.objects.exists():
            raise CommandError(
                _("The register holds contacts already. Demo data go into an empty database only; nothing was written.")
            )
        self._fill(options["contacts"], options["seed"])

    def _fill(self, contacts: int, seed: int) -> None:
        if contacts < demo.FEWEST:
            raise CommandError(_("The demo needs at least %(fewest)s contacts.") % {"fewest": demo.FEWEST})
        written = demo.fill(now(), contacts, seed)
        self.stdout.write(
            _(
                "Invented %(contacts)s contacts at %(organisations)s organisations, with %(agreements)s agreements and "
                "%(engagements)s engagements. The first retention run erased %(erased)s of them."
            )
            % {
                "contacts": written["contacts.Contact"],
                "organisations": written["contacts.Organisation"],
                "agreements": written["contacts.Agreement"],
                "engagements": written["contacts.Engagement"],
                "erased": written["erased"],
            }
        )
        person = Contact.objects.filter(in_marketing=True).exclude(email="").order_by("pk").first()
        if person is not None:
            self.stdout.write(_("Preferences of one of them: %(address)s") % {"address": preferences_link(person)})
        self.stdout.write(logins())
