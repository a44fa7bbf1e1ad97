"""How far an account in sales looks, and which other countries a subsidiary looks after (S64, S65)."""

import django_countries.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0003_read_log"),
    ]

    operations = [
        migrations.AddField(
            model_name="subsidiary",
            name="serves",
            field=django_countries.fields.CountryField(
                blank=True,
                help_text="Other countries whose contacts belong here, unless they were given to another subsidiary.",
                max_length=750,
                multiple=True,
                verbose_name="also looks after",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="sees",
            field=models.CharField(
                choices=[
                    ("subsidiary", "contacts of the own subsidiary"),
                    ("region", "contacts of the whole region"),
                ],
                default="subsidiary",
                help_text="Limits sales. Privacy staff see every contact.",
                max_length=10,
                verbose_name="sees in the directory",
            ),
        ),
        migrations.AlterField(
            model_name="subsidiary",
            name="region",
            field=models.CharField(
                blank=True,
                help_text="Subsidiaries with the same word are one region.",
                max_length=60,
                verbose_name="region",
            ),
        ),
    ]
