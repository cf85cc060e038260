from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Unit
from qingdun.inventory.models.register import IN_SERVICE, RETIRED, InventoryQuerySet, Zone

STATUS = [(IN_SERVICE, _("在用")), (RETIRED, _("已停用"))]


class SecurityDevice(models.Model):
    """安全设备: a firewall, WAF or the like, with the versions whose freshness is watched."""

    class Kind(models.TextChoices):
        FIREWALL = "firewall", _("防火墙")
        WAF = "waf", _("Web 应用防火墙")
        IPS = "ips", _("入侵防御")
        IDS = "ids", _("入侵检测")
        APT = "apt", _("高级威胁检测")
        NTA = "nta", _("流量分析")
        EDR = "edr", _("主机安全")
        AUDIT = "audit", _("审计")
        BASTION = "bastion", _("堡垒机")
        SCANNER = "scanner", _("漏洞扫描")
        OTHER = "other", _("其他")

    name = models.CharField(_("名称"), max_length=100)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    vendor = models.CharField(_("厂商"), max_length=60, blank=True)
    model = models.CharField(_("型号"), max_length=60, blank=True)
    zone = models.CharField(_("网络区域"), max_length=10, choices=Zone.choices)
    address = models.GenericIPAddressField(_("管理地址"), unpack_ipv4=True)
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, related_name="devices")
    version = models.CharField(_("系统版本"), max_length=60, blank=True)
    rules_version = models.CharField(_("规则库版本"), max_length=60, blank=True)
    rules_date = models.DateField(_("规则库日期"), null=True, blank=True)
    registered = models.DateField(_("登记日期"), default=timezone.localdate)
    retired = models.DateField(_("停用日期"), null=True, blank=True)
    unit_since = models.DateField(_("归属起始日"), null=True, editable=False)
    status = models.GeneratedField(
        verbose_name=_("状态"),
        expression=Case(When(retired__isnull=False, then=Value(RETIRED)), default=Value(IN_SERVICE)),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

    objects = InventoryQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("安全设备")
        constraints = [
            models.UniqueConstraint(
                fields=["zone", "address"],
                condition=Q(retired=None),
                name="device_once_per_zone_and_address",
                violation_error_message=_("这一网络区域中已有设备使用该地址"),
            ),
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("registered")), name="device_retired_after_registered"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inventory:device", args=[self.pk])

    @property
    def unit_path(self) -> str:
        return self.unit.path
