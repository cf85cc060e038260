"""SQLite rebuilds a table to change it, which triggers that name the table do not survive: off here, on again in 0004."""

from django.db import migrations

from qingdun.audit import guards


def install(apps, schema_editor):
    guards.install(schema_editor.connection)


def remove(apps, schema_editor):
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(remove, install),
    ]
