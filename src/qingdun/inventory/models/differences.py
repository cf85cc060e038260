from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.inventory.core.reconciling import Kind
from qingdun.inventory.models.hosts import Host

KINDS = [
    (Kind.UNREGISTERED.value, _("有而未登记")),
    (Kind.UNSEEN.value, _("登记而未见")),
    (Kind.AGENT_MISSING.value, _("登记有代理而未见")),
    (Kind.AGENT_UNREGISTERED.value, _("有代理而未登记")),
    (Kind.DIFFERS.value, _("内容不一致")),
    (Kind.DUPLICATE.value, _("地址重复")),
]


class Snapshot(models.Model):
    """快照: one list as it was brought in, and what came of it. The rows themselves are not kept."""

    source = models.CharField(_("来源"), max_length=40, db_index=True)
    at = models.DateTimeField(_("时间"))
    by = models.CharField(_("账号"), max_length=150)
    name = models.CharField(_("文件"), max_length=200, blank=True)
    rows = models.PositiveIntegerField(_("行数"))
    unread = models.PositiveIntegerField(_("读不了的行"))
    found = models.PositiveIntegerField(_("差异"))
    opened = models.PositiveIntegerField(_("新增差异"))
    closed = models.PositiveIntegerField(_("自行消除"))

    untracked_because: ClassVar[str] = "written once, never changed"

    class Meta:
        ordering = ["-at"]
        verbose_name = _("快照")

    def __str__(self) -> str:
        return f"{self.source} {self.at:%Y-%m-%d %H:%M}"


class DifferenceQuerySet(models.QuerySet["Difference"]):
    def visible_to(self, user: Any) -> DifferenceQuerySet:
        """Those of the units the reader sees; what belongs to no unit yet is the bureau's."""
        return self.within(policy.scope(user, "inventory.view"))

    def within(self, scope: policy.Scope) -> DifferenceQuerySet:
        return self.filter(scope.q("unit__path"))

    def open_on(self, day: Any) -> DifferenceQuerySet:
        """Those that stood on that day, explained or not."""
        return self.filter(Q(closed=None) | Q(closed__gt=day), since__lte=day)


class Difference(models.Model):
    """差异: one point in which the register and a source disagree. A task: it is mended, accepted or explained."""

    class State(models.TextChoices):
        OPEN = "open", _("待处理")
        EXPLAINED = "explained", _("已说明")
        CLOSED = "closed", _("已消除")

    source = models.CharField(_("来源"), max_length=40)
    kind = models.CharField(_("类别"), max_length=20, choices=KINDS)
    key = models.CharField(_("标识"), max_length=120)
    name = models.CharField(_("对象"), max_length=200)
    host = models.ForeignKey(
        Host, verbose_name=_("主机"), on_delete=models.SET_NULL, null=True, related_name="differences"
    )
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, null=True, related_name="+")
    expected = models.CharField(_("台账"), max_length=200, blank=True)
    seen = models.CharField(_("来源所见"), max_length=200, blank=True)
    values = models.JSONField(_("来源的内容"), default=dict)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    since = models.DateField(_("发现日期"))
    last_seen = models.DateTimeField(_("最近一次"))
    closed = models.DateField(_("消除日期"), null=True)
    until = models.DateField(_("说明有效至"), null=True)
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    decided_by = models.CharField(_("处理人"), max_length=150, blank=True)

    objects = DifferenceQuerySet.as_manager()

    untracked: ClassVar[dict[str, str]] = {
        "last_seen": "every snapshot says it anew",
        "values": "the source's, not ours",
    }

    class Meta:
        ordering = ["-since", "-pk"]
        verbose_name = _("差异")
        indexes = [
            models.Index(fields=["state", "-since"], name="difference_state"),
            models.Index(fields=["unit", "state"], name="difference_unit"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "kind", "key"], condition=~Q(state="closed"), name="difference_once_while_it_stands"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed__isnull=False) | ~Q(state="closed") & Q(closed=None),
                name="difference_closed_has_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("inventory:difference", args=[self.pk])

    @property
    def unit_path(self) -> str:
        return self.unit.path if self.unit else policy.ROOT
