"""The read log, with an index of the ids in it where the database has one (Art. 15, 33)."""

from typing import Any

import django.utils.timezone
from django.db import migrations, models

INDEX = "CREATE INDEX access_of_records ON config_accessevent USING gin (object_ids)"


def add_index(_apps: Any, schema_editor: Any) -> None:
    """On PostgreSQL; SQLite walks through the log."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(INDEX)


def drop_index(_apps: Any, schema_editor: Any) -> None:
    """Take it away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX access_of_records")


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0002_the_person_acts"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now, verbose_name="at")),
                ("actor_id", models.UUIDField(verbose_name="account")),
                ("role", models.CharField(max_length=40, verbose_name="role")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("register", "keeping the register"),
                            ("rights", "answering a rights request"),
                            ("customer", "customer relations"),
                            ("audit", "an audit"),
                            ("incident", "looking into an incident"),
                            ("support", "technical support"),
                        ],
                        max_length=8,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("record", "opened the record"),
                            ("list", "saw it in a list"),
                            ("search", "found it by a search"),
                            ("history", "opened its history"),
                            ("choices", "saw it among the choices of a form"),
                            ("popup", "saw it in a small window"),
                            ("page", "saw it on another page"),
                            ("sent", "sent a form about it"),
                            ("export", "took it in a file"),
                            ("refused", "was refused, or found nothing there"),
                        ],
                        max_length=8,
                        verbose_name="how",
                    ),
                ),
                ("view", models.CharField(max_length=100, verbose_name="page")),
                ("object_ids", models.JSONField(default=list, verbose_name="records")),
            ],
            options={
                "verbose_name": "look-up",
                "verbose_name_plural": "read log",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["actor_id", "at"], name="access_by_account")],
            },
        ),
        migrations.RunPython(add_index, drop_index),
    ]
