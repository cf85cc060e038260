from __future__ import annotations

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import BigIntegerField, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.access.policy import Scope
from qingdun.inventory.models.register import COVERED, RETIRED, UNCOVERED, Former, InventoryQuerySet, coverage
from qingdun.inventory.models.systems import System

STATUS = [(COVERED, _("已纳入 WAF")), (UNCOVERED, _("未纳入 WAF")), (RETIRED, _("已停用"))]


def waf_on(day: date) -> Q:
    """Sites behind a WAF that day; see `hosts.agent_on`."""
    from qingdun.inventory.models.protections import Protection  # a protection belongs to a site

    here = Q(waf_since__lte=day)
    if day >= timezone.localdate():
        return here
    return here | Q(pk__in=Protection.objects.ended_after(day).values("site"))


class SiteQuerySet(InventoryQuerySet["Site"]):
    unit_field = "system__unit"

    def behind_waf(self, on: date) -> SiteQuerySet:
        return self.filter(waf_on(on))

    def held(self, scope: Scope, on: date) -> SiteQuerySet:
        """Those of the systems that stood inside the scope that day."""
        if scope.everywhere:
            return self
        return self.of_system_on(on).filter(Q(system_then__in=System.objects.held(scope, on).values("pk")))

    def of_system_on(self, on: date) -> SiteQuerySet:
        """Each with `system_then`, the system it belonged to that day."""
        then = Former.on("inventory.site", "system", on).filter(row=OuterRef("pk")).values("value")[:1]
        return self.annotate(system_then=Coalesce(Subquery(then), F("system_id"), output_field=BigIntegerField()))


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
    system_since = models.DateField(_("归属系统起始日"), null=True, editable=False)
    filing_number = models.CharField(_("ICP 备案号"), max_length=60, blank=True)
    registered = models.DateField(_("登记日期"), default=timezone.localdate)
    retired = models.DateField(_("停用日期"), null=True, blank=True)
    status = models.GeneratedField(
        verbose_name=_("防护状态"),
        expression=coverage("waf_since"),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

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

    def get_absolute_url(self) -> str:
        return reverse("inventory:site", args=[self.pk])

    @property
    def unit_path(self) -> str:
        return self.system.unit.path
