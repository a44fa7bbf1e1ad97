"""`manage.py remove_second_factors USERNAME`: for whoever has lost them, when no officer can sign in to do it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.models import Actor, User
from config.sign_in.recovery import remove_factors


class Command(BaseCommand):
    help = "Remove the second factors of an account, end its sessions and tell the person; it is in the audit trail."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="the account's user name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            number = remove_factors(User.objects.get(username=options["username"]), Actor.command())
        except User.DoesNotExist:
            raise CommandError(_("There is no account of this name.")) from None
        except ValueError as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(_("Removed: %(number)s. The next sign-in sets up a new second factor.") % {"number": number})
