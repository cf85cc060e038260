"""The guards of the checkpoints as well."""

from django.db import migrations

from qingdun.audit import guards


def install(apps, schema_editor):
    guards.install(schema_editor.connection)


def remove(apps, schema_editor):
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0005_checkpoint'),
    ]

    operations = [
        migrations.RunPython(install, remove),
    ]
