from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qingdun.inventory.models.hosts import Host
from qingdun.inventory.models.register import IN_SERVICE, RETIRED, InventoryQuerySet

STATUS = [(IN_SERVICE, _("运行中")), (RETIRED, _("已卸载"))]


class AgentQuerySet(InventoryQuerySet["Agent"]):
    unit_field = "host__unit"

    def running(self) -> AgentQuerySet:
        return self.filter(retired=None)

    def ended_after(self, day: date) -> AgentQuerySet:
        """Those that ran on that day and were taken off later."""
        return self.filter(registered__lte=day, retired__gt=day)


class Agent(models.Model):
    """安全代理: one product installed on one host, from a day to a day. A host may have had several, even at once.

    `Host.agent_since` is the first day of those that run today; `actions` keeps it so.
    """

    host = models.ForeignKey(Host, verbose_name=_("主机"), on_delete=models.PROTECT, related_name="agents")
    product = models.CharField(_("产品"), max_length=60, blank=True)
    version = models.CharField(_("版本"), max_length=60, blank=True)
    registered = models.DateField(_("安装日期"), default=timezone.localdate)
    retired = models.DateField(_("卸载日期"), null=True, blank=True)
    status = models.GeneratedField(
        verbose_name=_("状态"),
        expression=Case(When(retired__isnull=False, then=Value(RETIRED)), default=Value(IN_SERVICE)),
        output_field=models.CharField(max_length=10),
        db_persist=True,
    )

    objects = AgentQuerySet.as_manager()
    part_of = "host"

    class Meta:
        ordering = ["-registered"]
        verbose_name = _("安全代理")
        indexes = [
            models.Index(fields=["retired", "registered", "host"], name="agent_ended"),
            models.Index(fields=["status"], name="agent_status"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "product"],
                condition=Q(retired=None),
                name="agent_once_per_host_and_product",
                violation_error_message=_("这台主机上该产品已在运行"),
            ),
            models.CheckConstraint(
                condition=Q(retired=None) | Q(retired__gte=F("registered")), name="agent_removed_after_installed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.product}".strip()

    def get_absolute_url(self) -> str:
        return reverse("inventory:agent", args=[self.pk])

    def clean(self) -> None:
        if self.host_id and self.retired is None and self.host.retired:
            raise ValidationError({"host": _("已停用的主机不能再装代理")})

    @property
    def unit_path(self) -> str:
        return self.host.unit.path
