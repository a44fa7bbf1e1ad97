"""When somebody last looked at a standing restriction (E29)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="restriction",
            name="reviewed_by",
            field=models.UUIDField(editable=False, null=True, verbose_name="reviewed by"),
        ),
        migrations.AddField(
            model_name="restriction",
            name="reviewed_on",
            field=models.DateField(editable=False, null=True, verbose_name="reviewed on"),
        ),
    ]
