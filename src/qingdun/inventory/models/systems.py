from __future__ import annotations

from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.models import Unit
from qingdun.inventory.core.stages import Stage
from qingdun.inventory.models.register import InventoryQuerySet, was

STAGES = [
    (Stage.PROVISIONED.value, _("已下发资源")),
    (Stage.READY.value, _("具备上线条件")),
    (Stage.SUBMITTED.value, _("已提测")),
    (Stage.PASSED.value, _("已通过测评")),
    (Stage.RETIRED.value, _("已停用")),
]


class SystemQuerySet(InventoryQuerySet["System"]):
    since_field = "provisioned"

    def reached(self, stage: Stage, on: date) -> SystemQuerySet:
        """Those that had come to `stage`, or further, by that day."""
        return self.filter(was(System, stage.value, on))

    def internet_facing(self, on: date) -> SystemQuerySet:
        return self.filter(was(System, "internet_since", on))

    def behind_waf(self, on: date) -> SystemQuerySet:
        """Those that have a site and whose every site stood behind the WAF on that day."""
        from qingdun.inventory.models.sites import (
            Site,
            waf_on,
        )  # a site belongs to a system, so it cannot be imported above

        sites = Site.objects.in_service(on)
        if on >= timezone.localdate():
            mine = sites.filter(system=OuterRef("pk"))
        else:
            mine = sites.of_system_on(on).filter(Q(system_then=OuterRef("pk")))
        return self.filter(Exists(mine), ~Exists(mine.exclude(waf_on(on))))


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
    operator = models.ForeignKey(
        Unit,
        verbose_name=_("运维单位"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="operated",
        help_text=_("替归属单位运行它的单位；自己运行则留空"),
    )
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
    is_portal = models.BooleanField(
        _("门户网站与集约化平台"), default=False, help_text=_("政府门户网站、网站集约化平台；拦截的攻击另计一数")
    )
    url = models.URLField(_("访问地址"), blank=True)
    provisioned = models.DateField(_("下发资源日期"))
    ready = models.DateField(_("具备上线条件日期"), null=True, blank=True)
    submitted = models.DateField(_("提测日期"), null=True, blank=True)
    passed = models.DateField(_("通过测评日期"), null=True, blank=True)
    retired = models.DateField(_("停用日期"), null=True, blank=True)
    unit_since = models.DateField(_("归属起始日"), null=True, editable=False)
    stage = models.GeneratedField(
        verbose_name=_("阶段"),
        expression=Case(
            When(retired__isnull=False, then=Value(Stage.RETIRED.value)),
            When(passed__isnull=False, then=Value(Stage.PASSED.value)),
            When(submitted__isnull=False, then=Value(Stage.SUBMITTED.value)),
            When(ready__isnull=False, then=Value(Stage.READY.value)),
            default=Value(Stage.PROVISIONED.value),
        ),
        output_field=models.CharField(max_length=12),
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

    def get_absolute_url(self) -> str:
        return reverse("inventory:system", args=[self.pk])

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
