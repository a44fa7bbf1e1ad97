"""Indexes for the permission rule, and proof of what leaves the suppression list."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0002_why_we_may"),
        ("contacts", "0003_digests_of_known_contacts"),
    ]

    operations = [
        migrations.CreateModel(
            name="SuppressionRemoval",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "identifier",
                    models.CharField(
                        choices=[("email", "e-mail address"), ("phone", "phone number"), ("domain", "domain")],
                        max_length=6,
                        verbose_name="identifier",
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="keyed digest")),
                ("digest_version", models.PositiveSmallIntegerField(verbose_name="key version")),
                ("purpose", models.CharField(blank=True, max_length=40, verbose_name="purpose, empty for all")),
                ("channel", models.CharField(blank=True, max_length=8, verbose_name="channel, empty for all")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("objection", "objection"),
                            ("withdrawal", "withdrawal of consent"),
                            ("complaint", "complaint"),
                            ("hard_bounce", "address does not exist"),
                            ("staff", "entered by staff"),
                        ],
                        max_length=12,
                        verbose_name="reason",
                    ),
                ),
                (
                    "authority",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "machine"), (2, "staff"), (3, "the person")], verbose_name="on the word of"
                    ),
                ),
                ("since_at", models.DateTimeField(verbose_name="since")),
                ("removed_at", models.DateTimeField(verbose_name="removed at")),
                ("actor_id", models.UUIDField(editable=False, null=True, verbose_name="removed by")),
                ("method", models.CharField(max_length=40, verbose_name="how the person asked")),
            ],
            options={
                "verbose_name": "removal from the suppression list",
                "verbose_name_plural": "removals from the suppression list",
                "ordering": ["-removed_at"],
            },
        ),
        migrations.AlterField(
            model_name="consent",
            name="contact",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consents",
                to="contacts.contact",
            ),
        ),
        migrations.AddIndex(
            model_name="consent",
            index=models.Index(fields=["contact", "purpose", "channel", "-occurred_at"], name="consent_in_force"),
        ),
    ]
