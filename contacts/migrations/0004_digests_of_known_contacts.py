"""Contacts recorded before the digests of domain and number were kept get theirs."""

from typing import Any

from django.db import migrations

from config import keys


def fill(apps: Any, schema_editor: Any) -> None:
    Contact = apps.get_model("contacts", "Contact")
    fresh = []
    for contact in Contact.objects.only("email_key", "phone").iterator(chunk_size=2000):
        domain = (contact.email_key or "").rpartition("@")[2]
        contact.domain_digest = keys.digest(domain) if domain else ""
        contact.phone_digest = keys.digest(contact.phone) if contact.phone else ""
        fresh.append(contact)
        if len(fresh) == 2000:
            Contact.objects.bulk_update(fresh, ["domain_digest", "phone_digest"])
            fresh.clear()
    Contact.objects.bulk_update(fresh, ["domain_digest", "phone_digest"])


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_digests_of_domain_and_phone")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
