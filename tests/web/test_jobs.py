from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.triggers.cron import CronTrigger
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.web import jobpage, jobs, worker
from qingdun.web.jobs import Job
from qingdun.web.models import JobRun

State = JobRun.State


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Job]:
    """The jobs of this test only."""
    own: dict[str, Job] = {}
    monkeypatch.setattr(jobs, "_jobs", own)
    return own


def run_queue() -> None:
    worker.work(with_clock=False, until_empty=True)


@pytest.fixture
def _keep_signals() -> Any:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_keep_signals")
def test_a_job_runs_once_tells_its_progress_and_its_end(declared: Any) -> None:
    @jobs.job("test.count", "数数")
    def count(progress: jobs.Progress) -> None:
        for number in range(1, 4):
            progress(number, 3, f"第 {number} 个")

    run = jobs.start("test.count", by=None)
    with pytest.raises(jobs.AlreadyRunning):
        jobs.start("test.count", by=None)
    run_queue()
    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.message) == (State.DONE, 3, 3, "第 3 个")
    assert run.started and run.finished and run.worker
    assert jobs.start("test.count", by=None).pk != run.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_keep_signals")
def test_a_failed_job_says_why_and_the_next_one_still_runs(declared: Any, caplog: pytest.LogCaptureFixture) -> None:
    @jobs.job("test.bad", "坏任务")
    def bad(progress: jobs.Progress) -> None:
        raise ValueError("打不开文件")

    jobs.job("test.good", "好任务")(lambda progress: None)
    jobs.start("test.bad", by=None)
    jobs.start("test.good", by=None)
    run_queue()
    ends = dict(JobRun.objects.values_list("key", "state"))
    assert ends == {"test.bad": State.FAILED, "test.good": State.DONE}
    assert JobRun.objects.get(key="test.bad").error == "ValueError: 打不开文件"
    assert "打不开文件" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_left_is_marked_as_lost_and_a_living_one_s_is_not(declared: Any) -> None:
    with worker.alive() as living:
        kept = JobRun.objects.create(key="a", state=State.RUNNING, worker=living)
        lost = JobRun.objects.create(key="b", state=State.RUNNING, worker=living.rsplit("-", 1)[0] + "-0")
        elsewhere = JobRun.objects.create(key="c", state=State.RUNNING, worker="another-machine-7")
        assert worker.mark_lost() == 1
    states = [JobRun.objects.get(pk=run.pk).state for run in (kept, lost, elsewhere)]
    assert states == [State.RUNNING, State.LOST, State.RUNNING]


@pytest.mark.django_db
def test_only_who_may_run_jobs_can_and_it_is_recorded(declared: Any, visitor: Any) -> None:
    jobs.job("test.one", "任务")(lambda progress: None)
    engineer, leader = visitor("operations_engineer"), visitor("bureau_leader")
    assert leader.get("/system/jobs/").status_code == leader.post("/system/jobs/test.one/run").status_code == 403
    assert not JobRun.objects.exists()
    assert engineer.post("/system/jobs/test.one/run", follow=True).status_code == 200
    assert (JobRun.objects.get().by, Entry.objects.latest("sequence").action) == (engineer.account, "web.run_jobs")
    assert "不会再次启动" in engineer.post("/system/jobs/test.one/run", follow=True).content.decode()
    assert engineer.post("/system/jobs/none/run").status_code == 404


@pytest.mark.django_db
def test_a_role_over_one_unit_does_not_reach_the_platform_s_jobs(
    declared: Any, make_account: Any, make_unit: Any
) -> None:
    jobs.job("test.one", "任务")(lambda progress: None)
    county = make_account("operations_engineer", unit=make_unit("county", parent=make_unit()))
    with pytest.raises(PermissionDenied):
        jobs.start("test.one", by=county)


@pytest.mark.django_db
def test_the_page_asks_again_only_while_something_runs(declared: Any, visitor: Any) -> None:
    jobs.job("test.one", "任务")(lambda progress: None)
    engineer = visitor("operations_engineer")
    assert "every 2s" not in engineer.get("/system/jobs/").content.decode()
    JobRun.objects.create(key="test.one", state=State.RUNNING, done=3, total=10)
    part = engineer.get("/system/jobs/", headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in part and '<progress max="10" value="3"' in part and "<html" not in part


@pytest.mark.django_db
def test_pruning_keeps_the_newest_run_of_each_job(declared: Any) -> None:
    jobs.job("test.one", "任务")(lambda progress: None)
    old = timezone.now() - timedelta(days=99)
    first, last = (JobRun.objects.create(key="test.one", state=State.DONE, finished=old) for _ in range(2))
    jobs.prune(lambda *_, **__: None)
    assert list(JobRun.objects.all()) == [last] and first.pk


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("", "按需运行"),
        ("*/10 * * * *", "每 10 分钟"),
        ("5,35 * * * *", "每小时第 5,35 分"),
        ("20 3 * * *", "每天 03:20"),
        ("0 3 * * mon", "每周一 03:00"),
        ("0 3 1 * *", "每月 1 日 03:00"),
        ("0 3 1 1 *", "0 3 1 1 *"),
    ],
)
def test_a_cron_line_is_read_in_words(cron: str, words: str) -> None:
    assert jobpage.when(cron) == words


def test_every_declared_cron_line_is_one_and_names_its_weekdays() -> None:
    for job in jobs.jobs():
        if job.cron:
            CronTrigger.from_crontab(job.cron)
            assert not job.cron.split()[4].replace(",", "").isdigit(), f"{job.key}: write mon, not 1"


CHILD = """
import sys, time
import django
django.setup()
from qingdun.web import jobs, worker
from qingdun.web.models import JobRun

@jobs.job("test.slow", "慢任务")
def slow(progress):
    progress(1, 2)
    print("running", flush=True)
    time.sleep(60 if sys.argv[1] == "killed" else 0)

if sys.argv[1] == "killed":
    jobs.start("test.slow", by=None)
    worker.work(with_clock=True)
worker.work(with_clock=False, until_empty=True)
print([run.state for run in JobRun.objects.all()])
jobs.start("test.slow", by=None)
"""


@pytest.mark.process
def test_a_worker_killed_in_the_middle_is_noticed_by_the_next(tmp_path: Path) -> None:
    given = {**os.environ, "QINGDUN_HOME": str(tmp_path), "QINGDUN_DATABASE_URL": "", "PYTHONWARNINGS": "ignore"}
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], env=given, check=True)
    killed = subprocess.Popen([sys.executable, "-c", CHILD, "killed"], env=given, stdout=subprocess.PIPE, text=True)
    assert killed.stdout and killed.stdout.readline() == "running\n"
    killed.kill()
    killed.communicate()
    after = subprocess.run([sys.executable, "-c", CHILD, "next"], env=given, capture_output=True, text=True, check=True)
    assert after.stdout == "['lost']\n"
