from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Account, Unit
from qingdun.inventory.models import Host, System

EVIDENCE = 20  # events an alert points at: its first ten and its last ten


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: Any, permission: str = "detection.view") -> AlertQuerySet:
        return self.filter(policy.scope(user, permission).q("unit__path"))

    def open(self) -> AlertQuerySet:
        """Those somebody has still to decide on."""
        return self.filter(state__in=Alert.OPEN)


class Alert(models.Model):
    """告警: what one rule said of one group of events, from the first to the last of them."""

    class State(models.TextChoices):
        NEW = "new", _("待研判")
        WORKING = "working", _("研判中")
        CONFIRMED = "confirmed", _("已确认")
        HANDLED = "handled", _("已处置")
        FALSE = "false", _("误报")
        IGNORED = "ignored", _("忽略")

    OPEN = (State.NEW, State.WORKING, State.CONFIRMED)
    CLOSED = (State.HANDLED, State.FALSE, State.IGNORED)

    class Level(models.IntegerChoices):
        """Sigma's five levels, on the scale of `event.severity`."""

        INFORMATIONAL = 1, _("信息")
        LOW = 2, _("低")
        MEDIUM = 3, _("中")
        HIGH = 4, _("高")
        CRITICAL = 5, _("严重")

    rule = models.CharField(_("规则"), max_length=64)
    title = models.CharField(_("名称"), max_length=200)
    level = models.PositiveSmallIntegerField(_("级别"), choices=Level.choices)
    attack = models.CharField(_("攻击类别"), max_length=40, blank=True)
    techniques = models.JSONField(_("攻击技术"), default=list, blank=True)
    grouped = models.CharField(max_length=200, editable=False)
    source = models.CharField(_("源地址"), max_length=45, blank=True)
    target = models.CharField(_("目标"), max_length=200, blank=True)
    host = models.ForeignKey(Host, verbose_name=_("主机"), on_delete=models.SET_NULL, null=True, related_name="+")
    system = models.ForeignKey(
        System, verbose_name=_("信息系统"), on_delete=models.SET_NULL, null=True, related_name="+"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.SET_NULL, null=True, related_name="+")
    first = models.DateTimeField(_("首次"))
    last = models.DateTimeField(_("末次"))
    hits = models.BigIntegerField(_("命中"))
    evidence = models.JSONField(_("证据"), default=list, blank=True)  # [batch, row, time of the event]
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.NEW)
    live = models.BooleanField(default=True, editable=False)  # takes further hits
    assignee = models.ForeignKey(
        Account, verbose_name=_("处理人"), on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    raised = models.DateTimeField(_("产生时间"))
    delay = models.FloatField(_("滞后秒数"), default=0)  # from the receipt of the line to the alert
    closed = models.DateTimeField(_("关闭时间"), null=True, blank=True)
    told = models.DateTimeField(null=True, blank=True, editable=False)  # when people on duty were sent a message

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-last"]
        verbose_name = _("告警")
        constraints = [
            models.UniqueConstraint(fields=["rule", "grouped"], condition=Q(live=True), name="alert_live_once"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="alert_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["state", "-level", "-last"], name="alert_queue"),
            models.Index(fields=["-last"], name="alert_newest"),
            models.Index(fields=["attack", "first"], name="alert_by_class"),
            models.Index(fields=["source", "-last"], name="alert_by_source"),
            models.Index(fields=["unit", "state"], name="alert_by_unit"),
            models.Index(fields=["-raised"], name="alert_raised"),
            models.Index(fields=["grouped", "rule"], name="alert_by_group"),  # where further hits go
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("detection:alert", args=[self.pk])

    @property
    def unit_path(self) -> str:
        return self.unit.path if self.unit else "/"


class AlertNote(models.Model):
    """研判记录: what somebody wrote about an alert, or did with it."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="notes")
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("时间"))
    act = models.CharField(_("动作"), max_length=40)
    text = models.TextField(_("说明"), blank=True)
    link = models.CharField(max_length=200, blank=True, editable=False)  # of what the alert became

    class Meta:
        ordering = ["at", "pk"]
        verbose_name = _("研判记录")

    def __str__(self) -> str:
        return f"{self.alert_id} {self.act}"
