from __future__ import annotations

from qingdun.web import jobs
from tests.matrix.rows import PUBLIC, SIGNED_IN, Row

JOB = {"key": "web.prune"}

ROWS = (
    Row("web:workbench"),
    Row("web:search", query="?q=10.9"),
    Row("web:language", "POST", PUBLIC, data={"language": "en"}),
    Row("web:jobs", "GET", "web.jobs", root=True),
    Row("web:run_job", "POST", "web.run_jobs", make=lambda scene: JOB, root=True),
    Row("api:openapi-json", "GET", SIGNED_IN),
)

assert JOB["key"] in {job.key for job in jobs.jobs()}
