from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Unit
from qingdun.inventory.core import addresses
from qingdun.inventory.models.register import COVERED, RETIRED, UNCOVERED, InventoryQuerySet, Zone, coverage
from qingdun.inventory.models.systems import System

STATUS = [(COVERED, _("已装代理")), (UNCOVERED, _("未装代理")), (RETIRED, _("已停用"))]


def agent_on(day: date) -> Q:
    """Hosts with an agent that day: today's stands in the host; those taken off since are asked of the agents."""
    from qingdun.inventory.models.agents import Agent  # an agent belongs to a host, so it cannot be imported above

    here = Q(agent_since__lte=day)
    if day >= timezone.localdate():
        return here
    return here | Q(pk__in=Agent.objects.ended_after(day).values("host"))


class HostQuerySet(InventoryQuerySet["Host"]):
    def with_agent(self, on: date) -> HostQuerySet:
        """Those on which an agent ran that day."""
        return self.filter(agent_on(on))

    def at(self, text: str) -> HostQuerySet:
        """Hosts in service that answer at an address, or within a network in CIDR form. One indexed look-up."""
        keys = addresses.span(text)
        if keys is None:
            return self.none()
        return self.filter(pk__in=Address.objects.filter(key__range=keys).values("host"))


class Host(models.Model):
    """主机: one machine, virtual or not, known by its addresses."""

    name = models.CharField(_("名称"), max_length=100, db_index=True)
    zone = models.CharField(_("网络区域"), max_length=10, choices=Zone.choices)
    address = models.GenericIPAddressField(_("主地址"), unpack_ipv4=True)
    address_key = models.CharField(max_length=32, editable=False)
    further = models.JSONField(_("其他地址"), default=list, blank=True)
    operating_system = models.CharField(_("操作系统"), max_length=60, blank=True)
    system = models.ForeignKey(
        System, verbose_name=_("信息系统"), on_delete=models.PROTECT, null=True, blank=True, related_name="hosts"
    )
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("归属单位"),
        on_delete=models.PROTECT,
        related_name="hosts",
        db_index=False,  # the two indexes below begin with it
    )
    agent_since = models.DateField(_("安全代理安装日"), null=True, blank=True, help_text=_("未安装则留空"))
    agent_last_seen = models.DateTimeField(_("代理最近在线"), null=True, blank=True)
    registered = models.DateField(_("登记日期"), default=timezone.localdate)
    retired = models.DateField(_("停用日期"), null=True, blank=True)
    unit_since = models.DateField(_("归属起始日"), null=True, editable=False)
    status = models.GeneratedField(
        verbose_name=_("代理状态"),
        expression=coverage("agent_since"),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

    objects = HostQuerySet.as_manager()

    #: Columns whose steps are no history, and why.
    untracked: ClassVar = {
        "address_key": "follows from the address",
        "agent_last_seen": "a heartbeat, not a fact somebody states",
    }

    class Meta:
        ordering = ["address_key"]
        verbose_name = _("主机")
        indexes = [
            models.Index(fields=["address_key"], name="host_address"),
            models.Index(fields=["unit", "status", "address_key"], name="host_unit_status"),
            # Read alone, without the rows: the figures of a unit and the tabs of its list.
            models.Index(fields=["unit", "registered", "retired", "agent_since", "status"], name="host_figures"),
            models.Index(fields=["status", "address_key"], name="host_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "address_key"],
                condition=Q(retired=None),
                name="host_once_per_zone_and_address",
                violation_error_message=_("这一网络区域中已有主机使用该地址"),
            ),
            models.CheckConstraint(
                condition=Q(agent_last_seen=None) | Q(agent_since__isnull=False), name="host_seen_has_agent"
            ),
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("registered")), name="host_retired_after_registered"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inventory:host", args=[self.pk])

    def clean(self) -> None:
        if self.agent_last_seen and not self.agent_since:
            raise ValidationError({"agent_since": _("有在线时间的代理应有安装日期")})

    @property
    def unit_path(self) -> str:
        return self.unit.path

    @property
    def addresses(self) -> list[str]:
        """Every address it answers at, the primary first."""
        return list(dict.fromkeys([str(self.address), *self.further]))


class Address(models.Model):
    """地址索引: every address of every host in service, so that a log's address finds its host in one look-up.

    Derived from `Host.address` and `Host.further` by `actions`; never edited by itself.
    """

    host = models.ForeignKey(Host, on_delete=models.CASCADE, related_name="address_rows")
    zone = models.CharField(max_length=10, choices=Zone.choices)
    key = models.CharField(max_length=32, db_index=True)

    class Meta:
        verbose_name = _("地址索引")
        constraints = [models.UniqueConstraint(fields=["zone", "key"], name="address_once_per_zone")]

    def __str__(self) -> str:
        return f"{self.zone} {self.key}"
