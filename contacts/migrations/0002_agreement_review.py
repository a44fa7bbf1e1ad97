"""When somebody last found an open-ended agreement to stand (E19)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="reviewed_by",
            field=models.UUIDField(editable=False, null=True, verbose_name="reviewed by"),
        ),
        migrations.AddField(
            model_name="agreement",
            name="reviewed_on",
            field=models.DateField(editable=False, null=True, verbose_name="reviewed on"),
        ),
    ]
