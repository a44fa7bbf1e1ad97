"""The person concerned acts on the public pages (S129)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="auditevent",
            name="actor_kind",
            field=models.CharField(
                choices=[
                    ("person", "member of staff"),
                    ("import", "import"),
                    ("task", "scheduled task"),
                    ("command", "command line"),
                    ("subject", "the person concerned"),
                ],
                max_length=8,
                verbose_name="by",
            ),
        ),
    ]
