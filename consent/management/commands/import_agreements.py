"""`manage.py import_agreements FILE`."""

from consent.management.importing import ImportCommand
from consent.models.airlock import ImportKind


class Command(ImportCommand):
    """Import agreements through the airlock."""

    help = "Import agreements from CSV, XLSX or JSON Lines."
    kind = ImportKind.AGREEMENTS
