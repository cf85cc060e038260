from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.models.devices import SecurityDevice
from qingdun.inventory.models.register import IN_SERVICE, RETIRED, InventoryQuerySet
from qingdun.inventory.models.sites import Site

STATUS = [(IN_SERVICE, _("防护中")), (RETIRED, _("已撤出"))]


class ProtectionQuerySet(InventoryQuerySet["Protection"]):
    unit_field = "site__system__unit"

    def running(self) -> ProtectionQuerySet:
        return self.filter(retired=None)

    def ended_after(self, day: date) -> ProtectionQuerySet:
        """Those that stood on that day and ended later."""
        return self.filter(registered__lte=day, retired__gt=day)


class Protection(models.Model):
    """WAF 防护: one site behind one WAF, from a day to a day. `Site.waf_since` is the first day of those of today."""

    site = models.ForeignKey(Site, verbose_name=_("互联网应用"), on_delete=models.PROTECT, related_name="protections")
    device = models.ForeignKey(
        SecurityDevice,
        verbose_name=_("WAF 设备"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="protections",
        help_text=_("云 WAF 等未登记的设备可留空"),
    )
    registered = models.DateField(_("纳入日期"), default=timezone.localdate)
    retired = models.DateField(_("撤出日期"), null=True, blank=True)
    status = models.GeneratedField(
        verbose_name=_("状态"),
        expression=Case(When(retired__isnull=False, then=Value(RETIRED)), default=Value(IN_SERVICE)),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

    objects = ProtectionQuerySet.as_manager()
    part_of = "site"

    class Meta:
        ordering = ["-registered"]
        verbose_name = _("WAF 防护")
        indexes = [models.Index(fields=["retired", "registered", "site"], name="protection_ended")]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "device"],
                condition=Q(retired=None),
                name="protection_once_per_site_and_device",
                violation_error_message=_("该互联网应用已在这台 WAF 后面"),
            ),
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("registered")), name="protection_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} {self.device or ''}".strip()

    def get_absolute_url(self) -> str:
        return reverse("inventory:protection", args=[self.pk])

    def clean(self) -> None:
        if self.device and self.device.kind != SecurityDevice.Kind.WAF:
            raise ValidationError({"device": _("请选择 WAF 设备")})
        if self.site_id and self.retired is None and self.site.retired:
            raise ValidationError({"site": _("已停用的互联网应用不能再纳入防护")})

    @property
    def unit_path(self) -> str:
        return self.site.system.unit.path
