from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: Any) -> SourceQuerySet:
        return self.filter(policy.scope(user, "logs.view_sources").q())

    def live(self, now: datetime) -> SourceQuerySet:
        """Registered sources that were heard of within their own `silent_after`."""
        quiet = Q(pk__in=[])
        for minutes in self.order_by().values_list("silent_after", flat=True).distinct():
            quiet |= Q(silent_after=minutes, last_seen__gte=now - timedelta(minutes=minutes))
        return self.filter(quiet, registered=True)


class Source(models.Model):
    """日志来源: one device or program that sends logs, known by its address, its token or its file."""

    class Via(models.TextChoices):
        SYSLOG = "syslog", _("Syslog")
        HTTP = "http", _("HTTP 推送")
        FILE = "file", _("文件")

    name = models.CharField(_("名称"), max_length=100)
    via = models.CharField(_("接入方式"), max_length=8, choices=Via.choices)
    address = models.CharField(
        _("地址"), max_length=200, blank=True, help_text=_("发送方 IP；文件接入时为文件或目录路径")
    )
    token_digest = models.CharField(_("令牌摘要"), max_length=64, blank=True, editable=False)
    format = models.CharField(_("格式"), max_length=60, blank=True, help_text=_("留空则自动识别"))
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, null=True, blank=True)
    relay = models.BooleanField(
        _("转发器"), default=False, help_text=_("转发其他设备的日志：按日志头中的主机名区分来源")
    )
    registered = models.BooleanField(_("已登记"), default=False, help_text=_("首次收到其日志时自动出现的来源待登记"))
    silent_after = models.PositiveIntegerField(_("静默告警分钟"), default=60)
    created = models.DateTimeField(_("首次出现"), auto_now_add=True)
    last_seen = models.DateTimeField(_("最近收到"), null=True, blank=True)
    #: `last_seen` of the silence that was told of; null while it speaks
    silence_told = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager[Source]] = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("日志来源")
        constraints = [
            models.UniqueConstraint(
                fields=["via", "address"], condition=~models.Q(address=""), name="source_once_per_address"
            ),
            models.UniqueConstraint(
                fields=["token_digest"], condition=~models.Q(token_digest=""), name="source_once_per_token"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        return self.unit.path if self.unit else "/"


class Batch(models.Model):
    """批次: a spool batch whose tallies stand in the database; its key makes a replay harmless."""

    key = models.CharField(max_length=80, primary_key=True)
    spool = models.CharField(_("暂存区"), max_length=8)
    end = models.BigIntegerField(_("止于位置"))
    committed = models.DateTimeField(auto_now_add=True, db_index=True)
    lines = models.PositiveIntegerField()
    unread = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("批次")
        indexes = [models.Index(fields=["spool", "end"], name="batch_by_position")]

    def __str__(self) -> str:
        return self.key


class HourTallyQuerySet(models.QuerySet["HourTally"]):
    """Every figure here is three sums, `lines`, `hits` and `unread`, beside what they are grouped by."""

    def visible_to(self, user: Any, permission: str = "logs.view_sources") -> HourTallyQuerySet:
        return self.filter(policy.scope(user, permission).q("source__unit__path"))

    def between(self, start: datetime, end: datetime) -> HourTallyQuerySet:
        """The hours that begin in [start, end)."""
        return self.filter(hour__gte=start, hour__lt=end)

    def by(self, *columns: str) -> models.QuerySet[HourTally, dict[str, Any]]:
        sums = {name: Sum(name) for name in ("lines", "hits", "unread")}
        grouped: models.QuerySet[HourTally, dict[str, Any]] = self.order_by(*columns).values(*columns)
        return grouped.annotate(**sums)

    def by_hour(self) -> models.QuerySet[HourTally, dict[str, Any]]:
        return self.by("hour")

    def by_source(self) -> models.QuerySet[HourTally, dict[str, Any]]:
        return self.by("source_id").order_by("-lines")

    def by_action(self) -> models.QuerySet[HourTally, dict[str, Any]]:
        return self.by("action")

    def by_severity(self) -> models.QuerySet[HourTally, dict[str, Any]]:
        return self.by("severity")

    def totals(self) -> dict[str, int]:
        """The three sums over all rows; zeros when there are none."""
        sums = self.aggregate(lines=Sum("lines"), hits=Sum("hits"), unread=Sum("unread"))
        return {name: total or 0 for name, total in sums.items()}


class HourTally(models.Model):
    """小时计数: events per hour, source, format, action and severity, so that pages never depend on volume.

    `lines` counts raw lines, `hits` sums what devices folded into them (`qingdun.count`). `hour` is when it happened
    by the device's clock, or when it was received if that clock is a day ahead or stands before the year 2000.
    """

    hour = models.DateTimeField(_("小时"))
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    format = models.CharField(max_length=60, blank=True)
    action = models.CharField(max_length=10, blank=True)
    severity = models.PositiveSmallIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    hits = models.BigIntegerField(default=0)
    unread = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager[HourTally]] = HourTallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("小时计数")
        constraints = [
            models.UniqueConstraint(fields=["hour", "source", "format", "action", "severity"], name="tally_once")
        ]
        indexes = [models.Index(fields=["source", "hour"], name="tally_by_source")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.source_id} {self.lines}"


class SavedSearch(models.Model):
    """常用检索: a search kept under a name by the one who made it."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(_("名称"), max_length=60)
    query = models.TextField(_("条件"))

    objects: ClassVar[models.Manager[SavedSearch]] = models.Manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("常用检索")
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="saved_search_once")]

    def __str__(self) -> str:
        return self.name
