from __future__ import annotations

from qingdun.web import jobs
from qingdun.web.models import SavedFilter
from tests.matrix.inventory import contact
from tests.matrix.rows import PUBLIC, SIGNED_IN, Made, Row
from tests.matrix.scene import Scene

JOB = {"key": "web.prune"}
PERSONAL, WHY = "inventory.personal", {"reason": "电话通知"}


def phone(scene: Scene) -> Made:
    return {"kind": "inventory.contact", "name": "phone", **contact(scene)}


def phone_for_a_program(scene: Scene) -> Made:
    return {"kind": "inventory.contact", "field": "phone", **contact(scene)}


def a_filter(scene: Scene) -> Made:
    made = SavedFilter.objects.create(account=scene.me, listing="inventory.hosts", name=scene.mark, query="?q=a")
    return {"pk": made.pk}


def filters(scene: Scene) -> Made:
    return {} if a_filter(scene) else {}


ROWS = (
    Row("web:workbench"),
    Row("web:search", query="?q=10.9"),
    Row("web:language", "POST", PUBLIC, data={"language": "en"}),
    Row("web:jobs", "GET", "web.jobs", root=True),
    Row("web:run_job", "POST", "web.run_jobs", make=lambda scene: JOB, root=True, api="web_job_run"),
    Row("web:personal", "GET", PERSONAL, phone),
    Row("web:personal", "POST", PERSONAL, phone, WHY, here=200, shows=True, api="web_personal"),
    Row("web_jobs", "GET", "web.jobs", root=True),
    Row("web_job_runs", "GET", "web.jobs", root=True),
    Row("web_job_run", "POST", "web.run_jobs", make=lambda scene: JOB, root=True, here=201),
    Row("web_filters", make=filters),
    Row("web_filter_save", "POST", data={"listing": "inventory.hosts", "name": "常用", "query": "?q=a"}, here=201),
    Row("web_filter_drop", "DELETE", make=a_filter),
    Row("web_personal", "POST", PERSONAL, phone_for_a_program, WHY),
    Row("api:openapi-json", "GET", SIGNED_IN),
)

assert JOB["key"] in {job.key for job in jobs.jobs()}
