"""Who answers for the matter of a hold (E28)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("retention", "0002_append_only_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="owner",
            field=models.CharField(blank=True, default="", max_length=150, verbose_name="answers for the matter"),
            preserve_default=False,
        ),
    ]
