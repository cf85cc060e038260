from __future__ import annotations

from datetime import date
from typing import Any, Self, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.inventory.core import addresses
from qingdun.inventory.core.stages import Stage

M = TypeVar("M", bound=models.Model)

STAGES = [
    (Stage.PROVISIONED.value, _("已下发资源")),
    (Stage.READY.value, _("具备上线条件")),
    (Stage.SUBMITTED.value, _("已提测")),
    (Stage.PASSED.value, _("已通过测评")),
    (Stage.RETIRED.value, _("已停用")),
]


class Zone(models.TextChoices):
    """网络区域: where an address lives. The same private address may be used once in each."""

    INTERNET = "internet", _("互联网区")
    GOVNET = "govnet", _("政务外网区")
    MANAGEMENT = "management", _("管理区")


class InventoryQuerySet(models.QuerySet[M]):
    """What every register has in common: who may see it, and what stands in it on a day."""

    unit_field = "unit"
    since_field = "registered"

    def visible_to(self, user: Any) -> Self:
        return self.filter(policy.scope(user, "inventory.view").q(f"{self.unit_field}__path"))

    def in_service(self, on: date) -> Self:
        """Registered by that day and not out of service yet."""
        return self.filter(Q(retired=None) | Q(retired__gt=on), **{f"{self.since_field}__lte": on})

    def below(self, unit: Unit) -> Self:
        """Those of the unit and of every unit under it."""
        return self.filter(**{f"{self.unit_field}__path__startswith": unit.path})


class SystemQuerySet(InventoryQuerySet["System"]):
    since_field = "provisioned"

    def reached(self, stage: Stage, on: date) -> SystemQuerySet:
        """Those that had come to `stage`, or further, by that day."""
        return self.filter(**{f"{stage.value}__lte": on})

    def internet_facing(self, on: date) -> SystemQuerySet:
        return self.filter(internet_since__lte=on)

    def behind_waf(self, on: date) -> SystemQuerySet:
        """Those that have a site and whose every site stood behind the WAF on that day."""
        sites = Site.objects.in_service(on).filter(system=OuterRef("pk"))
        return self.filter(Exists(sites), ~Exists(sites.exclude(waf_since__lte=on)))


class System(models.Model):
    """信息系统: one business system of a unit. Its stage is told by the dates below, never typed."""

    code = models.CharField(
        _("编号"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9._-]*$", _("编号只用字母、数字、点、横线和下划线"))],
    )
    name = models.CharField(_("名称"), max_length=100)
    description = models.TextField(_("简介"), blank=True)
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, related_name="systems")
    contact = models.CharField(_("联系人"), max_length=100, blank=True)
    mlps_level = models.PositiveSmallIntegerField(
        _("等级保护级别"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("一至五级；尚未定级则留空"),
    )
    internet_since = models.DateField(
        _("面向互联网起始日"), null=True, blank=True, help_text=_("不面向互联网则留空"), db_index=True
    )
    url = models.URLField(_("访问地址"), blank=True)
    provisioned = models.DateField(_("下发资源日期"))
    ready = models.DateField(_("具备上线条件日期"), null=True, blank=True)
    submitted = models.DateField(_("提测日期"), null=True, blank=True)
    passed = models.DateField(_("通过测评日期"), null=True, blank=True)
    retired = models.DateField(_("停用日期"), null=True, blank=True)
    stage = models.GeneratedField(
        verbose_name=_("阶段"),
        expression=Case(
            When(retired__isnull=False, then=Value(Stage.RETIRED.value)),
            When(passed__isnull=False, then=Value(Stage.PASSED.value)),
            When(submitted__isnull=False, then=Value(Stage.SUBMITTED.value)),
            When(ready__isnull=False, then=Value(Stage.READY.value)),
            default=Value(Stage.PROVISIONED.value),
        ),
        output_field=models.CharField(max_length=12, choices=STAGES),
        db_persist=True,
    )

    objects = SystemQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("信息系统")
        indexes = [models.Index(fields=["stage", "code"], name="system_stage")]
        constraints = [
            models.CheckConstraint(
                condition=Q(mlps_level=None) | Q(mlps_level__range=(1, 5)), name="system_mlps_level_1_to_5"
            ),
            models.CheckConstraint(
                condition=Q(ready=None) | Q(ready__gte=F("provisioned")), name="system_ready_after_provisioned"
            ),
            models.CheckConstraint(
                condition=Q(submitted=None) | Q(ready__isnull=False, submitted__gte=F("ready")),
                name="system_submitted_after_ready",
            ),
            models.CheckConstraint(
                condition=Q(passed=None) | Q(submitted__isnull=False, passed__gte=F("submitted")),
                name="system_passed_after_submitted",
            ),
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("provisioned")), name="system_retired_after_provisioned"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def unit_path(self) -> str:
        return self.unit.path

    @property
    def stage_since(self) -> date:
        """The day it entered the stage it is in."""
        since: date = getattr(self, self.stage)
        return since

    @property
    def is_internet_facing(self) -> bool:
        return self.internet_since is not None


class HostQuerySet(InventoryQuerySet["Host"]):
    def with_agent(self, on: date) -> HostQuerySet:
        return self.filter(agent_since__lte=on)

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
    unit = models.ForeignKey(Unit, verbose_name=_("归属单位"), on_delete=models.PROTECT, related_name="hosts")
    agent_since = models.DateField(_("安全代理安装日"), null=True, blank=True, help_text=_("未安装则留空"))
    agent_last_seen = models.DateTimeField(_("代理最近在线"), null=True, blank=True)
    registered = models.DateField(_("登记日期"), default=timezone.localdate)
    retired = models.DateField(_("停用日期"), null=True, blank=True)

    objects = HostQuerySet.as_manager()

    class Meta:
        ordering = ["address_key"]
        verbose_name = _("主机")
        indexes = [
            models.Index(fields=["address_key"], name="host_address"),
            models.Index(fields=["unit", "address_key"], name="host_unit_address"),
            models.Index(fields=["agent_since", "retired"], name="host_agent"),
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


class SiteQuerySet(InventoryQuerySet["Site"]):
    unit_field = "system__unit"

    def behind_waf(self, on: date) -> SiteQuerySet:
        return self.filter(waf_since__lte=on)


class Site(models.Model):
    """互联网应用: one domain under which a system is reached from the Internet. It belongs to its system's unit."""

    domain = models.CharField(
        _("域名"),
        max_length=200,
        validators=[RegexValidator(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$", _("请填写域名，不带协议和路径"))],
    )
    url = models.URLField(_("首页地址"))
    system = models.ForeignKey(System, verbose_name=_("信息系统"), on_delete=models.PROTECT, related_name="sites")
    waf_since = models.DateField(_("纳入 WAF 日期"), null=True, blank=True, help_text=_("未纳入防护则留空"))
    filing_number = models.CharField(_("ICP 备案号"), max_length=60, blank=True)
    registered = models.DateField(_("登记日期"), default=timezone.localdate)
    retired = models.DateField(_("停用日期"), null=True, blank=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["domain"]
        verbose_name = _("互联网应用")
        constraints = [
            models.UniqueConstraint(
                fields=["domain"],
                condition=Q(retired=None),
                name="site_once_per_domain",
                violation_error_message=_("该域名已登记"),
            ),
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("registered")), name="site_retired_after_registered"
            ),
        ]

    def __str__(self) -> str:
        return self.domain

    @property
    def unit_path(self) -> str:
        return self.system.unit.path


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

    @property
    def unit_path(self) -> str:
        return self.unit.path
