"""`manage.py import_contacts FILE`."""

from consent.management.importing import ImportCommand
from consent.models.airlock import ImportKind


class Command(ImportCommand):
    """Import contacts through the airlock."""

    help = "Import contacts from CSV, XLSX or JSON Lines."
    kind = ImportKind.CONTACTS
