from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy


class ListPreference(models.Model):
    """列表习惯: which columns and how many rows one account wants to see in one list."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listing = models.CharField(_("列表"), max_length=80)
    columns = models.JSONField(_("显示的列"), default=list)
    size = models.PositiveSmallIntegerField(_("每页行数"), default=20)

    class Meta:
        verbose_name = _("列表习惯")
        constraints = [models.UniqueConstraint(fields=["account", "listing"], name="list_preference_once")]

    def __str__(self) -> str:
        return f"{self.account} {self.listing}"


class SavedFilter(models.Model):
    """常用筛选: a filter of one list under a name of one's own."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    listing = models.CharField(_("列表"), max_length=80)
    name = models.CharField(_("名称"), max_length=40)
    query = models.CharField(_("筛选条件"), max_length=2000)

    class Meta:
        ordering = ["name"]
        verbose_name = _("常用筛选")
        constraints = [models.UniqueConstraint(fields=["account", "listing", "name"], name="saved_filter_once")]

    def __str__(self) -> str:
        return self.name


class JobRun(models.Model):
    """任务运行: one run of one background job, as its page shows it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("排队中")
        RUNNING = "running", _("运行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")
        LOST = "lost", _("中断")

    key = models.CharField(_("任务"), max_length=80)
    about = models.CharField(_("对象"), max_length=40, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.QUEUED)
    queued = models.DateTimeField(_("排队时间"), auto_now_add=True)
    started = models.DateTimeField(_("开始时间"), null=True)
    finished = models.DateTimeField(_("结束时间"), null=True)
    done = models.PositiveBigIntegerField(_("已处理"), default=0)
    total = models.PositiveBigIntegerField(_("总量"), default=0)
    message = models.CharField(_("说明"), max_length=300, blank=True)
    error = models.CharField(_("错误"), max_length=500, blank=True)
    worker = models.CharField(_("执行进程"), max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("发起人"), on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("任务运行")
        indexes = [models.Index(fields=["key", "-id"], name="job_run_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "about"],
                condition=models.Q(state__in=["queued", "running"]),
                name="job_never_beside_itself",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)


class KeptAnswer(models.Model):
    """幂等应答: what a write under an Idempotency-Key was answered, so that sent again it happens only once.

    `status` 0 while it is being done. The answer is kept a day; one that shows a secret is never kept (no `media`).
    """

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    digest = models.CharField(_("请求摘要"), max_length=64)
    claimed = models.DateTimeField(_("收到时间"), db_index=True)
    status = models.PositiveSmallIntegerField(_("状态码"), default=0)
    media = models.CharField(max_length=100, blank=True)
    body = models.TextField(blank=True)

    class Meta:
        verbose_name = _("幂等应答")
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="kept_answer_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.key} {self.status}"


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, user: Any, permission: str) -> ImportQuerySet:
        """One's own, and those of people in the units where one may import as well."""
        of_units = policy.scope(user, permission).q("by__person__unit__path")
        return self.filter(models.Q(by=user) | models.Q(of_units, by__isnull=False))


class Import(models.Model):
    """导入: one table offered to one register: who, when, which file, what it would do, what was accepted."""

    class State(models.TextChoices):
        READING = "reading", _("读取中")
        READY = "ready", _("待确认")
        WRITING = "writing", _("写入中")
        DONE = "done", _("已导入")
        SAME = "same", _("无变化")
        REFUSED = "refused", _("不可用")
        DROPPED = "dropped", _("已放弃")

    register = models.CharField(_("台账"), max_length=80)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("导入人"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("上传时间"), auto_now_add=True)
    name = models.CharField(_("文件"), max_length=200)
    size = models.PositiveBigIntegerField(_("大小"), default=0)
    digest = models.CharField(_("SHA-256"), max_length=64)
    language = models.CharField(max_length=10, default="zh-hans")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.READING)
    problem = models.TextField(_("问题"), blank=True)
    notes = models.JSONField(_("说明"), default=dict)
    counts = models.JSONField(_("预览"), default=dict)
    taken = models.JSONField(_("接受的类别"), default=list)
    result = models.JSONField(_("结果"), default=dict)
    finished = models.DateTimeField(_("完成时间"), null=True)
    job = models.ForeignKey(JobRun, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("导入")
        indexes = [models.Index(fields=["register", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        return self.by.person.unit.path if self.by else policy.ROOT

    def count(self, what: str) -> int:
        """Rows of the preview of one kind; `read` is all of them."""
        return int(self.counts.get(what, 0))


class ImportPart(models.Model):
    """导入内容: what an import carries, apart from its row in the history: the file, its table, the verdicts."""

    class Name(models.TextChoices):
        FILE = "file", _("文件")
        TABLE = "table", _("表格")
        VERDICTS = "verdicts", _("判定")

    owner = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="parts")
    name = models.CharField(_("名称"), max_length=10, choices=Name.choices)
    content = models.BinaryField(_("内容"))

    class Meta:
        verbose_name = _("导入内容")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="import_part_once")]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.name}"
