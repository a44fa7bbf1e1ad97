"""`manage.py import_engagements FILE`."""

from consent.management.importing import ImportCommand
from consent.models.airlock import ImportKind


class Command(ImportCommand):
    """Import engagements through the airlock."""

    help = "Import engagements from CSV, XLSX or JSON Lines."
    kind = ImportKind.ENGAGEMENTS
