"""`manage.py prepare`: everything between an empty database and a server that can start; harmless to repeat."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from config import board
from config.dates import now
from config.models import Actor, User
from config.roles import create_roles, seed_controller, seed_example_subsidiaries
from dsar.demo.accounts import logins


class Command(BaseCommand):
    """Migrate, create the roles and the controller record; with DEBUG also demo data, the first time."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """There is nothing to choose."""
        parser.description = _(
            "Migrate the database, create the roles and the controller record; with DEBUG also demo data, once."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare the database. With DEBUG off no account is created: it is said how to create the first one."""
        call_command("migrate", interactive=False, verbosity=0)
        create_roles()
        seed_controller()
        self.stdout.write(_("The database is migrated; the roles and the controller record are there."))
        if settings.DEBUG:
            self._demo()
        elif not User.objects.exists():
            self.stdout.write(_("There is no account yet. Create the first one: python manage.py createsuperuser"))
        if board.is_stale(board.last_checked(), now()):
            board.check(now(), Actor.command())
        self.stdout.write(_("Sign in at %(address)s") % {"address": f"{settings.BASE_URL}/admin/"})

    def _demo(self) -> None:
        """Demo data into a database without any account; else say again how to sign in."""
        seed_example_subsidiaries()
        if not User.objects.exists():
            call_command("demo_data", stdout=self.stdout)
        elif known := logins():
            self.stdout.write(known)
