from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from qingdun.access.models.people import Account
from qingdun.access.models.units import Unit


class EmergencyQuerySet(models.QuerySet["Emergency"]):
    def visible_to(self, user: Any) -> EmergencyQuerySet:
        """Those of the people whose units `user` may look into."""
        from qingdun.access import policy

        return self.filter(policy.scope(user, "access.view").q("account__person__unit__path"))

    def in_force(self, at: datetime) -> EmergencyQuerySet:
        """Those that hold at this moment; each ends by itself."""
        return self.filter(Q(stopped=None) | Q(stopped__gt=at), starts__lte=at, ends__gt=at, account__is_active=True)

    def over(self, at: datetime) -> EmergencyQuerySet:
        return self.filter(Q(ends__lte=at) | Q(stopped__lte=at))


class Emergency(models.Model):
    """应急授权: for minutes, one permission or one role that two approvers agreed to. Reviewed afterwards.

    Everything done under it carries its number in the audit record.
    """

    number = models.CharField(_("编号"), max_length=20, unique=True)
    account = models.ForeignKey(Account, verbose_name=_("账号"), on_delete=models.PROTECT, related_name="emergencies")
    permission = models.CharField(_("权限"), max_length=60, blank=True)
    role = models.CharField(_("角色"), max_length=40, blank=True)
    unit = models.ForeignKey(Unit, verbose_name=_("范围"), on_delete=models.PROTECT, related_name="emergencies")
    starts = models.DateTimeField(_("开始"), db_index=True)
    ends = models.DateTimeField(_("截止"))
    stopped = models.DateTimeField(_("提前结束"), null=True, blank=True)
    reason = models.CharField(_("事由"), max_length=200)
    reviewed = models.DateTimeField(_("复盘时间"), null=True, blank=True)
    reviewer = models.ForeignKey(
        Account, verbose_name=_("复盘人"), on_delete=models.PROTECT, null=True, blank=True, related_name="reviews"
    )
    review = models.CharField(_("复盘结论"), max_length=400, blank=True)

    objects = EmergencyQuerySet.as_manager()

    class Meta:
        ordering = ["-starts"]
        verbose_name = _("应急授权")
        constraints = [
            models.CheckConstraint(
                condition=(Q(permission="") & ~Q(role="")) | (~Q(permission="") & Q(role="")),
                name="emergency_one_power",
            ),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="emergency_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def unit_path(self) -> str:
        return self.unit.path

    @property
    def over(self) -> datetime:
        """When it ended or will."""
        return min(self.ends, self.stopped) if self.stopped else self.ends
