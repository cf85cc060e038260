"""What 0.1.0 kept as one date in the host and the site becomes the first dated row, so that its past is not lost."""

from django.db import migrations
from django.db.models import Count

AT_ONCE = 2_000


def carry_over(apps, schema_editor):
    Host, Agent = apps.get_model("inventory", "Host"), apps.get_model("inventory", "Agent")
    Site, Protection = apps.get_model("inventory", "Site"), apps.get_model("inventory", "Protection")
    hosts = Host.objects.exclude(agent_since=None).annotate(known=Count("agents")).filter(known=0)
    Agent.objects.bulk_create(
        (
            Agent(host_id=host, registered=since, retired=None if gone is None else max(since, gone))
            for host, since, gone in hosts.values_list("pk", "agent_since", "retired")
        ),
        batch_size=AT_ONCE,
    )
    sites = Site.objects.exclude(waf_since=None).annotate(known=Count("protections")).filter(known=0)
    Protection.objects.bulk_create(
        (
            Protection(site_id=site, registered=since, retired=None if gone is None else max(since, gone))
            for site, since, gone in sites.values_list("pk", "waf_since", "retired")
        ),
        batch_size=AT_ONCE,
    )


class Migration(migrations.Migration):
    dependencies = [("inventory", "0004_differences")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
