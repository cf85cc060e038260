"""The triggers anew: SQLite lost them when the table was rebuilt, and the head now may go forward by many at once."""

from django.db import migrations

from qingdun.audit import guards


def install(apps, schema_editor):
    guards.install(schema_editor.connection)


def remove(apps, schema_editor):
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_person_and_office'),
    ]

    operations = [
        migrations.RunPython(install, remove),
    ]
