from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from qingdun.access import policy
from qingdun.access.models import Unit
from qingdun.inventory.models import Host, System


class AttackQuerySet(models.QuerySet["Attack"]):
    def visible_to(self, user: Any, permission: str = "detection.view") -> AttackQuerySet:
        return self.filter(policy.scope(user, permission).q("unit__path"))

    def between(self, start: datetime, end: datetime) -> AttackQuerySet:
        """The hours that begin in [start, end)."""
        return self.filter(hour__gte=start, hour__lt=end)


class Attack(models.Model):
    """攻击（去重）: one source at one target in one way with one result within one hour, however many hits that took.

    The two counters: `hits` summed is what devices reported, rows counted is attacks. An event is one when a device
    blocked, reported or deceived it, or when our own recognition names a class. `unit` answers for the target; where
    nobody is registered for it, for the device that reported it.
    """

    hour = models.DateTimeField(_("小时"))
    source = models.CharField(_("源地址"), max_length=45, blank=True)
    target = models.CharField(_("目标"), max_length=200, blank=True)
    attack = models.CharField(_("攻击类别"), max_length=40, blank=True)
    action = models.CharField(_("处置结果"), max_length=10, blank=True)
    hits = models.BigIntegerField(_("次数"))
    first = models.DateTimeField(_("首次"))
    last = models.DateTimeField(_("末次"))
    severity = models.PositiveSmallIntegerField(_("严重级别"), default=0)
    host = models.ForeignKey(Host, on_delete=models.SET_NULL, null=True, related_name="+")
    # `system` and `unit` begin indexes of their own below.
    system = models.ForeignKey(System, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    objects = AttackQuerySet.as_manager()

    class Meta:
        verbose_name = _("攻击")
        constraints = [
            models.UniqueConstraint(fields=["hour", "source", "target", "attack", "action"], name="attack_once")
        ]
        indexes = [
            models.Index(fields=["source", "hour"], name="attack_by_source"),
            models.Index(fields=["system", "hour"], name="attack_by_system"),
            models.Index(fields=["unit", "hour"], name="attack_by_unit"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.source} → {self.target} {self.attack}"
