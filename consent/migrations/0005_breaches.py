"""The register of data breaches (Art. 33(5)), and the register of processing as a page (Art. 30)."""

import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0004_recipients"),
        ("contacts", "0004_digests_of_known_contacts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Breach",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=200, verbose_name="what happened, in a few words")),
                ("natures", models.JSONField(default=list, verbose_name="kinds of breach")),
                ("description", models.TextField(blank=True, verbose_name="what happened")),
                ("began_at", models.DateTimeField(blank=True, null=True, verbose_name="began at")),
                ("aware_at", models.DateTimeField(verbose_name="we became aware at")),
                ("categories", models.JSONField(blank=True, default=list, verbose_name="categories of data")),
                (
                    "people_estimated",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="people concerned, about"),
                ),
                (
                    "records_estimated",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="records concerned, about"),
                ),
                ("consequences", models.TextField(blank=True, verbose_name="likely consequences")),
                ("measures", models.TextField(blank=True, verbose_name="measures taken or proposed")),
                (
                    "risk",
                    models.CharField(
                        blank=True,
                        choices=[("unlikely", "a risk is unlikely"), ("risk", "a risk"), ("high", "a high risk")],
                        max_length=8,
                        verbose_name="risk for the people",
                    ),
                ),
                (
                    "notify_authority",
                    models.BooleanField(editable=False, null=True, verbose_name="the authority is notified"),
                ),
                (
                    "authority_reason",
                    models.TextField(blank=True, editable=False, verbose_name="reason about the authority"),
                ),
                ("notified_at", models.DateTimeField(editable=False, null=True, verbose_name="authority notified at")),
                ("delay_reason", models.TextField(blank=True, editable=False, verbose_name="reasons for the delay")),
                ("tell_people", models.BooleanField(editable=False, null=True, verbose_name="the people are told")),
                ("people_reason", models.TextField(blank=True, editable=False, verbose_name="reason about the people")),
                (
                    "people_exemption",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("a", "the data is unreadable to others, such as encrypted"),
                            ("b", "measures since then have averted the high risk"),
                            ("c", "it would be disproportionate: a public communication instead"),
                        ],
                        editable=False,
                        max_length=1,
                        verbose_name="exemption, Art. 34(3)",
                    ),
                ),
                ("closed_at", models.DateTimeField(editable=False, null=True, verbose_name="closed at")),
                (
                    "recorded_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="recorded at"),
                ),
            ],
            options={
                "verbose_name": "data breach",
                "verbose_name_plural": "data breaches",
                "ordering": ["-aware_at"],
            },
        ),
        migrations.CreateModel(
            name="ProcessingActivity",
            fields=[],
            options={
                "verbose_name": "processing activity",
                "verbose_name_plural": "register of processing",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("consent.purpose",),
        ),
        migrations.CreateModel(
            name="BreachEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="at")),
                ("actor_id", models.UUIDField(null=True, verbose_name="account")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("registered", "registered"),
                            ("corrected", "facts added or corrected"),
                            ("searched", "people concerned added"),
                            ("authority", "decided about the authority"),
                            ("notified", "authority notified"),
                            ("people", "decided about the people concerned"),
                            ("told", "people concerned told"),
                            ("note", "note"),
                            ("closed", "closed"),
                        ],
                        max_length=10,
                        verbose_name="step",
                    ),
                ),
                ("text", models.TextField(blank=True, verbose_name="text")),
                (
                    "breach",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="consent.breach",
                        verbose_name="data breach",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a breach",
                "verbose_name_plural": "steps of breaches",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="BreachPerson",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("found_by", models.CharField(blank=True, max_length=200, verbose_name="found by")),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="added at")),
                ("told_at", models.DateTimeField(null=True, verbose_name="told at")),
                (
                    "breach",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="people",
                        to="consent.breach",
                        verbose_name="data breach",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="breaches",
                        to="contacts.contact",
                        verbose_name="contact",
                    ),
                ),
            ],
            options={
                "verbose_name": "person concerned by a breach",
                "verbose_name_plural": "people concerned by breaches",
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("breach", "contact"), name="breach_person_once")],
            },
        ),
    ]
